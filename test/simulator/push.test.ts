import { once } from 'node:events';
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';

import { afterEach, describe, expect, test } from '@jest/globals';

import { appid, noon, start, stopAll, text } from './harness.ts';

const receivers: Server[] = [];

afterEach(async () => {
  for (const server of receivers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  await stopAll();
});

const push_token = 'PushToken1';
const encoding_aes_key = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';

interface Delivery {
  readonly method: string | undefined;
  readonly query: URLSearchParams;
  readonly body: string;
}

/** A receiver of pushes; `answer` of undefined leaves the delivery without one. */
async function receiver(answer: (delivery: Delivery) => string | undefined) {
  const deliveries: Delivery[] = [];
  const server = createServer((req, res) => {
    let body = '';
    req.on('data', (chunk: Buffer) => (body += chunk.toString()));
    req.on('end', () => {
      const query = new URL(req.url ?? '', 'http://receiver').searchParams;
      const delivery = { method: req.method, query, body };
      deliveries.push(delivery);
      const said = answer(delivery);
      if (said !== undefined) res.end(said);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  receivers.push(server);
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { url: `http://127.0.0.1:${port ?? 0}/events`, deliveries };
}

async function pusher(options: object = {}) {
  const wechat = await start();
  await wechat.account({
    options: { push_token, encoding_aes_key, original_id: 'gh_0123456789ab', ...options },
  });
  return (fields: object) => wechat.post('/_sim/push', { appid, ...fields });
}

const sign = (...parts: string[]) => createHash('sha1').update(parts.sort().join('')).digest('hex');

test('a plain event is posted as signed XML, and the answer comes back', async () => {
  const push = await pusher();
  const { url, deliveries } = await receiver(() => 'success');
  const event = { FromUserName: 'oUser', Event: 'subscribe', EventKey: '' };
  expect(await push({ url, event })).toEqual({ status: 200, body: 'success', attempts: 1 });
  const { query, body } = deliveries[0] ?? { query: new URLSearchParams(), body: '' };
  expect(body).toBe(
    '<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName><FromUserName><![CDATA[oUser]]></FromUserName>' +
      `<CreateTime>${noon}</CreateTime><MsgType><![CDATA[event]]></MsgType>` +
      '<Event><![CDATA[subscribe]]></Event><EventKey><![CDATA[]]></EventKey></xml>',
  );
  expect(query.get('openid')).toBe('oUser');
  expect(query.get('signature')).toBe(
    sign(push_token, text(query.get('timestamp')), text(query.get('nonce'))),
  );
});

test('in safe mode the event is encrypted under the key and signed as a whole', async () => {
  const push = await pusher();
  const { url, deliveries } = await receiver(() => 'success');
  await push({ url, event: { FromUserName: 'oUser', Event: '取消' }, safe_mode: true });
  const { query, body } = deliveries[0] ?? { query: new URLSearchParams(), body: '' };
  const encrypted = text(/<Encrypt><!\[CDATA\[(.*)\]\]><\/Encrypt>/.exec(body)?.[1]);
  const [timestamp, nonce] = [text(query.get('timestamp')), text(query.get('nonce'))];
  expect(query.get('encrypt_type')).toBe('aes');
  expect(query.get('msg_signature')).toBe(sign(push_token, timestamp, nonce, encrypted));

  const key = Buffer.from(`${encoding_aes_key}=`, 'base64');
  const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  const padded = Buffer.concat([decipher.update(encrypted, 'base64'), decipher.final()]);
  expect(padded.length % 32).toBe(0);
  const plain = padded.subarray(16, padded.length - (padded.at(-1) ?? 0));
  const end = 4 + plain.readUInt32BE(0);
  expect(plain.subarray(4, end).toString()).toContain('<Event><![CDATA[取消]]></Event>');
  expect(plain.subarray(end).toString()).toBe(appid);
});

test('the openid of a personal-data event is that of its OpenID field', async () => {
  const push = await pusher();
  const { url, deliveries } = await receiver(() => '');
  await push({
    url,
    event: { FromUserName: 'oPlatform', OpenID: 'oUser', Event: 'user_authorization_revoke' },
  });
  expect(deliveries[0]?.query.get('openid')).toBe('oUser');
});

test('without an address an event goes to that of the account', async () => {
  const { url, deliveries } = await receiver(() => 'success');
  const push = await pusher({ push_url: url });
  expect(await push({ event: { Event: 'CLICK' } })).toMatchObject({ status: 200 });
  expect(await push({ event: 'verify' })).toMatchObject({ status: 200 });
  expect(deliveries.map(({ method }) => method)).toEqual(['POST', 'GET']);
});

test('without an address of the account either it says so', async () => {
  const push = await pusher();
  expect(await push({ event: { Event: 'CLICK' } })).toEqual({
    error: 'url: needed, for the account has no push_url',
  });
});

test('the URL check sends an echostr and knows whether it came back', async () => {
  const push = await pusher();
  const good = await receiver(({ query }) => query.get('echostr') ?? '');
  const bad = await receiver(() => 'success');
  expect(await push({ url: good.url, event: 'verify' })).toMatchObject({ verified: true });
  expect(good.deliveries[0]?.method).toBe('GET');
  expect(await push({ url: bad.url, event: 'verify' })).toMatchObject({ verified: false });
});

test('a delivery without an answer in time is repeated, twice by default', async () => {
  const push = await pusher({ push_timeout_ms: 10 });
  const { url, deliveries } = await receiver(() => undefined);
  expect(await push({ url, event: { Event: 'CLICK' } })).toEqual({ status: null, body: null, attempts: 3 });
  expect(new Set(deliveries.map(({ body }) => body)).size).toBe(1);
});

test('a repeated delivery ends with the first answer', async () => {
  const push = await pusher({ push_timeout_ms: 50 });
  let seen = 0;
  const { url } = await receiver(() => ((seen += 1) === 1 ? undefined : 'success'));
  expect(await push({ url, event: { Event: 'CLICK' } })).toEqual({
    status: 200,
    body: 'success',
    attempts: 2,
  });
});

test('safe mode needs a key', async () => {
  const wechat = await start();
  await wechat.account({ options: { push_token } });
  const push = { appid, url: 'http://127.0.0.1:9/', event: { Event: 'CLICK' }, safe_mode: true };
  expect(await wechat.post('/_sim/push', push)).toEqual({ error: 'the account has no encoding_aes_key' });
});

describe('what the follower gets of an answer', () => {
  const reply = '<xml><ToUserName><![CDATA[oUser]]></ToUserName><MsgType><![CDATA[text]]></MsgType></xml>';
  const event = { FromUserName: 'oUser', MsgType: 'text', Content: '你好' };

  function sealed(message: string, { key = encoding_aes_key, of = appid, token = push_token } = {}): string {
    const aes = Buffer.from(`${key}=`, 'base64');
    const content = Buffer.from(message);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(content.length);
    const plain = Buffer.concat([Buffer.alloc(16, 1), length, content, Buffer.from(of)]);
    const pad = 32 - (plain.length % 32);
    const cipher = createCipheriv('aes-256-cbc', aes, aes.subarray(0, 16)).setAutoPadding(false);
    const bytes = Buffer.concat([
      cipher.update(plain),
      cipher.update(Buffer.alloc(pad, pad)),
      cipher.final(),
    ]);
    const encrypted = bytes.toString('base64');
    const signature = sign(token, '1', '2', encrypted);
    return `<xml><Encrypt><![CDATA[${encrypted}]]></Encrypt><MsgSignature><![CDATA[${signature}]]></MsgSignature><TimeStamp>1</TimeStamp><Nonce><![CDATA[2]]></Nonce></xml>`;
  }

  async function answered(body: string, safe_mode: boolean) {
    const push = await pusher();
    const { url } = await receiver(() => body);
    return push({ url, event, safe_mode });
  }

  test.each(['success', ''])('is nothing of %j', async (body) => {
    for (const safe of [true, false]) {
      expect(await answered(body, safe)).toEqual({ status: 200, body, attempts: 1 });
    }
  });

  test('is the reply, decrypted in safe mode', async () => {
    expect(await answered(reply, false)).toMatchObject({ reply });
    expect(await answered(sealed(reply), true)).toMatchObject({ reply });
  });

  test.each([
    ['a reply in the clear in safe mode', reply, true, 'the answer is not encrypted'],
    ['an encrypted reply in plain mode', sealed(reply), false, 'the answer is no XML of a reply'],
    ['a page', '<html></html>', false, 'the answer is no XML of a reply'],
    [
      'a reply that is signed with another token',
      sealed(reply, { token: 'Other' }),
      true,
      'the answer is not signed with the push_token',
    ],
    [
      'a reply under another key',
      sealed(reply, { key: 'k'.repeat(43) }),
      true,
      'the answer is not the encrypted XML of a reply',
    ],
    [
      'a reply of another account',
      sealed(reply, { of: 'wxffffffffffffffff' }),
      true,
      'the answer is not the encrypted XML of a reply',
    ],
    [
      'an encrypted text that is no reply',
      sealed('hello'),
      true,
      'the answer is not the encrypted XML of a reply',
    ],
  ])('is that the service is out of order, after %s', async (_, body, safe, refused) => {
    const answer = await answered(body, safe);
    expect(answer).toMatchObject({ refused });
    expect(answer).not.toHaveProperty('reply');
  });
});
