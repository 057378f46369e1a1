import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { awsClientConfig } from '../../functions/runtime.ts';
import { tablesOf } from '../../functions/parts.ts';
import { keep, keepCounts, openidOf } from '../followers/rows.ts';
import { startKit, type Kit } from '../kit/kit.ts';

let kit: Kit;
beforeAll(async () => {
  kit = await startKit();
  await withoutIndexes();
  await keep(tablesOf(kit.runtime).followers, kit.account, [
    { openid: openidOf(1), subscribedAt: 1_700_000_000, nickname: 'Ann', consentedAt: 1_700_000_000 },
  ]);
  await keepCounts(kit, { subscribed: 1 });
});
afterAll(() => kit.close());

/** Puts a table in the place of Followers that has none of its indexes yet. */
async function withoutIndexes(): Promise<void> {
  const client = new DynamoDBClient(awsClientConfig(kit.runtime, 'DYNAMODB'));
  const TableName = kit.runtime.environment.KEYRING_FOLLOWERS_TABLE;
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  await client.send(new DeleteTableCommand({ TableName }));
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: Table?.KeySchema,
      AttributeDefinitions: ['shard', 'openid'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
    }),
  );
  client.destroy();
}

const detail = expect.stringMatching(/index (followed|profiled|sharing) .*not there.*built/);
const notReady = { status: 409, body: { code: 'mirror_not_ready', detail } };

test.each(['?order=newest', '?order=oldest', '?has_profile=true', '?include=profile&has_profile=true'])(
  'a list with %s, which needs an index that is not there yet, is 409 mirror_not_ready',
  async (query) => {
    expect(await kit.call('listFollowers', { key: kit.apiKey, query: query.slice(1) })).toMatchObject(
      notReady,
    );
  },
);

test('so is the wall', async () => {
  expect(await kit.call('listAvatars', { key: kit.apiKey })).toMatchObject(notReady);
});

test('so is an export by time', async () => {
  const page = kit.admin({ command: 'followers.export', account: kit.account, order: 'newest' });
  await expect(page).rejects.toThrow(/^mirror_not_ready: The index followed /);
});

test('what needs no index goes on', async () => {
  expect(await kit.call('listFollowers', { key: kit.apiKey })).toMatchObject({ status: 200 });
  expect(await kit.call('countFollowers', { key: kit.apiKey })).toMatchObject({ status: 200 });
});
