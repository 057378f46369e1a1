import { afterEach, expect, test } from '@jest/globals';

import { appid, secret, start, stopAll, text, texts, type Body } from './harness.ts';

afterEach(stopAll);

type Wechat = Awaited<ReturnType<typeof start>>;

async function page(wechat: Wechat, access_token: string, next_openid = '') {
  const body = await wechat.get('/cgi-bin/user/get', { access_token, next_openid });
  const data: Body = { ...(body['data'] as object | undefined) };
  return { ...body, openids: texts(data['openid'] ?? []), next: body['next_openid'], body };
}

test('23,000 followers come in pages of 10,000 after an exclusive cursor, and each once', async () => {
  const wechat = await start();
  await wechat.account({ followers: 23_000 });
  const token = await wechat.token();
  const first = await page(wechat, token);
  const second = await page(wechat, token, text(first.next));
  const third = await page(wechat, token, text(second.next));
  expect([first, second, third].map(({ body }) => [body['total'], body['count']])).toEqual([
    [23_000, 10_000],
    [23_000, 10_000],
    [23_000, 3000],
  ]);
  expect(new Set([...first.openids, ...second.openids, ...third.openids]).size).toBe(23_000);
});

test('the last page repeats its last openid, and the call after it has no data', async () => {
  const wechat = await start();
  await wechat.account({ followers: 3 });
  const token = await wechat.token();
  const last = await page(wechat, token);
  expect(last.next).toBe(last.openids[2]);
  const after = await page(wechat, token, text(last.next));
  expect(after.body).toEqual({ total: 3, count: 0, next_openid: '' });
});

test('an account without followers answers in the shape of the call after the last page', async () => {
  const wechat = await start();
  await wechat.account();
  expect((await page(wechat, await wechat.token())).body).toEqual({ total: 0, count: 0, next_openid: '' });
});

test('an openid that is no cursor is refused with 40003', async () => {
  const wechat = await start();
  await wechat.account({ followers: 3 });
  expect((await page(wechat, await wechat.token(), 'o-nobody')).body).toMatchObject({ errcode: 40003 });
});

test('a million followers can be had at once, and the same seed gives the same ones', async () => {
  const [one, same, other] = [await start({ seed: 7 }), await start({ seed: 7 }), await start({ seed: 8 })];
  const firstOpenids = async (wechat: Wechat) => {
    await wechat.account({ followers: 1_000_000, options: { page_size: 2 } });
    return (await page(wechat, await wechat.token())).body;
  };
  const answer = await firstOpenids(one);
  expect(answer).toMatchObject({ total: 1_000_000, count: 2 });
  expect(await firstOpenids(same)).toEqual(answer);
  expect(await firstOpenids(other)).not.toEqual(answer);
});

test('openids look like real ones and belong to one account only', async () => {
  const wechat = await start();
  await wechat.account({ followers: 1 });
  const [openid] = (await page(wechat, await wechat.token())).openids;
  expect(openid).toMatch(/^o[\w-]{27}$/);
  await wechat.post('/_sim/accounts', { appid: 'wx2', secret, followers: 1 });
  const other = { grant_type: 'client_credential', appid: 'wx2', secret };
  const { access_token } = await wechat.get('/cgi-bin/token', other);
  const query = { access_token: text(access_token), openid: text(openid) };
  expect(await wechat.get('/cgi-bin/user/info', query)).toMatchObject({ errcode: 40003 });
});

test('registered followers stand at the end of the list, other registered users do not', async () => {
  const wechat = await start();
  await wechat.account({ followers: 2 });
  const { openid } = await wechat.user({ subscribe: true });
  await wechat.user({});
  const { openids, body } = await page(wechat, await wechat.token());
  expect(body['total']).toBe(3);
  expect(openids).toHaveLength(3);
  expect(openids[2]).toBe(openid);
});

test('a follower who leaves is gone from the list, and still good as a cursor', async () => {
  const wechat = await start();
  await wechat.account({ followers: 3 });
  const token = await wechat.token();
  const { openids } = await page(wechat, token);
  await wechat.user({ openid: openids[1], subscribe: false });
  expect((await page(wechat, token)).body).toMatchObject({
    total: 2,
    data: { openid: [openids[0], openids[2]] },
  });
  expect((await page(wechat, token, text(openids[1]))).openids).toEqual([openids[2]]);
});

test("a follower's profile has the emptied fields, empty", async () => {
  const wechat = await start();
  await wechat.account({ followers: 1 });
  const access_token = await wechat.token();
  const openid = text((await page(wechat, access_token)).openids[0]);
  expect(await wechat.get('/cgi-bin/user/info', { access_token, openid, lang: 'en' })).toEqual({
    subscribe: 1,
    openid,
    nickname: '',
    sex: 0,
    language: 'en',
    city: '',
    province: '',
    country: '',
    headimgurl: '',
    subscribe_time: expect.any(Number),
    unionid: expect.stringMatching(/^o[\w-]{27}$/),
    remark: '',
    groupid: 0,
    tagid_list: [],
    subscribe_scene: expect.stringMatching(/^ADD_SCENE_/),
    qr_scene: 0,
    qr_scene_str: '',
  });
});

test('an account outside the Open Platform sees no unionid', async () => {
  const wechat = await start();
  await wechat.account({ options: { open_platform: false } });
  const openid = text((await wechat.user({ subscribe: true }))['openid']);
  const query = { access_token: await wechat.token(), openid };
  expect(await wechat.get('/cgi-bin/user/info', query)).not.toHaveProperty('unionid');
});

test.each([
  [
    'emptied',
    [
      'subscribe',
      'openid',
      'nickname',
      'sex',
      'language',
      'city',
      'province',
      'country',
      'headimgurl',
      'tagid_list',
    ],
  ],
  ['bare', ['subscribe', 'openid', 'tagid_list']],
  ['unionid', ['subscribe', 'openid', 'unionid']],
] as const)('someone who does not follow can come in the %s shape', async (shape, fields) => {
  const wechat = await start();
  await wechat.account({ options: { unsubscribed_shape: shape } });
  const byAccount = text((await wechat.user())['openid']);
  const query = { access_token: await wechat.token(), openid: byAccount };
  const profile = await wechat.get('/cgi-bin/user/info', query);
  expect(profile['subscribe']).toBe(0);
  expect(Object.keys(profile)).toEqual(fields);
});

test('a user can have a shape of their own', async () => {
  const wechat = await start();
  await wechat.account();
  const openid = text((await wechat.user({ unsubscribed_shape: 'bare' }))['openid']);
  const query = { access_token: await wechat.token(), openid };
  expect(await wechat.get('/cgi-bin/user/info', query)).toEqual({ subscribe: 0, openid, tagid_list: [] });
});

test('user/info of a strange openid is refused with 40003', async () => {
  const wechat = await start();
  await wechat.account({ followers: 1 });
  const query = { access_token: await wechat.token(), openid: `o${'A'.repeat(27)}` };
  expect(await wechat.get('/cgi-bin/user/info', query)).toMatchObject({ errcode: 40003 });
});

test('batchget gives the same profiles as user/info', async () => {
  const wechat = await start();
  await wechat.account({ followers: 100 });
  const access_token = await wechat.token();
  const { openids } = await page(wechat, access_token);
  const path = `/cgi-bin/user/info/batchget?access_token=${access_token}`;
  const batch = await wechat.post(path, { user_list: openids.map((openid) => ({ openid })) });
  const last = await wechat.get('/cgi-bin/user/info', { access_token, openid: text(openids[99]) });
  expect(batch['user_info_list']).toHaveLength(100);
  expect((batch['user_info_list'] as unknown[])[99]).toEqual(last);
});

test('batchget refuses 101 entries, an unknown openid, a form and an empty body', async () => {
  const wechat = await start();
  await wechat.account({ followers: 101 });
  const access_token = await wechat.token();
  const path = `/cgi-bin/user/info/batchget?access_token=${access_token}`;
  const list = (await page(wechat, access_token)).openids.map((openid) => ({ openid }));
  const errcode = async (body: string | URLSearchParams) => {
    const response = await wechat.fetch(path, { method: 'POST', body });
    return ((await response.json()) as Body)['errcode'];
  };
  expect(await errcode(JSON.stringify({ user_list: list }))).toBe(40032);
  expect(await errcode(JSON.stringify({ user_list: [...list.slice(0, 5), { openid: 'nobody' }] }))).toBe(
    40003,
  );
  expect(await errcode(new URLSearchParams({ openid: 'x' }))).toBe(47001);
  expect(await errcode('')).toBe(44002);
});

test('batchget can count entries instead of calls', async () => {
  const wechat = await start();
  const options = { batchget_counts: 'entries', daily_limits: { '/cgi-bin/user/info/batchget': 5 } } as const;
  await wechat.account({ followers: 5, options });
  const access_token = await wechat.token();
  const user_list = (await page(wechat, access_token)).openids.map((openid) => ({ openid }));
  const path = `/cgi-bin/user/info/batchget?access_token=${access_token}`;
  expect(await wechat.post(path, { user_list })).toHaveProperty('user_info_list');
  expect(await wechat.post(path, { user_list })).toMatchObject({ errcode: 45009 });
});

test('an unverified account may not call the user APIs', async () => {
  const wechat = await start();
  await wechat.account({ options: { verified: false } });
  const access_token = await wechat.token();
  expect(await wechat.get('/cgi-bin/user/get', { access_token })).toMatchObject({ errcode: 48001 });
  expect(await wechat.get('/cgi-bin/user/info', { access_token })).toMatchObject({ errcode: 48001 });
});

test('a missing token is 41001, and its rid begins with the time in hex after a blank', async () => {
  const wechat = await start();
  await wechat.account();
  const { errcode, errmsg } = await wechat.get('/cgi-bin/user/get');
  expect(errcode).toBe(41001);
  const now = wechat.clock.now().toString(16);
  expect(errmsg).toMatch(new RegExp(`^access_token missing rid: ${now}-[0-9a-f]{8}-[0-9a-f]{8}$`));
});

test("a user's web token does not open the user APIs", async () => {
  const wechat = await start();
  await wechat.account();
  const openid = text((await wechat.user())['openid']);
  const grant = await wechat.exchange(await wechat.code(openid));
  expect(await wechat.tokenError(grant['access_token'])).toBe(40001);
});

test('an unknown token can be answered with 40014', async () => {
  const wechat = await start();
  await wechat.account({ appid, options: { unknown_token_errcode: 40014 } });
  expect(await wechat.tokenError('nonsense')).toBe(40014);
});

test('each of several accounts refuses the dead tokens that were its own in its own words', async () => {
  const wechat = await start();
  await wechat.account();
  const other = { appid: `${appid}2`, secret };
  await wechat.account({ ...other, options: { unknown_token_errcode: 40014 } });
  const token = await wechat.token();
  const { access_token } = await wechat.get('/cgi-bin/token', { grant_type: 'client_credential', ...other });
  await wechat.post('/_sim/revoke', { appid, what: 'access_token' });
  await wechat.post('/_sim/revoke', { appid: other.appid, what: 'access_token' });
  expect([await wechat.tokenError(token), await wechat.tokenError(access_token)]).toEqual([40001, 40014]);
  expect(await wechat.tokenError('nonsense')).toBe(40001);
});

test('a user can have fields that are odd, in each API that tells of them', async () => {
  const wechat = await start();
  await wechat.account();
  const { openid } = await wechat.user({ subscribe: true, odd_fields: { tagid_list: {}, nickname: 7 } });
  const access_token = await wechat.token();
  const user_list = [{ openid }];
  const odd = { openid, tagid_list: {}, nickname: 7 };
  expect(await wechat.get('/cgi-bin/user/info', { access_token, openid: text(openid) })).toMatchObject(odd);
  expect(
    await wechat.post(`/cgi-bin/user/info/batchget?access_token=${access_token}`, { user_list }),
  ).toMatchObject({ user_info_list: [odd] });
  const grant = await wechat.exchange(await wechat.code(text(openid)));
  expect(await wechat.userinfo(grant['access_token'], openid)).toMatchObject(odd);
});

test('one user can make a whole answer something that is no JSON', async () => {
  const wechat = await start();
  await wechat.account({ followers: 2 });
  const access_token = await wechat.token();
  const { openids } = await page(wechat, access_token);
  await wechat.user({ openid: openids[1], broken_json: true });
  const ask = async (...asked: unknown[]) => {
    const body = JSON.stringify({ user_list: asked.map((openid) => ({ openid })) });
    const path = `/cgi-bin/user/info/batchget?access_token=${access_token}`;
    return (await wechat.fetch(path, { method: 'POST', body })).text();
  };
  expect(JSON.parse(await ask(openids[0]))).toMatchObject({ user_info_list: [{ openid: openids[0] }] });
  expect(await ask(...openids)).toContain('"remark":"5" screen"');
});

test('an openid of nobody can shift the unionids of those behind it in a batch', async () => {
  const wechat = await start();
  await wechat.account({ followers: 3, options: { batchget_unknown: 'shift' } });
  const access_token = await wechat.token();
  const { openids } = await page(wechat, access_token);
  const ask = async (...asked: (string | undefined)[]) => {
    const path = `/cgi-bin/user/info/batchget?access_token=${access_token}`;
    const body = await wechat.post(path, { user_list: asked.map((openid) => ({ openid })) });
    return (body['user_info_list'] as Body[]).map(({ unionid }) => unionid);
  };
  const [a, b, c] = await ask(...openids);
  expect(new Set([a, b, c]).size).toBe(3);
  expect(await ask(openids[0], 'oNobody', openids[1], openids[2])).toEqual([a, b, c, undefined]);
});

test('a list can go round: behind the last page comes the first', async () => {
  const wechat = await start();
  await wechat.account({ followers: 4, options: { page_size: 2, list_goes_round: true } });
  const token = await wechat.token();
  const first = await page(wechat, token);
  const second = await page(wechat, token, text(first.next));
  expect((await page(wechat, token, text(second.next))).openids).toEqual(first.openids);
});
