import { afterEach, expect, test } from '@jest/globals';

import { until } from '../kit/until.ts';
import { appid, secret, start, stopAll, text } from './harness.ts';

afterEach(stopAll);

const path = '/cgi-bin/token';
const query = `${path}?${new URLSearchParams({ grant_type: 'client_credential', appid, secret }).toString()}`;

async function withFault(fault: object) {
  const wechat = await start();
  await wechat.account();
  const set = await wechat.post('/_sim/faults', { path, ...fault });
  expect(set).not.toHaveProperty('error');
  return wechat;
}

test('an errcode fault hits as many calls as it says, and then no more', async () => {
  const { classic } = await withFault({ kind: 'errcode', errcode: -1, times: 2 });
  expect(await classic()).toEqual({ errcode: -1, errmsg: expect.stringMatching(/^system error rid: /) });
  expect(await classic()).toMatchObject({ errcode: -1 });
  expect(await classic()).toHaveProperty('access_token');
});

test('an http fault answers with a status', async () => {
  const { fetch } = await withFault({ kind: 'http', status: 502, body: 'bad gateway' });
  const response = await fetch(query);
  expect([response.status, await response.text()]).toEqual([502, 'bad gateway']);
});

test('a garbage fault answers 200 with a body that is not JSON', async () => {
  const { fetch } = await withFault({ kind: 'garbage', body: '<html>' });
  const response = await fetch(query);
  expect([response.status, await response.text()]).toEqual([200, '<html>']);
});

test.each([{ kind: 'reset' }, { kind: 'hang', ms: 1 }])(
  'a $kind fault cuts the connection, and the next call works',
  async (fault) => {
    const { fetch, classic } = await withFault(fault);
    await expect(fetch(query)).rejects.toThrow();
    expect(await classic()).toHaveProperty('access_token');
  },
);

test('a slow fault answers normally in the end', async () => {
  const { classic } = await withFault({ kind: 'slow', ms: 1 });
  expect(await classic()).toHaveProperty('access_token');
});

test('a slow fault with `after` has its effect once', async () => {
  const { classic, token, tokenError, post } = await withFault({ kind: 'slow', ms: 1 });
  const former = await token();
  await post('/_sim/faults', { path, kind: 'slow', ms: 1, after: true });
  const { access_token } = await classic();
  expect(await tokenError(access_token)).toBe(0);
  expect(await tokenError(former)).toBe(0);
});

test('a hang outlasts no close of the simulator', async () => {
  const { fetch, simulator, get } = await withFault({ kind: 'hang', ms: 600_000 });
  const call = expect(fetch(query)).rejects.toThrow();
  await until('the call has come', async () => (await get('/_sim/calls'))[path] === 1);
  await simulator.close();
  await call;
});

test.each([
  { kind: 'errcode', errcode: -1 },
  { kind: 'http', status: 500 },
  { kind: 'garbage', body: '' },
  { kind: 'reset' },
  { kind: 'hang', ms: 1 },
])('with `after`, a $kind fault loses only the reply: the token was made', async (fault) => {
  const { fetch, token, tokenError, post } = await withFault({ kind: 'garbage', times: 1 });
  await fetch(query);
  const oldest = await token();
  await token();
  expect(await tokenError(oldest)).toBe(0);
  await post('/_sim/faults', { path, after: true, ...fault });
  await fetch(query).catch(() => undefined);
  expect(await tokenError(oldest)).toBe(40001);
});

test('without `after` nothing happens behind a fault', async () => {
  const { fetch, token, tokenError, post } = await withFault({ kind: 'garbage' });
  await fetch(query);
  const oldest = await token();
  await token();
  await post('/_sim/faults', { path, kind: 'reset' });
  await fetch(query).catch(() => undefined);
  expect(await tokenError(oldest)).toBe(0);
});

test('an exchange that answers -1 afterwards has used up the code', async () => {
  const wechat = await start();
  await wechat.account();
  const code = await wechat.code(text((await wechat.user())['openid']));
  await wechat.post('/_sim/faults', {
    path: '/sns/oauth2/access_token',
    kind: 'errcode',
    errcode: -1,
    after: true,
  });
  expect(await wechat.exchange(code)).toEqual({
    errcode: -1,
    errmsg: expect.stringMatching(/^system error, hints: \[ req_id: \w+ \]$/),
  });
  expect(await wechat.exchange(code)).toMatchObject({ errcode: 40163 });
});

test('a fault can be meant for one account', async () => {
  const { classic, get, account } = await withFault({ kind: 'errcode', errcode: -1, appid: 'wx2' });
  await account({ appid: 'wx2' });
  expect(await classic()).toHaveProperty('access_token');
  const other = { grant_type: 'client_credential', appid: 'wx2', secret };
  expect(await get(path, other)).toMatchObject({ errcode: -1 });
});

test('a fault for one account knows the account of a token', async () => {
  const wechat = await start();
  await wechat.account();
  const token = await wechat.token();
  await wechat.post('/_sim/faults', {
    path: '/cgi-bin/get_api_domain_ip',
    kind: 'errcode',
    errcode: 45011,
    appid,
  });
  expect(await wechat.tokenError(token)).toBe(45011);
});

test('a path with a star stands for all that begin so', async () => {
  const { classic, stable } = await withFault({
    path: '/cgi-bin/*',
    kind: 'errcode',
    errcode: 50002,
    times: 2,
  });
  expect(await classic()).toMatchObject({ errcode: 50002 });
  expect(await stable()).toMatchObject({ errcode: 50002 });
});

test('faults can be taken back', async () => {
  const { classic, fetch } = await withFault({ kind: 'errcode', errcode: -1, times: 100 });
  expect((await fetch('/_sim/faults', { method: 'DELETE' })).status).toBe(204);
  expect(await classic()).toHaveProperty('access_token');
});

test('a 40164 fault names the address of the caller', async () => {
  const { classic } = await withFault({ kind: 'errcode', errcode: 40164 });
  expect(await classic()).toMatchObject({
    errmsg: expect.stringMatching(
      /^invalid ip 127\.0\.0\.1 ipv6 ::ffff:127\.0\.0\.1, not in whitelist rid: /,
    ),
  });
});
