import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createCall, startKit, type Kit } from '../kit/kit.ts';
import { sdkOf, type Sdk } from './sdk.ts';

let kit: Kit;
let sdk: Sdk;
beforeEach(async () => {
  kit = await startKit({ tables: 'memory', followers: 3 });
  sdk = await sdkOf(kit);
});
afterEach(() => kit.close());

const errcodeOf = ({ body }: { body: unknown }) => (body as { errcode?: number }).errcode;

describe('a token', () => {
  test('is the service’s own, in letters that no SDK has to escape, and lives two hours', async () => {
    const query = { grant_type: 'client_credential', appid: kit.account, secret: sdk.key };
    const { status, headers, body } = await kit.call('getDropInToken', { query });
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json; encoding=utf-8');
    expect(body).toEqual({ access_token: expect.stringMatching(/^[A-Za-z0-9_-]{1,512}$/), expires_in: 7200 });
  });

  test('comes from the stable endpoint, too, and a forced one costs no call to WeChat', async () => {
    const minted = await kit.callsTo('/cgi-bin/stable_token');
    const body = {
      grant_type: 'client_credential',
      appid: kit.account,
      secret: sdk.key,
      force_refresh: true,
    };
    const before = await sdk.token();
    const { body: answer } = await kit.call('postDropInStableToken', { body });
    const { access_token: forced } = answer as { access_token: string };
    expect(forced).not.toBe(before);
    expect(errcodeOf(await sdk.call('user/get', { token: before }))).toBeUndefined();
    expect(errcodeOf(await sdk.call('user/get', { token: forced }))).toBeUndefined();
    expect(await kit.callsTo('/cgi-bin/stable_token')).toBe(minted);
  });

  test('is accepted for 300 s after its two hours, and then answered 42001', async () => {
    const token = await sdk.token();
    await kit.clock.advance(7499);
    expect(errcodeOf(await sdk.call('user/get', { token }))).toBeUndefined();
    await kit.clock.advance(1);
    expect(errcodeOf(await sdk.call('user/get', { token }))).toBe(42001);
  });

  test('outlives one rotation of the key that signs it, and ends within 5 minutes of a second one', async () => {
    const token = await sdk.token();
    await kit.admin({ command: 'signing-key.rotate' });
    await kit.clock.advance(301);
    expect(errcodeOf(await sdk.call('user/get', { token }))).toBeUndefined();
    expect(errcodeOf(await sdk.call('user/get'))).toBeUndefined();
    await kit.admin({ command: 'signing-key.rotate' });
    await kit.clock.advance(301);
    expect(errcodeOf(await sdk.call('user/get', { token }))).toBe(40001);
    expect(errcodeOf(await sdk.call('user/get'))).toBeUndefined();
  });

  test('that another process has signed with a newer key is accepted at once', async () => {
    await sdk.token();
    await kit.admin({ command: 'signing-key.rotate' });
    const elsewhere = await sdkOf({ ...kit, call: createCall(kit.runtime) });
    expect(errcodeOf(await sdk.call('user/get', { token: await elsewhere.token() }))).toBeUndefined();
  });

  test('ends with its key', async () => {
    const token = await sdk.token();
    await kit.admin({ command: 'key.revoke', keyId: sdk.keyId });
    await kit.clock.advance(30);
    expect(errcodeOf(await sdk.call('user/get', { token }))).toBe(40001);
  });

  test.each([
    ['without an appid', { appid: '' }, 41002],
    ['without a key', { secret: '' }, 41004],
    ['with a grant_type that is none', { grant_type: 'client_credentials' }, 40002],
    ['with an unknown key', { secret: `wk_${'A'.repeat(43)}` }, 40125],
    ['for an unknown account', { appid: 'wx00000000000000ff' }, 40013],
  ])('asked for %s is refused as WeChat refuses it', async (_, change, errcode) => {
    const query = { grant_type: 'client_credential', appid: kit.account, secret: sdk.key, ...change };
    const { status, body } = await kit.call('getDropInToken', { query });
    expect(status).toBe(200);
    expect(body).toEqual({ errcode, errmsg: expect.stringMatching(/ rid: \S+$/) });
  });

  test('is not given out for a general key', async () => {
    const query = { grant_type: 'client_credential', appid: kit.account, secret: kit.apiKey };
    expect(errcodeOf(await kit.call('getDropInToken', { query }))).toBe(40125);
  });
});

describe('a call', () => {
  test('gets WeChat’s answer', async () => {
    const { status, body } = await sdk.call('user/get', { query: { next_openid: '' } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ total: 3, count: 3 });
  });

  test('goes on through a revocation, at one mint', async () => {
    const token = await sdk.token();
    await sdk.call('user/get', { token });
    await kit.control('revoke', { appid: kit.account, what: 'access_token' });
    const mints = await kit.callsTo('/cgi-bin/stable_token');
    const answers = await Promise.all(Array.from({ length: 20 }, () => sdk.call('user/get', { token })));
    expect(answers.map(errcodeOf)).toEqual(answers.map(() => undefined));
    expect(await kit.callsTo('/cgi-bin/stable_token')).toBe(mints + 1);
  });

  test('with a token that is none is answered 40001, and one without any 41001', async () => {
    expect(errcodeOf(await sdk.call('user/get', { token: 'foreign' }))).toBe(40001);
    expect(errcodeOf(await kit.call('passCgiBin', { path: { proxy: 'user/get' } }))).toBe(41001);
  });

  test('is not passed on where its path takes the AppSecret or tells the token', async () => {
    for (const path of ['clear_quota/v2', 'component/api_query_auth', 'openapi/rid/get', 'Token']) {
      expect(errcodeOf(await sdk.call(path, { method: 'POST', body: {} }))).toBe(48001);
    }
  });
});
