import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Command } from '../../functions/admin/commands.ts';
import { startLocalCloud, type LocalCloud } from '../../local/cloud.ts';
import { runAdmin, startStack, type LocalStack } from '../../local/stack.ts';
import { createCall, type Call } from '../kit/kit.ts';

/** Production, with the AppSecret, over HTTP; and a staging that borrows its account. Both on one clock. */
let production: LocalStack;
let staging: LocalCloud;
let call: Call;
let key: string;
const logged: unknown[] = [];

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const note = (...line: unknown[]) => void logged.push(line);

beforeAll(async () => {
  production = await startStack({ ports: { api: 0, simulator: 0, aws: 0 }, log, followers: 20 });
  const { clock, simulator = '' } = production;
  staging = await startLocalCloud({
    clock,
    log: { info: note, warn: note, error: note },
    publicUrl: 'https://staging.example.com',
    wechatApiUrl: simulator,
    wechatOpenUrl: simulator,
  });
  call = createCall(staging.runtime);
  const made = await runAdmin(staging.runtime, {
    command: 'key.create',
    name: 'test',
    scopes: ['followers:read', 'token:read'],
    accounts: '*',
  });
  key = 'key' in made ? made.key : '';
});
afterAll(async () => {
  await staging.close();
  await production.close();
});

async function lend(): Promise<string> {
  const made = await runAdmin(production.runtime, {
    command: 'key.create',
    name: 'staging',
    scopes: ['token:read'],
    accounts: [production.account],
  });
  return 'key' in made ? made.key : '';
}

function borrow(secret: string) {
  return runAdmin(staging.runtime, {
    command: 'account.add',
    account: production.account,
    name: 'borrowed',
    mode: 'stable',
    secret,
    lender: production.api,
    allowedOrigins: ['https://staging.example.com'],
    domainFiles: [],
  });
}

async function control(what: string, body?: unknown, method = body === undefined ? 'GET' : 'POST') {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const answer = await fetch(`${String(production.simulator)}/_sim/${what}`, init);
  return answer.status === 204 ? undefined : ((await answer.json()) as Record<string, number>);
}

/** How often anybody asked WeChat for a token since the count began. */
async function mints(): Promise<number> {
  const calls = await control('calls');
  return (calls?.['/cgi-bin/stable_token'] ?? 0) + (calls?.['/cgi-bin/token'] ?? 0);
}

async function tokens(): Promise<[unknown, unknown]> {
  const path = `/v1/accounts/${production.account}/token`;
  const lent = await fetch(production.api + path, {
    headers: { authorization: `Bearer ${production.apiKey}` },
  });
  const borrowed = await call('getToken', { key, path: { account: production.account } });
  const { access_token } = (await lent.json()) as { access_token: string };
  return [(borrowed.body as { access_token: string }).access_token, access_token];
}

test('a key that is not right is not stored, and appears nowhere', async () => {
  const refused = await borrow('wk_this-is-not-a-key-of-production').catch((error: unknown) => String(error));
  expect(refused).toMatch(
    /secret_unproven: Nothing was stored\. .* answered 401 \(key_unknown\)\..* `account add`/,
  );
  expect(JSON.stringify([refused, logged])).not.toContain('this-is-not-a-key');
});

test('with a key the borrowed account has the token of its lender, and WeChat is asked for none', async () => {
  await control('calls', undefined, 'DELETE');
  expect(await borrow(await lend())).toMatchObject({
    accounts: [{ state: 'ok', lender: production.api }],
  });
  const [borrowed, lent] = await tokens();
  expect(borrowed).toBe(lent);
  const followers = await call('listFollowers', { key, path: { account: production.account } });
  expect(followers).toMatchObject({ status: 200, body: { total: 20 } });
  expect(await mints()).toBe(0);
});

test('it follows when the lender renews the token, without a failed call in between', async () => {
  const [before] = await tokens();
  for (let minute = 0; minute < 125; minute += 5) {
    await production.clock.advance(300);
    const followers = await call('listFollowers', { key, path: { account: production.account } });
    expect(followers.status).toBe(200);
  }
  const [borrowed, lent] = await tokens();
  expect(borrowed).toBe(lent);
  expect(borrowed).not.toBe(before);
});

test('a token that died early is reported to the lender, which alone gets another', async () => {
  const [before] = await tokens();
  await control('revoke', { appid: production.account, what: 'access_token' });
  const followers = await call('listFollowers', { key, path: { account: production.account } });
  expect(followers.status).toBe(200);
  const [borrowed, lent] = await tokens();
  expect(borrowed).toBe(lent);
  expect(borrowed).not.toBe(before);
});

test('nor does it stay where WeChat does not answer the borrower: the lender asks', async () => {
  const [before] = await tokens();
  await control('revoke', { appid: production.account, what: 'access_token' });
  await control('faults', { path: '/cgi-bin/get_api_domain_ip', kind: 'errcode', errcode: 48001, times: 1 });
  const path = { account: production.account };
  const reported = await call('reportToken', { key, path, body: { access_token: before } });
  expect(reported).toMatchObject({ status: 200, body: { replaced: true } });
  const [borrowed, lent] = await tokens();
  expect(borrowed).toBe(lent);
  expect(borrowed).not.toBe(before);
});

test('its tickets are those of the lender', async () => {
  await control('calls', undefined, 'DELETE');
  const path = { account: production.account };
  const borrowed = await call('getTicket', { key, path, query: { type: 'jsapi' } });
  const lent = await fetch(`${production.api}/v1/accounts/${production.account}/ticket?type=jsapi`, {
    headers: { authorization: `Bearer ${production.apiKey}` },
  });
  const { ticket } = (await lent.json()) as { ticket: string };
  expect(borrowed).toMatchObject({ status: 200, body: { ticket } });
  expect((await control('calls'))?.['/cgi-bin/ticket/getticket']).toBe(1);
});

test('nobody can log in there, and is told why', async () => {
  const query = { return_to: 'https://staging.example.com/' };
  const answer = await call('authorize', { path: { account: production.account }, query });
  expect(answer.status).toBe(409);
  expect(answer.body).toContain('Nobody can log in here');
});

test('what needs the AppSecret is refused to its operator, too', async () => {
  const { account } = production;
  await expect(runAdmin(staging.runtime, { command: 'quota.clear', account })).rejects.toThrow(
    'account_borrowed',
  );
  const set = { command: 'account.set', account, mode: 'classic' } as const;
  await expect(runAdmin(staging.runtime, set)).rejects.toThrow('account_borrowed');
});

test('a key that is revoked is for a person to replace, and another one takes its place', async () => {
  const { keys } = (await runAdmin(production.runtime, { command: 'key.list' })) as {
    keys: { keyId: string; name: string }[];
  };
  for (const { keyId, name } of keys) {
    if (name === 'staging') await runAdmin(production.runtime, { command: 'key.revoke', keyId });
  }
  await production.clock.advance(31);
  const { account } = production;
  expect(await runAdmin(staging.runtime, { command: 'refresh', account })).toMatchObject({
    accounts: [{ state: 'degraded', failure: { code: 'lender_refused', needsPerson: true } }],
  });
  const rotate = { command: 'account.rotate-secret', account, secret: await lend() } as const;
  expect(await runAdmin(staging.runtime, rotate)).toMatchObject({ accounts: [{ state: 'ok' }] });
});

test('a lender must be reached over https', async () => {
  const add: Command = {
    command: 'account.add',
    account: 'wxbbbbbbbbbbbbbbbb',
    name: 'x',
    mode: 'stable',
    secret: 'wk_x',
    lender: 'http://keyring.example.com',
    allowedOrigins: [],
    domainFiles: [],
  };
  await expect(runAdmin(staging.runtime, add)).rejects.toThrow(
    'lender is an origin that begins with https://',
  );
});
