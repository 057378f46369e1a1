import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import * as tls from 'node:tls';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mintStableToken, mintToken } from '../../shared/wechat/access-token.ts';
import { exchangeCode, refreshGrant } from '../../shared/wechat/authorization.ts';
import { createWeChatClient, type Attempt } from '../../shared/wechat/client.ts';
import { getFollower, listFollowers } from '../../shared/wechat/followers.ts';
import { getTicket } from '../../shared/wechat/ticket.ts';
import { parseAppId, parseGlobalAccessToken } from '../../shared/wechat/tokens.ts';
import {
  clientFor,
  cutInBody,
  failureOf,
  hang,
  hangInBody,
  http,
  instantClock,
  json,
  raw,
  RawServer,
  reset,
  type Reply,
} from './raw-server.ts';
import { selfSigned } from './tls.ts';

const account = { appId: parseAppId('wxba5fad812f8e6fb9'), secret: '0123456789abcdef0123456789abcdef' };
const token = parseGlobalAccessToken('84_A');
const classicMint = mintToken(account);
const stableMint = mintStableToken({ ...account, forceRefresh: false });
const minted = json({ access_token: '84_A', expires_in: 7200 });
const busy = json({ errcode: -1, errmsg: 'system error' });

let server: RawServer;
beforeAll(async () => {
  server = await RawServer.start();
});
beforeEach(() => server.willReply());
afterAll(() => server[Symbol.asyncDispose]());

/** A port that was free a moment ago: nobody listens there. */
async function closedUrl(): Promise<string> {
  const closed = await RawServer.start();
  const { url } = closed;
  await closed[Symbol.asyncDispose]();
  return url;
}

describe('an answer', () => {
  test.each([
    ['application/json; encoding=utf-8'],
    ['text/plain'],
    ['text/html;charset=gbk'],
    ['application/octet-stream'],
  ])('is read whatever its content type, such as %s', async (contentType) => {
    server.willReply(
      http('{"access_token":"84_A","expires_in":7200}', { headers: { 'content-type': contentType } }),
    );
    expect(await clientFor(server).send(classicMint)).toMatchObject({ accessToken: '84_A' });
  });

  test('may begin with a byte order mark', async () => {
    server.willReply(http('\uFEFF{"access_token":"84_A","expires_in":7200}'));
    expect(await clientFor(server).send(classicMint)).toMatchObject({ accessToken: '84_A' });
  });

  test('may hold bytes that are not UTF-8', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"subscribe":1,"openid":"o1","nickname":"a'),
      Buffer.from([0xe4, 0xbd]),
      Buffer.from('"}'),
    ]);
    server.willReply(http(bytes));
    expect(await clientFor(server).send(getFollower(token, { openid: 'o1' }))).toMatchObject({
      openid: 'o1',
      nickname: 'a\uFFFD',
    });
  });

  test('may come in chunks that split a character', async () => {
    const bytes = Buffer.from('{"subscribe":1,"openid":"o1","nickname":"你"}');
    const cut = bytes.indexOf(0xe4) + 1;
    const chunk = (part: Buffer) =>
      Buffer.concat([Buffer.from(`${part.byteLength.toString(16)}\r\n`), part, Buffer.from('\r\n')]);
    server.willReply((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      socket.write(chunk(bytes.subarray(0, cut)));
      setImmediate(() => socket.end(Buffer.concat([chunk(bytes.subarray(cut)), Buffer.from('0\r\n\r\n')])));
    });
    expect(await clientFor(server).send(getFollower(token, { openid: 'o1' }))).toMatchObject({
      nickname: '你',
    });
  });

  test('may come after hints', async () => {
    server.willReply((socket) => {
      socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n');
      minted(socket);
    });
    expect(await clientFor(server).send(classicMint)).toMatchObject({ accessToken: '84_A' });
  });

  test('may name headers twice', async () => {
    server.willReply(
      raw(
        'HTTP/1.1 200 OK\r\ncontent-type: a\r\ncontent-type: b\r\n\r\n{"access_token":"84_A","expires_in":7200}',
      ),
    );
    expect(await clientFor(server).send(classicMint)).toMatchObject({ accessToken: '84_A' });
  });

  test.each([[{ errcode: 0 }], [{ errcode: '0', errmsg: 'ok' }]])('with %j is a success', async (success) => {
    server.willReply(json({ ...success, ticket: 'T', expires_in: 7200 }));
    expect(await clientFor(server).send(getTicket(token, { type: 'jsapi' }))).toMatchObject({ ticket: 'T' });
  });

  test.each([[40013], ['40013']])('with errcode %j is a failure', async (errcode) => {
    server.willReply(json({ errcode, errmsg: 'invalid appid' }));
    expect(await failureOf(clientFor(server).send(classicMint))).toMatchObject({
      name: 'WeChatApiError',
      errcode: 40013,
      errmsg: 'invalid appid',
    });
  });

  test('with an errcode is a failure without errmsg, too', async () => {
    server.willReply(json({ errcode: 40013 }));
    expect(await failureOf(clientFor(server).send(classicMint))).toMatchObject({
      errcode: 40013,
      errmsg: '',
    });
  });

  test('with an errcode that is no number is read as an answer without', async () => {
    server.willReply(json({ errcode: 'oops' }));
    expect(await failureOf(clientFor(server).send(classicMint))).toMatchObject({
      reason: 'unexpected_shape',
    });
  });
});

describe('a failure on the way', () => {
  const faults: readonly (readonly [string, Reply, object])[] = [
    ['silence', hang, { reason: 'timeout', outcome: 'unknown', retryable: true }],
    ['silence in the body', hangInBody, { reason: 'timeout', outcome: 'unknown', status: 200 }],
    ['a reset', reset, { reason: 'reset', outcome: 'unknown', retryable: true }],
    ['an end without an answer', raw(''), { reason: 'reset', outcome: 'unknown' }],
    ['an end in the body', cutInBody, { reason: 'reset', outcome: 'unknown', status: 200 }],
    [
      'garbage for chunks',
      raw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\nx'),
      { reason: 'network', outcome: 'unknown', retryable: true },
    ],
    [
      'something other than HTTP',
      raw('220 mail.example ESMTP\r\n\r\n'),
      { reason: 'network', outcome: 'unknown' },
    ],
    [
      'a compressed body, which nobody asked for',
      http('\x1f\x8b\x08', { headers: { 'content-encoding': 'gzip' } }),
      { reason: 'not_json', outcome: 'unknown' },
    ],
    [
      'two lengths',
      raw('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}'),
      { reason: 'network', outcome: 'unknown' },
    ],
    [
      '204',
      raw('HTTP/1.1 204 No Content\r\n\r\n'),
      { reason: 'empty_body', outcome: 'unknown', status: 204 },
    ],
    ['an empty body', http(''), { reason: 'empty_body', outcome: 'unknown', retryable: true }],
    ['a blank body', http(' \r\n'), { reason: 'empty_body', outcome: 'unknown' }],
    [
      'a page',
      http('<html><body>Bad gateway</body></html>', { headers: { 'content-type': 'text/html' } }),
      { reason: 'not_json', outcome: 'unknown', retryable: true },
    ],
    ['half an object', http('{"access_token":"84_A"'), { reason: 'not_json', outcome: 'unknown' }],
    [
      '412',
      http('', { status: 412 }),
      { reason: 'http_status', status: 412, outcome: 'refused', retryable: false },
    ],
    [
      '429',
      http('', { status: 429 }),
      { reason: 'http_status', status: 429, outcome: 'refused', retryable: true },
    ],
    [
      '500',
      http('x', { status: 500 }),
      { reason: 'http_status', status: 500, outcome: 'unknown', retryable: true },
    ],
    [
      '502',
      http('x', { status: 502 }),
      { reason: 'http_status', status: 502, outcome: 'unknown', retryable: true },
    ],
  ];

  test.each(faults)('by %s is told', async (_, reply, error) => {
    server.willReply(reply);
    const client = clientFor(server, reply === hang || reply === hangInBody ? { deadlineMs: 10 } : {});
    expect(await failureOf(client.send(classicMint))).toMatchObject({
      name: 'WeChatUnreachableError',
      api: '/cgi-bin/token',
      ...error,
    });
  });

  test('by a refused connection is told as one that WeChat never saw', async () => {
    const client = clientFor(server, { baseUrl: await closedUrl() });
    expect(await failureOf(client.send(classicMint))).toMatchObject({
      reason: 'refused',
      fault: 'ECONNREFUSED',
      outcome: 'refused',
      retryable: true,
    });
  });

  test('by an unknown name is told as one that WeChat never saw', async () => {
    // A label too long for a DNS query, so that none is sent.
    const client = clientFor(server, { baseUrl: `http://${'a'.repeat(64)}.example` });
    expect(await failureOf(client.send(classicMint))).toMatchObject({ reason: 'dns', outcome: 'refused' });
  });

  test('by a redirect is told, and the redirect not followed', async () => {
    server.willReply(http('', { status: 302, headers: { location: `${server.url}/elsewhere` } }), minted);
    expect(await failureOf(clientFor(server).send(classicMint))).toMatchObject({
      reason: 'http_status',
      status: 302,
      outcome: 'unknown',
      retryable: false,
    });
    expect(server.requests).toHaveLength(1);
  });

  test('by a body beyond the bound is told, and the rest of it not taken in', async () => {
    const closed = Promise.withResolvers<undefined>();
    server.willReply((socket) => {
      socket.on('close', () => closed.resolve(undefined));
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n' + ' '.repeat(2000));
    });
    expect(await failureOf(clientFor(server, { maxBodyBytes: 1000 }).send(classicMint))).toMatchObject({
      reason: 'too_large',
      outcome: 'unknown',
      retryable: false,
    });
    await closed.promise;
  });

  test('by a status is told without its body, and the connection closed', async () => {
    const closed = Promise.withResolvers<undefined>();
    server.willReply((socket) => {
      socket.on('close', () => closed.resolve(undefined));
      socket.write('HTTP/1.1 500 no\r\ncontent-length: 100000\r\n\r\nx');
    });
    expect(await failureOf(clientFor(server).send(classicMint))).toMatchObject({ status: 500 });
    await closed.promise;
  });

  test('by silence closes the connection', async () => {
    const closed = Promise.withResolvers<undefined>();
    server.willReply((socket) => {
      socket.on('close', () => closed.resolve(undefined));
      hangInBody(socket);
    });
    await failureOf(clientFor(server, { deadlineMs: 50 }).send(classicMint));
    await closed.promise;
  });

  test('does not come of a body at the bound', async () => {
    const body = '{"access_token":"84_A","expires_in":7200}';
    server.willReply(http(body));
    expect(await clientFor(server, { maxBodyBytes: body.length }).send(classicMint)).toMatchObject({
      expiresIn: 7200,
    });
  });
});

describe('an idempotent call', () => {
  test.each([
    ['a busy answer', busy],
    ['a reset', reset],
    ['an end in the body', cutInBody],
    ['an empty body', http('')],
    ['a page', http('<html>')],
    ['a 502', http('', { status: 502 })],
  ])('is repeated after %s', async (_, fault) => {
    server.willReply(fault, fault, minted);
    expect(await clientFor(server).send(stableMint)).toMatchObject({ accessToken: '84_A' });
    expect(server.requests).toHaveLength(3);
  });

  test('is repeated after a deadline', async () => {
    server.willReply(hang, minted);
    const client = clientFor(server, { deadlineMs: 50 });
    expect(await client.send(stableMint)).toMatchObject({ accessToken: '84_A' });
  });

  test('is given up after three attempts', async () => {
    server.willReply(busy, busy, busy, minted);
    expect(await failureOf(clientFor(server).send(stableMint))).toMatchObject({ errcode: -1, kind: 'busy' });
    expect(server.requests).toHaveLength(3);
  });

  test('is given up after as many attempts as are set', async () => {
    server.willReply(busy, minted);
    expect(await failureOf(clientFor(server, { attempts: 1 }).send(stableMint))).toMatchObject({
      errcode: -1,
    });
    expect(server.requests).toHaveLength(1);
  });

  test('fails with the error of its last attempt', async () => {
    server.willReply(busy, reset, http('', { status: 500 }));
    expect(await failureOf(clientFor(server).send(stableMint))).toMatchObject({ status: 500 });
  });

  test.each([
    ['the quota of the day', json({ errcode: 45009, errmsg: 'reach max api daily quota limit' })],
    ['the quota of the minute', json({ errcode: 45011, errmsg: 'api minute-quota reach limit' })],
    ['a rejected token', json({ errcode: 40001, errmsg: 'invalid credential' })],
    ['an unknown errcode', json({ errcode: 99999, errmsg: '?' })],
    ['a 412', http('', { status: 412 })],
    ['an unexpected shape', json({ total: 'many' })],
  ])('is not repeated after %s', async (_, fault) => {
    server.willReply(fault, minted);
    await failureOf(clientFor(server).send(listFollowers(token)));
    expect(server.requests).toHaveLength(1);
  });

  test('waits at random, in bounds that double up to 4 seconds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), async (drawn) => {
        const clock = instantClock();
        server.willReply(...Array.from({ length: 6 }, () => busy));
        await failureOf(clientFor(server, { clock, attempts: 6, random: () => drawn }).send(stableMint));
        expect(clock.waits).toEqual([0.5, 1, 2, 4, 4].map((bound) => bound * drawn));
      }),
      { numRuns: 10 },
    );
  });

  test('does not wait before its first attempt, or after its last', async () => {
    const clock = instantClock();
    server.willReply(busy);
    await failureOf(clientFor(server, { clock, attempts: 1 }).send(stableMint));
    expect(clock.waits).toEqual([]);
  });
});

describe('a call that is not idempotent', () => {
  const calls = [
    ['a classic mint', classicMint],
    ['a forced stable mint', mintStableToken({ ...account, forceRefresh: true })],
    ['a code exchange', exchangeCode({ ...account, code: 'CODE' })],
  ] as const;

  test.each(calls)('(%s) is not repeated when WeChat is busy', async (_, call) => {
    server.willReply(busy, minted);
    expect(await failureOf(clientFor(server).send<unknown>(call))).toMatchObject({
      errcode: -1,
      outcome: 'unknown',
    });
    expect(server.requests).toHaveLength(1);
  });

  test.each(calls)('(%s) is not repeated when its answer is lost', async (_, call) => {
    server.willReply(cutInBody, minted);
    expect(await failureOf(clientFor(server).send<unknown>(call))).toMatchObject({ outcome: 'unknown' });
    expect(server.requests).toHaveLength(1);
  });

  test.each(calls)('(%s) is not repeated even when the connection was refused', async (_, call) => {
    const attempts: Attempt[] = [];
    const client = clientFor(server, {
      baseUrl: await closedUrl(),
      onAttempt: (attempt) => attempts.push(attempt),
    });
    expect(await failureOf(client.send<unknown>(call))).toMatchObject({ reason: 'refused' });
    expect(attempts).toHaveLength(1);
  });
});

test('nothing about a failed code exchange passes by itself', async () => {
  const exchange = exchangeCode({ ...account, code: 'CODE' });
  server.willReply(busy, cutInBody);
  const client = clientFor(server);
  const advice = expect.stringContaining('authorization page again') as unknown;
  expect(await failureOf(client.send(exchange))).toMatchObject({ kind: 'busy', retryable: false, advice });
  expect(await failureOf(client.send(exchange))).toMatchObject({ reason: 'reset', retryable: false, advice });
});

describe('the observer', () => {
  test('is told of every attempt, without a secret', async () => {
    const attempts: Attempt[] = [];
    server.willReply(busy, http('', { status: 502 }), minted);
    await clientFor(server, { onAttempt: (attempt) => attempts.push(attempt) }).send(stableMint);
    const ms = expect.any(Number) as unknown;
    expect(attempts).toEqual([
      { api: '/cgi-bin/stable_token', attempt: 1, ms, status: 200, errcode: -1, code: 'wechat_busy' },
      { api: '/cgi-bin/stable_token', attempt: 2, ms, status: 502, code: 'wechat_http_status' },
      { api: '/cgi-bin/stable_token', attempt: 3, ms, status: 200 },
    ]);
  });

  test('is told of an attempt that got no answer', async () => {
    const attempts: Attempt[] = [];
    server.willReply(reset);
    await failureOf(clientFor(server, { onAttempt: (attempt) => attempts.push(attempt) }).send(classicMint));
    expect(attempts).toEqual([
      { api: '/cgi-bin/token', attempt: 1, ms: expect.any(Number) as unknown, code: 'wechat_reset' },
    ]);
  });
});

describe('the connections', () => {
  const call = refreshGrant({ appId: account.appId, refreshToken: '84_R' });
  const renewed = json({
    access_token: '84_U',
    expires_in: 7200,
    refresh_token: '84_R',
    openid: 'o1',
    scope: '',
  });

  test('are new for each call, so that none is found dead', async () => {
    server.willReply(renewed, renewed);
    const client = clientFor(server);
    await client.send(call);
    await client.send(call);
    expect(server.connections).toBe(2);
  });
});

describe('a request', () => {
  test('with a body has its length, and is not sent in chunks', async () => {
    server.willReply(minted);
    await clientFor(server).send(stableMint);
    const { headers, body } = server.request;
    expect(headers).toMatchObject({ 'content-length': String(body.length), connection: 'close' });
    expect(headers).not.toHaveProperty('transfer-encoding');
    expect(headers).not.toHaveProperty('accept-encoding');
  });
});

describe('over TLS', () => {
  const { key, cert } = selfSigned();
  const trusted = tls.getCACertificates('default');
  let asked = 0;
  const secure = createTlsServer({ key, cert }, (_, response) => {
    asked++;
    response.end('{"access_token":"84_A","expires_in":7200}');
  });
  let baseUrl: string;
  beforeAll(async () => {
    secure.listen(0, '127.0.0.1');
    await once(secure, 'listening');
    baseUrl = `https://127.0.0.1:${(secure.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    asked = 0;
  });
  afterEach(() => tls.setDefaultCACertificates(trusted));
  afterAll(() => {
    secure.closeAllConnections();
    secure.close();
  });

  test('a call arrives where the certificate is trusted', async () => {
    tls.setDefaultCACertificates([...trusted, cert]);
    expect(await clientFor(server, { baseUrl }).send(classicMint)).toMatchObject({ accessToken: '84_A' });
  });

  test('nothing is sent to whoever stands in WeChat’s place, and no secret told', async () => {
    const error = await failureOf(clientFor(server, { baseUrl }).send(classicMint));
    expect(error).toMatchObject({ reason: 'tls', outcome: 'refused', retryable: false });
    expect(inspect(error)).not.toContain(account.secret);
    expect(asked).toBe(0);
  });

  test('a server that does not speak it is told as a fault', async () => {
    // It answers the greeting of TLS, which looks like no request to it, at once.
    const plain = createServer((socket) =>
      socket.on('error', () => undefined).end('HTTP/1.1 400 no\r\n\r\n'),
    );
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const url = `https://127.0.0.1:${(plain.address() as AddressInfo).port}`;
    expect(await failureOf(clientFor(server, { baseUrl: url }).send(classicMint))).toMatchObject({
      name: 'WeChatUnreachableError',
      outcome: 'unknown',
    });
    plain.close();
  });
});

describe('the base URL', () => {
  test('may end in a slash', async () => {
    server.willReply(minted);
    await clientFor(server, { baseUrl: `${server.url}/` }).send(classicMint);
    expect(server.request.path).toBe('/cgi-bin/token');
  });

  test('may have a path', async () => {
    server.willReply(minted);
    await clientFor(server, { baseUrl: `${server.url}/wechat` }).send(classicMint);
    expect(server.request.path).toBe('/wechat/cgi-bin/token');
  });

  test.each([['api.weixin.qq.com'], [''], ['ftp://api.weixin.qq.com']])('is not %j', (baseUrl) => {
    expect(() => createWeChatClient({ baseUrl, clock: instantClock() })).toThrow(TypeError);
  });
});
