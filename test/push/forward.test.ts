import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import * as tls from 'node:tls';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Deliveries } from '../../shared/push/deliveries.ts';
import { forwardPush, type ForwardedPush, type ForwardParts } from '../../shared/push/forward.ts';
import type { ForwardRules } from '../../shared/push/forward-address.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { memoryTables } from '../kit/memory-table.ts';
import { HandClock } from '../users/rig.ts';
import { selfSigned } from '../wechat/tls.ts';
import { toXml } from './sender.ts';

const account = { appId: parseAppId('wx0123456789abcdef'), secrets: { pushToken: 'PushToken1' } };
const body = toXml({ ToUserName: 'gh_1', FromUserName: 'oFollower', MsgType: 'text', Content: '你好' });
const reply = toXml({
  ToUserName: 'oFollower',
  FromUserName: 'gh_1',
  CreateTime: 1,
  MsgType: 'text',
  Content: '好',
});
const query = { signature: 'a'.repeat(40), timestamp: '1714112445', nonce: '77', openid: 'oFollower' };

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let received: Received[];
let lines: { level: string; message: string; fields: Record<string, unknown> }[];
let measured: unknown[];
let parts: ForwardParts;
const servers: Server[] = [];
const trusted = tls.getCACertificates('default');

beforeEach(() => {
  received = [];
  lines = [];
  measured = [];
  const clock = new HandClock();
  const line =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}) =>
      void lines.push({ level, message, fields });
  parts = {
    rules: { allowsLoopback: true },
    deliveries: new Deliveries(memoryTables().users, clock),
    clock,
    log: { info: line('info'), warn: line('warn'), error: line('error') },
    metrics: { put: (values, context) => void measured.push([values, context]) },
  };
});
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
afterAll(() => tls.setDefaultCACertificates(trusted));

/** A back end on loopback, over TLS where it has a certificate. Its port. */
async function backend(
  answer: RequestListener,
  certificate?: { key: string; cert: string },
): Promise<number> {
  const listener: RequestListener = (request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      received.push({ method, url, headers, body: text });
      answer(request, response);
    });
  };
  const server = certificate ? createTlsServer(certificate, listener) : createServer(listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function says(text: string | Buffer, headers: Record<string, string> = {}, status = 200): RequestListener {
  return (_, response) => response.writeHead(status, headers).end(text);
}

let pushes = 0;
function pushTo(address: string, about: Partial<ForwardedPush> = {}): ForwardedPush {
  const delivery = { id: `push ${(pushes += 1)}`, delivery: 'first' };
  return { address, account, query, body, isBodySigned: false, delivery, ...about };
}

const never = new AbortController().signal;

async function forward(answer: RequestListener, about: Partial<ForwardedPush> = {}) {
  const port = await backend(answer);
  return forwardPush(parts, pushTo(`http://127.0.0.1:${port}/wx`, about), never);
}

describe('a back end', () => {
  test('gets the push as it came, and its reply is what WeChat is answered', async () => {
    expect(await forward(says(reply))).toBe(reply);
    expect(received).toEqual([
      {
        method: 'POST',
        url: `/wx?signature=${query.signature}&timestamp=1714112445&nonce=77&openid=oFollower`,
        headers: expect.objectContaining({
          'content-type': 'text/xml',
          'content-length': String(Buffer.byteLength(body)),
        }),
        body,
      },
    ]);
    expect(lines).toEqual([
      {
        level: 'info',
        message: 'A push was forwarded.',
        fields: { account: account.appId, ms: expect.any(Number), done: 'answered' },
      },
    ]);
    expect(measured).toEqual([[{ Forwards: 1 }, { Outcome: 'answered' }]]);
  });

  test('may have a query of its own, which no parameter of a push takes away', async () => {
    const port = await backend(says(reply));
    const sent = { ...query, encrypt_type: 'aes', msg_signature: 'b'.repeat(40) };
    await forwardPush(parts, pushTo(`http://127.0.0.1:${port}/?app=a%20b`, { query: sent }), never);
    const { searchParams } = new URL(received[0]?.url ?? '', 'http://x');
    expect(Object.fromEntries(searchParams)).toEqual({ app: 'a b', ...sent });
  });

  test('is told of the encryption by us in safe mode, whoever has left it out', async () => {
    await forward(says('success'), { isBodySigned: true });
    expect(received[0]?.url).toContain('&encrypt_type=aes');
  });

  test.each(['success', ''])('that answers %j has WeChat told success', async (answer) => {
    expect(await forward(says(answer))).toBeUndefined();
    expect(lines).toMatchObject([{ message: 'A push was forwarded.', fields: { done: 'acknowledged' } }]);
    expect(measured).toEqual([[{ Forwards: 1 }, { Outcome: 'acknowledged' }]]);
  });

  test.each([
    'text/html; charset=UTF-8',
    'text/xml',
    'application/xml;charset=utf-8',
    'application/rss+xml',
    'text/plain',
  ])('may call its reply %s', async (type) => {
    expect(await forward(says(reply, { 'content-type': type }))).toBe(reply);
  });

  test.each([{ 'content-type': '' }, { 'content-encoding': 'identity' }])(
    'may say of its answer what says nothing: %j',
    async (headers) => {
      expect(await forward(says(reply, headers))).toBe(reply);
    },
  );

  test('may answer in several pieces, without a length', async () => {
    const inPieces: RequestListener = (_, response) => {
      response.write(reply.slice(0, 20));
      response.end(reply.slice(20));
    };
    expect(await forward(inPieces)).toBe(reply);
  });
});

describe('WeChat is told success, and the log says why,', () => {
  test.each<[string, RequestListener, object]>([
    [
      'after a redirect, which is not followed',
      says('', { location: 'http://127.0.0.1:9/' }, 302),
      { code: 'backend_status', status: 302 },
    ],
    ['after a 500', says(reply, {}, 500), { code: 'backend_status', status: 500 }],
    ['after a 404', says(reply, {}, 404), { code: 'backend_status', status: 404 }],
    ['after an answer of 1 MiB', says('x'.repeat(2 ** 20)), { code: 'answer_too_large' }],
    ['after a page', says('<html></html>', { 'content-type': 'text/html' }), { code: 'answer_unusable' }],
    ['after JSON', says(reply, { 'content-type': 'application/json' }), { code: 'answer_unusable' }],
    ['after a picture', says(reply, { 'content-type': 'image/png' }), { code: 'answer_unusable' }],
    ['after bytes that are no text', says(Buffer.from([0xff, 0xfe, 0x00])), { code: 'answer_unusable' }],
    [
      'after a compressed answer, for which nobody asked',
      says(reply, { 'content-encoding': 'gzip' }),
      { code: 'answer_unusable' },
    ],
    [
      'where it hangs up',
      (request) => request.socket.destroy(),
      { code: 'backend_unreachable', error: 'ECONNRESET' },
    ],
    [
      'where it hangs up in the middle of its answer',
      (request, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write(reply, () => request.socket.destroy());
      },
      { code: 'backend_unreachable', error: 'ECONNRESET' },
    ],
    [
      'where it changes to another protocol',
      (request) =>
        request.socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
      { code: 'backend_unreachable' },
    ],
    [
      'where it speaks no HTTP',
      (request) => request.socket.end('hello\r\n\r\n'),
      { code: 'backend_unreachable', error: 'HPE_INVALID_CONSTANT' },
    ],
  ])('%s', async (_, answer, fields) => {
    expect(await forward(answer)).toBeUndefined();
    expect(received).toHaveLength(1);
    expect(lines).toMatchObject([
      {
        level: 'warn',
        message: 'A push could not be forwarded; WeChat was told success.',
        fields: { account: account.appId, ...fields },
      },
    ]);
    const { code } = fields as { code: string };
    expect(measured).toEqual([[{ Forwards: 1 }, { Outcome: 'failed', code }]]);
  });

  test('where nobody listens', async () => {
    const port = await backend(says(''));
    for (const server of servers.splice(0)) server.close();
    expect(await forwardPush(parts, pushTo(`http://127.0.0.1:${port}/`), never)).toBeUndefined();
    expect(lines).toMatchObject([{ fields: { code: 'backend_unreachable', error: 'ECONNREFUSED' } }]);
  });

  test('where the back end has not answered when time is over, or has not answered to the end', async () => {
    for (const begin of [() => undefined, (begun: string) => begun]) {
      const time = new AbortController();
      const slow: RequestListener = (_, response) => {
        const text = begin(reply);
        if (text !== undefined) response.write(text, () => time.abort());
        else time.abort();
      };
      const port = await backend(slow);
      expect(await forwardPush(parts, pushTo(`http://127.0.0.1:${port}/`), time.signal)).toBeUndefined();
    }
    expect(received).toHaveLength(2);
    expect(lines).toMatchObject([
      { fields: { code: 'backend_timeout' } },
      { fields: { code: 'backend_timeout' } },
    ]);
  });

  test('where time is over before the push can be claimed, or the name is looked up', async () => {
    const hanging = () => new Promise<never>(() => undefined);
    const time = new AbortController();
    const waits: Partial<ForwardParts>[] = [
      { deliveries: { claimForward: hanging } },
      { rules: { resolve: hanging } },
    ];
    const all = waits.map((wait) =>
      forwardPush({ ...parts, ...wait }, pushTo('https://backend.example.com/'), time.signal),
    );
    time.abort();
    expect(await Promise.all(all)).toEqual([undefined, undefined]);
    expect(lines).toMatchObject([
      { fields: { code: 'backend_timeout' } },
      { fields: { code: 'backend_timeout' } },
    ]);
  });

  test('where the push cannot be claimed, for then it might be forwarded twice', async () => {
    const port = await backend(says(reply));
    const deliveries = { claimForward: () => Promise.reject(new Error('throttled')) };
    const push = pushTo(`http://127.0.0.1:${port}/`);
    expect(await forwardPush({ ...parts, deliveries }, push, never)).toBeUndefined();
    expect(received).toEqual([]);
    expect(lines).toMatchObject([{ fields: { code: 'not_claimed' } }]);
  });
});

test('nothing that is logged holds the query, the body, the answer or the address', async () => {
  const secrets = [query.signature, query.nonce, 'oFollower', '你好', 'Content', '/wx', 'PushToken1'];
  for (const answer of [says(reply), says('oFollower'), says('', {}, 500)]) await forward(answer);
  const printed = JSON.stringify([lines, measured]);
  for (const secret of secrets) expect(printed).not.toContain(secret);
});

describe('a push that WeChat sends again', () => {
  test('is forwarded once, and success while the first is still being answered', async () => {
    let answerFirst: () => void = () => undefined;
    let arrived: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (arrived = resolve));
    const port = await backend((_, response) => {
      answerFirst = () => response.end(reply);
      arrived();
    });
    const address = `http://127.0.0.1:${port}/`;
    const first = forwardPush(parts, pushTo(address, { delivery: { id: 'same', delivery: '1' } }), never);
    await asked;
    const again = pushTo(address, { delivery: { id: 'same', delivery: '2' } });
    expect(await forwardPush(parts, again, never)).toBeUndefined();
    answerFirst();
    expect(await first).toBe(reply);
    expect(received).toHaveLength(1);
    expect(lines).toHaveLength(1);
    expect(measured).toHaveLength(1);
  });

  test('is forwarded once also where the first came to nothing', async () => {
    const port = await backend(says('', {}, 503));
    const address = `http://127.0.0.1:${port}/`;
    for (const delivery of ['1', '2']) {
      await forwardPush(parts, pushTo(address, { delivery: { id: 'failed', delivery } }), never);
    }
    expect(received).toHaveLength(1);
  });
});

describe('over TLS', () => {
  const name = 'backend.example.com';
  const certificate = selfSigned(name);
  const toLoopback: ForwardRules = {
    allowsLoopback: true,
    resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
  };

  test('the checked address is connected to under the name of the host, which the certificate proves', async () => {
    tls.setDefaultCACertificates([...trusted, certificate.cert]);
    const names: unknown[] = [];
    const port = await backend((request, response) => {
      names.push((request.socket as unknown as { servername: unknown }).servername);
      response.end(reply);
    }, certificate);
    const push = pushTo(`https://${name}:${port}/wx`);
    expect(await forwardPush({ ...parts, rules: toLoopback }, push, never)).toBe(reply);
    expect(names).toEqual([name]);
    expect(received[0]?.headers.host).toBe(`${name}:${port}`);
  });

  test.each([
    ['that nobody trusts', [], name, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['of another name', [certificate.cert], 'other.example.com', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('a certificate %s sends nothing', async (_, authorities, host, error) => {
    tls.setDefaultCACertificates([...trusted, ...authorities]);
    const port = await backend(says(reply), certificate);
    const push = pushTo(`https://${host}:${port}/`);
    expect(await forwardPush({ ...parts, rules: toLoopback }, push, never)).toBeUndefined();
    expect(received).toEqual([]);
    expect(lines).toMatchObject([{ fields: { code: 'backend_unreachable', error } }]);
  });

  test.each(['127.0.0.1', '::1', '10.0.0.1', '169.254.169.254', 'fd00:ec2::254', '::ffff:127.0.0.1'])(
    'a name that leads to %s when the push comes is not connected to',
    async (address) => {
      tls.setDefaultCACertificates([...trusted, certificate.cert]);
      const port = await backend(says(reply), certificate);
      const resolve = () => Promise.resolve([{ address, family: address.includes(':') ? 6 : 4 }]);
      const push = pushTo(`https://${name}:${port}/`);
      expect(await forwardPush({ ...parts, rules: { resolve } }, push, never)).toBeUndefined();
      expect(received).toEqual([]);
      expect(lines).toMatchObject([{ fields: { code: 'forward_refused' } }]);
    },
  );

  test('an address that was stored for the local stack leads nowhere on AWS', async () => {
    const port = await backend(says(reply));
    const push = pushTo(`http://127.0.0.1:${port}/`);
    expect(await forwardPush({ ...parts, rules: {} }, push, never)).toBeUndefined();
    expect(received).toEqual([]);
    expect(lines).toMatchObject([{ fields: { code: 'forward_refused' } }]);
  });
});
