import { createServer, type IncomingHttpHeaders } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { create as createExchange } from '../../functions/dropin/exchange-code.ts';
import { create } from '../../functions/dropin/serve-sdk.ts';
import type { HttpHandler } from '../../functions/http.ts';
import { routes } from '../../functions/routes.ts';
import { close, listen } from '../../local/aws/http.ts';
import { httpEvent, lambdaContext, type RequestInit } from '../kit/event.ts';
import { startKit, type Kit } from '../kit/kit.ts';
import { sdkOf } from './sdk.ts';

interface Arrived {
  readonly method: string | undefined;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Stands for WeChat, and shows what arrives there. */
const wechat = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method, url = '', headers } = request;
    arrived.push({ method, url, headers, body: Buffer.concat(chunks) });
    if (answer === 'lost') response.destroy();
    else response.writeHead(answer.status, answer.headers).end(answer.body);
  });
});

let kit: Kit;
let serve: HttpHandler;
let exchange: HttpHandler;
let token: string;
let arrived: Arrived[];
let answer: { status: number; headers: Record<string, string>; body: Buffer } | 'lost';
beforeAll(async () => {
  kit = await startKit({ tables: 'memory', followers: 3 });
  token = await (await sdkOf(kit)).token();
  const environment = { ...kit.runtime.environment, KEYRING_WECHAT_API_URL: await listen(wechat) };
  serve = create({ ...kit.runtime, environment });
  exchange = createExchange({ ...kit.runtime, environment });
});
afterAll(async () => {
  await close(wechat);
  await kit.close();
});
beforeEach(() => {
  arrived = [];
  answer = {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{"errcode":0}'),
  };
});

async function send(path: string, init: RequestInit = {}) {
  const event = httpEvent(routes.passCgiBin, { ...init, path: { proxy: path } });
  return serve(event, lambdaContext);
}

/** What was stored, and is put into calls. */
async function realToken(): Promise<string> {
  const items = await kit.items('credentials');
  const found = items.find(({ kind, appId }) => kind === 'access_token' && appId === kit.account);
  return String(found?.['value']);
}

describe('a request', () => {
  test('has its query byte for byte, but for the value of access_token', async () => {
    const odd = "a=%E4%BD%A0&b='x'&c=1+2&&d=%7e&e";
    await send('user/get', { query: `${odd}&access_token=${token}&z=*()!` });
    expect(arrived[0]?.url).toBe(`/cgi-bin/user/get?${odd}&access_token=${await realToken()}&z=*()!`);
  });

  test('has its body byte for byte, with its length and its type', async () => {
    const body = Buffer.from([0, 255, 13, 10, 45, 45, 0xe4, 0xbd]);
    const type = 'multipart/form-data; boundary=----WebKitFormBoundary"x"';
    const headers = { 'content-type': type };
    await send('media/upload', { method: 'POST', query: `access_token=${token}&type=image`, headers, body });
    expect(arrived[0]?.body).toEqual(body);
    expect(arrived[0]?.headers).toMatchObject({ 'content-type': type, 'content-length': '8' });
    expect(arrived[0]?.headers).not.toHaveProperty('transfer-encoding');
  });

  test('without a body has a length, too, where it is posted', async () => {
    await send('menu/delete', { method: 'POST', query: `access_token=${token}` });
    expect(arrived[0]).toMatchObject({ method: 'POST', headers: { 'content-length': '0' } });
  });

  test('has slashes that stand together as one', async () => {
    await send('/user//get', { query: `access_token=${token}` });
    expect(arrived[0]?.url).toMatch(/^\/cgi-bin\/user\/get\?/);
  });

  test('of as much as Lambda takes is passed on', async () => {
    const body = Buffer.alloc(4_400_000);
    await send('media/upload', { method: 'POST', query: `access_token=${token}`, body });
    expect(arrived[0]?.body).toHaveLength(4_400_000);
  });

  test('of another method than WeChat has is refused', async () => {
    const event = httpEvent(routes.passCgiBin, {
      path: { proxy: 'menu/delete' },
      query: `access_token=${token}`,
    });
    const { requestContext } = event;
    const { body } = await serve(
      { ...event, requestContext: { ...requestContext, http: { ...requestContext.http, method: 'DELETE' } } },
      lambdaContext,
    );
    expect(JSON.parse(body ?? '')).toMatchObject({ errcode: 43002 });
    expect(arrived).toEqual([]);
  });

  test('over what Lambda takes is refused before anything is sent', async () => {
    const body = Buffer.alloc(4_400_001);
    const { body: told } = await send('media/upload', {
      method: 'POST',
      query: `access_token=${token}`,
      body,
    });
    expect(JSON.parse(told ?? '')).toMatchObject({ errcode: 45001 });
    expect(arrived).toEqual([]);
  });
});

describe('an answer', () => {
  test.each([
    ['a picture', 'image/jpeg', Buffer.from([0xff, 0xd8, 0, 1, 2, 0xff, 0xd9])],
    ['JSON that is not quite JSON', 'text/plain', Buffer.from('{"nickname":"a\u0001"b"}')],
    ['what WeChat has compressed', 'application/json', gzipSync('{"a":1}')],
  ])('comes back as it came: %s', async (what, type, body) => {
    const headers = {
      'content-type': type,
      'content-disposition': 'attachment; filename="x.jpg"',
      ...(what.includes('compressed') && { 'content-encoding': 'gzip' }),
    };
    answer = { status: 200, headers, body };
    const result = await send('media/get', { query: `access_token=${token}&media_id=1` });
    expect(result).toMatchObject({ statusCode: 200, headers, isBase64Encoded: true });
    expect(Buffer.from(result.body ?? '', 'base64')).toEqual(body);
  });

  test('with another status comes back so', async () => {
    answer = { status: 412, headers: { 'content-type': 'text/html' }, body: Buffer.from('no') };
    expect(await send('user/get', { query: `access_token=${token}` })).toMatchObject({ statusCode: 412 });
  });

  test('with an errcode is the caller’s business, and is counted as an API that WeChat was called at', async () => {
    const body = Buffer.from('{"errcode":40003,"errmsg":"invalid openid rid: 1-2-3"}');
    answer = { status: 200, headers: { 'content-type': 'application/json' }, body };
    const result = await send('user/info', { query: `access_token=${token}&openid=x` });
    expect(Buffer.from(result.body ?? '', 'base64')).toEqual(body);
    expect(kit.logged).toContainEqual(
      expect.objectContaining({
        message: 'A call was passed on.',
        fields: expect.objectContaining({
          audit: true,
          api: '/cgi-bin/user/info',
          errcode: 40003,
        }) as unknown,
      }),
    );
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])(
    'that is compressed with %s is looked through for the token, and for an errcode',
    async (name, compress) => {
      const headers = { 'content-type': 'application/json', 'content-encoding': name };
      answer = { status: 200, headers, body: compress(`{"url":"/?access_token=${await realToken()}"}`) };
      const query = `access_token=${token}`;
      expect(JSON.parse((await send('user/get', { query })).body ?? '')).toMatchObject({ errcode: 48001 });
      answer = { status: 200, headers, body: compress('{"errcode":40001,"errmsg":"invalid credential"}') };
      arrived = [];
      await send(`odd/${name}`, { query });
      expect(arrived).toHaveLength(2);
    },
  );

  test('that nobody could look through is not passed on', async () => {
    const odd = [
      ['zstd', Buffer.from('{}')],
      ['gzip', Buffer.from('{}')],
      ['gzip', gzipSync(Buffer.alloc(17 * 1024 * 1024))],
    ] as const;
    for (const [name, body] of odd) {
      answer = { status: 200, headers: { 'content-encoding': name }, body };
      const { body: told } = await send('user/get', { query: `access_token=${token}` });
      expect(JSON.parse(told ?? '')).toMatchObject({ errcode: 45001 });
    }
  });

  test('is kept by nobody on the way', async () => {
    const { headers } = await send('user/get', { query: `access_token=${token}` });
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  });

  test('of more than Lambda can give is told as one', async () => {
    answer = { status: 200, headers: { 'content-type': 'image/jpeg' }, body: Buffer.alloc(4_400_001) };
    const { body } = await send('media/get', { query: `access_token=${token}` });
    expect(JSON.parse(body ?? '')).toMatchObject({ errcode: 45001 });
  });

  test('that holds the AppSecret is not passed on', async () => {
    const { key } = await sdkOf(kit, { scopes: ['dropin:oauth'] });
    answer = { status: 200, headers: {}, body: Buffer.from(`{"secret":"${kit.secret}"}`) };
    const query = { appid: kit.account, secret: key, grant_type: 'authorization_code', code: 'any' };
    const { body } = await exchange(httpEvent(routes.getDropInGrant, { query }), lambdaContext);
    expect(arrived[0]?.url).toContain(kit.secret);
    expect(JSON.parse(body ?? '')).toMatchObject({ errcode: 48001 });
  });

  test('that is lost is not -1, after which SDKs would send the call again', async () => {
    answer = 'lost';
    const query = `access_token=${token}`;
    const { body } = await send('message/mass/send', { method: 'POST', query, body: {} });
    expect(JSON.parse(body ?? '')).toMatchObject({
      errcode: 61450,
      errmsg: expect.stringContaining('no answer came') as unknown,
    });
    expect(arrived).toHaveLength(1);
  });

  test('that cannot be had is -1, after which SDKs try again', async () => {
    const environment = { ...kit.runtime.environment, KEYRING_WECHAT_API_URL: 'http://127.0.0.1:1' };
    const offline = create({ ...kit.runtime, environment });
    const event = httpEvent(routes.passCgiBin, {
      path: { proxy: 'user/get' },
      query: `access_token=${token}`,
    });
    const { statusCode, body } = await offline(event, lambdaContext);
    expect(statusCode).toBe(200);
    expect(JSON.parse(body ?? '')).toMatchObject({ errcode: -1 });
  });
});

test('what is no fault of the caller’s is in the log, with its cause, and nothing else is', async () => {
  const told = () => kit.logged.filter(({ message }) => message === 'A request failed.');
  const before = told().length;
  await send('user/get', { query: 'access_token=of-nobody' });
  expect(told()).toHaveLength(before);
  answer = 'lost';
  await send('user/get', { query: `access_token=${token}` });
  expect(told().slice(before)).toMatchObject([
    { level: 'error', fields: { route: 'ANY /cgi-bin/{proxy+}', error: 'WeChatUnreachableError' } },
  ]);
});

describe('a call with a user’s own token, for which no key is asked', () => {
  const call = (body: string) => {
    const query = 'access_token=of-a-user&openid=o1';
    const event = httpEvent(routes.passSns, { method: 'POST', query, body, path: { proxy: 'userinfo' } });
    return serve(event, lambdaContext);
  };

  test.each(['userinfo', 'auth', 'oauth2/refresh_token'])('of /sns/%s needs no query', async (proxy) => {
    await serve(httpEvent(routes.passSns, { path: { proxy } }), lambdaContext);
    expect(arrived).toMatchObject([{ url: `/sns/${proxy}` }]);
  });

  test('is passed on as it is', async () => {
    await call('a'.repeat(16_384));
    expect(arrived).toMatchObject([{ url: '/sns/userinfo?access_token=of-a-user&openid=o1' }]);
  });

  test('carries nothing long to WeChat for anybody', async () => {
    const { body } = await call('a'.repeat(16_385));
    expect(JSON.parse(String(body))).toMatchObject({ errcode: 40035 });
    expect(arrived).toEqual([]);
  });
});
