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

describe('what a read has opened in the store is closed behind it', () => {
  const page = { partition: { attribute: 'shard', value: 's' }, sortKey: 'openid', limit: 2 };
  const followed = { attribute: 'followedShard', value: 's' };
  const scanned = { expression: 'attribute_exists(#shard)' };

  test.each<[string, (table: Table) => Promise<unknown>]>([
    ['of a partition', (table) => table.query('shard', 's')],
    ['of a page', (table) => table.queryPage(page)],
    [
      'of a page of an index',
      (table) => table.queryPage({ ...page, index: 'followed', partition: followed, sortKey: 'followedAt' }),
    ],
    ['of nothing', (table) => table.query('shard', 'nobody')],
    ['of the whole table', (table) => table.scanPage(scanned, ['openid'])],
  ])('%s', async (_, read) => {
    const { client } = await start();
    await createTables(client, names);
    const table = new DynamoDbTable(client, 'Followers');
    for (const openid of ['a', 'b', 'c']) {
      await table.put({ shard: 's', openid, followedShard: 's', followedAt: openid });
    }
    const opened = iteratorsOpened();
    await read(table);
    expect(opened.length).toBeGreaterThan(0);
    for (const iterator of opened) {
      await until('an iterator is closed', () => isClosed(iterator));
    }
  });

  interface Iterator {
    next(): Promise<unknown>;
  }

  /** The iterators that the store makes from now on. */
  function iteratorsOpened(): Iterator[] {
    const requireHere = createRequire(import.meta.url);
    const { MemoryLevel } = createRequire(requireHere.resolve('dynalite'))('memory-level') as {
      MemoryLevel: { prototype: { values: (options: unknown) => Iterator } };
    };
    const opened: Iterator[] = [];
    const { values } = MemoryLevel.prototype;
    const spy = jest.spyOn(MemoryLevel.prototype, 'values').mockImplementation(function (
      this: unknown,
      options,
    ) {
      const iterator = values.call(this, options);
      opened.push(iterator);
      return iterator;
    });
    cleanUps.push(() => spy.mockRestore());
    return opened;
  }

  async function isClosed(iterator: Iterator): Promise<boolean> {
    try {
      await iterator.next();
      return false;
    } catch (error) {
      return (error as { code?: string }).code === 'LEVEL_ITERATOR_NOT_OPEN';
    }
  }
});
