import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import * as z from 'zod';
import { permissions, type Entry } from '../../cdk/permissions.ts';
import { create as createEvents } from '../../functions/events/handle-events.ts';
import { routes } from '../../functions/routes.ts';
import { lambdaContext } from '../kit/event.ts';
import { startKit, type Kit } from '../kit/kit.ts';
import { sign, toXml } from '../push/sender.ts';

/** IAM is not checked here, so what it would refuse is compared with what the functions ask for. */

let kit: Kit;
let openid: string;
const pushToken = 'PushToken1';
let send: jest.SpiedFunction<DynamoDBClient['send']> | undefined;

beforeAll(async () => {
  kit = await startKit();
  await kit.admin({ command: 'account.set-push', account: 'default', pushToken });
  const { body } = await kit.call('listFollowers', { key: kit.apiKey });
  openid = (body as { openids: string[] }).openids[0] ?? '';
});
afterEach(() => {
  jest.restoreAllMocks();
  send = undefined;
});
afterAll(() => kit.close());

const key = z.record(z.string(), z.object({ S: z.string() }).partial());
const inputSchema = z.object({
  TableName: z.string().optional(),
  Key: key.optional(),
  Item: z.record(z.string(), z.unknown()).optional(),
});

/** Notes every request to DynamoDB from here on. */
function watch(): void {
  send = jest.spyOn(DynamoDBClient.prototype, 'send');
}

/** The partition keys of the single-item requests since then. */
function asked(table: 'credentials' | 'users'): string[] {
  const { KEYRING_CREDENTIALS_TABLE: credentials, KEYRING_USERS_TABLE: users } = kit.runtime.environment;
  const [name, attribute] = table === 'credentials' ? [credentials, 'appId'] : [users, 'pk'];
  return (send?.mock.calls ?? []).flatMap(([command]) => {
    const { TableName, Key, Item } = inputSchema.parse(command.input);
    if (TableName !== name) return [];
    return [key.parse({ partition: (Key ?? Item)?.[attribute] ?? {} })['partition']?.S ?? 'none'];
  });
}

/** The partitions asked for that the function of the route may not touch. */
function refused(route: keyof typeof routes): string[] {
  return refusedTo(routes[route].entry);
}

function refusedTo(entry: Entry): string[] {
  const { credentialsPartitions, usersPartitions } = permissions[entry];
  const outside = (table: 'credentials' | 'users', allowed: readonly string[] | undefined) =>
    asked(table).filter(
      (partition) =>
        allowed?.every((pattern) => pattern !== partition && !isLike(partition, pattern)) === true,
    );
  return [...outside('credentials', credentialsPartitions), ...outside('users', usersPartitions)];
}

function isLike(text: string, pattern: string): boolean {
  return pattern.endsWith('*') && text.startsWith(pattern.slice(0, -1));
}

/** The cookies of somebody who has just logged in. */
async function logIn(): Promise<readonly string[]> {
  const started = await kit.call('authorize', { query: { return_to: 'https://www.example.com/' } });
  const location = await kit.consent(String(started.headers['location']), openid);
  const back = { query: new URL(location).search.slice(1), cookies: started.cookies };
  return (await kit.call('callback', { path: { account: kit.account }, ...back })).cookies;
}

const csrf = { 'x-keyring-csrf': '1' };

test('authorize asks for nothing that IAM would refuse it', async () => {
  watch();
  const answer = await kit.call('authorize', { query: { return_to: 'https://www.example.com/' } });
  expect([answer.status, refused('authorize')]).toEqual([302, []]);
  expect(asked('users')).toHaveLength(1);
});

test('callback asks for nothing that IAM would refuse it', async () => {
  const started = await kit.call('authorize', { query: { return_to: 'https://www.example.com/' } });
  const location = await kit.consent(String(started.headers['location']), openid);
  const back = { query: new URL(location).search.slice(1), cookies: started.cookies };
  watch();
  const answer = await kit.call('callback', { path: { account: kit.account }, ...back });
  expect([answer.status, refused('callback')]).toEqual([303, []]);
});

test.each([
  ['getMe', 200, {}],
  ['deleteMe', 200, { headers: csrf }],
  ['logout', 204, { headers: csrf, query: { everywhere: 'true' } }],
] as const)('%s asks for nothing that IAM would refuse it', async (route, status, request) => {
  const cookies = await logIn();
  watch();
  const answer = await kit.call(route, { ...request, cookies });
  expect([answer.status, refused(route)]).toEqual([status, []]);
});

test('get-user, renewing a token, asks for nothing that IAM would refuse it', async () => {
  await logIn();
  await kit.clock.advance(7200);
  watch();
  const request = { path: { account: 'default', openid }, query: { refresh: 'true' }, key: kit.apiKey };
  const answer = await kit.call('getUser', request);
  expect([answer.status, refused('getUser').filter((partition) => partition !== 'api-keys')]).toEqual([
    200,
    [],
  ]);
});

test('count-followers asks for nothing that IAM would refuse it', async () => {
  await kit.call('listFollowers', { key: kit.apiKey });
  watch();
  await kit.call('countFollowers', { key: kit.apiKey });
  expect(refused('countFollowers').filter((partition) => partition !== 'api-keys')).toEqual([]);
});

test('domain-file asks for nothing that IAM would refuse it', async () => {
  watch();
  const answer = await kit.call('domainFile', { path: { file: 'MP_verify_AbC123.txt', id: 'AbC123' } });
  expect([answer.status, refused('domainFile')]).toEqual([200, []]);
});

test('the endpoint for pushes asks for nothing that IAM would refuse it', async () => {
  const timestamp = String(kit.clock.now());
  const query = { timestamp, nonce: '1', signature: sign(pushToken, timestamp, '1') };
  const body = toXml({
    ToUserName: 'gh_000000000000',
    FromUserName: openid,
    CreateTime: kit.clock.now(),
    MsgType: 'event',
    Event: 'VIEW',
    EventKey: 'https://www.example.com/',
  });
  watch();
  const checked = await kit.call('checkEventsUrl', { query: { ...query, echostr: 'echo' } });
  expect([checked.status, refused('checkEventsUrl')]).toEqual([200, []]);
  const headers = { 'content-type': 'text/xml' };
  const taken = await kit.call('receiveEvent', { query, body, headers });
  // handle-events runs in this process, too, and claims the push itself.
  const ofOthers = (partition: string) => partition.startsWith('push#');
  expect([taken.status, refused('receiveEvent').filter((one) => !ofOthers(one))]).toEqual([200, []]);
  await kit.settled();
});

test('handle-events asks for nothing that IAM would refuse it', async () => {
  const handle = createEvents(kit.runtime);
  const about = { delivery: '1', account: kit.account, type: 'event', openid, fields: {} };
  const Records = ['subscribe', 'unsubscribe', 'user_info_modified'].map((event, index) => {
    const createdAt = kit.clock.now() + index;
    return { messageId: event, body: JSON.stringify({ ...about, id: event, event, createdAt }) };
  });
  watch();
  const answer = await handle({ Records }, lambdaContext);
  expect([answer, refusedTo('events/handle-events')]).toEqual([{ batchItemFailures: [] }, []]);
  expect(asked('credentials')).toContain('accounts');
  await kit.settled();
});
