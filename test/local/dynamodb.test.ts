import {
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTables, startDynamoDb } from '../../local/aws/dynamodb.ts';
import { DynamoDbTable } from '../../shared/platform/dynamodb-table.ts';
import type { Table } from '../../shared/platform/table.ts';
import { until } from '../kit/until.ts';
import { clientConfig } from './clients.ts';

const names = { credentials: 'Credentials', users: 'Users', followers: 'Followers' };
const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function start(
  dataDir?: string,
): Promise<{ client: DynamoDBClient; url: string; stop: () => Promise<void> }> {
  const dynamoDb = await startDynamoDb(dataDir === undefined ? {} : { dataDir });
  const client = new DynamoDBClient(clientConfig(dynamoDb.url));
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    client.destroy();
    await dynamoDb.close();
  };
  cleanUps.push(stop);
  return { client, url: dynamoDb.url, stop };
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'keyring-'));
  cleanUps.push(() => rm(folder, { recursive: true }));
  return join(folder, 'dynamodb');
}

const key = { pk: { S: 'session#1' }, sk: { S: 'session' } };

test('the three tables have their keys, and making them again changes nothing', async () => {
  const { client } = await start();
  await createTables(client, names);
  await client.send(new PutItemCommand({ TableName: 'Users', Item: key }));
  await createTables(client, names);

  const keys = await Promise.all(
    Object.values(names).map(async (TableName) => {
      const { Table } = await client.send(new DescribeTableCommand({ TableName }));
      return Table?.KeySchema?.map(({ AttributeName, KeyType }) => `${AttributeName ?? ''} ${KeyType ?? ''}`);
    }),
  );
  expect(keys).toEqual([
    ['appId HASH', 'kind RANGE'],
    ['pk HASH', 'sk RANGE'],
    ['shard HASH', 'openid RANGE'],
  ]);
  const { Item } = await client.send(new GetItemCommand({ TableName: 'Users', Key: key }));
  expect(Item).toEqual(key);
});

test('a data folder keeps what was written', async () => {
  const dataDir = await makeFolder();
  const first = await start(dataDir);
  await createTables(first.client, names);
  await first.client.send(
    new PutItemCommand({ TableName: 'Users', Item: { ...key, nickname: { S: '小明' } } }),
  );
  await first.stop();

  const second = await start(dataDir);
  await createTables(second.client, names);
  const { Item } = await second.client.send(new GetItemCommand({ TableName: 'Users', Key: key }));
  expect(Item?.['nickname']).toEqual({ S: '小明' });
});

test('a data folder that is in use is an error that names it', async () => {
  const dataDir = await makeFolder();
  await start(dataDir);
  await expect(startDynamoDb({ dataDir })).rejects.toThrow(dataDir);
});

test('a web page cannot reach it, by asking first or by a request that looks signed', async () => {
  const { url } = await start();
  const origin = 'https://evil.example';
  const preflight = await fetch(url, { method: 'OPTIONS', headers: { origin } });
  expect(preflight.status).toBe(403);
  expect(preflight.headers.get('access-control-allow-origin')).toBeNull();

  const authorization = 'AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=0';
  const headers = {
    authorization,
    'x-amz-date': '20261121T000000Z',
    'x-amz-target': 'DynamoDB_20120810.ListTables',
  };
  const ask = (more: Record<string, string>) =>
    fetch(url, {
      method: 'POST',
      body: '{}',
      headers: { ...headers, 'content-type': 'application/json', ...more },
    });
  expect((await ask({})).status).toBe(200);
  expect((await ask({ origin })).status).toBe(403);
});

test('it can be closed with requests under way, which ends them and nothing else', async () => {
  for (let round = 0; round < 3; round += 1) {
    const { client, url, stop } = await start();
    await createTables(client, names);
    const once = new DynamoDBClient({ ...clientConfig(url), maxAttempts: 1 });
    const table = new DynamoDbTable(once, 'Users');
    const work = async (attributes: { pk: string; sk: string }) => {
      for (;;) {
        await table.update(attributes, { add: { count: 1 } });
        await table.query('pk', attributes.pk);
      }
    };
    const underWay = Array.from({ length: 40 }, (_, number) =>
      work({ pk: `session#${number}`, sk: 'session' }),
    );
    const ended = Promise.allSettled(underWay);
    await until('requests are under way', () => table.get({ pk: 'session#0', sk: 'session' }));
    await stop();
    once.destroy();
    expect((await ended).every(({ status }) => status === 'rejected')).toBe(true);
  }
});

describe.each(['in memory', 'on disk'])(
  'what a read has opened in the store %s is closed behind it',
  (where) => {
    const page = { partition: { attribute: 'shard', value: 's' }, sortKey: 'openid', limit: 2 };
    const followed = { attribute: 'followedShard', value: 's' };
    const scanned = { expression: 'attribute_exists(#shard)' };

    test.each<[string, (table: Table) => Promise<unknown>]>([
      ['of a partition', (table) => table.query('shard', 's')],
      ['of a page', (table) => table.queryPage(page)],
      [
        'of a page of an index',
        (table) =>
          table.queryPage({ ...page, index: 'followed', partition: followed, sortKey: 'followedAt' }),
      ],
      ['of nothing', (table) => table.query('shard', 'nobody')],
      ['of the whole table', (table) => table.scanPage(scanned, ['openid'])],
    ])('%s', async (_, read) => {
      const { client } = await start(where === 'on disk' ? await makeFolder() : undefined);
      await createTables(client, names);
      const table = new DynamoDbTable(client, 'Followers');
      for (const openid of ['a', 'b', 'c']) {
        await table.put({ shard: 's', openid, followedShard: 's', followedAt: openid });
      }
      const opened = countOpened();
      for (let reads = 0; reads < 10; reads += 1) await read(table);
      expect(opened.ever()).toBeGreaterThanOrEqual(10);
      await until('all of it is closed', () => opened.now() === 0);
    });

    interface Store {
      attachResource(resource: unknown): void;
      detachResource(resource: unknown): void;
    }

    /** Counts iterators and snapshots that are opened in any store from now on, and those that stay open. */
    function countOpened(): { ever(): number; now(): number } {
      const requireOfDynalite = createRequire(createRequire(import.meta.url).resolve('dynalite'));
      const { AbstractLevel } = createRequire(requireOfDynalite.resolve('level'))('abstract-level') as {
        AbstractLevel: { prototype: Store };
      };
      const attached = jest.spyOn(AbstractLevel.prototype, 'attachResource');
      const detached = jest.spyOn(AbstractLevel.prototype, 'detachResource');
      cleanUps.push(
        () => attached.mockRestore(),
        () => detached.mockRestore(),
      );
      return {
        ever: () => attached.mock.calls.length,
        now: () => attached.mock.calls.length - detached.mock.calls.length,
      };
    }
  },
);
