import { afterEach, expect, test } from '@jest/globals';

import { appid, noon, secret, start, stopAll } from './harness.ts';

afterEach(stopAll);

test('the clock tells the time and moves by advance_s', async () => {
  const { get, post } = await start();
  expect(await get('/_sim/clock')).toEqual({ now: noon });
  expect(await post('/_sim/clock', { advance_s: 90 })).toEqual({ now: noon + 90 });
  expect(await get('/_sim/clock')).toEqual({ now: noon + 90 });
});

test('moving the clock runs the alarms on the way before it answers', async () => {
  const { clock, post } = await start();
  const rang: number[] = [];
  clock.alarm(noon + 60, () => Promise.resolve(void rang.push(clock.now())));
  await post('/_sim/clock', { advance_s: 100 });
  expect(rang).toEqual([noon + 60]);
});

test('calls are counted per path, refused ones and faults included, control calls not', async () => {
  const { get, post, classic, account, fetch } = await start();
  await account();
  await classic();
  await get('/cgi-bin/token');
  await post('/_sim/faults', { path: '/cgi-bin/token', kind: 'reset' });
  await classic().catch(() => undefined);
  await get('/sns/auth');
  expect(await get('/_sim/calls')).toEqual({ '/cgi-bin/token': 3, '/sns/auth': 1 });
  await fetch('/_sim/calls', { method: 'DELETE' });
  expect(await get('/_sim/calls')).toEqual({});
});

test('reset forgets accounts, faults and calls, and begins the first accounts anew', async () => {
  const first = { appid: 'wx1', secret, options: { daily_token_limit: 1 } };
  const { get, post, fetch, account, tokenError } = await start({ accounts: [first] });
  const mint = (id: string) => get('/cgi-bin/token', { grant_type: 'client_credential', appid: id, secret });
  await account();
  const { access_token } = await mint('wx1');
  await post('/_sim/faults', { path: '/cgi-bin/token', kind: 'errcode', errcode: -1 });
  expect((await fetch('/_sim/reset', { method: 'POST' })).status).toBe(204);
  expect(await get('/_sim/calls')).toEqual({});
  expect(await tokenError(access_token)).toBe(40001);
  expect(await mint('wx1')).toHaveProperty('access_token');
  expect(await mint(appid)).toMatchObject({ errcode: 40013 });
});

test('an account is answered with 201 and its options, defaults filled in', async () => {
  const { fetch } = await start();
  const body = JSON.stringify({ appid, secret, followers: 5, options: { force_limit: 3 } });
  const response = await fetch('/_sim/accounts', { method: 'POST', body });
  expect(response.status).toBe(201);
  expect(await response.json()).toMatchObject({
    appid,
    followers: 5,
    options: { force_limit: 3, daily_token_limit: 2000 },
  });
});

test('a user is answered with 201 and everything about them', async () => {
  const { account, fetch } = await start();
  await account();
  const given = { openid: 'oCustom', nickname: '小明', unionid: 'oU', headimgurl: 'https://pic.example/1' };
  const body = JSON.stringify({ appid, ...given, subscribe: 1 });
  const response = await fetch('/_sim/users', { method: 'POST', body });
  expect(response.status).toBe(201);
  expect(await response.json()).toEqual({ appid, ...given, subscribe: true, snapshot: false });
});

test.each([
  ['/_sim/clock', { advance_s: -1 }, 'advance_s'],
  ['/_sim/clock', { advance_s: 366 * 86_400 + 1 }, '<=31622400'],
  ['/_sim/clock', { advance: 5 }, 'advance'],
  ['/_sim/accounts', { appid }, 'secret'],
  ['/_sim/accounts', { appid, secret, options: { force_limits: 3 } }, 'force_limits'],
  ['/_sim/users', { appid: 'wx9' }, 'appid'],
  ['/_sim/faults', { path: '/cgi-bin/token', kind: 'explode' }, 'kind'],
  ['/_sim/faults', { path: '/cgi-bin/token', kind: 'hang' }, 'ms'],
  ['/_sim/revoke', { appid, what: 'user' }, 'openid'],
  ['/_sim/revoke', { appid, what: 'luck' }, 'what'],
  ['/_sim/consent', { appid, redirect_uri: 'x', scope: 'snsapi_base', decision: 'allow' }, '10003'],
  [
    '/_sim/consent',
    { appid, redirect_uri: 'https://a.example', scope: 'snsapi_base', openid: 'no', decision: 'allow' },
    'openid',
  ],
  ['/_sim/push', { appid, url: 'http://127.0.0.1:9/', event: {} }, 'push_token'],
])('%s with %j is refused with 400 and names %s', async (path, body, reason) => {
  const { account, fetch } = await start();
  await account();
  const response = await fetch(path, { method: 'POST', body: JSON.stringify(body) });
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({ error: expect.stringContaining(reason) });
});

test('a control body that is not JSON is refused with 400', async () => {
  const { fetch } = await start();
  const response = await fetch('/_sim/clock', { method: 'POST', body: '{' });
  expect([response.status, await response.json()]).toEqual([400, { error: 'the body is not JSON' }]);
});

test('unknown control calls are 404, wrong verbs 405', async () => {
  const { fetch } = await start();
  expect((await fetch('/_sim/nothing')).status).toBe(404);
  expect((await fetch('/_sim/reset')).status).toBe(405);
});

test.each(['/cgi-bin/menu/get', '/sns/jscode2session', '/cgi-bin', '/'])(
  'what the platform may have at %s and the simulator has not is 404, in JSON that says so',
  async (path) => {
    const { fetch } = await start();
    const response = await fetch(`${path}?access_token=a`);
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'application/json']);
    const body = (await response.json()) as { errcode: number; errmsg: string };
    expect(body).toEqual({ errcode: 404, errmsg: expect.stringContaining(`not simulated: ${path}.`) });
  },
);

test('answers to control calls end in a newline, for those who read them in a terminal', async () => {
  const { fetch } = await start();
  for (const path of ['/_sim/clock', '/_sim/nothing']) {
    expect((await (await fetch(path)).text()).endsWith('}\n')).toBe(true);
  }
});

test('the log names verb, path and outcome, and never a query', async () => {
  const lines: string[] = [];
  const { account, classic, get } = await start({ log: (line) => lines.push(line) });
  await account();
  await classic();
  await get('/cgi-bin/token', { secret });
  expect(lines).toEqual(['GET /cgi-bin/token 200', 'GET /cgi-bin/token 200 41002']);
});
