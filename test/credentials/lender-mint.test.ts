import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Account } from '../../shared/accounts/accounts.ts';
import { SecretStore } from '../../shared/accounts/secrets.ts';
import { Lender } from '../../shared/credentials/lender-mint.ts';
import type { MintOptions } from '../../shared/credentials/mint.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';

const now = 1_800_000_000;
const clock = { now: () => now, sleep: () => Promise.resolve() };
const secrets = new SecretStore(
  () => Promise.resolve({ SecretString: '{"lenderKey":"wk_lent"}' }),
  'keyring/test/',
  clock,
);
const asked: MintOptions = { force: false, byHand: false, until: now + 10 };

/** The deployment that lends: what it is asked, and what it answers. */
let server: Server;
let requests: {
  method: string | undefined;
  url: string | undefined;
  key: string | undefined;
  type: string | undefined;
  body: string;
}[];
let answer: { status: number; headers?: Record<string, string>; body: string | Buffer };
let account: Account;

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      const { authorization: key, 'content-type': type } = headers;
      requests.push({ method, url, key, type, body: Buffer.concat(chunks).toString() });
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

beforeEach(() => {
  requests = [];
  account = {
    appId: parseAppId('wx0123456789abcdef'),
    name: 'Lent',
    mode: 'stable',
    mintBudget: 200,
    dailyLimits: {},
    allowedOrigins: [],
    createdAt: 0,
    lender: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
});

function says(body: unknown, status = 200, headers: Record<string, string> = {}): Lender {
  answer = { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
  return new Lender(secrets, clock);
}

test('a lender that leads elsewhere is not followed: the key is for itself alone', async () => {
  const lender = says({}, 302, { location: '/elsewhere' });
  await expect(lender.mintToken(account, asked)).rejects.toMatchObject({ code: 'lender_unreachable' });
  expect(requests).toHaveLength(1);
});

test('the token is that of the lender, asked for with the key', async () => {
  const lender = says({ access_token: 'lent', expires_in: 6870 });
  expect(await lender.mintToken(account, asked)).toEqual({ value: 'lent', expiresIn: 6870 });
  expect(requests).toEqual([
    {
      ...{ method: 'GET', url: '/v1/accounts/wx0123456789abcdef/token', key: 'Bearer wk_lent' },
      ...{ type: undefined, body: '' },
    },
  ]);
});

test('no life is longer than WeChat’s own, whatever the lender says', async () => {
  const token = await says({ access_token: 'lent', expires_in: 7_200_000 }).mintToken(account, asked);
  expect(token).toMatchObject({ expiresIn: 7200 });
  const ticket = says({ ticket: 'lent', expires_in: 7_200_000 }).mintTicket('jsapi_ticket');
  expect(await ticket(account, asked)).toMatchObject({ expiresIn: 7200 });
});

test('a force tells the lender that the token was rejected', async () => {
  const lender = says({ access_token: 'lent', expires_in: 6870 });
  expect(await lender.mintToken(account, { ...asked, force: true })).toEqual({
    value: 'lent',
    expiresIn: 6870,
  });
  expect(requests[1]).toMatchObject({
    method: 'POST',
    type: 'application/json',
    url: '/v1/accounts/wx0123456789abcdef/token/report',
    body: '{"access_token":"lent"}',
  });
});

test('a key that is not stored yet is tried with the token', async () => {
  const { lender: origin = '' } = account;
  await says({ access_token: 'lent', expires_in: 1 }).tryKey(account.appId, {
    ...asked,
    origin,
    key: 'wk_new',
  });
  expect(requests).toMatchObject([
    { method: 'GET', url: '/v1/accounts/wx0123456789abcdef/token', key: 'Bearer wk_new' },
  ]);
  const refused = says({ code: 'api_key_invalid' }, 401).tryKey(account.appId, {
    ...asked,
    origin,
    key: 'wk_wrong',
  });
  await expect(refused).rejects.toMatchObject({ code: 'lender_refused' });
});

test('a ticket is that of the lender', async () => {
  const lender = says({ ticket: 'lent', expires_in: 7100 });
  expect(await lender.mintTicket('jsapi_ticket')(account, asked)).toEqual({ value: 'lent', expiresIn: 7100 });
  expect(requests[0]?.url).toBe('/v1/accounts/wx0123456789abcdef/ticket?type=jsapi');
});

describe('what a deployment of this service does not answer', () => {
  test.each([
    ['no life', { access_token: 'lent', expires_in: 0 }],
    ['a life that is over', { access_token: 'lent', expires_in: -1 }],
    ['a life of a fraction', { access_token: 'lent', expires_in: 0.5 }],
    ['a life as text', { access_token: 'lent', expires_in: '7200' }],
    ['an empty token', { access_token: '', expires_in: 7200 }],
    ['nothing', {}],
    ['no JSON', '<html>'],
  ])('such as %s, is no token', async (_, body) => {
    await expect(says(body).mintToken(account, asked)).rejects.toMatchObject({
      name: 'LenderError',
      code: 'lender_unreachable',
    });
  });

  test('such as another shape, is told from no answer at all', async () => {
    const { lender: origin = '' } = account;
    await expect(says({}).mintToken(account, asked)).rejects.toMatchObject({
      message: `${origin} answered something other than a deployment of this service does.`,
    });
    await expect(says('<html>').mintToken(account, asked)).rejects.toMatchObject({
      message: `${origin} gave no usable answer.`,
      advice: 'Look at the health of the deployment that lends the account, and at the way to it.',
      retryAfter: undefined,
    });
  });

  test('such as a problem without a code of ours, is told as that', async () => {
    for (const body of [{}, { code: 'Not A Code' }, { code: 'x'.repeat(65) }]) {
      await expect(says(body, 500).mintToken(account, asked)).rejects.toMatchObject({
        message: `${account.lender ?? ''} answered 500 (no problem document).`,
      });
    }
  });
});

test('an answer that swells is not taken in', async () => {
  const token = { access_token: 'x'.repeat(20 * 1024 * 1024), expires_in: 7200 };
  const lender = says('', 200, { 'content-encoding': 'gzip' });
  answer.body = gzipSync(JSON.stringify(token));
  await expect(lender.mintToken(account, asked)).rejects.toMatchObject({ code: 'lender_unreachable' });
});

test.each([401, 403, 404])('%i is for a person to mend', async (status) => {
  const lender = says({ code: 'api_key_invalid' }, status);
  await expect(lender.mintToken(account, asked)).rejects.toMatchObject({
    code: 'lender_refused',
    message: `${account.lender ?? ''} answered ${status} (api_key_invalid).`,
    advice: expect.stringContaining('Make a key with the scope token:read') as unknown,
  });
});

test('503 passes by itself, when the lender says', async () => {
  const lender = says({ code: 'credential_unavailable' }, 503, { 'retry-after': '42' });
  await expect(lender.mintToken(account, asked)).rejects.toMatchObject({
    code: 'lender_unreachable',
    retryAfter: 42,
  });
});

test('a redirect is not followed, for the key would go along', async () => {
  const lender = says('', 302, { location: 'http://127.0.0.1:1/' });
  await expect(lender.mintToken(account, asked)).rejects.toMatchObject({ code: 'lender_unreachable' });
});

test('what the lender says beside a code of ours is not repeated', async () => {
  const lender = says({ code: 'Bearer wk_lent' }, 500);
  await expect(lender.mintToken(account, asked)).rejects.toMatchObject({
    message: expect.not.stringContaining('wk_lent') as unknown,
  });
});

test('nothing is asked once the time of the lease is over', async () => {
  const lender = says({ access_token: 'lent', expires_in: 6870 });
  await expect(lender.mintToken(account, { ...asked, until: now })).rejects.toMatchObject({
    code: 'lender_unreachable',
    message: `${account.lender ?? ''} was not asked: there was no time left.`,
  });
  expect(requests).toEqual([]);
});
