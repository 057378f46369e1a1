import { request } from 'node:http';

import { afterEach, describe, expect, test } from '@jest/globals';

import { appid, secret, start, stopAll } from './harness.ts';

afterEach(stopAll);

interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Node's own client: fetch would not let a test set the headers that a browser sets. */
function ask(url: string, { method = 'GET', path, headers = {}, body = '' }: Asked) {
  return new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    request(url + path, { method, headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += String(chunk)));
      response.on('end', () => resolve({ status: response.statusCode, body: text }));
    })
      .on('error', reject)
      .end(body);
  });
}

const steer: Asked = {
  method: 'POST',
  path: '/_sim/faults',
  body: '{"path":"/cgi-bin/token","kind":"http","status":503}',
};
const mint: Asked = {
  path: `/cgi-bin/token?grant_type=client_credential&appid=${appid}&secret=${secret}`,
};
const foreignPages = [
  ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
  ['another site, in a browser that says no more', { origin: 'https://evil.example' }],
  ['another site, that only shows a picture', { 'sec-fetch-site': 'cross-site' }],
  ['nowhere', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
  ['another port', { origin: 'http://127.0.0.1:5173', 'sec-fetch-site': 'same-site' }],
] as const;

describe.each(foreignPages)('a page of %s', (_, headers) => {
  test.each([
    ['a control call', steer],
    ['a token', mint],
    ['leave to ask for one', { ...mint, method: 'OPTIONS' }],
  ])('is refused %s', async (_what, asked) => {
    const { url, account, get } = await start();
    await account();
    const { status, body } = await ask(url, { ...asked, headers });
    expect([status, JSON.parse(body)]).toEqual([403, { error: 'Web pages may not call the simulator.' }]);
    expect(await get('/_sim/calls')).toEqual({});
  });

  test('may send its visitor to the login, and show pictures', async () => {
    const { url, account, user } = await start();
    await account();
    const { headimgurl } = await user();
    const query = `appid=${appid}&redirect_uri=https%3A%2F%2Fa.example&response_type=code&scope=snsapi_userinfo`;
    const page = await ask(url, { path: `/connect/oauth2/authorize?${query}&state=a`, headers });
    expect([page.status, page.body.includes('/connect/confirm')]).toEqual([200, true]);
    const picture = await ask(url, { path: new URL(String(headimgurl)).pathname, headers });
    expect(picture.status).toBe(200);
  });

  test('may not answer for its visitor', async () => {
    const { url } = await start();
    const { status } = await ask(url, { method: 'POST', path: '/connect/confirm', headers });
    expect(status).toBe(403);
  });
});

test('the consent page may answer, and whoever types an address into a browser is answered', async () => {
  const { url } = await start();
  const own = { origin: url, 'sec-fetch-site': 'same-origin' };
  expect(await ask(url, { method: 'POST', path: '/connect/confirm', headers: own })).toMatchObject({
    status: 200,
  });
  const typed = await ask(url, { path: '/_sim/calls', headers: { 'sec-fetch-site': 'none' } });
  expect(typed.status).toBe(200);
});

describe('a request under the host name', () => {
  test.each(['rebound.example', 'rebound.example:8788', 'localhost.evil.example', '127.0.0.1.evil.example'])(
    '%s is refused, and it says how to name it',
    async (host) => {
      const { url } = await start();
      for (const asked of [steer, mint, { path: '/connect/oauth2/authorize' }]) {
        const { status, body } = await ask(url, { ...asked, headers: { host } });
        expect(status).toBe(403);
        expect(body).toContain('--public-url');
      }
    },
  );

  test.each(['localhost', 'LOCALHOST:1', '127.0.0.1', '[::1]:8788', '192.0.2.7:8788', '[2001:db8::7]'])(
    '%s is answered: nobody can make that point elsewhere',
    async (host) => {
      const { url } = await start();
      expect((await ask(url, { path: '/_sim/calls', headers: { host } })).status).toBe(200);
    },
  );

  test('of WeChat is answered by what WeChat has, for clients that know no other, and by no control call', async () => {
    const { url, account } = await start();
    await account();
    const headers = { host: 'api.weixin.qq.com' };
    expect((await ask(url, { ...mint, headers })).body).toContain('access_token');
    expect((await ask(url, { ...steer, headers })).status).toBe(403);
  });

  test('that browsers were told is answered', async () => {
    const { url } = await start({ publicUrl: 'https://wechat.example:8788/' });
    const headers = { host: 'WeChat.example' };
    expect((await ask(url, { path: '/_sim/calls', headers })).status).toBe(200);
  });
});

describe('pushes', () => {
  const push_token = 'PushToken1';
  const event = { Event: 'CLICK' };

  test.each([
    'http://intranet.example/',
    'http://192.0.2.7/',
    'http://0.0.0.0:9/',
    'http://[::ffff:127.0.0.1]:9/',
    'http://127.0.0.1.evil.example/',
    'http://127.0.0.1@evil.example/',
    'ftp://127.0.0.1/',
  ])('do not go to %s', async (url) => {
    const { account, post, fetch } = await start();
    await account({ options: { push_token } });
    const { hostname } = new URL(url);
    const reason = { error: expect.stringContaining(`--push-host ${hostname}`) };
    expect(await post('/_sim/push', { appid, url, event })).toEqual(reason);
    expect(await account({ options: { push_url: url } })).toEqual(reason);
    const change = JSON.stringify({ appid, options: { push_url: url } });
    const changed = await fetch('/_sim/accounts', { method: 'PATCH', body: change });
    expect([changed.status, await changed.json()]).toEqual([400, reason]);
  });

  test.each(['http://127.0.0.1:9/', 'https://localhost:9/', 'http://[::1]:9/', 'http://hooks.example/'])(
    'go to %s, on this machine or named at the start',
    async (push_url) => {
      const { account } = await start({ pushHosts: ['hooks.example'] });
      expect(await account({ options: { push_url } })).toMatchObject({ options: { push_url } });
    },
  );
});
