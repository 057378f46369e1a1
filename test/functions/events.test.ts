import { createServer, type Server } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { create as createReceive } from '../../functions/events/receive-event.ts';
import { create as createHandle } from '../../functions/events/handle-events.ts';
import { tablesOf } from '../../functions/parts.ts';
import { routes } from '../../functions/routes.ts';
import type { Runtime } from '../../functions/runtime.ts';
import { close, listen } from '../../local/aws/http.ts';
import type { LambdaHandler } from '../../local/aws/lambda.ts';
import { startLocalAws, type LocalAws } from '../../local/aws/server.ts';
import { startGateway, type Gateway } from '../../local/gateway.ts';
import { keyOf } from '../../shared/followers/mirror/follower-item.ts';
import { Profiles } from '../../shared/followers/mirror/profiles.ts';
import { decryptMessage } from '../../shared/push/message-crypt.ts';
import { pushMessage } from '../../shared/push/push-message.ts';
import { GrantStore } from '../../shared/users/grant-store.ts';
import { type AppId, parseAppId } from '../../shared/wechat/tokens.ts';
import { httpEvent, lambdaContext } from '../kit/event.ts';
import { startKit, type Kit } from '../kit/kit.ts';
import { encrypt, opened, sign, toXml } from '../push/sender.ts';

const token = 'PushToken1';
const key = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';
const openid = 'oTheUserWhoIsPushedAbout0001';
const platform = 'oAnAccountOfThePlatform00001';

/** An account of the service that takes pushes in the clear, beside the kit's own, which takes encrypted ones. */
const plainAccount = parseAppId('wxaaaaaaaaaaaaaaaa');
const muteAccount = 'wxbbbbbbbbbbbbbbbb';

let kit: Kit;
let gateway: Gateway;
let grants: GrantStore;
let profiles: Profiles;
/** What a queue of its own has got: nobody handles it. */
let queued: string[];
let recorder: LocalAws;

beforeAll(async () => {
  kit = await startKit();
  await kit.admin({ command: 'account.set-push', account: 'default', pushToken: token, encodingAesKey: key });
  for (const account of [plainAccount, muteAccount]) {
    await kit.control('accounts', { appid: account, secret: kit.secret });
    await kit.admin({
      command: 'account.add',
      account,
      name: account,
      mode: 'stable',
      secret: kit.secret,
      allowedOrigins: [],
      domainFiles: [],
    });
  }
  await kit.admin({ command: 'account.set-push', account: plainAccount, pushToken: token });
  for (const appid of [kit.account, plainAccount]) {
    const options = { push_token: token, encoding_aes_key: key };
    await kit.control('accounts', { appid, options }, 'PATCH');
  }
  const handlers = new Map(
    await Promise.all(
      ['events/check-url', 'events/receive-event'].map(async (entry) => {
        const { create } = (await import(`../../functions/${entry}.ts`)) as {
          create: (runtime: Runtime) => LambdaHandler;
        };
        return [entry, create(kit.runtime)] as const;
      }),
    ),
  );
  gateway = await startGateway({
    port: 0,
    routes: [routes.checkEventsUrl, routes.receiveEvent],
    clock: kit.clock,
    functionFor: (entry) => handlers.get(entry) ?? (() => Promise.reject(new Error('no such function'))),
    authorizer: () => Promise.reject(new Error('asked for')),
  });
  const { users, followers } = tablesOf(kit.runtime);
  grants = new GrantStore(users, kit.clock);
  profiles = new Profiles(followers);
  recorder = await startLocalAws({ clock: kit.clock });
  recorder.registerFunction('recorder', (event) => {
    const { Records } = event as { Records: { body: string }[] };
    queued.push(...Records.map(({ body }) => body));
    return Promise.resolve();
  });
});
beforeEach(() => {
  queued = [];
});
afterAll(async () => {
  await gateway.close();
  await recorder.close();
  await kit.close();
});

/** The runtime with a queue that only records. */
function withRecorder(): Runtime {
  return withQueue(recorder, 'recorder');
}

function withQueue(aws: LocalAws, consumer: string): Runtime {
  const environment = {
    ...kit.runtime.environment,
    AWS_ENDPOINT_URL_SQS: aws.url,
    KEYRING_PUSH_QUEUE_URL: aws.createQueue('recorded', consumer),
  };
  return { ...kit.runtime, environment };
}

interface Sent {
  readonly account?: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: string;
}

async function receive(sent: Sent, runtime = withRecorder()) {
  const { account = kit.account, query, body } = sent;
  const handler = createReceive(runtime);
  const event = httpEvent(routes.receiveEvent, {
    path: { account },
    query,
    body,
    headers: { 'content-type': 'text/xml' },
  });
  const { statusCode, body: answer = '', headers } = await handler(event, lambdaContext);
  const isJson = String(headers?.['content-type']).includes('json');
  return { status: statusCode, body: isJson ? (JSON.parse(answer) as unknown) : answer };
}

let nonce = 0;
function signedQuery(timestamp: number = kit.clock.now(), by = token) {
  nonce += 1;
  const signature = sign(by, `${timestamp}`, `${nonce}`);
  return { signature, timestamp: `${timestamp}`, nonce: `${nonce}` };
}

function eventXml(fields: Record<string, string | number> = {}): string {
  return toXml({
    ToUserName: 'gh_0123456789ab',
    FromUserName: openid,
    CreateTime: kit.clock.now(),
    MsgType: 'event',
    Event: 'CLICK',
    EventKey: `${(nonce += 1)}`,
    ...fields,
  });
}

/** A push in safe mode of whatever is in `ciphertext`, well signed. */
function safe(ciphertext: string, query = signedQuery(), clear: Record<string, string> = {}): Sent {
  const msg_signature = sign(token, query.timestamp, query.nonce, ciphertext);
  return {
    query: { ...query, openid, encrypt_type: 'aes', msg_signature },
    body: toXml({ ToUserName: 'gh_0123456789ab', ...clear, Encrypt: ciphertext }),
  };
}

function plain(body: string, query = signedQuery()): Sent {
  return { account: plainAccount, query: { ...query, openid }, body };
}

async function storeUser(account: AppId, who = openid): Promise<void> {
  const now = kit.clock.now();
  await grants.grant(
    account,
    who,
    {
      accessToken: 'sealed',
      refreshToken: 'sealed',
      accessTokenExpiresAt: now + 7200,
      scopes: ['snsapi_userinfo'],
      grantedAt: now,
      removeAt: now + 86_400,
      unionid: undefined,
      profile: { nickname: '小明', avatar: 'https://thirdwx.qlogo.cn/a/132', fetchedAt: now },
    },
    'session',
  );
  await profiles.put(account, { openid: who, nickname: '小明', avatar: 'https://x/132', consentedAt: now });
}

/** How many items of the tables for people name the user of the account. */
async function tracesOf(account: string, who: string): Promise<number> {
  const items = [...(await kit.items('users')), ...(await kit.items('followers'))];
  return items
    .map((item) => JSON.stringify(item))
    .filter((item) => item.includes(account) && item.includes(who)).length;
}

/** Has the simulator push an event to the gateway. */
async function push(event: object | 'verify', { account = kit.account, safe_mode = true } = {}) {
  const url = `${gateway.url}/v1/accounts/${account}/events`;
  const answer = await kit.control('push', { appid: account, url, event, safe_mode });
  await kit.settled();
  return answer;
}

describe('the check of the address', () => {
  test('gives the echostr back as plain text', async () => {
    expect(await push('verify')).toMatchObject({ status: 200, verified: true });
    const query = { ...signedQuery(), echostr: '<script>alert(1)</script>' };
    const answer = await kit.call('checkEventsUrl', { query });
    expect(answer).toMatchObject({ status: 200, body: '<script>alert(1)</script>' });
    expect(answer.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
  });

  test.each([
    ['a forged signature', () => signedQuery(undefined, 'OtherToken'), 403, 'push_signature_wrong'],
    ['one of six minutes ago', () => signedQuery(kit.clock.now() - 360), 403, 'push_expired'],
    [
      'a time with zeros before it',
      () => ({ ...signedQuery(), timestamp: `00${kit.clock.now()}` }),
      400,
      'invalid_parameter',
    ],
    ['no signature', () => ({ timestamp: '1', nonce: '1' }), 400, 'invalid_parameter'],
  ])('refuses %s', async (_, query, status, code) => {
    const answer = await kit.call('checkEventsUrl', { query: { ...query(), echostr: '12345' } });
    expect(answer).toMatchObject({ status, body: { code } });
  });
});

describe('pushed by WeChat in safe mode', () => {
  test.each([
    ['unsubscribe', { FromUserName: openid, EventKey: '' }],
    ['user_authorization_cancellation', { FromUserName: platform, OpenID: openid }],
    ['user_authorization_revoke', { FromUserName: platform, OpenID: openid, RevokeInfo: '205' }],
    ['user_authorization_revoke', { FromUserName: platform, openid, RevokeInfo: '205' }],
  ])('%s deletes all there is of the user, and of nobody else', async (Event, fields) => {
    const { account } = kit;
    await storeUser(account);
    await storeUser(account, platform);
    const before = await tracesOf(account, platform);
    expect(await tracesOf(account, openid)).toBe(2);
    expect(await push({ Event, ...fields, AppID: account })).toEqual({
      status: 200,
      body: 'success',
      attempts: 1,
    });
    const kept = await tablesOf(kit.runtime).followers.get(keyOf(account, openid));
    // For a week, that the person has left: an event that comes late must not bring them back.
    const time = {
      ...keyOf(account, openid),
      subscribed: false,
      changedAt: expect.any(Number),
      removeAt: expect.any(Number),
    };
    expect(kept).toEqual(Event === 'unsubscribe' ? time : undefined);
    expect(await tracesOf(account, openid)).toBe(kept ? 1 : 0);
    expect(await tracesOf(account, platform)).toBe(before);
  });
});

describe('pushed by WeChat in the clear', () => {
  const how = { safe_mode: false, account: plainAccount };

  async function follow(who: string, subscribe: boolean): Promise<void> {
    await kit.control('users', { appid: plainAccount, openid: who, subscribe });
  }

  /** Somebody who follows, and is logged in. */
  async function follower(who: string): Promise<void> {
    await follow(who, true);
    await push({ Event: 'subscribe', FromUserName: who }, how);
    await storeUser(plainAccount, who);
    await kit.clock.advance(1);
  }

  test('unsubscribe deletes all that a follower granted who follows no more', async () => {
    const who = 'oWhoUnsubscribesInTheClear01';
    await follower(who);
    await follow(who, false);
    await push({ Event: 'unsubscribe', FromUserName: who }, how);
    expect(await grants.read(plainAccount, who)).toBeUndefined();
    expect(await profiles.get(plainAccount, who)).toBeUndefined();
  });

  test('unsubscribe deletes nothing of a follower who follows', async () => {
    const who = 'oWhoGoesOnFollowing000000001';
    await follower(who);
    await push({ Event: 'unsubscribe', FromUserName: who }, how);
    expect(await grants.read(plainAccount, who)).toBeDefined();
    expect(await profiles.get(plainAccount, who)).toMatchObject({ nickname: '小明' });
  });
});

describe.each([
  ['in safe mode', { safe_mode: true }],
  ['in the clear', { safe_mode: false, account: plainAccount }],
])('pushed by WeChat %s', (_, how) => {
  const account = () => ('account' in how ? how.account : kit.account);

  test('user_info_modified has the profile fetched anew, and keeps the grant', async () => {
    await storeUser(account());
    await push({ Event: 'user_info_modified', FromUserName: platform, OpenID: openid }, how);
    expect(await grants.read(account(), openid)).toMatchObject({
      accessToken: 'sealed',
      profile: { nickname: '小明', fetchedAt: 0 },
    });
  });

  test.each([
    ['subscribe', { EventKey: 'qrscene_12', Ticket: 'ticket' }],
    ['SCAN', { EventKey: '12', Ticket: 'ticket' }],
    ['user_authorization_revoke', { OpenID: openid, RevokeInfo: '206' }],
    ['user_info_modified', {}],
    ['LOCATION', { Latitude: '1' }],
  ])('%s leaves what is stored as it is', async (Event, fields) => {
    await storeUser(account());
    const before = await grants.read(account(), openid);
    expect(await push({ Event, FromUserName: openid, ...fields }, how)).toMatchObject({ body: 'success' });
    expect(await grants.read(account(), openid)).toEqual(before);
    expect(await profiles.get(account(), openid)).toMatchObject({ nickname: '小明' });
  });
});

test('a message goes on the queue with its user and all its elements', async () => {
  const content = 'a\u0001b\uFFFFc';
  const xml = toXml({
    ToUserName: 'gh_0123456789ab',
    FromUserName: openid,
    CreateTime: 1348831860,
    MsgType: 'text',
    Content: '你好 <b>',
    MsgId: '1234567890123456789',
  });
  expect(await receive(safe(encrypt(key, kit.account, xml)))).toEqual({ status: 200, body: 'success' });
  expect(await receive(plain(xml.replace('你好 <b>', content)))).toEqual({ status: 200, body: 'success' });
  await recorder.settled();
  expect(queued.map((body) => JSON.parse(body) as unknown)).toMatchObject([
    {
      account: kit.account,
      type: 'text',
      openid,
      createdAt: 1348831860,
      fields: { Content: '你好 <b>', MsgId: '1234567890123456789' },
    },
    { account: plainAccount, fields: { Content: content } },
  ]);
});

test('of the compatible mode only what is encrypted counts', async () => {
  const xml = eventXml({ FromUserName: openid, Event: 'CLICK' });
  const clear = { FromUserName: platform, MsgType: 'event', Event: 'unsubscribe', CreateTime: '1' };
  const sent = safe(encrypt(key, kit.account, xml), signedQuery(), clear);
  expect(await receive(sent)).toEqual({ status: 200, body: 'success' });
  await recorder.settled();
  expect(queued.map((body) => JSON.parse(body) as unknown)).toMatchObject([{ openid, event: 'CLICK' }]);
});

const laughs = `<!DOCTYPE xml [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><xml><A>&b;</A></xml>`;
const external = '<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><A>&a;</A></xml>';
const sealed = (xml: string, appId = kit.account) => encrypt(key, appId, xml);
const tampered = () => {
  const bytes = Buffer.from(sealed(eventXml()), 'base64');
  // In CBC a byte changes the one a block of 16 behind it in the same way: here the last, which says how long the
  // padding is.
  const at = bytes.length - 1 - 16;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x80, at);
  return bytes.toString('base64');
};

test('a check of the address may come again, and its signature is good for nothing else', async () => {
  const query = signedQuery();
  const check = (echostr: string) =>
    kit.call('checkEventsUrl', { path: { account: plainAccount }, query: { ...query, echostr } });
  expect((await check('1')).status).toBe(200);
  expect((await check('1')).status).toBe(200);
  expect(await check('2')).toMatchObject({ status: 403, body: { code: 'push_replayed' } });
  expect(await receive(plain(eventXml(), query))).toMatchObject({ body: { code: 'push_replayed' } });
});

describe('is refused, and nothing is queued:', () => {
  test.each<[string, () => Sent, number, string]>([
    [
      'a forged signature',
      () => plain(eventXml(), signedQuery(undefined, 'Other')),
      403,
      'push_signature_wrong',
    ],
    [
      'a forged msg_signature',
      () => {
        const sent = safe(sealed(eventXml()));
        return { ...sent, query: { ...sent.query, msg_signature: sign('Other', 'x') } };
      },
      403,
      'push_signature_wrong',
    ],
    [
      'no msg_signature',
      () => {
        const sent = safe(sealed(eventXml()));
        const { signature = '', timestamp = '', nonce = '' } = sent.query;
        return { ...sent, query: { signature, timestamp, nonce } };
      },
      403,
      'push_signature_wrong',
    ],
    [
      "another push's ciphertext under its signature",
      () => ({ ...safe(sealed(eventXml())), body: toXml({ Encrypt: sealed(eventXml()) }) }),
      403,
      'push_signature_wrong',
    ],
    [
      'a push of six minutes ago',
      () => plain(eventXml(), signedQuery(kit.clock.now() - 360)),
      403,
      'push_expired',
    ],
    [
      'one of six minutes ahead',
      () => plain(eventXml(), signedQuery(kit.clock.now() + 360)),
      403,
      'push_expired',
    ],
    [
      'the clear where encryption is set',
      () => ({ ...plain(eventXml()), account: kit.account }),
      403,
      'push_not_encrypted',
    ],
    ['a message for another appid', () => safe(sealed(eventXml(), plainAccount)), 403, 'push_foreign'],
    ['a tampered ciphertext, well signed', () => safe(tampered()), 400, 'push_undecryptable'],
    [
      'a truncated padding',
      () => safe(encrypt(key, kit.account, 'x', { padding: (bytes) => Buffer.alloc(bytes, 0) })),
      400,
      'push_undecryptable',
    ],
    ['a truncated ciphertext', () => safe(sealed(eventXml()).slice(0, -24)), 400, 'push_undecryptable'],
    ['a billion laughs', () => plain(laughs), 400, 'push_not_xml'],
    ['a billion laughs, encrypted', () => safe(sealed(laughs)), 400, 'push_not_xml'],
    ['an external entity', () => plain(external), 400, 'push_not_xml'],
    ['an external entity, encrypted', () => safe(sealed(external)), 400, 'push_not_xml'],
    [
      'an encrypted push without a key',
      () => ({ ...safe(sealed(eventXml())), account: plainAccount }),
      404,
      'push_not_configured',
    ],
    ['a body over 64 KiB', () => plain(eventXml({ Content: 'x'.repeat(65_536) })), 413, 'body_too_large'],
    ['a body that is not XML', () => plain('{"a":1}'), 400, 'push_not_xml'],
    ['no body', () => plain(''), 400, 'push_not_xml'],
    [
      'an element given twice',
      () => plain(eventXml().replace('</xml>', '<Event>x</Event></xml>')),
      400,
      'invalid_body',
    ],
    [
      'an account that is not registered',
      () => ({ ...plain(eventXml()), account: 'wxcccccccccccccccc' }),
      404,
      'account_unknown',
    ],
    [
      'an account that takes no pushes',
      () => ({ ...plain(eventXml()), account: muteAccount }),
      404,
      'push_not_configured',
    ],
    [
      'a signature that is none',
      () => plain(eventXml(), { ...signedQuery(), signature: 'x' }),
      400,
      'invalid_parameter',
    ],
  ])('%s', async (_, sent, status, code) => {
    expect(await receive(sent())).toMatchObject({ status, body: { code } });
    await recorder.settled();
    expect(queued).toEqual([]);
  });

  test('in the clear, a second body under a signature that was used; the first may come again', async () => {
    const query = signedQuery();
    const first = eventXml();
    expect(await receive(plain(first, query))).toMatchObject({ status: 200 });
    expect(await receive(plain(first, query))).toMatchObject({ status: 200 });
    expect(await receive(plain(eventXml({ Event: 'unsubscribe' }), query))).toMatchObject({
      status: 403,
      body: { code: 'push_replayed' },
    });
    await recorder.settled();
    expect(queued).toHaveLength(2);
  });
});

test('the endpoint answers before the worker has finished', async () => {
  const aws = await startLocalAws({ clock: kit.clock });
  const seen: string[] = [];
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  aws.registerFunction('slow', async () => {
    await finished;
    seen.push('handled');
  });
  const answer = await receive(safe(sealed(eventXml())), withQueue(aws, 'slow'));
  seen.push('answered');
  finish();
  await aws.close();
  expect(answer).toEqual({ status: 200, body: 'success' });
  expect(seen).toEqual(['answered', 'handled']);
});

test('a push that cannot be queued is not acknowledged, so that WeChat sends it again', async () => {
  const runtime = withRecorder();
  const environment = { ...runtime.environment, KEYRING_PUSH_QUEUE_URL: `${recorder.url}/000000000000/gone` };
  expect(await receive(safe(sealed(eventXml())), { ...runtime, environment })).toMatchObject({
    status: 500,
    body: { code: 'internal' },
  });
});

describe.each([
  ['in safe mode', { safe_mode: true }],
  ['in the clear', { safe_mode: false, account: plainAccount }],
])('forwarded to a back end %s', (_, how) => {
  const account = () => ('account' in how ? how.account : kit.account);
  const reply = (content: string) =>
    toXml({ ToUserName: openid, FromUserName: 'gh_0', CreateTime: 1, MsgType: 'text', Content: content });
  let asked: { query: URLSearchParams; body: string }[];
  let answer: (body: string) => { status?: number; body: string };
  let server: Server;

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        asked.push({ query: new URL(request.url ?? '', 'http://x').searchParams, body });
        const { status = 200, body: said } = answer(body);
        response.writeHead(status, { 'content-type': 'text/html' }).end(said);
      });
    });
    const forward = `${await listen(server)}/wechat`;
    await kit.admin({ command: 'account.set-push', account: account(), forward });
    await kit.clock.advance(60);
  });
  beforeEach(() => {
    asked = [];
    answer = () => ({ body: 'success' });
  });
  afterAll(async () => {
    await kit.admin({ command: 'account.set-push', account: account(), forward: null });
    await kit.clock.advance(60);
    await close(server);
  });

  const say = (Content: string) =>
    push({ FromUserName: openid, MsgType: 'text', Content, MsgId: nonce++ }, how);

  test('a message of a follower is answered with the reply of the back end', async () => {
    answer = () => ({ body: reply('你也好') });
    expect(await say('你好')).toMatchObject({ status: 200, attempts: 1, reply: reply('你也好') });
    expect(asked).toHaveLength(1);
  });

  test('the back end gets what WeChat sent, with its signature, so that an SDK can verify and open it', async () => {
    await say('你好');
    const [{ query, body } = { query: new URLSearchParams(), body: '' }] = asked;
    const [timestamp = '', given = ''] = ['timestamp', 'nonce'].map((name) => query.get(name) ?? '');
    expect(query.get('signature')).toBe(sign(token, timestamp, given));
    expect(query.get('openid')).toBe(openid);
    if (!how.safe_mode) {
      expect(body).toContain('<Content><![CDATA[你好]]></Content>');
      return;
    }
    const ciphertext = /<Encrypt><!\[CDATA\[(.*)\]\]><\/Encrypt>/.exec(body)?.[1] ?? '';
    expect(query.get('msg_signature')).toBe(sign(token, timestamp, given, ciphertext));
    expect(query.get('encrypt_type')).toBe('aes');
    expect(decryptMessage(key, kit.account, ciphertext)).toContain('<Content><![CDATA[你好]]></Content>');
  });

  test('WeChat gets success where the back end says so, or fails', async () => {
    expect(await say('1')).toEqual({ status: 200, body: 'success', attempts: 1 });
    for (const failing of [{ status: 500, body: 'no' }, { body: '<html>' }]) {
      answer = () => failing;
      expect(await say('2')).toEqual({ status: 200, body: 'success', attempts: 1 });
    }
    expect(asked).toHaveLength(3);
  });

  test('what the service does itself is done whatever the back end answers', async () => {
    answer = () => ({ status: 500, body: '' });
    await storeUser(account());
    await push({ Event: 'user_info_modified', FromUserName: platform, OpenID: openid }, how);
    expect(asked).toHaveLength(1);
    expect(await grants.read(account(), openid)).toMatchObject({ profile: { fetchedAt: 0 } });
  });

  test('a push that WeChat sends again goes there once, and is success then', async () => {
    answer = () => ({ body: reply('once') });
    const xml = eventXml();
    const again = () =>
      receive(how.safe_mode ? safe(encrypt(key, kit.account, xml)) : plain(xml), kit.runtime);
    expect((await again()).body).toMatch(/^<xml>/);
    expect(await again()).toEqual({ status: 200, body: 'success' });
    expect(asked).toHaveLength(1);
  });

  test('a push that is refused goes nowhere', async () => {
    const forged = signedQuery(undefined, 'Other');
    const sent = how.safe_mode
      ? safe(encrypt(key, kit.account, eventXml()), forged)
      : plain(eventXml(), forged);
    expect(await receive(sent, kit.runtime)).toMatchObject({ status: 403 });
    expect(asked).toEqual([]);
  });

  test('a push that cannot be queued goes nowhere yet: WeChat sends it again', async () => {
    const environment = {
      ...kit.runtime.environment,
      KEYRING_PUSH_QUEUE_URL: `${recorder.url}/000000000000/gone`,
    };
    const xml = eventXml();
    const sent = () => (how.safe_mode ? safe(encrypt(key, kit.account, xml)) : plain(xml));
    expect(await receive(sent(), { ...kit.runtime, environment })).toMatchObject({ status: 500 });
    expect(asked).toEqual([]);
    await receive(sent(), kit.runtime);
    expect(asked).toHaveLength(1);
  });

  test('the check of the address is answered here', async () => {
    expect(await push('verify', how)).toMatchObject({ status: 200, verified: true });
    expect(asked).toEqual([]);
  });
});

describe('the worker', () => {
  const buses: Server[] = [];
  afterEach(async () => {
    for (const server of buses.splice(0)) await close(server);
  });

  /** A bus that refuses the first `refusals` events, and keeps the others. */
  async function withBus(refusals: number) {
    const passed: unknown[] = [];
    let asked = 0;
    const server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        asked += 1;
        const refused = asked <= refusals;
        const { Entries } = JSON.parse(text) as { Entries: { Detail: string }[] };
        if (!refused) {
          passed.push(
            ...Entries.map(({ Detail, ...entry }) => ({ ...entry, Detail: JSON.parse(Detail) as unknown })),
          );
        }
        response.setHeader('content-type', 'application/x-amz-json-1.1');
        response.end(
          JSON.stringify({
            FailedEntryCount: refused ? 1 : 0,
            Entries: [refused ? { ErrorCode: 'InternalFailure' } : { EventId: '1' }],
          }),
        );
      });
    });
    buses.push(server);
    const url = await listen(server);
    const environment = {
      ...kit.runtime.environment,
      KEYRING_EVENT_BUS: 'pushes',
      AWS_ENDPOINT_URL_EVENTBRIDGE: url,
    };
    const handler = createHandle({ ...kit.runtime, environment });
    const deliver = (...bodies: object[]) =>
      handler(
        { Records: bodies.map((body, index) => ({ messageId: `m${index}`, body: JSON.stringify(body) })) },
        lambdaContext,
      );
    return { passed, deliver };
  }
  const message = (fields: object = {}) =>
    pushMessage(
      kit.account,
      opened({
        MsgType: 'event',
        Event: 'VIEW',
        FromUserName: openid,
        CreateTime: '1714112445',
        EventKey: `${(nonce += 1)}`,
        ...fields,
      }),
      kit.clock.now(),
    );

  test('passes every push on to the bus, without a secret', async () => {
    const { passed, deliver } = await withBus(0);
    const event = message();
    await deliver(event);
    expect(passed).toEqual([
      {
        EventBusName: 'pushes',
        Source: 'wechat-keyring',
        DetailType: 'event.VIEW',
        Detail: {
          id: event.id,
          account: kit.account,
          type: 'event',
          event: 'VIEW',
          openid,
          createdAt: 1714112445,
          fields: event.fields,
        },
      },
    ]);
  });

  test('handles a push once, however often WeChat sends it', async () => {
    const { passed, deliver } = await withBus(0);
    const fields = { EventKey: 'the same' };
    await deliver(message(fields));
    await deliver(message(fields), message(fields));
    expect(passed).toHaveLength(1);
  });

  test('tells users apart whose events come from the same platform account in the same second', async () => {
    const { passed, deliver } = await withBus(0);
    const event = {
      Event: 'user_authorization_revoke',
      FromUserName: platform,
      RevokeInfo: '205',
      EventKey: '',
    };
    await deliver(message({ ...event, OpenID: 'oFirst' }), message({ ...event, OpenID: 'oSecond' }));
    expect(passed).toHaveLength(2);
  });

  test('handles each of several cards that one user takes in the same second', async () => {
    const { passed, deliver } = await withBus(0);
    const card = (UserCardCode: string) => {
      const fields = { Event: 'user_get_card', FromUserName: openid, UserCardCode, EventKey: '' };
      return safe(encrypt(key, kit.account, eventXml(fields)));
    };
    for (const sent of [card('12312312'), card('12312313'), card('12312312')]) await receive(sent);
    await recorder.settled();
    await deliver(...queued.map((body) => JSON.parse(body) as object));
    expect(passed).toMatchObject([
      { Detail: { fields: { UserCardCode: '12312312' } } },
      { Detail: { fields: { UserCardCode: '12312313' } } },
    ]);
  });

  test('reports what failed, alone, and handles it when it comes again', async () => {
    const { passed, deliver } = await withBus(1);
    const event = message();
    expect(await deliver(event)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] });
    const resent = { ...event, delivery: 'another' };
    expect(await deliver(resent)).toEqual({ batchItemFailures: [] });
    expect(passed).toEqual([]);
    expect(await deliver(event)).toEqual({ batchItemFailures: [] });
    expect(passed).toHaveLength(1);
  });

  test('reports what is no push, and handles the others', async () => {
    const { passed, deliver } = await withBus(0);
    expect(await deliver({ not: 'a push' }, message())).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm0' }],
    });
    expect(passed).toHaveLength(1);
  });
});

test('a new follower is asked about at WeChat even if the first try to queue that failed', async () => {
  const { environment } = kit.runtime;
  const body = JSON.stringify(
    pushMessage(
      kit.account,
      opened({
        MsgType: 'event',
        Event: 'subscribe',
        FromUserName: 'oNewFollowerWithDetails00001',
        CreateTime: `${kit.clock.now()}`,
      }),
      kit.clock.now(),
    ),
  );
  const deliver = (AWS_ENDPOINT_URL_SQS: string, KEYRING_DETAILS_QUEUE_URL: string) =>
    createHandle({
      ...kit.runtime,
      environment: { ...environment, AWS_ENDPOINT_URL_SQS, KEYRING_DETAILS_QUEUE_URL },
    })({ Records: [{ messageId: 'm0', body }] }, lambdaContext);
  const gone = `${recorder.url}/000000000000/gone`;
  expect(await deliver(recorder.url, gone)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] });
  const queue = recorder.createQueue('details', 'recorder');
  expect(await deliver(recorder.url, queue)).toEqual({ batchItemFailures: [] });
  await recorder.settled();
  expect(queued.map((sent) => JSON.parse(sent) as unknown)).toMatchObject([
    { account: kit.account, openids: ['oNewFollowerWithDetails00001'] },
  ]);
});

test('nothing that is logged names the user, the token or the key', () => {
  const logs = JSON.stringify(kit.logged);
  expect(logs).toContain('A push was handled.');
  for (const secret of [openid, platform, token, key, '小明']) expect(logs).not.toContain(secret);
});

describe('the operator', () => {
  test('can change the token, and it counts after a minute at the latest', async () => {
    const answer = await kit.admin({
      command: 'account.set-push',
      account: plainAccount,
      pushToken: 'Another1',
    });
    expect(answer).toMatchObject({ done: expect.stringContaining(`/v1/accounts/${plainAccount}/events`) });
    await kit.clock.advance(60);
    const check = (query: Record<string, string>) =>
      kit.call('checkEventsUrl', { path: { account: plainAccount }, query: { ...query, echostr: '1' } });
    expect((await check(signedQuery(undefined, 'Another1'))).status).toBe(200);
    expect((await check(signedQuery())).status).toBe(403);
  });

  test.each([
    ['a token with other characters', 'no spaces', undefined],
    ['a key that is too short', 'PushToken1', 'abc'],
  ])('is refused %s, without its text', async (_, pushToken, encodingAesKey) => {
    const command = { command: 'account.set-push', account: 'default', pushToken, encodingAesKey } as const;
    await expect(kit.admin(command)).rejects.toThrow(/^invalid_parameter: (pushToken|encodingAesKey) is /);
  });

  test('forgets the token with the account', async () => {
    await kit.admin({ command: 'account.remove', account: plainAccount });
    await kit.admin({
      command: 'account.add',
      account: plainAccount,
      name: 'again',
      mode: 'stable',
      secret: kit.secret,
      allowedOrigins: [],
      domainFiles: [],
    });
    await kit.clock.advance(60);
    const query = { ...signedQuery(undefined, 'Another1'), echostr: '1' };
    const answer = await kit.call('checkEventsUrl', { path: { account: plainAccount }, query });
    expect(answer).toMatchObject({ status: 404, body: { code: 'push_not_configured' } });
  });
});
