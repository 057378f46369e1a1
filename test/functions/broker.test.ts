import { afterEach, describe, expect, test } from '@jest/globals';
import { create as createRefresh } from '../../functions/credentials/refresh-credentials.ts';
import { secretsOf, tablesOf } from '../../functions/parts.ts';
import { readCredential } from '../../shared/credentials/read-credential.ts';
import type { Table } from '../../shared/platform/table.ts';
import { signJsSdk } from '../../shared/wechat/jssdk.ts';
import { lambdaContext } from '../kit/event.ts';
import { startKit, type Kit, type KitOptions } from '../kit/kit.ts';

const kits: Kit[] = [];
afterEach(async () => {
  await Promise.all(kits.splice(0).map((kit) => kit.close()));
});

async function start(options: KitOptions = {}): Promise<Kit> {
  // On tables in memory: these tests play hours and days.
  const kit = await startKit({ tables: 'memory', ...options });
  kits.push(kit);
  return kit;
}

interface Token {
  readonly access_token: string;
  readonly expires_in: number;
}

async function getToken(kit: Kit): Promise<Token> {
  const answer = await kit.call('getToken', { key: kit.apiKey });
  expect(answer.status).toBe(200);
  return answer.body as Token;
}

async function report(kit: Kit, token: string) {
  return kit.call('reportToken', { key: kit.apiKey, body: { access_token: token } });
}

async function isAccepted(kit: Kit, token: string): Promise<boolean> {
  const answer = await fetch(`${kit.simulator}/cgi-bin/get_api_domain_ip?access_token=${token}`);
  return !('errcode' in ((await answer.json()) as object));
}

describe('the token broker', () => {
  test('hands out the token that WeChat accepts', async () => {
    const kit = await start();
    expect(await isAccepted(kit, (await getToken(kit)).access_token)).toBe(true);
  });

  test.each(['stable', 'classic'] as const)(
    'tells a life that WeChat keeps, in %s mode, at any time of the day',
    async (mode) => {
      const kit = await start({ mode });
      for (let step = 0; step < 40; step++) {
        await kit.clock.advance(431);
        const { access_token, expires_in } = await getToken(kit);
        const asked = kit.clock.now();
        expect(expires_in).toBeGreaterThan(0);
        // A consumer that goes on until just before the end it was told must not be refused.
        await kit.clock.advance(expires_in - 3);
        if (kit.clock.now() < asked + expires_in) expect(await isAccepted(kit, access_token)).toBe(true);
      }
    },
  );

  test('tells the life of a token by the mode that it was got in, though the account was in another a moment ago', async () => {
    const kit = await start();
    await getToken(kit);
    await kit.admin({ command: 'account.set', account: kit.account, mode: 'classic' });
    const { access_token, expires_in } = await getToken(kit);
    // Until it is renewed, and somebody uses it to the end that they were told.
    await kit.clock.advance(expires_in - 3);
    expect(await isAccepted(kit, access_token)).toBe(true);
  });

  test('needs the scope token:read for that account', async () => {
    const kit = await start();
    const key = await kit.createKey({ scopes: ['followers:read'], accounts: '*' });
    expect(await kit.call('getToken', { key })).toMatchObject({
      status: 403,
      body: { code: 'scope_missing' },
    });
  });

  test('logs who read which account’s token, and not the token', async () => {
    const kit = await start();
    const { access_token } = await getToken(kit);
    const lines = kit.logged.filter(({ fields }) => fields['audit'] === true);
    expect(lines).toMatchObject([
      { fields: { account: kit.account, keyId: expect.any(String), generation: 1 } },
    ]);
    expect(JSON.stringify(kit.logged)).not.toContain(access_token);
  });
});

describe('a report of a rejected token', () => {
  test.each(['stable', 'classic'] as const)('brings a good one at once in %s mode', async (mode) => {
    const kit = await start({ mode });
    const { access_token } = await getToken(kit);
    await kit.control('revoke', { appid: kit.account, what: 'access_token' });
    const answer = await report(kit, access_token);
    expect(answer).toMatchObject({ status: 200, body: { replaced: true } });
    expect(await isAccepted(kit, (answer.body as Token).access_token)).toBe(true);
  });

  test('of a token that WeChat accepts changes nothing', async () => {
    const kit = await start();
    const { access_token } = await getToken(kit);
    await kit.control('calls', undefined, 'DELETE');
    expect(await report(kit, access_token)).toMatchObject({ body: { access_token, replaced: false } });
    expect(await kit.callsTo('/cgi-bin/stable_token')).toBe(0);
  });

  test('that WeChat cannot be asked about is told so, and changes nothing', async () => {
    const kit = await start();
    const { access_token } = await getToken(kit);
    const path = '/cgi-bin/get_api_domain_ip';
    await kit.control('faults', { path, kind: 'http', status: 503, times: 10_000 });
    expect(await report(kit, access_token)).toMatchObject({
      status: 502,
      body: { code: 'wechat_unreachable' },
    });
    expect((await getToken(kit)).access_token).toBe(access_token);
  });

  test('is answered with the life that the token has by then', async () => {
    const kit = await start();
    const { access_token } = await getToken(kit);
    await kit.clock.advance(100);
    const { body } = await report(kit, access_token);
    expect((body as Token).expires_in).toBeLessThanOrEqual(7100);
  });

  test('is logged, with what came of it', async () => {
    const kit = await start();
    const { access_token } = await getToken(kit);
    await kit.control('revoke', { appid: kit.account, what: 'access_token' });
    await report(kit, access_token);
    expect(kit.logged).toContainEqual(
      expect.objectContaining({
        message: 'A token was reported as rejected.',
        fields: expect.objectContaining({ audit: true, generation: 2, replaced: true }),
      }),
    );
  });

  test('of some other token, such as a user’s, is answered with the present one', async () => {
    const kit = await start();
    const { access_token } = await getToken(kit);
    await kit.control('calls', undefined, 'DELETE');
    expect(await report(kit, 'not_the_one')).toMatchObject({ body: { access_token } });
    expect(await kit.callsTo('/cgi-bin/stable_token')).toBe(0);
  });

  test('sent by many at once costs one refresh', async () => {
    const kit = await start({ mode: 'classic' });
    const { access_token } = await getToken(kit);
    await kit.control('revoke', { appid: kit.account, what: 'access_token' });
    await kit.control('calls', undefined, 'DELETE');
    const answers = await Promise.all(Array.from({ length: 20 }, () => report(kit, access_token)));
    expect(new Set(answers.map(({ body }) => (body as Token).access_token)).size).toBe(1);
    expect(await kit.callsTo('/cgi-bin/token')).toBe(1);
  });
});

describe('a ticket', () => {
  test.each(['jsapi', 'wx_card'])('of type %s is got once and kept', async (type) => {
    const kit = await start();
    const first = await kit.call('getTicket', { key: kit.apiKey, query: { type } });
    const second = await kit.call('getTicket', { key: kit.apiKey, query: { type } });
    expect(first).toMatchObject({ status: 200, body: { ticket: expect.any(String) } });
    expect((second.body as { ticket: string }).ticket).toBe((first.body as { ticket: string }).ticket);
    expect(await kit.callsTo('/cgi-bin/ticket/getticket')).toBe(1);
  });

  test('comes with the life that it has by then', async () => {
    const kit = await start();
    const query = { type: 'jsapi' };
    await kit.call('getTicket', { key: kit.apiKey, query });
    await kit.clock.advance(100);
    const { body } = await kit.call('getTicket', { key: kit.apiKey, query });
    expect((body as { expires_in: number }).expires_in).toBeLessThanOrEqual(7100);
  });

  test('asked for by fifty at once costs one call', async () => {
    const kit = await start();
    const ask = () => kit.call('getTicket', { key: kit.apiKey, query: { type: 'jsapi' } });
    const answers = await Promise.all(Array.from({ length: 50 }, ask));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(await kit.callsTo('/cgi-bin/ticket/getticket')).toBe(1);
  });

  test('once in use is renewed by itself before its end, day after day', async () => {
    const kit = await start();
    await kit.call('getTicket', { key: kit.apiKey, query: { type: 'jsapi' } });
    for (let hour = 0; hour < 24; hour++) {
      await kit.clock.advance(3600);
      await kit.control('calls', undefined, 'DELETE');
      const { status, body } = await kit.call('getTicket', { key: kit.apiKey, query: { type: 'jsapi' } });
      expect(status).toBe(200);
      expect((body as { expires_in: number }).expires_in).toBeGreaterThan(0);
      expect(await kit.callsTo('/cgi-bin/ticket/getticket')).toBe(0);
    }
  });

  test('is got anew when the token it was got with is replaced', async () => {
    const kit = await start();
    await kit.call('getTicket', { key: kit.apiKey, query: { type: 'jsapi' } });
    await kit.control('calls', undefined, 'DELETE');
    const { access_token } = await getToken(kit);
    await kit.control('revoke', { appid: kit.account, what: 'access_token' });
    await report(kit, access_token);
    await kit.settled();
    expect(await kit.callsTo('/cgi-bin/ticket/getticket')).toBe(1);
  });
});

describe('a ticket and its token', () => {
  const getTicket = async (kit: Kit, type: 'jsapi' | 'wx_card' = 'jsapi') => {
    const { status } = await kit.call('getTicket', { key: kit.apiKey, query: { type } });
    return status;
  };
  const refresh = (kit: Kit) => kit.admin({ command: 'refresh', account: kit.account });
  const fail = (kit: Kit, path: string, how: object) =>
    kit.control('faults', { path, times: 10_000, ...how });

  /** Takes the end of a credential's life forward. */
  async function end(kit: Kit, kind: 'access_token' | 'jsapi_ticket'): Promise<void> {
    const { credentials } = tablesOf(kit.runtime);
    await credentials.update({ appId: kit.account, kind }, { set: { usableUntil: 0 } });
  }

  /** A ticket that waits for the token, which has failed for so long that it is tried once an hour. */
  async function startWaiting(): Promise<Kit> {
    const kit = await start();
    expect(await getTicket(kit)).toBe(200);
    await fail(kit, '/cgi-bin/stable_token', { kind: 'errcode', errcode: 40125 });
    await kit.clock.advance(9.3 * 3600);
    await kit.settled();
    expect(await getTicket(kit)).toBe(503);
    await kit.control('faults', undefined, 'DELETE');
    return kit;
  }

  test('the ticket is back with the token when that is refreshed by hand', async () => {
    const kit = await startWaiting();
    await refresh(kit);
    await kit.settled();
    expect(await getTicket(kit)).toBe(200);
  });

  test('the ticket is back with the token when that comes back by itself, and waits out no pause of its own', async () => {
    const kit = await startWaiting();
    await fail(kit, '/cgi-bin/stable_token', { kind: 'http', status: 503 });
    await refresh(kit);
    await kit.control('faults', undefined, 'DELETE');
    // The next refresh is booked for the first whole minute that is a minute away.
    await kit.clock.advance(121);
    await kit.settled();
    expect(await getTicket(kit)).toBe(200);
  });

  test.each([
    ['its permission', 48001],
    ['its quota of the day', 45009],
  ])('a refresh by hand brings the first ticket that failed for %s', async (_, errcode) => {
    const kit = await start();
    await fail(kit, '/cgi-bin/ticket/getticket', { kind: 'errcode', errcode });
    await getTicket(kit);
    await kit.control('faults', undefined, 'DELETE');
    expect(await getTicket(kit)).not.toBe(200);
    await refresh(kit);
    await kit.settled();
    expect(await getTicket(kit)).toBe(200);
  });

  test('a refresh by hand gets no ticket that nobody has asked for', async () => {
    const kit = await start();
    await refresh(kit);
    await kit.settled();
    expect(await kit.callsTo('/cgi-bin/ticket/getticket')).toBe(0);
  });

  test('a ticket that needs a new token first is got once, and the other follows', async () => {
    const kit = await start({ mode: 'classic' });
    await getTicket(kit);
    await getTicket(kit, 'wx_card');
    await end(kit, 'access_token');
    await end(kit, 'jsapi_ticket');
    // What readers remember is forgotten by then.
    await kit.clock.advance(61);
    await kit.control('calls', undefined, 'DELETE');
    expect(await getTicket(kit)).toBe(200);
    await kit.settled();
    expect(await kit.callsTo('/cgi-bin/ticket/getticket')).toBe(2);
  });

  test('the token is handed out while WeChat is still busy with the ticket', async () => {
    const kit = await start({ mode: 'classic' });
    await getTicket(kit);
    await fail(kit, '/cgi-bin/ticket/getticket', { kind: 'hang', ms: 60_000 });
    await end(kit, 'access_token');
    await getToken(kit);
    const ticket = await tablesOf(kit.runtime).credentials.get({ appId: kit.account, kind: 'jsapi_ticket' });
    // It has had no time to give up.
    expect(ticket).not.toHaveProperty('failure');
  });

  test('a ticket that cannot be sent for is no failure of the token', async () => {
    const kit = await start({ mode: 'classic' });
    await getTicket(kit);
    const nowhere = { ...kit.runtime.environment, AWS_ENDPOINT_URL_LAMBDA: 'http://127.0.0.1:1' };
    const refreshing = createRefresh({ ...kit.runtime, environment: nowhere });
    const about = { kind: 'refresh', credential: 'access_token', account: kit.account };
    const outcome = await refreshing({ ...about, need: { reason: 'manual' } }, lambdaContext);
    expect(outcome).toEqual({ state: 'usable', generation: 2 });
    expect(kit.logged).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('could not follow its token') }),
    );
  });
});

test('a refresh by hand takes the AppSecret that is stored now, in a process that remembers another', async () => {
  const kit = await start();
  const refreshing = createRefresh(kit.runtime);
  const about = { kind: 'refresh', credential: 'access_token', account: kit.account };
  const byHand = () => refreshing({ ...about, need: { reason: 'manual' } }, lambdaContext);
  await byHand();
  await secretsOf(kit.runtime).put(kit.account, { appSecret: 'not-that-of-the-account' });
  await byHand();
  const { credentials } = tablesOf(kit.runtime);
  expect(await readCredential(credentials, 'access_token', kit.account)).toMatchObject({
    failure: { code: 'wechat_credentials_refused' },
  });
});

test('a refresh has been counted when its function returns, which may be its last moment', async () => {
  const kit = await start();
  const tables = tablesOf(kit.runtime);
  const counted: string[] = [];
  // Longer than a refresh takes that does not wait for it.
  const add: Table['add'] = async (...given) => {
    for (let turn = 0; turn < 2000; turn += 1) await new Promise(setImmediate);
    const [, calls] = given;
    counted.push(...calls.keys());
    return tables.credentials.add(...given);
  };
  const runtime = { ...kit.runtime, tables: { ...tables, credentials: { ...tables.credentials, add } } };
  const about = { kind: 'refresh', credential: 'access_token', account: kit.account };
  await createRefresh(runtime)({ ...about, need: { reason: 'manual' } }, lambdaContext);
  expect(counted).toEqual(['/cgi-bin/stable_token']);
});

describe('jssdk-config', () => {
  const url = 'https://www.example.com/page?a=b#fragment';

  test('signs the address without its fragment, with the present ticket', async () => {
    const kit = await start();
    const { body } = await kit.call('getJssdkConfig', { query: { url } });
    const config = body as { appId: string; timestamp: number; nonceStr: string; signature: string };
    const { body: ticket } = await kit.call('getTicket', { key: kit.apiKey, query: { type: 'jsapi' } });
    expect(config.appId).toBe(kit.account);
    expect(config.signature).toBe(
      signJsSdk({
        ticket: (ticket as { ticket: string }).ticket,
        url: 'https://www.example.com/page?a=b',
        nonce: config.nonceStr,
        timestamp: config.timestamp,
      }),
    );
  });

  test('signs for the present moment', async () => {
    const kit = await start();
    const before = kit.clock.now();
    const { body } = await kit.call('getJssdkConfig', { query: { url } });
    const { timestamp } = body as { timestamp: number };
    expect(timestamp).toBeGreaterThanOrEqual(before);
    expect(timestamp).toBeLessThanOrEqual(kit.clock.now());
  });

  test('signs for a page that has a backslash in its query, as the page has it', async () => {
    const kit = await start();
    const page = 'https://www.example.com/page?path=C:\\temp';
    const { status, body } = await kit.call('getJssdkConfig', { query: { url: page } });
    const { nonceStr: nonce, timestamp, signature } = body as Record<string, string>;
    const { body: ticket } = await kit.call('getTicket', { key: kit.apiKey, query: { type: 'jsapi' } });
    const signed = {
      ...(ticket as { ticket: string }),
      url: page,
      nonce: String(nonce),
      timestamp: Number(timestamp),
    };
    expect([status, signature]).toEqual([200, signJsSdk(signed)]);
  });

  test.each([
    'https://evil.example/',
    'https://www.example.com.evil.example/',
    'https://www.example.com:444/',
    'https://evil.example\\?@www.example.com/',
    'x',
  ])('does not sign for %s', async (other) => {
    const kit = await start();
    expect(await kit.call('getJssdkConfig', { query: { url: other } })).toMatchObject({
      status: 400,
      body: { code: 'url_not_allowed', parameter: 'url' },
    });
    expect(await kit.callsTo('/cgi-bin/ticket/getticket')).toBe(0);
  });
});
