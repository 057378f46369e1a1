import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, test } from '@jest/globals';
import { awsClientConfig } from '../../functions/runtime.ts';
import { noMetrics } from '../../shared/platform/metrics.ts';
import { DynamoDbTable } from '../../shared/platform/dynamodb-table.ts';
import { startRecorder, type Reaction, type Received, type Recorder } from './recorder.ts';

let recorder: Recorder | undefined;
afterEach(() => recorder?.close());

/** A table behind a DynamoDB that reacts in this way, with the client that functions have. */
async function tableOn(
  react: (request: Received) => Reaction,
  socketTimeoutMs = 60_000,
): Promise<[DynamoDbTable, Recorder]> {
  const made = (recorder = await startRecorder(react));
  const { region, endpoint, credentials, clock } = made.config;
  const environment = {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials?.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials?.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    KEYRING_AWS_SOCKET_TIMEOUT_MS: `${socketTimeoutMs}`,
  };
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const config = awsClientConfig({ environment, clock, log, metrics: noMetrics }, 'DYNAMODB');
  return [new DynamoDbTable(new DynamoDBClient(config), 'Things'), made];
}

describe('gives up after three attempts', () => {
  test.each([
    ['says nothing', 'hang'],
    ['stops in the middle of its answer', 'stall'],
  ] as const)('where DynamoDB %s', async (_, reaction) => {
    const [table, { received }] = await tableOn(() => reaction, 100);
    await expect(table.get({ id: 'a' })).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(received).toHaveLength(3);
  });
});

test('a connection that has died costs one attempt', async () => {
  const reactions: Reaction[] = ['hang', { body: '{"Item":{"id":{"S":"a"}}}' }];
  const [table] = await tableOn(() => reactions.shift() ?? 'break', 1500);
  expect(await table.get({ id: 'a' })).toEqual({ id: 'a' });
});

describe('items that DynamoDB leaves out of a batch', () => {
  const keys = ['a', 'b', 'c'].map((id) => ({ id }));

  /** Answers with the first key that is asked for, or with none, and leaves the rest out. */
  function answer({ body }: Received, first: 0 | 1): Reaction {
    const { RequestItems } = JSON.parse(body) as { RequestItems: { Things: { Keys: unknown[] } } };
    const asked = RequestItems.Things.Keys;
    const left = asked.slice(first);
    const UnprocessedKeys = left.length > 0 ? { Things: { Keys: left } } : {};
    return { body: JSON.stringify({ Responses: { Things: asked.slice(0, first) }, UnprocessedKeys }) };
  }

  test('are asked for again', async () => {
    const [table, { received }] = await tableOn((request) => answer(request, 1));
    expect(await table.getMany(keys)).toEqual(keys);
    expect(received).toHaveLength(3);
  });

  test('are given up after six attempts', async () => {
    const [table, { received }] = await tableOn((request) => answer(request, 0));
    await expect(table.getMany(keys)).rejects.toThrow('DynamoDB left items of a batch out, again and again.');
    expect(received).toHaveLength(6);
  });
});

describe('what DynamoDB calls invalid of an index', () => {
  const query = { index: 'byDay', partition: { attribute: 'id', value: 'a' }, sortKey: 'day', limit: 1 };

  test.each([
    ['that is not there', 'The table does not have the specified index: byDay', 'IndexMissingError'],
    [
      'that it is building',
      'Cannot read from backfilling global secondary index: byDay',
      'IndexMissingError',
    ],
    ['otherwise', 'Query condition missed key schema element: id', 'ValidationException'],
  ])('%s', async (_, message, name) => {
    const body = JSON.stringify({ __type: 'com.amazon.coral.validate#ValidationException', message });
    const [table] = await tableOn(() => ({ status: 400, body }));
    await expect(table.queryPage(query)).rejects.toMatchObject({ name });
  });
});
