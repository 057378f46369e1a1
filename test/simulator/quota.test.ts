import { afterEach, expect, test } from '@jest/globals';

import { appid, secret, start, stopAll } from './harness.ts';

afterEach(stopAll);

const day = 86_400;

test('2,000 classic tokens are made in a day; the next call is refused and points to the stable token', async () => {
  const wechat = await start();
  await wechat.account();
  for (let batch = 0; batch < 20; batch += 1) {
    await Promise.all(Array.from({ length: 100 }, () => wechat.classic()));
  }
  expect(await wechat.classic()).toEqual({
    errcode: 45009,
    errmsg: expect.stringMatching(
      /^reach max api daily quota limit, could get access_token by getStableAccessToken, more details at https:\/\/mmbizurl\.cn\/s\/JtxxFh33r rid: /,
    ),
  });
});

test('a day ends at midnight in China', async () => {
  const wechat = await start();
  await wechat.account({ options: { daily_token_limit: 1 } });
  await wechat.classic();
  await wechat.advance(day / 2 - 1);
  expect(await wechat.classic()).toMatchObject({ errcode: 45009 });
  await wechat.advance(1);
  expect(await wechat.classic()).toHaveProperty('access_token');
});

test('a sandbox account has 200 classic tokens a day', async () => {
  const wechat = await start();
  const { options } = await wechat.account({ options: { sandbox: true } });
  expect(options).toMatchObject({ daily_token_limit: 200 });
});

test('each API has its own count for the day', async () => {
  const wechat = await start();
  await wechat.account({ followers: 1, options: { daily_limits: { '/cgi-bin/user/get': 2 } } });
  const access_token = await wechat.token();
  await wechat.get('/cgi-bin/user/get', { access_token });
  await wechat.get('/cgi-bin/user/get', { access_token });
  const refused = await wechat.get('/cgi-bin/user/get', { access_token });
  expect(refused).toMatchObject({ errcode: 45009 });
  expect(refused['errmsg']).toMatch(/^reach max api daily quota limit rid: /);
  expect(await wechat.tokenError(access_token)).toBe(0);
});

test('a limit per minute is answered with 45011 until the minute is over', async () => {
  const wechat = await start();
  await wechat.account({ options: { minute_limits: { '/cgi-bin/stable_token': 1 } } });
  await wechat.stable();
  expect(await wechat.stable()).toMatchObject({ errcode: 45011 });
  await wechat.advance(60);
  expect(await wechat.stable()).toHaveProperty('access_token');
});

test('refused calls do not count, unless the account says so', async () => {
  const wechat = await start();
  const daily_limits = { '/cgi-bin/user/info': 1 };
  const refused = async (options: object) => {
    await wechat.account({ options: { daily_limits, ...options } });
    const query = { access_token: await wechat.token(), openid: 'nobody' };
    await wechat.get('/cgi-bin/user/info', query);
    return (await wechat.get('/cgi-bin/user/info', query))['errcode'];
  };
  expect(await refused({})).toBe(40003);
  expect(await refused({ count_rejected: true })).toBe(45009);
});

test('quota/get tells the limit, what is used and what remains', async () => {
  const wechat = await start();
  await wechat.account({ followers: 1 });
  const access_token = await wechat.token();
  await wechat.get('/cgi-bin/user/get', { access_token });
  const path = `/cgi-bin/openapi/quota/get?access_token=${access_token}`;
  expect(await wechat.post(path, { cgi_path: '/cgi-bin/user/get' })).toMatchObject({
    errcode: 0,
    quota: { daily_limit: 500, used: 1, remain: 499 },
  });
  expect(await wechat.post(path, { cgi_path: '/cgi-bin/nothing' })).toMatchObject({ errcode: 76021 });
});

test('clear_quota/v2 frees the day without a token, ten times a month', async () => {
  const wechat = await start();
  await wechat.account({ options: { daily_token_limit: 1 } });
  await wechat.classic();
  const clear = () => wechat.post('/cgi-bin/clear_quota/v2', { appid, appsecret: secret });
  expect(await clear()).toEqual({ errcode: 0, errmsg: 'ok' });
  expect(await wechat.classic()).toHaveProperty('access_token');
  for (let cleared = 1; cleared < 10; cleared += 1) await clear();
  expect(await clear()).toMatchObject({ errcode: 48006 });
  await wechat.advance(31 * day);
  expect(await clear()).toMatchObject({ errcode: 0 });
});

test('clear_quota refuses the appid of another account', async () => {
  const wechat = await start();
  await wechat.account();
  const path = `/cgi-bin/clear_quota?access_token=${await wechat.token()}`;
  expect(await wechat.post(path, { appid: 'wxffffffffffffffff' })).toMatchObject({ errcode: 40013 });
  expect(await wechat.post(path, { appid })).toMatchObject({ errcode: 0 });
});
