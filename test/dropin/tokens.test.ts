import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ownTokensOf } from '../../functions/dropin/parts.ts';
import { tablesOf } from '../../functions/parts.ts';
import { hashToken } from '../../shared/platform/random.ts';
import { startKit, type Kit } from '../kit/kit.ts';
import { sdkOf } from './sdk.ts';

let kit: Kit;
beforeEach(async () => {
  kit = await startKit({ tables: 'memory', followers: 3 });
});
afterEach(() => kit.close());

const errcodeOf = ({ body }: { body: unknown }) => (body as { errcode?: number }).errcode;
const identity = (key: string) => ({ grant_type: 'client_credential', appid: kit.account, secret: key });
const checks = () => kit.callsTo('/cgi-bin/get_api_domain_ip');
const mints = () => kit.callsTo('/cgi-bin/stable_token');

async function brokerToken(): Promise<string> {
  const { body } = await kit.call('getToken', { key: kit.apiKey });
  return (body as { access_token: string }).access_token;
}

describe('with a key for the account’s token', () => {
  test('the classic endpoint has the stored token tried, and hands it out with its true life', async () => {
    const { key } = await sdkOf(kit, { scopes: ['dropin:token'] });
    await kit.clock.advance(100);
    const [minted, checked] = [await mints(), await checks()];
    const { body } = await kit.call('getDropInToken', { query: identity(key) });
    expect(body).toEqual({ access_token: await brokerToken(), expires_in: expect.any(Number) });
    expect((body as { expires_in: number }).expires_in).toBeLessThanOrEqual(7100);
    expect([await mints(), await checks()]).toEqual([minted, checked + 1]);
  });

  test('a token that was revoked is replaced at one mint, whoever asks', async () => {
    const { key } = await sdkOf(kit, { scopes: ['dropin:token'] });
    const dead = await brokerToken();
    await kit.control('revoke', { appid: kit.account, what: 'access_token' });
    const minted = await mints();
    const asked = Array.from({ length: 10 }, () => kit.call('getDropInToken', { query: identity(key) }));
    const tokens = (await Promise.all(asked)).map(
      ({ body }) => (body as { access_token: string }).access_token,
    );
    expect(new Set(tokens)).toEqual(new Set([await brokerToken()]));
    expect(tokens).not.toContain(dead);
    expect(await mints()).toBe(minted + 1);
  });

  test('a forced one is never forced at WeChat', async () => {
    const { key } = await sdkOf(kit, { scopes: ['dropin:token'] });
    const [minted, checked] = [await mints(), await checks()];
    const stable = (force_refresh: boolean) =>
      kit.call('postDropInStableToken', { body: { ...identity(key), force_refresh } });
    const quiet = await stable(false);
    expect(await checks()).toBe(checked);
    expect((await stable(true)).body).toEqual(quiet.body);
    expect([await mints(), await checks()]).toEqual([minted, checked + 1]);
  });

  test('one that is asked for on and on is tried three times in a minute, not without end', async () => {
    const { key } = await sdkOf(kit, { scopes: ['dropin:token'] });
    const ask = async () => {
      const { body } = await kit.call('getDropInToken', { query: identity(key) });
      return (body as { access_token?: string }).access_token;
    };
    const good = await ask();
    for (let asked = 0; asked < 20; asked++) expect(await ask()).toBe(good);
    expect(await checks()).toBe(3);
    await kit.control('revoke', { appid: kit.account, what: 'access_token' });
    await kit.clock.advance(61);
    expect(await ask()).not.toBe(good);
  });

  test('its token is not one for calls through the drop-in', async () => {
    const sdk = await sdkOf(kit, { scopes: ['dropin:token'] });
    expect(errcodeOf(await sdk.call('user/get'))).toBe(40001);
  });
});

test('a key for exchanges alone gets no token', async () => {
  const { key } = await sdkOf(kit, { scopes: ['dropin:oauth'] });
  expect(errcodeOf(await kit.call('getDropInToken', { query: identity(key) }))).toBe(48001);
});

test('a key has scopes of one kind', async () => {
  const scopes = ['dropin:proxy' as const, 'token:read' as const];
  await expect(kit.createKey({ scopes, accounts: '*' })).rejects.toThrow('are of one kind');
});

test('a key for the drop-in opens nothing else', async () => {
  const { key } = await sdkOf(kit, { scopes: ['dropin:proxy', 'dropin:token', 'dropin:oauth'] });
  for (const route of ['getToken', 'getTicket', 'listFollowers', 'getUsage'] as const) {
    expect(await kit.call(route, { key, query: route === 'getTicket' ? 'type=jsapi' : '' })).toMatchObject({
      status: 403,
      body: { code: 'scope_missing' },
    });
  }
});

test('the stable token is asked for by POST alone, as at WeChat', async () => {
  const { key } = await sdkOf(kit, { scopes: ['dropin:token'] });
  const init = { path: { proxy: 'stable_token' }, query: identity(key) };
  expect(errcodeOf(await kit.call('passCgiBin', init))).toBe(43002);
});

describe('a ticket', () => {
  test('is the one that is kept here, by GET and by POST', async () => {
    const token = await (await sdkOf(kit)).token();
    const { body: kept } = await kit.call('getTicket', { key: kit.apiKey, query: { type: 'jsapi' } });
    const { ticket } = kept as { ticket: string };
    for (const route of ['getDropInTicket', 'postDropInTicket'] as const) {
      const { body } = await kit.call(route, { query: { access_token: token, type: 'jsapi' } });
      expect(body).toEqual({ errcode: 0, errmsg: 'ok', ticket, expires_in: expect.any(Number) });
    }
  });

  test('of a card is another one', async () => {
    const access_token = await (await sdkOf(kit)).token();
    const { body: kept } = await kit.call('getTicket', { key: kit.apiKey, query: { type: 'wx_card' } });
    const { body } = await kit.call('getDropInTicket', { query: { access_token, type: 'wx_card' } });
    const ofPages = await kit.call('getDropInTicket', { query: { access_token, type: 'jsapi' } });
    expect(body).toMatchObject({ ticket: (kept as { ticket: string }).ticket });
    expect(ofPages.body).not.toMatchObject({ ticket: (kept as { ticket: string }).ticket });
  });

  test('comes with its true life', async () => {
    const access_token = await (await sdkOf(kit)).token();
    const query = { access_token, type: 'jsapi' };
    await kit.call('getDropInTicket', { query });
    await kit.clock.advance(100);
    const { body } = await kit.call('getDropInTicket', { query });
    expect((body as { expires_in: number }).expires_in).toBeLessThanOrEqual(7100);
  });

  test('is none for a key that may not call its path', async () => {
    const access_token = await (await sdkOf(kit, { paths: ['/cgi-bin/user/*'] })).token();
    const query = { access_token, type: 'jsapi' };
    expect(errcodeOf(await kit.call('getDropInTicket', { query }))).toBe(48001);
  });

  test('of another type is refused', async () => {
    const access_token = await (await sdkOf(kit)).token();
    const query = { access_token, type: 'component' };
    expect(errcodeOf(await kit.call('getDropInTicket', { query }))).toBe(40097);
  });
});

describe('a code', () => {
  async function newCode(): Promise<string> {
    const { headers } = await kit.call('authorize', {
      query: { return_to: `${kit.origin}/`, scope: 'snsapi_base' },
    });
    const { openid } = (await kit.control('users', { appid: kit.account })) as { openid: string };
    const back = await kit.consent(String(headers['location']), openid);
    return new URL(back).searchParams.get('code') ?? '';
  }

  test.each([
    ['GET', 'getDropInGrant'],
    ['POST', 'postDropInGrant'],
  ] as const)('is exchanged by %s, and the grant is good for calls with it', async (method, route) => {
    const { key } = await sdkOf(kit, { scopes: ['dropin:oauth'] });
    const fields = { ...identity(key), grant_type: 'authorization_code', code: await newCode() };
    const form = {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields).toString(),
    };
    const { status, body } = await kit.call(route, method === 'GET' ? { query: fields } : form);
    expect(status).toBe(200);
    const grant = JSON.parse(String(body)) as Record<string, string>;
    expect(grant).toMatchObject({ scope: 'snsapi_base', openid: expect.any(String) });

    const query = { access_token: grant['access_token'] ?? '', openid: grant['openid'] ?? '' };
    const valid = await kit.call('passSns', { path: { proxy: 'auth' }, query });
    expect(JSON.parse(String(valid.body))).toMatchObject({ errcode: 0 });
  });

  test('that was used before is WeChat’s to refuse, and is sent once', async () => {
    const { key } = await sdkOf(kit, { scopes: ['dropin:oauth'] });
    const query = { ...identity(key), grant_type: 'authorization_code', code: await newCode() };
    await kit.call('getDropInGrant', { query });
    const sent = await kit.callsTo('/sns/oauth2/access_token');
    const { body } = await kit.call('getDropInGrant', { query });
    expect(JSON.parse(String(body))).toMatchObject({ errcode: 40163 });
    expect(await kit.callsTo('/sns/oauth2/access_token')).toBe(sent + 1);
  });

  test('that cannot be exchanged because the AppSecret is refused is answered -1: the key of who asks is good', async () => {
    const { key } = await sdkOf(kit, { scopes: ['dropin:oauth'] });
    const query = { ...identity(key), grant_type: 'authorization_code', code: await newCode() };
    await kit.control(
      'accounts',
      { appid: kit.account, secret: 'not-what-is-stored-here-any-more' },
      'PATCH',
    );
    expect(errcodeOf(await kit.call('getDropInGrant', { query }))).toBe(-1);
  });

  test.each([
    ['that is missing', 41008, {}],
    ['for which another kind of grant is asked', 40002, { code: 'any', grant_type: 'client_credential' }],
  ])('%s is refused before WeChat is asked', async (_, errcode, fields) => {
    const { key } = await sdkOf(kit, { scopes: ['dropin:oauth'] });
    const query = { ...identity(key), grant_type: 'authorization_code', ...fields };
    expect(errcodeOf(await kit.call('getDropInGrant', { query }))).toBe(errcode);
    expect(await kit.callsTo('/sns/oauth2/access_token')).toBe(0);
  });

  test('of a borrowed account is none to exchange: its AppSecret is elsewhere', async () => {
    const { key } = await sdkOf(kit, { scopes: ['dropin:oauth'] });
    const { credentials } = tablesOf(kit.runtime);
    const lender = 'https://keyring.example.com';
    await credentials.update({ appId: 'accounts', kind: kit.account }, { set: { lender } });
    const query = { ...identity(key), grant_type: 'authorization_code', code: 'any' };
    expect(errcodeOf(await kit.call('getDropInGrant', { query }))).toBe(48001);
  });

  test('is exchanged for no other key', async () => {
    const { key } = await sdkOf(kit);
    const query = { ...identity(key), grant_type: 'authorization_code', code: 'any' };
    expect(errcodeOf(await kit.call('getDropInGrant', { query }))).toBe(48001);
    expect(await kit.callsTo('/sns/oauth2/access_token')).toBe(0);
  });
});

describe('a token of the service’s own', () => {
  test('is over with the registration of its account', async () => {
    const sdk = await sdkOf(kit);
    const token = await sdk.token();
    await kit.clock.advance(1);
    await kit.admin({ command: 'account.remove', account: kit.account });
    await kit.admin({
      ...{ command: 'account.add', account: kit.account, name: 'Test', mode: 'stable', secret: kit.secret },
      ...{ allowedOrigins: [], domainFiles: [] },
    });
    // Functions remember the former registration for a minute.
    await kit.clock.advance(61);
    expect(errcodeOf(await sdk.call('user/get', { token }))).toBe(40001);
    expect(errcodeOf(await sdk.call('user/get'))).toBeUndefined();
  });

  test('is none for a key that may not have calls passed on', async () => {
    const { key } = await sdkOf(kit, { scopes: ['dropin:token'] });
    const ownTokens = ownTokensOf(kit.runtime, tablesOf(kit.runtime));
    const token = await ownTokens.issue({ keyHash: hashToken(key), appId: kit.account });
    expect(errcodeOf(await (await sdkOf(kit)).call('user/get', { token }))).toBe(40001);
  });
});
