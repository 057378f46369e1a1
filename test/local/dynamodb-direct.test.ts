import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTables, startDynamoDb, type LocalDynamoDb } from '../../local/aws/dynamodb.ts';
import { directTables } from '../../local/aws/dynamodb-direct.ts';
import type { Tables } from '../../functions/runtime.ts';
import { DynamoDbTable } from '../../shared/platform/dynamodb-table.ts';

const names = { credentials: 'Credentials', users: 'Users', followers: 'Followers' };
let dynamo: LocalDynamoDb;
let direct: Tables;
let client: DynamoDBClient;
beforeAll(async () => {
  dynamo = await startDynamoDb();
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new DynamoDBClient({ endpoint: dynamo.url, region: 'us-east-1', credentials });
  await createTables(client, names);
  direct = directTables(dynamo, names);
});
afterAll(async () => {
  client.destroy();
  await dynamo.close();
});

const key = { pk: 'one', sk: 'two' };

test('what is written directly is read the same over a connection, and the other way round', async () => {
  const item = {
    ...key,
    B: 'a name like that of a type',
    binary: new Uint8Array([0, 1, 255]),
    nested: { binary: new Uint8Array([7]), list: [1, 'two', null, true] },
  };
  const far = new DynamoDbTable(client, names.users);
  expect(await direct.users.put(item)).toBe(true);
  expect(await far.get(key)).toEqual(item);
  expect(await direct.users.get(key)).toEqual(item);
  await far.update(key, { set: { later: 1 } });
  expect(await direct.users.get(key, ['later'])).toEqual({ later: 1 });
});

test('a condition that does not hold is no fault, and an invalid request throws as from AWS', async () => {
  expect(await direct.users.put({ ...key }, { expression: 'attribute_not_exists(#pk)' })).toBe(false);
  await expect(direct.users.put({ pk: '', sk: 'two' })).rejects.toMatchObject({
    name: 'ValidationException',
  });
});

test('many requests at once leave others their turn', async () => {
  let hadTurn = false;
  setImmediate(() => (hadTurn = true));
  const writes = Array.from({ length: 300 }, (_, number) =>
    direct.users.put({ pk: 'many', sk: `${number}` }),
  );
  await Promise.all(writes);
  expect(hadTurn).toBe(true);
  expect(await direct.users.query('pk', 'many')).toHaveLength(300);
});

test('a store that is closed waits for what is under way, and takes nothing more', async () => {
  const other = await startDynamoDb();
  const underWay = other.call('ListTables', '{}');
  const closed = other.close();
  expect(await underWay).toMatchObject({ status: 200 });
  await closed;
  await expect(other.call('ListTables', '{}')).rejects.toThrow('closed');
});
