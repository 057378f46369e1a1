import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Attempts } from '../../shared/users/attempts.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { account as registered, before, noted, rig, type Rig } from './rig.ts';

const { appId: account } = registered;
const other = parseAppId('wxeeeeeeeeeeeeeeee');
const browser = 'browser';
const about = { account, scope: 'snsapi_userinfo', returnTo: 'https://www.example.com/' } as const;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

let parts: Rig;
let attempts: Attempts;
let state: string;
let now: number;
beforeEach(async () => {
  parts = rig();
  ({ attempts } = parts);
  now = parts.clock.now();
  state = await attempts.start(about, browser);
});

const row = () => parts.tables.users.get({ pk: `state#${sha256(state)}`, sk: 'attempt' });
const claim = (code = 'code', of = attempts) => of.claim(account, state, browser, code);
const refused = (code: string) => ({ code });

describe('a login under way', () => {
  test('is stored without its state or the browser’s secret, and lasts ten minutes', async () => {
    expect(await row()).toEqual({
      pk: `state#${sha256(state)}`,
      sk: 'attempt',
      ...about,
      browserHash: sha256(browser),
      removeAt: now + 600,
    });
    parts.clock.time = now + 599;
    expect(await attempts.require(account, state, browser)).toMatchObject(about);
    parts.clock.time = now + 600;
    await expect(attempts.require(account, state, browser)).rejects.toMatchObject(refused('state_expired'));
    expect(await attempts.find(account, state, browser)).toMatchObject(about);
  });

  test.each([
    ['another browser', account, 'other'],
    ['another account', other, browser],
  ])('is foreign to %s', async (_, to, by) => {
    await expect(attempts.require(to, state, by)).rejects.toMatchObject(refused('state_foreign'));
    await expect(attempts.claim(to, state, by, 'code')).rejects.toMatchObject(refused('state_foreign'));
    expect(await attempts.find(to, state, by)).toBeUndefined();
  });

  test('is not told to be foreign to a browser that keeps no cookies, or kept it for as long as a login lasts', async () => {
    const attempt = () => attempts.require(account, state, undefined);
    await expect(attempt()).rejects.toMatchObject(refused('login_cookie_missing'));
    await expect(attempts.claim(account, state, undefined, 'code')).rejects.toMatchObject(
      refused('login_cookie_missing'),
    );
    expect(await attempts.find(account, state, undefined)).toBeUndefined();
    parts.clock.time = now + 600;
    await expect(attempt()).rejects.toMatchObject(refused('state_expired'));
  });

  test('is unknown by another state', async () => {
    await expect(attempts.require(account, 'other', browser)).rejects.toMatchObject(refused('state_unknown'));
    expect(await attempts.find(account, 'other', browser)).toBeUndefined();
  });
});

describe('a claim', () => {
  test('is the first’s, who exchanges the code, and gives ten minutes more', async () => {
    parts.clock.time = now + 100;
    const first = await claim();
    expect(first).toMatchObject({ attempt: about, claimedAt: now + 100, isFirst: true });
    expect(await row()).toMatchObject({
      codeHash: sha256('code'),
      claim: first.claim,
      claimedAt: now + 100,
      removeAt: now + 700,
    });
  });

  test('takes the first one read and one write', async () => {
    const { table, calls } = noted(parts.tables.users);
    await claim('code', new Attempts(table, parts.clock));
    expect(calls).toEqual(['get', 'update']);
  });

  test('is handed to who comes later with the same code, and not to exchange it', async () => {
    const first = await claim();
    parts.clock.time += 5;
    expect(await claim()).toMatchObject({ claim: first.claim, claimedAt: now, isFirst: false });
    await expect(claim('other')).rejects.toMatchObject(refused('state_used'));
    expect(await row()).toMatchObject({ claim: first.claim, removeAt: now + 600 });
  });

  test('is one, where two come at the same moment', async () => {
    const late = new Attempts(
      before(parts.tables.users, 'update', () => claim()),
      parts.clock,
    );
    expect(await claim('code', late)).toMatchObject({ isFirst: false });
    const other = new Attempts(
      before(parts.tables.users, 'update', () => Promise.resolve()),
      parts.clock,
    );
    await expect(claim('other', other)).rejects.toMatchObject(refused('state_used'));
  });

  test('whose answer was lost is still the first’s when the write is repeated', async () => {
    const { users } = parts.tables;
    const repeating = new Proxy(users, {
      get: (target, name) =>
        name === 'update'
          ? async (...given: Parameters<typeof users.update>) => {
              await target.update(...given);
              return target.update(...given);
            }
          : (Reflect.get(target, name) as unknown),
    });
    expect(await claim('code', new Attempts(repeating, parts.clock))).toMatchObject({ isFirst: true });
  });

  /** What is done to the row between the read and the write. */
  async function meanwhile(change: Record<string, unknown>) {
    const stored = (await row()) ?? {};
    const late = new Attempts(
      before(parts.tables.users, 'update', () => parts.tables.users.put({ ...stored, ...change })),
      parts.clock,
    );
    return expect(claim('code', late)).rejects;
  }

  test.each([
    ['has ended', () => ({ removeAt: now }), 'state_expired'],
    ['is another account’s', () => ({ account: other }), 'state_foreign'],
    ['is another browser’s', () => ({ browserHash: sha256('other') }), 'state_foreign'],
    ['is another code’s', () => ({ codeHash: sha256('other'), claim: 'c', claimedAt: now }), 'state_used'],
    ['has a code and no claim', () => ({ codeHash: sha256('code') }), 'state_used'],
  ])('is not written where the login, by then, %s', async (_, change, code) => {
    await (await meanwhile(change())).toMatchObject(refused(code));
    expect(await row()).toMatchObject(change());
  });

  test('is not written in the second in which the login ends', async () => {
    let isRead = false;
    const late = new Attempts(
      before(parts.tables.users, 'update', async () => {
        isRead = true;
        await parts.tables.users.put({ ...(await row()), removeAt: now });
      }),
      parts.clock,
    );
    await expect(claim('code', late)).rejects.toMatchObject(refused('state_expired'));
    expect(isRead).toBe(true);
    expect(await row()).not.toHaveProperty('claim');
  });

  test('without a code is state_used', async () => {
    await parts.tables.users.put({ ...(await row()), claim: 'c', claimedAt: now });
    await expect(claim()).rejects.toMatchObject(refused('state_used'));
  });

  test('that does not say when it was made counts from now', async () => {
    await parts.tables.users.put({ ...(await row()), claim: 'c', codeHash: sha256('code') });
    expect(await claim()).toMatchObject({ claimedAt: now, isFirst: false });
  });
});

describe('the end of a login', () => {
  test.each([
    [{ result: 'snapshot' }],
    [{ result: 'failed', code: 'code_refused' }],
    [{ result: 'failed', code: 'wechat_refused' }],
    [{ result: 'failed', code: 'wechat_unreachable' }],
    [{ result: 'failed', code: 'login_unfinished' }],
  ] as const)('%j is told to who comes later', async (end) => {
    const first = await claim();
    await attempts.finish(state, first.claim, end);
    expect(await claim()).toMatchObject({ attempt: { ...about, end } });
  });

  test('is noted by who holds the claim alone', async () => {
    await claim();
    await attempts.finish(state, 'another claim', { result: 'snapshot' });
    expect(await row()).not.toHaveProperty('end');
  });

  test('brings nothing back that has been removed', async () => {
    const first = await claim();
    await parts.tables.users.delete({ pk: `state#${sha256(state)}`, sk: 'attempt' });
    await attempts.finish(state, first.claim, { result: 'snapshot' });
    expect(await row()).toBeUndefined();
  });
});
