import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import * as tls from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mintStableToken, mintToken } from '../../shared/wechat/access-token.ts';
import { createWeChatClient } from '../../shared/wechat/client.ts';
import type { WeChatUnreachableError } from '../../shared/wechat/errors.ts';
import { sendThrough } from '../../shared/wechat/proxy.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { startProxy, type ProxyServer } from './proxy-server.ts';
import { failureOf, instantClock, json, RawServer } from './raw-server.ts';
import { selfSigned } from './tls.ts';

const account = { appId: parseAppId('wxba5fad812f8e6fb9'), secret: '0123456789abcdef0123456789abcdef' };
const mint = mintStableToken({ ...account, forceRefresh: false });
const trusted = tls.getCACertificates('default');
const { key, cert } = selfSigned();

/** What stands in for WeChat, over TLS. */
const received: { headers: IncomingMessage['headers']; body: string }[] = [];
const wechat = createTlsServer({ key, cert }, (request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (text: string) => (body += text));
  request.on('end', () => {
    received.push({ headers: request.headers, body });
    response.end('{"access_token":"84_A","expires_in":7200}');
  });
});
let wechatHost: string;
const open: (() => unknown)[] = [];

beforeAll(async () => {
  tls.setDefaultCACertificates([...trusted, cert]);
  wechat.listen(0, '127.0.0.1');
  await once(wechat, 'listening');
  wechatHost = `127.0.0.1:${(wechat.address() as AddressInfo).port}`;
});
afterEach(async () => {
  received.length = 0;
  for (const close of open.splice(0)) await close();
});
afterAll(() => {
  tls.setDefaultCACertificates(trusted);
  wechat.closeAllConnections();
  wechat.close();
});

async function proxyThat(answer?: Parameters<typeof startProxy>[0]): Promise<ProxyServer> {
  const proxy = await startProxy(answer);
  open.push(() => proxy.close());
  return proxy;
}

function clientThrough(
  proxyUrl: string,
  baseUrl = `https://${wechatHost}`,
  credentials?: { username: string; password: string },
  deadlineMs = 1000,
) {
  const send = sendThrough({
    url: proxyUrl,
    ...(credentials && { credentials: () => Promise.resolve(credentials) }),
  });
  return createWeChatClient({ baseUrl, clock: instantClock(), deadlineMs, attempts: 1, send });
}

describe('a call through a proxy', () => {
  test('goes through a tunnel that the proxy cannot look into', async () => {
    const proxy = await proxyThat();
    const answer = await clientThrough(proxy.url).send(mint);
    expect(answer).toMatchObject({ accessToken: '84_A' });
    expect(proxy.asked).toEqual([{ what: `CONNECT ${wechatHost}`, authorization: undefined }]);
    expect(proxy.tunnelled().byteLength).toBeGreaterThan(0);
    expect(proxy.tunnelled().includes(account.secret)).toBe(false);
    expect(proxy.tunnelled().includes('84_A')).toBe(false);
  });

  test('arrives as it would arrive straight, with its length', async () => {
    const proxy = await proxyThat();
    await clientThrough(proxy.url).send(mint);
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({ appid: account.appId, force_refresh: false });
    expect(received[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(received[0]?.body.length),
    });
    expect(received[0]?.headers).not.toHaveProperty('transfer-encoding');
  });

  test('tells the proxy the name and password that it asks for, whatever is in them, and WeChat nothing', async () => {
    const proxy = await proxyThat();
    const credentials = { username: 'keyring', password: 'p@ss:w/rd %41' };
    await clientThrough(proxy.url, undefined, credentials).send(mint);
    const basic = Buffer.from('keyring:p@ss:w/rd %41').toString('base64');
    expect(proxy.asked).toEqual([{ what: `CONNECT ${wechatHost}`, authorization: `Basic ${basic}` }]);
    expect(received[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  test('to an http address, such as a simulator, is handed to the proxy whole', async () => {
    await using server = await RawServer.start();
    server.willReply(json({ access_token: '84_B', expires_in: 7200 }));
    const proxy = await proxyThat();
    expect(await clientThrough(proxy.url, server.url).send(mintToken(account))).toMatchObject({
      accessToken: '84_B',
    });
    expect(proxy.asked[0]?.what).toMatch(/^GET http:\/\/127\.0\.0\.1:\d+\/cgi-bin\/token\?/);
  });

  test('does not believe whoever answers in WeChat’s place', async () => {
    const impostor = createTlsServer(selfSigned(), (_, response) => response.end('{}'));
    impostor.listen(0, '127.0.0.1');
    await once(impostor, 'listening');
    open.push(() => impostor.close());
    const proxy = await proxyThat();
    const baseUrl = `https://127.0.0.1:${(impostor.address() as AddressInfo).port}`;
    expect(await failureOf(clientThrough(proxy.url, baseUrl).send(mint))).toMatchObject({
      reason: 'tls',
      outcome: 'refused',
    });
  });

  test.each([[403], [407], [502]])(
    'that the proxy answers with %d has surely not reached WeChat, and names no secret',
    async (status) => {
      const proxy = await proxyThat(status);
      const credentials = { username: 'keyring', password: 'a-password' };
      const error = await failureOf(clientThrough(proxy.url, undefined, credentials).send(mint));
      expect(error).toMatchObject({ reason: 'refused', outcome: 'refused', fault: 'ERR_PROXY_TUNNEL' });
      const { message, stack, advice } = error as WeChatUnreachableError;
      expect(message + String(stack) + advice).not.toMatch(/a-password|0123456789abcdef/);
    },
  );

  test('ends at its deadline when the proxy does not answer', async () => {
    const proxy = await proxyThat('hang');
    const error = await failureOf(clientThrough(proxy.url, undefined, undefined, 10).send(mint));
    expect(error).toMatchObject({ reason: 'timeout' });
  });

  test('whose deadline passes while the password is fetched is not sent any more', async () => {
    const proxy = await proxyThat();
    const fetched = Promise.withResolvers<{ username: string; password: string }>();
    const send = sendThrough({ url: proxy.url, credentials: () => fetched.promise });
    const deadline = new AbortController();
    const sent = send(`https://${wechatHost}/`, { method: 'GET', headers: {} }, deadline.signal);
    deadline.abort();
    fetched.resolve({ username: 'keyring', password: 'a-password' });
    expect(await failureOf(sent)).toMatchObject({ name: 'AbortError' });
    expect(proxy.asked).toEqual([]);
  });

  test('says so when nobody listens where the proxy should be', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const url = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
    closed.close();
    await once(closed, 'close');
    expect(await failureOf(clientThrough(url).send(mint))).toMatchObject({
      reason: 'refused',
      outcome: 'refused',
    });
  });
});
