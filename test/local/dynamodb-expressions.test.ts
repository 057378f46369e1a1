import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  rememberExpressions,
  type ExpressionContext,
  type ExpressionParser,
} from '../../local/aws/dynamodb-expressions.ts';
import { createTables, startDynamoDb, type LocalDynamoDb } from '../../local/aws/dynamodb.ts';
import { DynamoDbTable } from '../../shared/platform/dynamodb-table.ts';

/** A parser whose trees are a path and a value, and which counts what it parses. */
function counting() {
  let parsed = 0;
  const parser: ExpressionParser = {
    parse: (expression, { context }) => {
      parsed += 1;
      for (const name of expression.match(/[#:]\w+/g) ?? []) {
        delete context.unusedAttrNames?.[name];
        delete context.unusedAttrVals?.[name];
      }
      if (expression.includes('wrong')) return 'Something is wrong.';
      return { type: '=', args: [[context.attrNames?.['#a']], context.attrVals?.[':a']] };
    },
  };
  rememberExpressions(parser);
  return { parser, parsed: () => parsed };
}

function context(value: object, more: Partial<ExpressionContext> = {}): ExpressionContext {
  return {
    attrNames: { '#a': 'colour' },
    attrVals: { ':a': value },
    unusedAttrNames: { '#a': true },
    unusedAttrVals: { ':a': true, ':b': true },
    ...more,
  };
}

test('an expression is parsed once, and each request has its own values and marks what it uses', () => {
  const { parser, parsed } = counting();
  const first = parser.parse('#a = :a', { context: context({ S: 'red' }) });
  const later = context({ S: 'blue' });
  const second = parser.parse('#a = :a', { context: later });
  expect(parsed()).toBe(1);
  expect(first).toEqual({ type: '=', args: [['colour'], { S: 'red' }] });
  expect(second).toEqual({ type: '=', args: [['colour'], { S: 'blue' }] });
  expect(later).toMatchObject({ unusedAttrNames: {}, unusedAttrVals: { ':b': true } });
});

test('a tree belongs to its caller', () => {
  const { parser } = counting();
  const first = parser.parse('#a = :a', { context: context({ S: 'red' }) }) as { args: unknown[] };
  first.args.length = 0;
  const second = parser.parse('#a = :a', { context: context({ S: 'red' }) }) as { args: unknown[] };
  second.args.length = 0;
  expect(parser.parse('#a = :a', { context: context({ S: 'red' }) })).toMatchObject({ type: '=' });
  expect(parser.parse('#a = :a', { context: context({ S: 'red' }) })).toMatchObject({
    args: [['colour'], { S: 'red' }],
  });
});

test.each([
  ['other names', '#a = :a', context({ S: 'red' }, { attrNames: { '#a': 'size' } })],
  ['values of another type', '#a = :a', context({ N: '1' })],
  ['a condition for keys', '#a = :a', context({ S: 'red' }, { isKeyCondition: true })],
])('%s have it parsed anew', (_, expression, other) => {
  const { parser, parsed } = counting();
  parser.parse('#a = :a', { context: context({ S: 'red' }) });
  parser.parse(expression, { context: other });
  expect(parsed()).toBe(2);
});

test.each(['#a wrong :a', '#a BETWEEN :a AND :a', 'attribute_type(#a, :a)'])(
  'what cannot be told from the types of values is parsed each time: %s',
  (expression) => {
    const { parser, parsed } = counting();
    parser.parse(expression, { context: context({ S: 'red' }) });
    parser.parse(expression, { context: context({ S: 'blue' }) });
    expect(parsed()).toBe(2);
  },
);

let dynamo: LocalDynamoDb;
let client: DynamoDBClient;
let table: DynamoDbTable;
beforeAll(async () => {
  dynamo = await startDynamoDb();
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new DynamoDBClient({ endpoint: dynamo.url, region: 'us-east-1', credentials });
  await createTables(client, { credentials: 'Credentials', users: 'Users', followers: 'Followers' });
  table = new DynamoDbTable(client, 'Users');
});
afterAll(async () => {
  client.destroy();
  await dynamo.close();
});

test('the embedded database does with an expression that it remembers what it does with a new one', async () => {
  for (const name of ['one', 'two', 'three']) {
    const key = { pk: name, sk: 'same' };
    const condition = { expression: 'attribute_not_exists(#pk) OR #name = :name', values: { name } };
    expect(await table.update(key, { set: { name, list: [name] }, add: { count: 2 }, condition })).toBe(true);
    expect(await table.update(key, { set: { name, list: [name] }, add: { count: 2 }, condition })).toBe(true);
    expect(await table.get(key)).toEqual({ ...key, name, list: [name], count: 4 });
    const other = { expression: 'attribute_not_exists(#pk) OR #name = :name', values: { name: 'nobody' } };
    expect(await table.update(key, { set: { name, list: [] }, add: { count: 2 }, condition: other })).toBe(
      false,
    );
    expect(await table.get(key, ['count'])).toEqual({ count: 4 });
  }
});
