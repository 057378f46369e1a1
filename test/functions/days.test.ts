import { afterEach, describe, expect, test } from '@jest/globals';
import { create as createCallback } from '../../functions/oauth/callback.ts';
import { create as createEvents } from '../../functions/events/handle-events.ts';
import { tablesOf } from '../../functions/parts.ts';
import { routes } from '../../functions/routes.ts';
import type { Runtime } from '../../functions/runtime.ts';
import type { DayFigures } from '../../shared/figures/read-figures.ts';
import { chinaDay } from '../../shared/wechat/quota-day.ts';
import { sync } from '../followers/kit.ts';
import { httpEvent, lambdaContext } from '../kit/event.ts';
import { startKit, type Kit, type KitOptions } from '../kit/kit.ts';

let kit: Kit | undefined;
afterEach(() => kit?.close());

async function start(options: KitOptions = {}): Promise<Kit> {
  return (kit = await startKit({ tables: 'memory', ...options }));
}

async function daysOf(made: Kit, days = 30): Promise<DayFigures[]> {
  const result = await made.admin({ command: 'account.days', account: 'default', days });
  if (!('today' in result && 'days' in result)) throw new Error('These are no days.');
  expect(result.today).toBe(chinaDay(made.clock.now()));
  return result.days as DayFigures[];
}

async function today(made: Kit): Promise<DayFigures | undefined> {
  return (await daysOf(made, 1))[0];
}

/** Begins a login, and has the user decide. */
async function leave(made: Kit, decision: 'allow' | 'deny' = 'allow') {
  const { openid } = (await made.control('users', { appid: made.account })) as { openid: string };
  const started = await made.call('authorize', { query: { return_to: `${made.origin}/` } });
  const location = await made.consent(String(started.headers['location']), openid, decision);
  return { openid, query: new URL(location).search.slice(1), cookies: started.cookies };
}

/** Surroundings in which nothing can be counted. */
function countless({ runtime }: Kit): Runtime {
  const tables = tablesOf(runtime);
  const add = () => Promise.reject(Object.assign(new Error(), { name: 'ThrottlingException' }));
  return { ...runtime, tables: { ...tables, followers: { ...tables.followers, add } } };
}

describe('logins', () => {
  test('are counted by how they ended, each once', async () => {
    const made = await start();
    const back = (given: { query: string; cookies: readonly string[] }) =>
      made.call('callback', { path: { account: made.account }, ...given });
    const well = await leave(made);
    expect([await back(well), await back(well)]).toMatchObject([{ status: 303 }, { status: 303 }]);
    const denied = await leave(made, 'deny');
    expect([await back(denied), await back(denied)]).toMatchObject([{ status: 200 }, { status: 200 }]);
    const asked = await leave(made);
    await back({
      ...asked,
      query: asked.query.replace(/code=[^&]+/, 'code=0123456789abcdef0123456789abcdef'),
    });
    await back({ ...well, query: `code=x&state=${'a'.repeat(64)}` });
    await back({ query: (await leave(made)).query, cookies: [] });
    await made.control('faults', {
      path: '/sns/oauth2/access_token',
      kind: 'errcode',
      errcode: -1,
      times: 5,
    });
    await back(await leave(made));
    expect((await today(made))?.logins).toEqual({
      granted: 1,
      refused: 1,
      code_refused: 1,
      state_unknown: 1,
      login_cookie_missing: 1,
      wechat_unreachable: 1,
    });
  });

  test('that are refused and then allowed are counted as both', async () => {
    const made = await start();
    const { openid } = (await made.control('users', { appid: made.account })) as { openid: string };
    const { headers, cookies } = await made.call('authorize', { query: { return_to: `${made.origin}/` } });
    for (const decision of ['deny', 'allow'] as const) {
      const location = await made.consent(String(headers['location']), openid, decision);
      const query = new URL(location).search.slice(1);
      await made.call('callback', { path: { account: made.account }, query, cookies });
    }
    expect((await today(made))?.logins).toEqual({ refused: 1, granted: 1 });
  });

  test('that are refused end well where that cannot be noted', async () => {
    const made = await start();
    const { query, cookies } = await leave(made, 'deny');
    const tables = tablesOf(made.runtime);
    const update = () => Promise.reject(Object.assign(new Error(), { name: 'ThrottlingException' }));
    const runtime = { ...made.runtime, tables: { ...tables, users: { ...tables.users, update } } };
    const event = httpEvent(routes.callback, { path: { account: made.account }, query, cookies });
    expect((await createCallback(runtime)(event, lambdaContext)).statusCode).toBe(200);
    expect(await daysOf(made)).toEqual([]);
  });

  test('that cannot be counted end well all the same', async () => {
    const made = await start();
    const { query, cookies } = await leave(made);
    const event = httpEvent(routes.callback, { path: { account: made.account }, query, cookies });
    const answer = await createCallback(countless(made))(event, lambdaContext);
    expect(made.logged.at(-1)).toMatchObject({
      level: 'warn',
      message: 'What happened could not be counted.',
      fields: { account: made.account, error: 'ThrottlingException' },
    });
    expect(answer.statusCode).toBe(303);
    expect(
      await made.call('getMe', { cookies: (answer.cookies ?? []).map((one) => one.split(';')[0] ?? '') }),
    ).toMatchObject({ status: 200 });
    expect(await daysOf(made)).toEqual([]);
  });
});

describe('pushes', () => {
  const push = (made: Kit, id: string, about: object = {}) => ({
    messageId: id,
    body: JSON.stringify({
      ...{ id, delivery: id, account: made.account, type: 'event', event: 'VIEW', fields: {} },
      createdAt: made.clock.now(),
      ...about,
    }),
  });

  test('are counted by what became of them', async () => {
    const made = await start();
    const handle = createEvents(made.runtime);
    const Records = [push(made, 'one'), push(made, 'another'), push(made, 'one', { delivery: 'again' })];
    // Whom it is about is not said.
    Records.push(push(made, 'broken', { event: 'user_authorization_cancellation' }));
    expect(await handle({ Records }, lambdaContext)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'broken' }],
    });
    expect((await today(made))?.pushes).toEqual({ handled: 2, repeated: 1, failed: 1 });
  });

  test('in the clear that WeChat contradicts are counted apart', async () => {
    const made = await start();
    const { openid } = (await made.control('users', { appid: made.account, subscribe: true })) as {
      openid: string;
    };
    const about = { event: 'unsubscribe', isSigned: false, openid };
    await createEvents(made.runtime)({ Records: [push(made, 'forged', about)] }, lambdaContext);
    expect((await today(made))?.pushes).toEqual({ unconfirmed: 1 });
  });

  test('that cannot be counted are handled all the same', async () => {
    const made = await start();
    const Records = [push(made, 'one')];
    expect(await createEvents(countless(made))({ Records }, lambdaContext)).toEqual({
      batchItemFailures: [],
    });
    expect(made.logged.map(({ message }) => message)).toEqual(
      expect.arrayContaining(['A push was handled.', 'What happened could not be counted.']),
    );
  });

  test('of an account that was removed leave nothing behind', async () => {
    const made = await start();
    const account = 'wx00000000000000dd';
    await createEvents(made.runtime)({ Records: [push(made, 'late', { account })] }, lambdaContext);
    expect((await made.items('followers')).filter(({ shard }) => String(shard).startsWith(account))).toEqual(
      [],
    );
  });
});

describe('followers', () => {
  test('of the first sync have not joined that day; who comes and goes without an event has, on the day it is found', async () => {
    const made = await start({ sync: 'details', followers: 30 });
    await sync(made);
    expect(await daysOf(made)).toMatchObject([{ followers: 30, joined: 0, left: 0, scenes: {} }]);
    await made.clock.advance(86_400);
    const { openids } = (await made.call('listFollowers', { key: made.apiKey })).body as {
      openids: string[];
    };
    for (const openid of openids.slice(0, 4)) {
      await made.control('users', { appid: made.account, openid, subscribe: false });
    }
    const followed = await Promise.all(
      Array.from({ length: 6 }, () => made.control('users', { appid: made.account, subscribe: true })),
    );
    expect(followed).toHaveLength(6);
    await sync(made);
    const [, day] = await daysOf(made);
    expect(day).toMatchObject({ followers: 32, joined: 6, left: 4 });
    expect(Object.values(day?.scenes ?? {}).reduce((sum, count) => sum + count, 0)).toBe(6);
    // Another sync finds nobody new.
    await sync(made);
    expect((await daysOf(made))[1]).toEqual(day);
  });

  test('of an account that is removed leave no days behind', async () => {
    const made = await start({ sync: 'details', followers: 3 });
    await sync(made);
    const kept = async () =>
      (await made.items('followers')).filter(({ shard }) => shard === `${made.account}#days`).length;
    expect(await kept()).toBe(1);
    await made.admin({ command: 'account.remove', account: made.account });
    await made.clock.advance(300);
    await made.settled();
    expect(await kept()).toBe(0);
  });
});

test('days that are no number of days from 1 to 366 are refused', async () => {
  const made = await start();
  for (const days of [0, 367, 1.5]) {
    await expect(made.admin({ command: 'account.days', account: 'default', days })).rejects.toThrow(
      'invalid_parameter',
    );
  }
});

test('the history of an account has its token and the tickets that were asked for', async () => {
  const made = await start();
  await made.call('getTicket', { key: made.apiKey, query: { type: 'jsapi' } });
  await made.clock.advance(3 * 7200);
  await made.settled();
  const result = await made.admin({ command: 'account.history', account: 'default' });
  expect(result).toMatchObject({
    now: made.clock.now(),
    mintBudget: 200,
    credentials: [
      { kind: 'access_token', mintedFor: 'due', windowAt: expect.any(Number), notices: [] },
      { kind: 'jsapi_ticket', mintsToday: expect.any(Number) },
    ],
  });
  const [token] = 'credentials' in result ? result.credentials : [];
  expect(token?.former.map(({ end }) => end)).toEqual(['renewed', 'renewed', 'renewed']);
  expect(token?.former.at(-1)).toMatchObject({ generation: 1, mintedFor: 'manual' });
});

describe('keys', () => {
  async function usedOn(made: Kit): Promise<(string | undefined)[]> {
    const result = await made.admin({ command: 'key.list' });
    return 'keys' in result
      ? result.keys.map((key) => ('lastUsedOn' in key ? key.lastUsedOn : undefined))
      : [];
  }

  test('tell on which day they were used last', async () => {
    const made = await start();
    expect(await usedOn(made)).toEqual([undefined]);
    await made.call('getToken', { key: made.apiKey });
    const first = chinaDay(made.clock.now());
    expect(await usedOn(made)).toEqual([first]);
    await made.clock.advance(2 * 86_400);
    expect(await usedOn(made)).toEqual([first]);
    await made.call('getToken', { key: made.apiKey });
    expect(await usedOn(made)).toEqual([chinaDay(made.clock.now())]);
  });

  test('of the drop-in do, too', async () => {
    const made = await start();
    const key = await made.createKey({ scopes: ['dropin:proxy'], accounts: '*' });
    const query = { appid: made.account, secret: key, grant_type: 'client_credential' };
    expect((await made.call('getDropInToken', { query })).status).toBe(200);
    expect(await usedOn(made)).toContain(chinaDay(made.clock.now()));
  });
});
