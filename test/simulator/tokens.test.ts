import { afterEach, expect, test } from '@jest/globals';

import { appid, secret, start, stopAll, text } from './harness.ts';

afterEach(stopAll);

test('a classic token has the form and the life of a real one, and no errcode', async () => {
  const wechat = await start();
  await wechat.account();
  expect(await wechat.classic()).toEqual({
    access_token: expect.stringMatching(/^84_[\w-]{133}$/),
    expires_in: 7200,
  });
});

test('the former classic token works for five minutes after the next was made, and then no more', async () => {
  const wechat = await start();
  await wechat.account();
  const former = await wechat.token();
  const current = await wechat.token();
  await wechat.advance(299);
  expect(await wechat.tokenError(former)).toBe(0);
  await wechat.advance(1);
  expect(await wechat.tokenError(former)).toBe(40001);
  expect(await wechat.tokenError(current)).toBe(0);
});

test('a classic token older than the former one is dead at once', async () => {
  const wechat = await start();
  await wechat.account();
  const oldest = await wechat.token();
  await wechat.token();
  await wechat.token();
  expect(await wechat.tokenError(oldest)).toBe(40001);
});

test('a classic token that is replaced shortly before its end does not outlive that end', async () => {
  const wechat = await start();
  await wechat.account();
  const former = await wechat.token();
  await wechat.advance(7150);
  await wechat.token();
  await wechat.advance(50);
  expect(await wechat.tokenError(former)).toBe(42001);
});

test('a token that ran out is answered with 42001', async () => {
  const wechat = await start();
  await wechat.account();
  const token = await wechat.token();
  await wechat.advance(7200);
  expect(await wechat.tokenError(token)).toBe(42001);
});

test('classic and stable tokens leave each other alone', async () => {
  const wechat = await start();
  await wechat.account();
  const { access_token: stable } = await wechat.stable();
  const classic = await wechat.token();
  await wechat.token();
  await wechat.stable(true);
  expect(await wechat.tokenError(stable)).toBe(0);
  expect(await wechat.tokenError(classic)).toBe(0);
  await wechat.token();
  expect(await wechat.tokenError(stable)).toBe(0);
});

test('an ordinary stable call gives the same token with its remaining life', async () => {
  const wechat = await start();
  await wechat.account();
  const { access_token } = await wechat.stable();
  await wechat.advance(6855);
  expect(await wechat.stable()).toEqual({ access_token, expires_in: 345 });
});

test('with exactly 300 seconds left a stable token is still the same', async () => {
  const wechat = await start();
  await wechat.account();
  const { access_token } = await wechat.stable();
  await wechat.advance(6900);
  expect(await wechat.stable()).toEqual({ access_token, expires_in: 300 });
});

test('inside its last 300 seconds a stable token is replaced, and both work for five minutes', async () => {
  const wechat = await start();
  await wechat.account();
  const { access_token: former } = await wechat.stable();
  await wechat.advance(6901);
  const { access_token: current, expires_in } = await wechat.stable();
  expect(expires_in).toBe(7200);
  expect(current).not.toBe(former);
  await wechat.advance(299);
  expect(await wechat.tokenError(former)).toBe(0);
  await wechat.advance(1);
  expect(await wechat.tokenError(former)).toBe(42001);
  expect(await wechat.tokenError(current)).toBe(0);
});

test('a stable token that ran out before anybody asked again is not revived', async () => {
  const wechat = await start();
  await wechat.account();
  const { access_token: former } = await wechat.stable();
  await wechat.advance(7201);
  await wechat.stable();
  expect(await wechat.tokenError(former)).toBe(42001);
});

test('one forced refresh leaves the former stable token working, a second one kills it', async () => {
  const wechat = await start();
  await wechat.account();
  const { access_token: leaked } = await wechat.stable();
  await wechat.stable(true);
  expect(await wechat.tokenError(leaked)).toBe(0);
  await wechat.advance(30);
  await wechat.stable(true);
  expect(await wechat.tokenError(leaked)).toBe(40001);
});

test('a forced refresh within 30 seconds of another gives the current token', async () => {
  const wechat = await start();
  await wechat.account();
  const { access_token } = await wechat.stable(true);
  await wechat.advance(29);
  expect(await wechat.stable(true)).toEqual({ access_token, expires_in: 7171 });
  await wechat.advance(1);
  expect((await wechat.stable(true))['access_token']).not.toBe(access_token);
});

test('the 21st forced refresh of a day is refused with 45009, and works after midnight in China', async () => {
  const wechat = await start();
  await wechat.account();
  for (let forced = 0; forced < 20; forced += 1) {
    await wechat.stable(true);
    await wechat.advance(30);
  }
  expect(await wechat.stable(true)).toMatchObject({ errcode: 45009 });
  expect(await wechat.stable()).toHaveProperty('access_token');
  await wechat.advance(12 * 3600);
  expect(await wechat.stable(true)).toHaveProperty('access_token');
});

test('the limit of forced refreshes and its errcode are options', async () => {
  const wechat = await start();
  await wechat.account({ options: { force_limit: 1, force_limit_errcode: 45011, force_guard_s: 0 } });
  await wechat.stable(true);
  expect(await wechat.stable(true)).toMatchObject({ errcode: 45011 });
});

test('a revoked token is dead at once, and the next call makes a new one', async () => {
  const wechat = await start();
  await wechat.account();
  const { access_token: token } = await wechat.stable();
  await wechat.post('/_sim/revoke', { appid, what: 'access_token' });
  expect(await wechat.tokenError(token)).toBe(40001);
  expect((await wechat.stable())['access_token']).not.toBe(token);
});

test('a new secret kills the tokens without a grace period', async () => {
  const wechat = await start();
  await wechat.account();
  const token = await wechat.token();
  const body = JSON.stringify({ appid, secret: 'another' });
  await wechat.fetch('/_sim/accounts', { method: 'PATCH', body });
  expect(await wechat.tokenError(token)).toBe(40001);
  expect(await wechat.classic()).toMatchObject({ errcode: 40125 });
});

test('the life of tokens can be shorter, as the platform reserves', async () => {
  const wechat = await start();
  await wechat.account({ options: { token_lifetime_s: 3600 } });
  expect(await wechat.classic()).toMatchObject({ expires_in: 3600 });
});

test.each([
  ['a wrong secret', { secret: 'wrong' }, 40125],
  ['a wrong appid', { appid: 'wxffffffffffffffff' }, 40013],
  ['no appid', { appid: '' }, 41002],
  ['no secret', { secret: '' }, 41004],
  ['another grant_type', { grant_type: 'authorization_code' }, 40002],
])('%s is refused on both token endpoints', async (_, change, errcode) => {
  const wechat = await start();
  await wechat.account();
  const query = { grant_type: 'client_credential', appid, secret, ...change };
  expect(await wechat.get('/cgi-bin/token', query)).toMatchObject({ errcode });
  expect(await wechat.post('/cgi-bin/stable_token', query)).toMatchObject({ errcode });
});

test('GET on stable_token is refused with 43002', async () => {
  const wechat = await start();
  await wechat.account();
  expect(await wechat.get('/cgi-bin/stable_token')).toMatchObject({ errcode: 43002 });
});

test('POST on an endpoint for GET is refused with 43001', async () => {
  const wechat = await start();
  await wechat.account();
  expect(await wechat.post('/cgi-bin/token', {})).toMatchObject({ errcode: 43001 });
});

test('a frozen secret is refused with 40243', async () => {
  const wechat = await start();
  await wechat.account({ options: { secret_frozen: true } });
  expect(await wechat.classic()).toMatchObject({ errcode: 40243 });
});

test('a chunked POST gets HTTP 412 and an empty body', async () => {
  const wechat = await start();
  await wechat.account();
  const chunks = new ReadableStream({
    start(controller) {
      const body = { grant_type: 'client_credential', appid, secret };
      controller.enqueue(new TextEncoder().encode(JSON.stringify(body)));
      controller.close();
    },
  });
  const init = { method: 'POST', body: chunks, duplex: 'half' } as const;
  const response = await wechat.fetch('/cgi-bin/stable_token', init);
  expect([response.status, await response.text()]).toEqual([412, '']);
});

test('a caller that is not on the allow-list is told its address in both forms', async () => {
  const wechat = await start();
  await wechat.account({ options: { ip_allow_list: ['203.0.113.7'] } });
  const query = { grant_type: 'client_credential', appid, secret };
  const refused = await wechat.get('/cgi-bin/token', query);
  expect(refused['errcode']).toBe(40164);
  expect(refused['errmsg']).toMatch(
    /^invalid ip 127\.0\.0\.1 ipv6 ::ffff:127\.0\.0\.1, not in whitelist rid: /,
  );
  const modern = await wechat.get('/cgi-bin/token', query, { 'x-sim-client-ip': '2001:db8::7' });
  expect(modern['errmsg']).toMatch(/^invalid ip 2001:db8::7 ipv6 2001:db8::7, not in whitelist rid: /);
  const allowed = await wechat.get('/cgi-bin/token', query, { 'x-sim-client-ip': '203.0.113.7' });
  expect(allowed).toHaveProperty('access_token');
});

test('the allow-list covers only the token endpoints unless the account says all', async () => {
  const wechat = await start();
  await wechat.account({ options: { ip_allow_list: ['203.0.113.7'] } });
  const query = { grant_type: 'client_credential', appid, secret };
  const { access_token } = await wechat.get('/cgi-bin/token', query, { 'x-sim-client-ip': '203.0.113.7' });
  expect(await wechat.tokenError(access_token)).toBe(0);
  const options = { ip_allow_list_scope: 'all' };
  await wechat.fetch('/_sim/accounts', { method: 'PATCH', body: JSON.stringify({ appid, options }) });
  expect(await wechat.tokenError(access_token)).toBe(40164);
});

test('a ticket needs a good token, carries errcode 0, and stays the same while it lives', async () => {
  const wechat = await start();
  await wechat.account();
  const getticket = async (type: string, access_token: string) =>
    wechat.get('/cgi-bin/ticket/getticket', { access_token, type });
  const token = await wechat.token();
  const first = await getticket('jsapi', token);
  expect(first).toEqual({
    errcode: 0,
    errmsg: 'ok',
    ticket: expect.stringMatching(/^[\w-]{86}$/),
    expires_in: 7200,
  });
  await wechat.advance(100);
  expect(await getticket('jsapi', token)).toEqual({ ...first, expires_in: 7100 });
  expect((await getticket('wx_card', token))['ticket']).not.toBe(first['ticket']);
  expect(await getticket('jsapi', 'nonsense')).toMatchObject({ errcode: 40001 });
});

test('a revoked ticket is followed by another', async () => {
  const wechat = await start();
  await wechat.account();
  const query = { access_token: await wechat.token(), type: 'jsapi' };
  const before = text((await wechat.get('/cgi-bin/ticket/getticket', query))['ticket']);
  await wechat.post('/_sim/revoke', { appid, what: 'jsapi_ticket' });
  expect((await wechat.get('/cgi-bin/ticket/getticket', query))['ticket']).not.toBe(before);
});
