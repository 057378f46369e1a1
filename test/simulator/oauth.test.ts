import { afterEach, expect, test } from '@jest/globals';

import { appid, secret, start, stopAll, text, type Body } from './harness.ts';

afterEach(stopAll);

const day = 86_400;

/** A simulator with one account and one user. */
async function withUser(options: object = {}, fields: Body = {}) {
  const wechat = await start();
  await wechat.account({ options });
  const openid = text((await wechat.user({ nickname: '小明', ...fields }))['openid']);
  return { ...wechat, openid, grant: async () => wechat.exchange(await wechat.code(openid)) };
}

test('a code is exchanged for the tokens of its user, without an errcode', async () => {
  const { grant, openid } = await withUser();
  expect(await grant()).toEqual({
    access_token: expect.stringMatching(/^84_[\w-]{107}$/),
    expires_in: 7200,
    refresh_token: expect.stringMatching(/^84_[\w-]{107}$/),
    openid,
    scope: 'snsapi_userinfo',
    unionid: expect.any(String),
  });
});

test('a code has 32 letters and digits, a zero first', async () => {
  const { code, openid } = await withUser();
  expect(await code(openid)).toMatch(/^0[0-9A-Za-z]{31}$/);
});

test('a used code is answered with 40163 soon after, and with 40029 later', async () => {
  const { code, exchange, openid, advance } = await withUser();
  const used = await code(openid);
  await exchange(used);
  await advance(299);
  expect(await exchange(used)).toMatchObject({ errcode: 40163 });
  await advance(1);
  expect(await exchange(used)).toMatchObject({ errcode: 40029 });
});

test('when 40163 turns into 40029 is an option', async () => {
  const { code, exchange, openid, advance } = await withUser({ code_reuse_window_s: 10 });
  const used = await code(openid);
  await exchange(used);
  await advance(10);
  expect(await exchange(used)).toMatchObject({ errcode: 40029 });
});

test('a code lives five minutes', async () => {
  const { code, exchange, openid, advance } = await withUser();
  const [early, late] = [await code(openid), await code(openid)];
  await advance(299);
  expect(await exchange(early)).toHaveProperty('access_token');
  await advance(1);
  expect(await exchange(late)).toMatchObject({ errcode: 40029 });
});

test('a code of another account is answered with 40029', async () => {
  const { code, exchange, openid, post } = await withUser();
  await post('/_sim/accounts', { appid: 'wx2', secret });
  expect(await exchange(await code(openid), { appid: 'wx2' })).toMatchObject({ errcode: 40029 });
});

test.each([
  ['a wrong secret', { secret: 'wrong' }, 40125],
  ['a wrong appid', { appid: 'wx9' }, 40013],
  ['no appid', { appid: '' }, 41002],
  ['no secret', { secret: '' }, 41004],
  ['no code', { code: '' }, 41008],
  ['another grant_type', { grant_type: 'client_credential' }, 40002],
])('an exchange with %s is refused and leaves the code unused', async (_, change, errcode) => {
  const { code, exchange, openid } = await withUser();
  const fresh = await code(openid);
  expect(await exchange(fresh, change)).toMatchObject({ errcode });
  expect(await exchange(fresh)).toHaveProperty('access_token');
});

test('sns answers are text/plain, and their rid follows a comma', async () => {
  const { fetch } = await withUser();
  const query = new URLSearchParams({ appid, secret, code: 'bad', grant_type: 'authorization_code' });
  const response = await fetch(`/sns/oauth2/access_token?${query.toString()}`);
  expect(response.headers.get('content-type')).toBe('text/plain');
  expect(await response.text()).toMatch(/"errmsg":"invalid code, rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}"/);
});

test("a user's access token lives two hours", async () => {
  const { grant, userinfo, openid, advance } = await withUser();
  const { access_token } = await grant();
  await advance(7199);
  expect(await userinfo(access_token, openid)).toHaveProperty('nickname');
  await advance(1);
  expect(await userinfo(access_token, openid)).toMatchObject({ errcode: 42001 });
});

test('a refresh while the access token lives keeps it and pushes its end out', async () => {
  const { grant, refresh, userinfo, openid, advance } = await withUser();
  const before = await grant();
  await advance(7000);
  expect(await refresh(before['refresh_token'])).toEqual({
    access_token: before['access_token'],
    expires_in: 7200,
    refresh_token: before['refresh_token'],
    openid,
    scope: 'snsapi_userinfo',
  });
  await advance(7199);
  expect(await userinfo(before['access_token'], openid)).toHaveProperty('nickname');
});

test('a life that was pushed out counts for the next refresh', async () => {
  const { grant, refresh, advance } = await withUser();
  const { access_token, refresh_token } = await grant();
  await advance(7000);
  await refresh(refresh_token);
  await advance(7000);
  expect(await refresh(refresh_token)).toMatchObject({ access_token });
});

test('a refresh after the access token died makes a new one', async () => {
  const { grant, refresh, userinfo, openid, advance } = await withUser();
  const before = await grant();
  await advance(7200);
  const after = await refresh(before['refresh_token']);
  expect(after['access_token']).not.toBe(before['access_token']);
  expect(await userinfo(after['access_token'], openid)).toHaveProperty('nickname');
});

test('a refresh token ends 30 days after the exchange, however often it was used', async () => {
  const { grant, refresh, advance } = await withUser();
  const { refresh_token } = await grant();
  await advance(29 * day);
  expect(await refresh(refresh_token)).toHaveProperty('access_token');
  await advance(day - 1);
  expect(await refresh(refresh_token)).toHaveProperty('access_token');
  await advance(1);
  expect(await refresh(refresh_token)).toMatchObject({ errcode: 42002 });
});

test('an ended refresh token can be answered with 40030', async () => {
  const { grant, refresh, advance } = await withUser({ refresh_expired_errcode: 40030 });
  const { refresh_token } = await grant();
  await advance(30 * day);
  expect(await refresh(refresh_token)).toMatchObject({ errcode: 40030 });
});

test('an account can rotate refresh tokens, and a new one lives 30 days of its own', async () => {
  const { grant, refresh, advance } = await withUser({ rotate_refresh_token: true });
  const first = await grant();
  await advance(29 * day);
  const second = await refresh(first['refresh_token']);
  expect(second['refresh_token']).not.toBe(first['refresh_token']);
  expect(await refresh(first['refresh_token'])).toMatchObject({ errcode: 40030 });
  await advance(29 * day);
  expect(await refresh(second['refresh_token'])).toHaveProperty('access_token');
});

test('an unknown refresh token is 40030 and a missing one 41003', async () => {
  const { refresh } = await withUser();
  expect(await refresh('nonsense')).toMatchObject({ errcode: 40030 });
  expect(await refresh('')).toMatchObject({ errcode: 41003 });
});

test("a revoked user's tokens die: 40001 for the access token, 42007 for the refresh token", async () => {
  const { grant, refresh, userinfo, openid, post } = await withUser();
  const { access_token, refresh_token } = await grant();
  await post('/_sim/revoke', { appid, what: 'user', openid });
  expect(await userinfo(access_token, openid)).toMatchObject({ errcode: 40001 });
  expect(await refresh(refresh_token)).toMatchObject({ errcode: 42007 });
});

test('tokens of several users, and several of one user, live side by side', async () => {
  const { grant, userinfo, openid } = await withUser();
  const [one, two] = [await grant(), await grant()];
  expect(one['access_token']).not.toBe(two['access_token']);
  expect(await userinfo(one['access_token'], openid)).toHaveProperty('nickname');
  expect(await userinfo(two['access_token'], openid)).toHaveProperty('nickname');
});

test('userinfo gives nickname and picture, and empties the rest', async () => {
  const { grant, userinfo, openid, url } = await withUser();
  const { access_token, unionid } = await grant();
  const profile = await userinfo(access_token, openid);
  expect(profile).toMatchObject({
    openid,
    nickname: '小明',
    sex: 0,
    city: '',
    country: '',
    privilege: [],
    unionid,
  });
  expect(text(profile['headimgurl'])).toMatch(/\/132$/);
  expect(text(profile['headimgurl']).startsWith(`${url}/mmopen/`)).toBe(true);
});

test('a generated follower can consent, and then has a nickname', async () => {
  const { simulator, get, account, token, code, exchange, userinfo } = await start();
  expect(simulator.port).toBeGreaterThan(0);
  await account({ followers: 1 });
  const page = await get('/cgi-bin/user/get', { access_token: await token() });
  const { access_token, openid } = await exchange(await code(text(page['next_openid'])));
  expect(await userinfo(access_token, openid)).toMatchObject({
    openid: page['next_openid'],
    nickname: '王小明',
  });
});

test('the fourth generated follower has a nickname that makes the JSON invalid', async () => {
  const { fetch, get, account, token, code, exchange } = await start();
  await account({ followers: 4 });
  const page = await get('/cgi-bin/user/get', { access_token: await token() });
  const grant = await exchange(await code(text(page['next_openid'])));
  const query = new URLSearchParams({
    access_token: text(grant['access_token']),
    openid: text(grant['openid']),
  });
  const body = await (await fetch(`/sns/userinfo?${query.toString()}`)).text();
  expect(body).toContain('"nickname":"rain\u0008drop"');
  expect(() => JSON.parse(body) as unknown).toThrow(SyntaxError);
});

test('quotes and backslashes in a nickname stay escaped', async () => {
  const nickname = 'a"b\\n\\u0001';
  const { grant, userinfo, openid } = await withUser({}, { nickname });
  expect(await userinfo((await grant())['access_token'], openid)).toMatchObject({ nickname });
});

test('snsapi_base gives an openid, no unionid, and no userinfo', async () => {
  const { code, exchange, userinfo, openid } = await withUser();
  const grant = await exchange(await code(openid, 'snsapi_base'));
  expect(grant).toMatchObject({ openid, scope: 'snsapi_base' });
  expect(grant).not.toHaveProperty('unionid');
  expect(await userinfo(grant['access_token'], openid)).toMatchObject({
    errcode: 48001,
    errmsg: expect.stringMatching(/^api unauthorized, rid: /),
  });
});

test('an account can see the unionid with snsapi_base', async () => {
  const { code, exchange, openid } = await withUser({ unionid_with_base: true });
  expect(await exchange(await code(openid, 'snsapi_base'))).toHaveProperty('unionid');
});

test('the scope can come as a list with a trailing comma', async () => {
  const { grant } = await withUser({ scope_style: 'both' });
  expect(await grant()).toMatchObject({ scope: 'snsapi_base,snsapi_userinfo,' });
});

test('userinfo with a global token is refused with 40001', async () => {
  const { token, userinfo, openid } = await withUser();
  expect(await userinfo(await token(), openid)).toEqual({
    errcode: 40001,
    errmsg: expect.stringMatching(/^invalid credential, access_token is invalid or not latest, rid: /),
  });
});

test('userinfo and auth of another openid are refused with 40003', async () => {
  const { grant, userinfo, get } = await withUser();
  const { access_token } = await grant();
  expect(await userinfo(access_token, 'other')).toMatchObject({ errcode: 40003 });
  const query = { access_token: text(access_token), openid: 'other' };
  expect(await get('/sns/auth', query)).toMatchObject({ errcode: 40003 });
});

test('sns/auth answers errcode 0 for a good token', async () => {
  const { grant, get, openid } = await withUser();
  const query = { access_token: text((await grant())['access_token']), openid };
  expect(await get('/sns/auth', query)).toEqual({ errcode: 0, errmsg: 'ok' });
});

test('a snapshot visitor has a virtual openid and nickname, and is marked', async () => {
  const { grant, userinfo, openid } = await withUser({}, { snapshot: true });
  const visit = await grant();
  expect(visit).toMatchObject({ is_snapshotuser: 1, openid: expect.stringMatching(/^o[\w-]{27}$/) });
  expect(visit['openid']).not.toBe(openid);
  const profile = await userinfo(visit['access_token'], visit['openid']);
  expect(profile['openid']).toBe(visit['openid']);
  expect(profile['nickname']).not.toBe('小明');
});

test('userinfo of a snapshot visitor can be refused with 48001', async () => {
  const { grant, userinfo } = await withUser({ snapshot_userinfo: 'unauthorized' }, { snapshot: true });
  const { access_token, openid } = await grant();
  expect(await userinfo(access_token, openid)).toMatchObject({ errcode: 48001 });
});

test('the exchange is open to callers that are not on the allow-list', async () => {
  const { grant } = await withUser({ ip_allow_list: [] });
  expect(await grant()).toHaveProperty('access_token');
});
