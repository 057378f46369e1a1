import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createTables, startDynamoDb, type LocalDynamoDb } from '../../local/aws/dynamodb.ts';
import type { Change, Condition } from '../../shared/platform/table.ts';
import { Table } from '../../shared/platform/table.ts';
import { clientConfig } from '../local/clients.ts';
import { holds, MemoryTable } from './memory-table.ts';

let dynamoDb: LocalDynamoDb;
let client: DynamoDBClient;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
  client = new DynamoDBClient(clientConfig(dynamoDb.url));
  await createTables(client, { credentials: 'Credentials', users: 'Users', followers: 'Followers' });
});
afterAll(async () => {
  client.destroy();
  await dynamoDb.close();
});

const attribute = fc.constantFrom('leaseOwner', 'leaseUntil', 'revision', 'value');
const value = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constantFrom('a', 'b', 'ä', '2', ''));

interface Tree {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Random conditions, in the words that the credential store uses. `:?` stands for the next value. */
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    attribute.map((name): Tree => ({ text: `attribute_not_exists(#${name})`, values: [] })),
    attribute.map((name): Tree => ({ text: `attribute_exists(#${name})`, values: [] })),
    fc
      .tuple(attribute, fc.constantFrom('=', '<'), value)
      .map(([name, operator, given]): Tree => ({ text: `#${name} ${operator} :?`, values: [given] })),
    fc.tuple(tie('tree'), fc.constantFrom('AND', 'OR'), tie('tree')).map(([one, word, other]): Tree => ({
      text: `${one.text} ${word} ${other.text}`,
      values: [...one.values, ...other.values],
    })),
    // DynamoDB refuses doubled parentheses, and the store writes none.
    fc.tuple(tie('tree'), fc.constantFrom('AND', 'OR'), tie('tree')).map(([one, word, other]): Tree => ({
      text: `(${one.text} ${word} ${other.text})`,
      values: [...one.values, ...other.values],
    })),
  ),
}));

const condition = tree.map(({ text, values }): Condition => {
  let count = 0;
  const expression = text.replaceAll(':?', () => `:v${count++}`);
  return { expression, values: Object.fromEntries(values.map((given, index) => [`v${index}`, given])) };
});

const change = fc.record(
  {
    set: fc.dictionary(attribute, fc.option(value, { nil: undefined }), { maxKeys: 3 }),
    remove: fc.uniqueArray(attribute, { maxLength: 2 }),
    condition,
  },
  { requiredKeys: [] },
);

test('the table in memory and the embedded DynamoDB give the same answers and keep the same items', async () => {
  const real = new Table(client, 'Credentials');
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
      const memory = new MemoryTable().promised();
      runs += 1;
      const key = { appId: `wx${runs}`, kind: 'access_token' };
      for (const given of changes) {
        const [expected, found] = await Promise.all(
          [real, memory].map((table) => table.update(key, given as Change).catch(() => 'invalid')),
        );
        expect({ given, answer: found }).toEqual({ given, answer: expected });
        expect(await memory.get(key)).toEqual(await real.get(key));
      }
    }),
    { numRuns: 150, seed: 20260731 },
  );
}, 60_000);

test.each([
  ['#value >= :v', { v: 1 }],
  ['begins_with(#value, :v)', { v: 'a' }],
  ['#value = :v', {}],
  ['#value = :v', { v: 1, unused: 2 }],
  ['#value = :v AND', { v: 1 }],
  ['(#value = :v', { v: 1 }],
])('a condition it does not know is no condition that holds: %s', (expression, values) => {
  expect(() => holds({ expression, values }, undefined)).toThrow();
});
