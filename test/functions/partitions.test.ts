import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import * as z from 'zod';
import { entries, manifest, type Entry } from '../../functions/manifest.ts';
import type { Command } from '../../functions/admin/commands.ts';
import { tablesOf } from '../../functions/parts.ts';
import { routes } from '../../functions/routes.ts';
import type { Runtime } from '../../functions/runtime.ts';
import { Accounts } from '../../shared/accounts/accounts.ts';
import { credentialKinds, stateAttributes } from '../../shared/credentials/credential.ts';
import { credentialKey } from '../../shared/credentials/read-credential.ts';
import { Checkpoints } from '../../shared/followers/sync/checkpoint.ts';
import { noteList } from '../../shared/followers/mirror/counts.ts';
import { chunksOf } from '../../shared/followers/mirror/list-chunks.ts';
import { Mirror } from '../../shared/followers/mirror/mirror.ts';
import { readPerson } from '../../shared/followers/mirror/people.ts';
import { Removals } from '../../shared/followers/mirror/removal.ts';
import { addPage, putChunk } from '../../shared/followers/mirror/stored-list.ts';
import { beginRun } from '../../shared/followers/sync/schedule.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { keep, keepCounts, openidOf } from '../followers/rows.ts';
import { lambdaContext } from '../kit/event.ts';
import { createCall, startKit, type Call, type Kit } from '../kit/kit.ts';
import { sign, toXml } from '../push/sender.ts';

/** IAM is not checked here, so what it would refuse is compared with what the functions ask of the tables. */

let kit: Kit;
let call: Call;
let openids: string[];
const pushToken = 'PushToken1';
/** What was of use to a function in one of these tests: `<entry> <action> <table> <pattern>`. */
const used = new Set<string>();
const send = jest.spyOn(DynamoDBClient.prototype, 'send');

beforeAll(async () => {
  kit = await startKit();
  call = createCall(kit.runtime, (entry) => load(entry as Entry));
  await kit.admin({ command: 'account.set-push', account: 'default', pushToken });
  const { body } = await kit.call('listFollowers', { key: kit.apiKey });
  ({ openids } = body as { openids: string[] });
});
afterEach(async () => {
  for (const entry of entries) {
    for (const { action, table, partitions } of await askedBy(entry)) {
      const where = grantedOn(entry, table, action) ?? [];
      const patterns = where === 'any' ? [where] : where.filter((one) => partitions.some(isLike([one])));
      for (const pattern of patterns) used.add(`${entry} ${action} ${table} ${pattern}`);
    }
  }
  send.mockClear();
});
afterAll(() => kit.close());

/** Loads a function so that its requests can be told from those of others in this process: by their access key. */
async function load(entry: Entry) {
  const module = (await import(`../../functions/${entry}.ts`)) as { create: (runtime: Runtime) => unknown };
  const environment = { ...kit.runtime.environment, AWS_ACCESS_KEY_ID: entry.replace('/', '.') };
  return { create: () => module.create({ ...kit.runtime, environment }) };
}

/** Calls a function that has no route. */
async function run(entry: Entry, event: unknown): Promise<unknown> {
  const handler = (await load(entry)).create() as (event: unknown, context: unknown) => Promise<unknown>;
  // As it is called in the local cloud, for those that call themselves.
  const invokedFunctionArn = entry.replace('/', '-');
  return handler(event, { ...lambdaContext, invokedFunctionArn, getRemainingTimeInMillis: () => 900_000 });
}

const key = z.record(z.string(), z.object({ S: z.string() }).partial());
const inputSchema = z.object({
  TableName: z.string().optional(),
  IndexName: z.string().optional(),
  Key: key.optional(),
  Item: z.record(z.string(), z.unknown()).optional(),
  RequestItems: z.record(z.string(), z.object({ Keys: z.array(key) })).optional(),
  KeyConditionExpression: z.string().optional(),
  ProjectionExpression: z.string().optional(),
  ExpressionAttributeNames: z.record(z.string(), z.string()).default({}),
  ExpressionAttributeValues: z.record(z.string(), z.unknown()).default({}),
});
const partitionKeys = { credentials: 'appId', users: 'pk', followers: 'shard' } as const;
type TableName = keyof typeof partitionKeys;

interface Asked {
  readonly action: string;
  readonly table: TableName;
  readonly isIndex: boolean;
  /** Of every item that it is about; none for a Scan. */
  readonly partitions: readonly string[];
  /** Those that it is to be answered with, where it says which. */
  readonly attributes: readonly string[] | undefined;
}

/** What the function has asked of the tables in this test. */
async function askedBy(entry: Entry): Promise<Asked[]> {
  const asked: Asked[] = [];
  for (const [number, [command]] of send.mock.calls.entries()) {
    const credentials = await (send.mock.contexts[number] as DynamoDBClient).config.credentials();
    if (credentials.accessKeyId !== entry.replace('/', '.')) continue;
    const input = inputSchema.parse(command.input);
    const name = (input.TableName ?? Object.keys(input.RequestItems ?? {})[0])?.toLowerCase();
    const table = z.enum(['credentials', 'users', 'followers']).parse(name);
    const { Key, Item, RequestItems, ExpressionAttributeNames: names } = input;
    const keys = Object.values(RequestItems ?? {}).flatMap(({ Keys }) => Keys);
    const items = [...(Key ? [Key] : []), ...(Item ? [Item] : []), ...keys];
    asked.push({
      action: command.constructor.name.replace(/Command$/, ''),
      table,
      isIndex: input.IndexName !== undefined,
      partitions: [
        ...items.map((item) => partitionOf(item[partitionKeys[table]])),
        ...(input.KeyConditionExpression === undefined
          ? []
          : [partitionOf(input.ExpressionAttributeValues[':p'])]),
      ],
      attributes: input.ProjectionExpression?.split(', ').map((attribute) => names[attribute] ?? attribute),
    });
  }
  return asked;
}

function partitionOf(value: unknown): string {
  return z.object({ S: z.string() }).parse(value).S;
}

/** What the function has asked for in this test that its role would not let it have. */
async function refusedTo(entry: Entry): Promise<Asked[]> {
  return (await askedBy(entry)).filter((asked) => !isAllowed(entry, asked));
}

function isAllowed(entry: Entry, { action, table, isIndex, partitions, attributes }: Asked): boolean {
  const granted = manifest[entry].permissions;
  if (isIndex) return granted.followerIndexes === true && action === 'Query';
  const where = grantedOn(entry, table, action);
  if (where === 'any') return true;
  if (where && partitions.length > 0 && partitions.every(isLike(where))) return true;
  return (
    granted.credentialStates === true &&
    table === 'credentials' &&
    action === 'GetItem' &&
    partitions.every(isLike(['wx*'])) &&
    attributes?.every((one) => [...stateAttributes].some((attribute) => attribute === one)) === true
  );
}

function grantedOn(entry: Entry, table: TableName, action: string): 'any' | readonly string[] | undefined {
  return Object.entries(manifest[entry].permissions[table] ?? {}).find(([name]) => name === action)?.[1];
}

function isLike(patterns: readonly string[]): (text: string) => boolean {
  const sources = patterns.map((pattern) => pattern.replaceAll('?', '.').replaceAll('*', '.*'));
  const whole = new RegExp(`^(${sources.join('|')})$`, 's');
  return (text) => whole.test(text);
}

/** What the browser of somebody who has just consented sends to callback. */
async function consent(): Promise<{ query: string; cookies: readonly string[] }> {
  const started = await call('authorize', { query: { return_to: 'https://www.example.com/' } });
  const location = await kit.consent(String(started.headers['location']), openids[0] ?? '');
  return { query: new URL(location).search.slice(1), cookies: started.cookies };
}

/** The cookies of somebody who has just logged in. */
async function logIn(): Promise<readonly string[]> {
  const answer = await call('callback', { path: { account: kit.account }, ...(await consent()) });
  expect(answer.status).toBe(303);
  return answer.cookies;
}

/** Has the next one who needs a token or a ticket ask for a refresh. */
async function outdateCredentials(account: string = kit.account): Promise<void> {
  // A ticket that still follows its token would renew the token, too.
  await kit.settled();
  for (const kind of credentialKinds) {
    await tablesOf(kit.runtime).credentials.update(credentialKey(parseAppId(account), kind), {
      set: { usableUntil: 0, refreshAt: 0 },
      condition: { expression: 'attribute_exists(#usableUntil)' },
    });
  }
}

const csrf = { 'x-keyring-csrf': '1' };
const title = '%s asks for nothing that IAM would refuse it';

test.each([
  ['listFollowers', { query: { limit: '7' } }],
  ['countFollowers', {}],
  ['getToken', {}],
  ['reportToken', { body: { access_token: 'an-older-one' } }],
  ['getTicket', { query: { type: 'jsapi' } }],
  ['getJssdkConfig', { query: { url: 'https://www.example.com/page' } }],
  ['getUsage', {}],
  ['listAvatars', { query: { size: '46' } }],
  ['health', {}],
  ['domainFile', { path: { file: 'MP_verify_AbC123.txt', id: 'AbC123' } }],
  ['authorize', { query: { return_to: 'https://www.example.com/' } }],
] as const)(title, async (route, request) => {
  const { entry, access } = routes[route];
  if (route !== 'health') await outdateCredentials();
  const answer = await call(route, { ...request, ...(access.who === 'anyone' ? {} : { key: kit.apiKey }) });
  // There are no counts before there is a mirror.
  expect([200, 302, ...(route === 'countFollowers' ? [409] : [])]).toContain(answer.status);
  expect(await askedBy(entry)).not.toEqual([]);
  expect(await refusedTo(entry)).toEqual([]);
  expect(await refusedTo('access/authorize-key')).toEqual([]);
});

test('list-followers, reading the mirror, asks for nothing that IAM would refuse it', async () => {
  await keepCounts(kit);
  for (const query of [{ include: 'profile' }, { order: 'newest' }]) {
    expect((await call('listFollowers', { key: kit.apiKey, query })).status).toBe(200);
  }
  expect(await refusedTo('followers/list-followers')).toEqual([]);
  await keepCounts(kit, { syncedAt: 1 });
});

test('a report of a token that WeChat does reject asks for nothing that IAM would refuse it', async () => {
  const { body } = await call('getToken', { key: kit.apiKey });
  const { access_token } = body as { access_token: string };
  await kit.control('revoke', { appid: kit.account, what: 'access_token' });
  const answer = await call('reportToken', { key: kit.apiKey, body: { access_token } });
  expect(answer).toMatchObject({ status: 200, body: { replaced: true } });
  expect(await refusedTo('credentials/report-token')).toEqual([]);
});

test('get-follower and lookup-followers ask for nothing that IAM would refuse them', async () => {
  const [openid = ''] = openids;
  await outdateCredentials();
  const one = await call('getFollower', { key: kit.apiKey, path: { account: 'default', openid } });
  await outdateCredentials();
  const some = await call('lookupFollowers', { key: kit.apiKey, body: { openids } });
  expect([one.status, some.status]).toEqual([200, 200]);
  for (const entry of ['followers/get-follower', 'followers/lookup-followers'] as const) {
    expect(await askedBy(entry)).not.toEqual([]);
    expect(await refusedTo(entry)).toEqual([]);
  }
});

test('callback asks for nothing that IAM would refuse it', async () => {
  const { query, cookies } = await consent();
  const back = (account: string) => call('callback', { path: { account }, query, cookies });
  const first = await back(kit.account);
  expect([first.status, (await back('default')).status]).toEqual([303, 303]);
  await call('logout', { cookies: first.cookies, headers: csrf });
  expect((await back(kit.account)).status).toBe(400);
  expect(await refusedTo('oauth/callback')).toEqual([]);
});

test.each([
  ['getMe', 200, {}],
  ['listAvatars', 200, { query: { size: '46' } }],
  ['deleteMe', 200, { headers: csrf }],
  ['logout', 204, { headers: csrf, query: { everywhere: 'true' } }],
] as const)('%s by session asks for nothing that IAM would refuse it', async (route, status, request) => {
  const cookies = await logIn();
  // So that the use of the session is noted.
  await kit.clock.advance(3601);
  const answer = await call(route, { ...request, cookies });
  expect([answer.status, await refusedTo(routes[route].entry)]).toEqual([status, []]);
  const written = (await askedBy(routes[route].entry)).filter(({ action }) => action === 'UpdateItem');
  expect(written.map(({ table }) => table)).toContain('users');
});

test('get-user, renewing a token, asks for nothing that IAM would refuse it', async () => {
  await logIn();
  await kit.clock.advance(7200);
  const path = { account: 'default', openid: openids[0] ?? '' };
  const request = { path, query: { refresh: 'true' }, key: kit.apiKey };
  const renewed = await call('getUser', request);
  expect([renewed.status, await refusedTo('users/get-user')]).toEqual([200, []]);
  await kit.clock.advance(7200);
  const path42007 = { path: '/sns/oauth2/refresh_token', kind: 'errcode', errcode: 42007, times: 1 };
  await kit.control('faults', path42007);
  const ended = await call('getUser', request);
  expect([ended.status, await refusedTo('users/get-user')]).toEqual([401, []]);
  expect((await askedBy('users/get-user')).map(({ action }) => action)).toContain('DeleteItem');
});

test('the endpoint for pushes asks for nothing that IAM would refuse it', async () => {
  const timestamp = String(kit.clock.now());
  const query = { timestamp, nonce: '1', signature: sign(pushToken, timestamp, '1') };
  const body = toXml({
    ToUserName: 'gh_000000000000',
    FromUserName: openids[0] ?? '',
    CreateTime: kit.clock.now(),
    MsgType: 'event',
    Event: 'VIEW',
    EventKey: 'https://www.example.com/',
  });
  const ofCheck = { timestamp, nonce: '2', signature: sign(pushToken, timestamp, '2') };
  const checked = await call('checkEventsUrl', { query: { ...ofCheck, echostr: 'echo' } });
  expect([checked.status, await refusedTo('events/check-url')]).toEqual([200, []]);
  const headers = { 'content-type': 'text/xml' };
  const taken = await call('receiveEvent', { query, body, headers });
  expect([taken.status, await refusedTo('events/receive-event')]).toEqual([200, []]);
  expect((await askedBy('events/receive-event')).map(({ table }) => table)).toContain('users');
  // Nobody listens there, and the push is claimed for it all the same.
  await kit.admin({ command: 'account.set-push', account: 'default', forward: 'http://127.0.0.1:9/' });
  await kit.clock.advance(60);
  const later = String(kit.clock.now());
  const again = { timestamp: later, nonce: '3', signature: sign(pushToken, later, '3') };
  const forwarded = await call('receiveEvent', { query: again, body, headers });
  expect([forwarded.status, await refusedTo('events/receive-event')]).toEqual([200, []]);
  await kit.admin({ command: 'account.set-push', account: 'default', forward: null });
  await kit.settled();
});

test('handle-events asks for nothing that IAM would refuse it', async () => {
  await logIn();
  const about = { delivery: '1', account: kit.account, type: 'event', openid: openids[0] ?? '', fields: {} };
  const events = ['subscribe', 'user_info_modified', 'unsubscribe', 'user_authorization_cancellation'];
  const Records = events.map((event, index) => {
    const createdAt = kit.clock.now() + index;
    return { messageId: event, body: JSON.stringify({ ...about, id: event, event, createdAt }) };
  });
  const ofRemoved = { ...about, account: 'wx00000000000000dd', id: 'removed', event: 'subscribe' };
  const body = JSON.stringify({ ...ofRemoved, createdAt: kit.clock.now() });
  Records.push({ messageId: 'removed', body });
  const answer = await run('events/handle-events', { Records });
  expect([answer, await refusedTo('events/handle-events')]).toEqual([{ batchItemFailures: [] }, []]);
  const asked = await askedBy('events/handle-events');
  expect(new Set(asked.map(({ table }) => table))).toEqual(new Set(['credentials', 'users', 'followers']));
  await kit.settled();
});

test('handle-events, comparing a late event with WeChat’s list, asks for nothing that IAM would refuse it', async () => {
  const { followers } = tablesOf(kit.runtime);
  const chunks = chunksOf([openidOf(7)]);
  for (const chunk of chunks) await putChunk(followers, kit.account, 'run', chunk);
  const storedList = await addPage(followers, kit.account, { run: 'run', before: undefined, chunks });
  const now = kit.clock.now();
  const openid = openidOf(7);
  const message = {
    account: kit.account,
    type: 'event',
    openid,
    delivery: '1',
    fields: {},
    event: 'unsubscribe',
  };
  const body = JSON.stringify({ ...message, id: 'late', createdAt: now - 3600 });
  const unsubscribe = () => run('events/handle-events', { Records: [{ messageId: 'late', body }] });
  await keep(followers, kit.account, [{ openid }]);
  await unsubscribe();
  await noteList(followers, kit.account, { listedAt: now, storedList });
  await unsubscribe();
  expect(await readPerson(followers, kit.account, openid)).toMatchObject({ subscribed: true });
  expect(await refusedTo('events/handle-events')).toEqual([]);
});

test('handle-events, confirming what came in the clear, asks for nothing that IAM would refuse it', async () => {
  const [openid = ''] = openids;
  const about = { account: kit.account, type: 'event', openid, isSigned: false, fields: {} };
  const handle = async (event: string) => {
    const message = {
      ...about,
      id: `${event} in the clear`,
      event,
      delivery: '1',
      createdAt: kit.clock.now(),
    };
    await outdateCredentials();
    return run('events/handle-events', { Records: [{ messageId: event, body: JSON.stringify(message) }] });
  };
  await logIn();
  await kit.clock.advance(7200);
  await kit.control('revoke', { appid: kit.account, what: 'user', openid });
  await kit.control('users', { appid: kit.account, openid, subscribe: false });
  for (const event of ['user_authorization_revoke', 'subscribe', 'unsubscribe']) {
    expect([event, await handle(event)]).toEqual([event, { batchItemFailures: [] }]);
    await kit.clock.advance(1);
  }
  expect(
    await tablesOf(kit.runtime).users.get({ pk: `${kit.account}#${openid}`, sk: 'grant' }),
  ).toBeUndefined();
  expect(await refusedTo('events/handle-events')).toEqual([]);
  await kit.settled();
});

test('refresh-credentials asks for nothing that IAM would refuse it', async () => {
  const about = { kind: 'refresh', account: kit.account };
  for (const credential of ['access_token', 'jsapi_ticket']) {
    await run('credentials/refresh-credentials', { ...about, credential, need: { reason: 'manual' } });
  }
  await run('credentials/refresh-credentials', { kind: 'sweep' });
  const asked = await askedBy('credentials/refresh-credentials');
  expect(new Set(asked.map(({ action }) => action))).toEqual(new Set(['GetItem', 'UpdateItem', 'Query']));
  expect(await refusedTo('credentials/refresh-credentials')).toEqual([]);
});

test('the drop-in asks for nothing that IAM would refuse it', async () => {
  const key = await kit.createKey({
    scopes: ['dropin:proxy', 'dropin:oauth'],
    accounts: '*',
  });
  const identity = { appid: kit.account, secret: key };
  const asked = { ...identity, grant_type: 'client_credential' };
  await outdateCredentials();
  const { body } = await call('getDropInToken', { query: asked });
  const { access_token } = body as { access_token: string };
  // The account is looked for under its alias, too, and found nowhere.
  await call('getDropInToken', { query: { ...asked, appid: 'wx00000000000000aa' } });
  await call('getDropInTicket', { query: { access_token, type: 'jsapi' } });
  const passed = await call('passCgiBin', { path: { proxy: 'user/get' }, query: { access_token } });
  expect(passed.body).toHaveProperty('total');
  const exchange = { grant_type: 'authorization_code', code: 'none' };
  await call('getDropInGrant', { query: { ...identity, ...exchange } });
  await call('getDropInGrant', { query: { ...identity, ...exchange, appid: 'wx00000000000000aa' } });
  expect(await refusedTo('dropin/serve-sdk')).toEqual([]);
  expect(await refusedTo('dropin/exchange-code')).toEqual([]);
});

test('sync-followers and fetch-details ask for nothing that IAM would refuse them', async () => {
  await kit.admin({ command: 'account.set', account: 'default', sync: 'details' });
  const { credentials, followers } = tablesOf(kit.runtime);
  const account = await new Accounts(credentials).get(kit.account);
  if (!account) throw new Error('There is no account.');
  const now = kit.clock.now();
  const fetchDetails = async (about: Readonly<Record<string, unknown>>) => {
    const body = JSON.stringify({ account: kit.account, queuedAt: now, openids, ...about });
    await outdateCredentials();
    const answer = await run('followers/fetch-details', { Records: [{ messageId: '1', body }] });
    expect(answer).toEqual({ batchItemFailures: [] });
  };
  // Somebody who has just joined: how they came is counted.
  const openid = openids.at(-1) ?? '';
  await new Mirror(followers).applyEvent(kit.account, { openid, event: 'subscribe', createdAt: now });
  await fetchDetails({});
  const checkpoints = new Checkpoints(followers);
  await beginRun(checkpoints, account, { now });
  await outdateCredentials();
  await run('followers/sync-followers', { kind: 'work', account: kit.account });
  await fetchDetails({ run: (await checkpoints.read(kit.account)).run?.runId });
  const removed = parseAppId('wx00000000000000ff');
  await fetchDetails({ account: removed });
  await keep(followers, removed, [{ openid: openidOf(1), subscribedAt: now }]);
  await new Removals(followers).note(removed, now);
  await run('followers/sync-followers', { kind: 'forget', account: removed });
  await run('followers/sync-followers', { kind: 'sweep' });
  for (const entry of ['followers/sync-followers', 'followers/fetch-details'] as const) {
    const written = (await askedBy(entry)).filter(({ action }) => action === 'UpdateItem');
    expect(new Set(written.map(({ table }) => table))).toEqual(new Set(['credentials', 'followers']));
    expect(await refusedTo(entry)).toEqual([]);
  }
  await kit.settled();
});

test('admin asks for nothing that IAM would refuse it', async () => {
  await logIn();
  const [openid = ''] = openids;
  const account = 'wx00000000000000ee';
  await kit.control('accounts', { appid: account, secret: kit.secret, followers: 1 });
  const key = await kit.admin({ command: 'key.create', name: 'old', scopes: ['usage:read'], accounts: '*' });
  const keyId = 'apiKey' in key ? key.apiKey.keyId : '';
  await keepCounts(kit);
  const about = { account, name: 'Another', mode: 'stable', secret: kit.secret } as const;
  const commands: readonly Command[] = [
    { command: 'account.add', ...about, allowedOrigins: [kit.origin], domainFiles: ['XyZ'] },
    { command: 'account.set', account, name: 'Yet another' },
    { command: 'account.rotate-secret', account, secret: kit.secret },
    { command: 'status' },
    { command: 'usage', account },
    { command: 'usage.days', account, days: 14 },
    { command: 'account.days', account, days: 30 },
    { command: 'account.history', account },
    { command: 'quota.get', account, path: '/cgi-bin/user/get' },
    { command: 'quota.clear', account },
    { command: 'key.create', name: 'another', scopes: ['usage:read'], accounts: '*' },
    { command: 'key.list' },
    { command: 'key.set', keyId, accounts: [account] },
    { command: 'key.revoke', keyId },
    { command: 'user.expiring', account: kit.account, days: 30 },
    { command: 'user.export', account: kit.account, openid },
    { command: 'user.erase', account: kit.account, openid },
    { command: 'followers.pause', account },
    { command: 'followers.resume', account },
    { command: 'followers.sync', account },
    { command: 'followers.status', account },
    { command: 'followers.export', account: kit.account },
    { command: 'data-key.rotate' },
    { command: 'signing-key.rotate' },
    { command: 'account.remove', account },
    // The alias goes, too.
    { command: 'account.remove', account: kit.account },
  ];
  const failed: string[] = [];
  for (const command of commands) {
    if (command.command === 'quota.get') await outdateCredentials(account);
    const { ok } = (await run('admin/admin', command)) as { ok: boolean };
    if (!ok) failed.push(command.command);
  }
  expect(await refusedTo('admin/admin')).toEqual([]);
  expect(failed).toEqual([]);
  await kit.settled();
});

test('no function may do in a table what none of these tests had it do', () => {
  const granted = entries.flatMap((entry) =>
    Object.keys(partitionKeys).flatMap((table) =>
      Object.entries(manifest[entry].permissions[table as TableName] ?? {}).flatMap(([action, where]) =>
        [where].flat().map((pattern) => `${entry} ${action} ${table} ${pattern}`),
      ),
    ),
  );
  expect(granted.filter((grant) => !used.has(grant))).toEqual([]);
});
