import assert from 'node:assert/strict';
import {
  GetScheduleCommand,
  ListSchedulesCommand,
  SchedulerClient,
  type GetScheduleCommandOutput,
} from '@aws-sdk/client-scheduler';
import * as z from 'zod/mini';

import {
  errcodeOf,
  followersSchema,
  lookupSchema,
  problem,
  reportedSchema,
  tokenSchema,
  userSchema,
} from './answers.ts';
import type { Deployment } from './deployment.ts';
import { step, until } from './steps.ts';

/** A simulator of WeChat that the deployed functions and this process reach alike. */
export interface Wechat {
  readonly url: string;
  /** Steers it: docs/simulator.md. */
  readonly control: (method: string, path: string, body: unknown) => Promise<unknown>;
}

/** Somebody who is logged in. */
export interface LoggedIn {
  readonly openid: string;
  readonly cookies: readonly string[];
}

/** What the use of a deployment leaves behind for those who go on with it. */
export interface Used {
  readonly key: string;
  readonly keyId: string;
  /** A key for the second account alone. */
  readonly limited: { readonly key: string; readonly keyId: string };
  readonly session: LoggedIn;
  readonly logIn: () => Promise<LoggedIn>;
}

/** Renewed a minute after it was minted: stable tokens 240 seconds before their end, classic ones halfway. */
export const one = { appid: 'wx00000000000000d1', secret: 'deploy-secret-one', lifetime: 300 };
export const two = { appid: 'wx00000000000000d2', secret: 'deploy-secret-two', lifetime: 120 };
/** Is removed again. */
export const three = { appid: 'wx00000000000000d3', secret: 'deploy-secret-three', lifetime: 300 };
export const origin = 'https://www.example.com';
export const returnTo = `${origin}/wall`;

/** The path of the first account. */
export const base = `/v1/accounts/${one.appid}`;

/** The steps that any deployment passes, on an emulator and on AWS alike. */
export async function useService(aws: Deployment, wechat: Wechat): Promise<Used> {
  for (const { appid, secret, lifetime } of [one, two, three]) {
    const options = { token_lifetime_s: lifetime };
    await wechat.control('POST', '/_sim/accounts', { appid, secret, followers: 25, options });
  }
  await register(aws);
  const { key, keyId, limited } = await makeKeys(aws);
  await readFollowers(aws, { key, limited });
  await callOthers(aws, wechat, { key, limited });
  const logIn = () => logInThrough(aws, wechat);
  const session = await logInAndOut(aws, logIn);
  return { key, keyId, limited, session, logIn };
}

/** The refreshes that are booked for an account. */
export async function bookedFor(aws: Deployment, appid: string): Promise<GetScheduleCommandOutput[]> {
  const scheduler = new SchedulerClient(aws.clientConfig);
  const { ScheduleGroupName } = aws.outputs;
  const { Schedules = [] } = await scheduler.send(new ListSchedulesCommand({ GroupName: ScheduleGroupName }));
  const names = Schedules.map(({ Name = '' }) => Name).filter((name) => name.includes(appid));
  return Promise.all(
    names.map((Name) => scheduler.send(new GetScheduleCommand({ Name, GroupName: ScheduleGroupName }))),
  );
}

async function register(aws: Deployment): Promise<void> {
  const { RefreshFunctionName } = aws.outputs;
  await step('register two accounts; the first refresh is made and the next one booked', async () => {
    const add = ['account', 'add'];
    await aws.keyring([...add, one.appid, '--origin', origin, '--domain-file', 'a1B2c3'], one.secret);
    await aws.keyring([...add, two.appid, '--mode', 'classic', '--name', 'Two'], two.secret);
    const report = await aws.account(one.appid);
    assert.deepEqual([report.state, report.generation, report.mode], ['ok', 1, 'stable']);
    assert.equal((await aws.account(two.appid)).state, 'ok');

    const [booking, ...others] = await bookedFor(aws, one.appid);
    assert.equal(others.length, 0, 'one booking');
    // For a whole minute, rounded up.
    const at = new Date(Math.ceil((report.refreshAt ?? 0) / 60) * 60_000).toISOString().slice(0, 19);
    assert.equal(booking?.ScheduleExpression, `at(${at})`);
    assert.equal(booking.ScheduleExpressionTimezone, 'UTC');
    assert.equal(booking.ActionAfterCompletion, 'DELETE');
    assert.match(booking.Target?.Arn ?? '', new RegExp(`:function:${RefreshFunctionName}$`));
  });
}

async function makeKeys(aws: Deployment): Promise<Pick<Used, 'key' | 'keyId' | 'limited'>> {
  const { key, keyId } = await step('make API keys', async () => {
    const scopes = ['followers:read', 'avatars:read', 'token:read', 'usage:read'].flatMap((scope) => [
      '--scope',
      scope,
    ]);
    const made = await aws.keyring(['key', 'create', '--name', 'deploy test', ...scopes]);
    assert.ok('key' in made);
    return { key: made.key, keyId: made.apiKey.keyId };
  });
  const limited = await aws.keyring([
    ...['key', 'create', '--name', 'for two', '--scope', 'followers:read', '--account', two.appid],
  ]);
  assert.ok('key' in limited);
  return { key, keyId, limited: { key: limited.key, keyId: limited.apiKey.keyId } };
}

async function readFollowers(
  aws: Deployment,
  { key, limited }: Pick<Used, 'key' | 'limited'>,
): Promise<void> {
  await step('followers, by key', async () => {
    const list = await aws.call(`${base}/followers?limit=2`, { key });
    assert.equal(list.status, 200);
    const { total, openids } = z.parse(followersSchema, list.json());
    assert.deepEqual([total, openids.length], [25, 2]);
    assert.equal(list.headers['cache-control'], 'no-store');
    const [openid = ''] = openids;
    assert.equal((await aws.call(`${base}/followers/${openid}`, { key })).status, 200);
    const lookup = { openids: [openid, 'o-nobody'] };
    const found = await aws.call(`${base}/followers/lookup`, { method: 'POST', key, json: lookup });
    assert.deepEqual(z.parse(lookupSchema, found.json()).unknown, ['o-nobody']);
    const usual = await aws.call(`/v1/accounts/${two.appid}/followers`, { key: limited.key });
    assert.equal(usual.status, 200);
  });

  await step('followers, by time and counted, once a sync has ended', async () => {
    problem(await aws.call(`${base}/followers?order=newest`, { key }), 409, 'mirror_not_ready');
    await aws.keyring(['followers', 'sync', one.appid]);
    await until('the sync to end', async () => {
      const result = await aws.keyring(['followers', 'status', one.appid]);
      return 'sync' in result && result.sync.state === 'done' ? result : undefined;
    });
    const newest = await aws.call(`${base}/followers?order=newest&limit=2&include=profile`, { key });
    assert.equal(newest.status, 200, newest.body.toString());
    assert.equal(z.parse(followersSchema, newest.json()).total, 25);
    assert.ok(newest.headers['etag']);
    const counts = await aws.call(`${base}/followers/counts`, { key });
    assert.equal(z.parse(z.object({ total: z.number() }), counts.json()).total, 25, counts.body.toString());
    const avatars = await aws.call(`${base}/avatars?limit=3`, { key });
    assert.equal(z.parse(z.array(z.string()), avatars.json()).length, 3);
  });
}

async function callOthers(
  aws: Deployment,
  { url, control }: Wechat,
  { key, limited }: Pick<Used, 'key' | 'limited'>,
): Promise<void> {
  const { ApiUrl } = aws.outputs;
  await step('what a key may not do is refused as a problem document', async () => {
    const path = `${base}/followers`;
    problem(await aws.call(path), 401, 'key_missing');
    problem(await aws.call(path, { key: 'wk_unknown' }), 401, 'key_unknown');
    problem(await aws.call(path, { key: limited.key }), 403, 'account_not_allowed');
    problem(await aws.call(`${base}/token`, { key: limited.key }), 403, 'scope_missing');
    problem(await aws.call(`/v1/accounts/wx0000000000000404/token`, { key }), 404, 'account_unknown');
  });

  await step('the token broker, and a token that died early', async () => {
    const broker = await aws.call(`${base}/token`, { key });
    assert.equal(broker.status, 200);
    const { access_token: token } = z.parse(tokenSchema, broker.json());
    assert.equal(await errcodeOf(url, token), 0);
    await control('POST', '/_sim/revoke', { appid: one.appid, what: 'access_token' });
    const json = { access_token: token };
    const report = await aws.call(`${base}/token/report`, { method: 'POST', key, json });
    const { access_token: fresh, replaced } = z.parse(reportedSchema, report.json());
    assert.equal(replaced, true);
    assert.equal(await errcodeOf(url, fresh), 0);
  });

  await step('avatars, a picture, the domain file and a JS-SDK signature', async () => {
    const avatars = await aws.call(`${base}/avatars?limit=3&size=64`, { key });
    const [url = ''] = z.parse(z.array(z.string()), avatars.json());
    assert.ok(url.startsWith(`${ApiUrl}/v1/placeholders/`), url);
    const picture = await aws.call(new URL(url).pathname);
    assert.equal(picture.headers['content-type'], 'image/png');
    assert.match(String(picture.headers['cache-control']), /immutable/);
    assert.equal(picture.body.subarray(1, 4).toString('latin1'), 'PNG');
    const file = await aws.call('/MP_verify_a1B2c3.txt');
    assert.deepEqual([file.status, file.body.toString()], [200, 'a1B2c3']);
    problem(await aws.call('/MP_verify_other.txt'), 404, 'file_unknown');
    const signature = await aws.call(`${base}/jssdk-config?url=${encodeURIComponent(returnTo)}`);
    assert.equal(signature.status, 200, signature.body.toString());
  });

  await step('a page of an allowed origin may call, with cookies', async () => {
    const headers = { origin, 'access-control-request-method': 'GET' };
    const preflight = await aws.call(`${base}/me`, { method: 'OPTIONS', headers });
    assert.equal(preflight.headers['access-control-allow-origin'], origin);
    assert.equal(preflight.headers['access-control-allow-credentials'], 'true');
    const foreign = { ...headers, origin: 'https://elsewhere.example' };
    const refused = await aws.call(`${base}/me`, { method: 'OPTIONS', headers: foreign });
    assert.equal(refused.headers['access-control-allow-origin'], undefined);
  });
}

async function logInThrough(aws: Deployment, { url, control }: Wechat): Promise<LoggedIn> {
  const { ApiUrl } = aws.outputs;
  const query = new URLSearchParams({ scope: 'snsapi_userinfo', return_to: returnTo });
  const begun = await aws.call(`${base}/oauth/authorize?${query.toString()}`);
  assert.equal(begun.status, 302);
  const link = new URL(String(begun.headers['location']));
  assert.equal(link.origin, new URL(url).origin);
  const { openid } = z.parse(userSchema, await control('POST', '/_sim/users', { appid: one.appid }));
  const consent = Object.fromEntries(
    ['appid', 'redirect_uri', 'scope', 'state'].map((name) => [name, link.searchParams.get(name)]),
  );
  const tapped = await control('POST', '/_sim/consent', { ...consent, openid, decision: 'allow' });
  const { location } = z.parse(z.object({ location: z.url() }), tapped);
  assert.ok(location.startsWith(ApiUrl), location);
  const { pathname, search } = new URL(location);
  const ended = await aws.call(pathname + search, { cookies: begun.cookies });
  assert.deepEqual([ended.status, ended.headers['location']], [303, `${returnTo}#`], ended.body.toString());
  return { openid, cookies: ended.cookies };
}

/** Returns who is logged in at the end. */
async function logInAndOut(aws: Deployment, logIn: Used['logIn']): Promise<LoggedIn> {
  const session = await step('log in through WeChat, and out', async () => {
    const { openid, cookies } = await logIn();
    const me = await aws.call(`${base}/me`, { cookies });
    assert.equal(z.parse(userSchema, me.json()).openid, openid);
    assert.equal((await aws.call(`${base}/avatars?limit=1`, { cookies })).status, 200);
    const logout = { method: 'POST', cookies } as const;
    problem(await aws.call(`${base}/oauth/logout`, logout), 403, 'csrf_header_missing');
    const headers = { 'x-keyring-csrf': '1' };
    assert.equal((await aws.call(`${base}/oauth/logout`, { ...logout, headers })).status, 204);
    assert.equal((await aws.call(`${base}/me`, { cookies })).status, 401);
    return logIn();
  });

  await step('a user is exported and erased, by the operator and by themselves', async () => {
    const known = await logIn();
    const exported = await aws.keyring(['user', 'export', one.appid, known.openid]);
    assert.ok(JSON.stringify(exported).includes(known.openid));
    await aws.keyring(['user', 'erase', one.appid, known.openid, '--yes']);
    assert.equal((await aws.call(`${base}/me`, { cookies: known.cookies })).status, 401);
    const { cookies } = await logIn();
    const headers = { 'x-keyring-csrf': '1' };
    const erased = await aws.call(`${base}/me`, { method: 'DELETE', cookies, headers });
    assert.equal(erased.status, 200, erased.body.toString());
    assert.equal((await aws.call(`${base}/me`, { cookies })).status, 401);
  });

  return session;
}
