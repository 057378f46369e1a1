import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { HttpHandler } from '../../functions/http.ts';
import { create as createCallback } from '../../functions/oauth/callback.ts';
import { tablesOf } from '../../functions/parts.ts';
import { routes } from '../../functions/routes.ts';
import { create as createGetUser } from '../../functions/users/get-user.ts';
import { httpEvent, lambdaContext } from '../kit/event.ts';
import { startKit, type Kit, type Response } from '../kit/kit.ts';

let kit: Kit;
let openids: string[];
beforeAll(async () => {
  kit = await startKit({ tables: 'memory', followers: 60 });
  const { body } = await kit.call('listFollowers', { key: kit.apiKey });
  openids = (body as { openids: string[] }).openids;
});
afterAll(() => kit.close());
beforeEach(() => kit.control('calls', undefined, 'DELETE'));

const day = 86_400;
const refreshApi = '/sns/oauth2/refresh_token';
const profileApi = '/sns/userinfo';

/** A user who has logged in; each call is another one. */
async function loggedIn(scope = 'snsapi_userinfo'): Promise<{ openid: string; cookies: readonly string[] }> {
  const openid = openids.shift() ?? '';
  const query = { return_to: `${kit.origin}/`, scope };
  const started = await kit.call('authorize', { query });
  const back = await kit.consent(String(started.headers['location']), openid);
  const { cookies } = await kit.call('callback', {
    query: new URL(back).search.slice(1),
    cookies: started.cookies,
  });
  await kit.control('calls', undefined, 'DELETE');
  return { openid, cookies };
}

function getUser(openid: string, query: Record<string, string> = {}): Promise<Response> {
  return kit.call('getUser', { key: kit.apiKey, path: { openid }, query });
}

/** The function in a process of its own, with its clock so many seconds ahead. */
function processAhead(seconds: number): HttpHandler {
  const clock = { now: () => kit.clock.now() + seconds, sleep: (time: number) => kit.clock.sleep(time) };
  return createGetUser({ ...kit.runtime, clock });
}

async function ask(handler: HttpHandler, openid: string, query: Record<string, string> = {}) {
  const caller = { key: 'known', keyId: 'test', scopes: 'users:read', accounts: '*' };
  const event = httpEvent(routes.getUser, { path: { account: 'default', openid }, query }, caller);
  const { statusCode, body } = await handler(event, lambdaContext);
  return { status: statusCode, body: JSON.parse(body ?? '') as Record<string, unknown> };
}

async function storedGrant(openid: string): Promise<Record<string, unknown> | undefined> {
  return tablesOf(kit.runtime).users.get({ pk: `${kit.account}#${openid}`, sk: 'grant' });
}

async function fault(path: string, how: Record<string, unknown>): Promise<void> {
  await kit.control('faults', { path, times: 1, ...how });
}

describe('a user for a back end', () => {
  test('has the profile and what was granted until when, and no token', async () => {
    const { openid } = await loggedIn();
    const { status, body } = await getUser(openid);
    expect(status).toBe(200);
    const { grantedAt } = body as { grantedAt: number };
    expect(body).toEqual({
      account: kit.account,
      openid,
      unionid: expect.any(String),
      nickname: expect.any(String),
      avatar: expect.stringMatching(/\/132$/),
      scope: ['snsapi_userinfo'],
      grantedAt,
      expiresAt: grantedAt + 30 * day,
      profileFetchedAt: expect.any(Number),
    });
  });

  test('with snsapi_base has no profile, and WeChat is not asked for one', async () => {
    const { openid } = await loggedIn('snsapi_base');
    const { body } = await getUser(openid, { refresh: 'true' });
    expect(body).toMatchObject({ openid, scope: ['snsapi_base'] });
    expect(body).not.toHaveProperty('nickname');
    expect(await kit.callsTo(profileApi)).toBe(0);
  });

  test('takes a key with the scope users:read', async () => {
    const key = await kit.createKey({ scopes: ['followers:read'], accounts: '*' });
    const answer = await kit.call('getUser', { key, path: { openid: openids[0] ?? '' } });
    expect(answer).toMatchObject({ status: 403, body: { code: 'scope_missing' } });
  });

  test('who has granted nothing is 401 authorization_needed, with an address that starts a login', async () => {
    const { status, body } = await getUser('oWhoNeverCame');
    expect({ status, body }).toMatchObject({ status: 401, body: { code: 'authorization_needed' } });
    const { authorizeUrl } = body as { authorizeUrl: string };
    expect(authorizeUrl).toMatch(/^https:\/\/keyring\.example\.com\/v1\/accounts\/wx/);
    const started = await kit.call('authorize', { query: new URL(authorizeUrl).search.slice(1) });
    expect(started.status).toBe(302);
  });

  test('whose 30 days are over is 401 authorization_needed although the row is still there', async () => {
    const { openid } = await loggedIn();
    expect(await ask(processAhead(30 * day), openid)).toMatchObject({ status: 401 });
    expect(await storedGrant(openid)).toBeDefined();
  });
});

describe('a profile', () => {
  test('is read from WeChat at most once a day', async () => {
    const { openid } = await loggedIn();
    await getUser(openid);
    await ask(processAhead(day - 10), openid);
    expect(await kit.callsTo(profileApi)).toBe(0);
    const { body } = await ask(processAhead(day + 10), openid);
    expect(body).toMatchObject({ nickname: expect.any(String) });
    expect(await kit.callsTo(profileApi)).toBe(1);
  });

  test.each([
    ['http://wx.qlogo.cn/mmopen/x/0', 'https://wx.qlogo.cn/mmopen/x/0'],
    ['/0', undefined],
    ['javascript:alert(1)', undefined],
  ])('with the picture %s shows %s', async (headimgurl, avatar) => {
    const { openid } = await loggedIn();
    await kit.control('users', { appid: kit.account, openid, headimgurl });
    const { body } = await getUser(openid, { refresh: 'true' });
    expect((body as { avatar?: string }).avatar).toBe(avatar);
  });

  test('is read anew when it is asked for, and then shows the new picture to the user and on the wall', async () => {
    const { openid, cookies } = await loggedIn();
    const before = (await getUser(openid)).body as { avatar: string };
    await kit.control('users', { appid: kit.account, openid, change_avatar: true });
    expect((await fetch(before.avatar)).status).toBe(404);

    const after = (await getUser(openid, { refresh: 'true' })).body as { avatar: string };
    expect(after.avatar).not.toBe(before.avatar);
    expect((await fetch(after.avatar)).status).toBe(200);
    expect((await kit.call('getMe', { cookies })).body).toMatchObject({ avatar: after.avatar });
    const wall = await kit.call('listAvatars', { key: kit.apiKey, query: { limit: '50', size: '132' } });
    expect(wall.body).toContain(after.avatar);
    expect(wall.body).not.toContain(before.avatar);
  });

  test('that the user has emptied is shown no more', async () => {
    const { openid } = await loggedIn();
    await fault(profileApi, {
      kind: 'garbage',
      body: JSON.stringify({ openid, nickname: '', headimgurl: '' }),
    });
    const { body } = await getUser(openid, { refresh: 'true' });
    expect(body).not.toHaveProperty('nickname');
    const follower = await kit.call('getFollower', { key: kit.apiKey, path: { openid } });
    expect(follower.body).not.toHaveProperty('avatar');
  });

  test('that is old serves while WeChat is out of reach, unless a new one was asked for', async () => {
    const { openid } = await loggedIn();
    const later = processAhead(day + 10);
    await fault(profileApi, { kind: 'http', status: 503, times: 4 });
    expect(await ask(later, openid)).toMatchObject({ status: 200, body: { nickname: expect.any(String) } });
    expect(await ask(later, openid, { refresh: 'true' })).toMatchObject({
      status: 502,
      body: { code: 'wechat_unreachable' },
    });
    await kit.control('faults', undefined, 'DELETE');
  });

  test('that could not be read at the login is read later, and then shown among followers', async () => {
    await fault(profileApi, { kind: 'errcode', errcode: 50001 });
    const { openid } = await loggedIn();
    expect((await storedGrant(openid))?.['profile']).toBeUndefined();
    const { body } = await getUser(openid);
    expect(body).toMatchObject({ nickname: expect.any(String) });
    const { nickname } = body as { nickname: string };
    const follower = await kit.call('getFollower', { key: kit.apiKey, path: { openid } });
    expect(follower.body).toMatchObject({ nickname, profileFrom: 'consent' });
  });
});

describe("a user's token", () => {
  test('that has expired is refreshed once for 40 requests at once in ten processes', async () => {
    const { openid } = await loggedIn();
    const handlers = Array.from({ length: 10 }, () => processAhead(3 * 3600));
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        ask(handlers[n % handlers.length] ?? processAhead(0), openid, { refresh: 'true' }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await kit.callsTo(refreshApi)).toBe(1);
    expect(await kit.callsTo(profileApi)).toBe(40);
  });

  test.each([40001, 40014, 42001])(
    'that is rejected with %i is refreshed once and the call repeated once; the account’s own token is left alone',
    async (errcode) => {
      const { openid } = await loggedIn();
      await fault(profileApi, { kind: 'errcode', errcode });
      expect((await getUser(openid, { refresh: 'true' })).status).toBe(200);
      expect(await kit.callsTo(refreshApi)).toBe(1);
      expect(await kit.callsTo(profileApi)).toBe(2);
      expect(await kit.callsTo('/cgi-bin/stable_token')).toBe(0);
    },
  );

  test('that is rejected again after that is not refreshed again', async () => {
    const { openid } = await loggedIn();
    await fault(profileApi, { kind: 'errcode', errcode: 40001, times: 2 });
    const answer = await getUser(openid, { refresh: 'true' });
    expect(answer).toMatchObject({ status: 502, body: { code: 'wechat_refused', errcode: 40001 } });
    expect(await kit.callsTo(refreshApi)).toBe(1);
  });

  test('that cannot be refreshed is tried once for many requests, and again after 10 seconds', async () => {
    const { openid } = await loggedIn();
    await fault(refreshApi, { kind: 'errcode', errcode: 45011 });
    const handlers = Array.from({ length: 20 }, () => processAhead(3 * 3600));
    const all = await Promise.all(handlers.map((handler) => ask(handler, openid, { refresh: 'true' })));
    expect(all.filter(({ body }) => body['code'] === 'wechat_quota')).toHaveLength(1);
    expect(all.filter(({ body }) => body['code'] === 'wechat_unreachable')).toHaveLength(19);
    expect(await kit.callsTo(refreshApi)).toBe(1);
    expect((await ask(processAhead(3 * 3600 + 10), openid, { refresh: 'true' })).status).toBe(200);
  });

  test('is refreshed by another when the first has died at it', async () => {
    const { openid } = await loggedIn();
    const now = kit.clock.now() + 3 * 3600;
    await tablesOf(kit.runtime).users.update(
      { pk: `${kit.account}#${openid}`, sk: 'grant' },
      { set: { leaseOwner: 'of a process that died', leaseUntil: now - 1 } },
    );
    expect((await ask(processAhead(3 * 3600), openid, { refresh: 'true' })).status).toBe(200);
    expect(await kit.callsTo(refreshApi)).toBe(1);
  });
});

describe('a grant', () => {
  test('keeps its end when a refresh brings the same refresh token', async () => {
    const { openid } = await loggedIn();
    const before = await storedGrant(openid);
    await ask(processAhead(day + 10), openid);
    const after = await storedGrant(openid);
    expect(after?.['removeAt']).toBe(before?.['removeAt']);
    expect(after?.['generation']).toBe(Number(before?.['generation']) + 1);
  });

  test('lasts another 30 days when a refresh brings another refresh token', async () => {
    const { openid } = await loggedIn();
    await kit.control('accounts', { appid: kit.account, options: { rotate_refresh_token: true } }, 'PATCH');
    const at = kit.clock.now() + 5 * day;
    const { body } = await ask(processAhead(5 * day), openid);
    await kit.control('accounts', { appid: kit.account, options: { rotate_refresh_token: false } }, 'PATCH');
    expect(body['expiresAt']).toBe((await storedGrant(openid))?.['removeAt']);
    expect(Number(body['expiresAt']) - at - 30 * day).toBeGreaterThanOrEqual(0);
    expect(Number(body['expiresAt']) - at - 30 * day).toBeLessThan(60);
  });

  test.each([40030, 42002, 42007])(
    'that WeChat ends with %i is removed, and the caller is told where to authorize again',
    async (errcode) => {
      const { openid, cookies } = await loggedIn();
      await fault(refreshApi, { kind: 'errcode', errcode });
      const answer = await ask(processAhead(3 * 3600), openid, { refresh: 'true' });
      expect(answer).toMatchObject({
        status: 401,
        body: {
          code: 'authorization_needed',
          errcode,
          authorizeUrl: expect.stringContaining('/oauth/authorize?scope=snsapi_userinfo&return_to='),
        },
      });
      expect(await storedGrant(openid)).toBeUndefined();
      expect(await kit.call('getMe', { cookies })).toMatchObject({
        status: 401,
        body: { code: 'session_expired' },
      });
    },
  );

  test('that the profile call finds ended is removed as well', async () => {
    const { openid } = await loggedIn();
    await fault(profileApi, { kind: 'errcode', errcode: 42007 });
    expect((await getUser(openid, { refresh: 'true' })).body).toMatchObject({ code: 'authorization_needed' });
    expect(await storedGrant(openid)).toBeUndefined();
  });

  test('is sealed with the newest data key when it is next written', async () => {
    const { openid } = await loggedIn();
    const keyId = /^v1\.(\d+)\./;
    const [, before = ''] = keyId.exec(String((await storedGrant(openid))?.['refreshToken'])) ?? [];
    await kit.admin({ command: 'data-key.rotate' });
    const handler = processAhead(3 * 3600);
    expect((await ask(handler, openid, { refresh: 'true' })).status).toBe(200);
    const { accessToken, refreshToken } = (await storedGrant(openid)) ?? {};
    for (const token of [accessToken, refreshToken]) {
      expect(keyId.exec(String(token))?.[1]).toBe(String(Number(before) + 1));
    }
    expect((await ask(handler, openid, { refresh: 'true' })).status).toBe(200);
  });

  test('copied to the row of another user opens nothing', async () => {
    const [mine, theirs] = [await loggedIn(), await loggedIn()];
    const { refreshToken, accessToken } = (await storedGrant(theirs.openid)) ?? {};
    const { users } = tablesOf(kit.runtime);
    await users.update(
      { pk: `${kit.account}#${mine.openid}`, sk: 'grant' },
      { set: { refreshToken, accessToken } },
    );
    expect((await getUser(mine.openid, { refresh: 'true' })).status).toBe(500);
    expect(await kit.callsTo(profileApi)).toBe(0);
  });
});

test('nothing of all this has put an openid, a session or a stored token into a log', async () => {
  const { openid, cookies } = await loggedIn();
  await fault(refreshApi, { kind: 'errcode', errcode: 45011 });
  await ask(processAhead(3 * 3600), openid, { refresh: 'true' });
  const logs = JSON.stringify(kit.logged);
  const { accessToken, refreshToken, sessions } = (await storedGrant(openid)) ?? {};
  const session = cookies[0]?.split('=')[1];
  expect(logs).toContain('A grant could not be refreshed.');
  for (const value of [openid, session, accessToken, refreshToken, sessions].flat()) {
    expect(String(value).length).toBeGreaterThan(20);
    expect(logs).not.toContain(value);
  }
});

describe('user.expiring', () => {
  test('lists the grants of the account that end within so many days', async () => {
    const { openid } = await loggedIn();
    const list = async (days: number) => {
      const result = await kit.admin({ command: 'user.expiring', account: 'default', days });
      return 'expiring' in result ? result.expiring : [];
    };
    expect((await list(29)).map((grant) => grant.openid)).not.toContain(openid);
    const { users } = tablesOf(kit.runtime);
    const removeAt = kit.clock.now() + 2 * day;
    await users.update({ pk: `${kit.account}#${openid}`, sk: 'grant' }, { set: { removeAt } });
    expect(await list(1)).toEqual([]);
    expect(await list(3)).toEqual([
      { openid, scopes: ['snsapi_userinfo'], grantedAt: expect.any(Number), expiresAt: removeAt },
    ]);
  });
});

test('user.expiring refuses a place to go on from that it has not given out', async () => {
  const from = Buffer.from('{"pk":1}').toString('base64url');
  await expect(kit.admin({ command: 'user.expiring', account: 'default', days: 3, from })).rejects.toThrow(
    'invalid_parameter',
  );
});

describe('a silent login', () => {
  /** Comes back with snsapi_base in a process whose clock is ahead. */
  async function silentLogin(openid: string, seconds: number): Promise<void> {
    const started = await kit.call('authorize', {
      query: { return_to: `${kit.origin}/`, scope: 'snsapi_base' },
    });
    const back = await kit.consent(String(started.headers['location']), openid);
    const clock = { now: () => kit.clock.now() + seconds, sleep: () => Promise.resolve() };
    const event = httpEvent(routes.callback, {
      path: { account: 'default' },
      query: new URL(back).search.slice(1),
      cookies: started.cookies,
    });
    expect((await createCallback({ ...kit.runtime, clock })(event, lambdaContext)).statusCode).toBe(303);
  }

  test('leaves a grant of snsapi_userinfo as it is, but for the session', async () => {
    const { openid } = await loggedIn();
    const before = await storedGrant(openid);
    await silentLogin(openid, 5);
    const sessions = [before?.['sessions'], expect.any(String)].flat();
    expect(await storedGrant(openid)).toEqual({ ...before, sessions, sessionChanges: 2 });
  });

  test('begins a grant of its own, without profile, where that one has ended', async () => {
    const { openid } = await loggedIn();
    const { users } = tablesOf(kit.runtime);
    await users.update(
      { pk: `${kit.account}#${openid}`, sk: 'grant' },
      { set: { removeAt: kit.clock.now() } },
    );
    await silentLogin(openid, 5);
    expect(await storedGrant(openid)).toMatchObject({ scopes: ['snsapi_base'] });
    expect(await storedGrant(openid)).not.toHaveProperty('profile');
  });
});
