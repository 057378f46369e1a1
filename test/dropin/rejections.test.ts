import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { withPatience } from '../../shared/dropin/patience.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { startKit, type Kit } from '../kit/kit.ts';
import { sdkOf } from './sdk.ts';

let kit: Kit;
beforeEach(async () => {
  kit = await startKit({ tables: 'memory', followers: 3 });
});
afterEach(() => kit.close());

const errcodeOf = ({ body }: { body: unknown }) => (body as { errcode?: number }).errcode;
const checks = () => kit.callsTo('/cgi-bin/get_api_domain_ip');
const rejectAt = (path: string) =>
  kit.control('faults', { path, kind: 'errcode', errcode: 40001, times: 1000 });

test('a call that WeChat rejects by mistake is sent once more', async () => {
  const sdk = await sdkOf(kit);
  await kit.control('faults', { path: '/cgi-bin/user/get', kind: 'errcode', errcode: 40001, times: 1 });
  expect(errcodeOf(await sdk.call('user/get'))).toBeUndefined();
  expect(await kit.callsTo('/cgi-bin/user/get')).toBe(2);
});

test('a call whose new token is revoked, too, is sent with the one after that', async () => {
  const sdk = await sdkOf(kit);
  await sdk.call('user/get');
  await kit.control('revoke', { appid: kit.account, what: 'access_token' });
  // The first call finds the revocation. The fault stands for another one, right after the mint.
  await kit.control('faults', { path: '/cgi-bin/user/get', kind: 'errcode', errcode: 40001, times: 2 });
  expect(errcodeOf(await sdk.call('user/get'))).toBeUndefined();
});

test('one that WeChat goes on rejecting has its token checked three times in a minute, not without end', async () => {
  const sdk = await sdkOf(kit);
  await rejectAt('/cgi-bin/user/get');
  const [minted, checked] = [await kit.callsTo('/cgi-bin/stable_token'), await checks()];
  for (let call = 0; call < 20; call++) expect(errcodeOf(await sdk.call('user/get'))).toBe(40001);
  expect(await checks()).toBe(checked + 3);
  await kit.clock.advance(61);
  await sdk.call('user/get');
  expect(await checks()).toBe(checked + 4);
  expect(await kit.callsTo('/cgi-bin/stable_token')).toBe(minted);
});

test('that holds for its key and path alone: a revocation is found by every other call', async () => {
  const [sdk, other] = [await sdkOf(kit), await sdkOf(kit)];
  await rejectAt('/cgi-bin/user/get');
  for (let call = 0; call < 4; call++) await sdk.call('user/get');
  await kit.control('revoke', { appid: kit.account, what: 'access_token' });
  expect(errcodeOf(await sdk.call('getcallbackip'))).toBeUndefined();
  await kit.control('faults', undefined, 'DELETE');
  await kit.control('revoke', { appid: kit.account, what: 'access_token' });
  expect(errcodeOf(await other.call('user/get'))).toBeUndefined();
});

test('calls that were rejected together have one check between them: the next revocation is found', async () => {
  const sdk = await sdkOf(kit);
  const token = await sdk.token();
  await sdk.call('user/get', { token });
  const checked = await checks();
  await kit.control('faults', { path: '/cgi-bin/user/get', kind: 'errcode', errcode: 40001, times: 3 });
  await Promise.all([1, 2, 3].map(() => sdk.call('user/get', { token })));
  expect(await checks()).toBeLessThan(checked + 3);
  await kit.control('revoke', { appid: kit.account, what: 'access_token' });
  expect(errcodeOf(await sdk.call('user/get', { token }))).toBeUndefined();
});

test('nor does it hold for another account that the key is for', async () => {
  const other = parseAppId('wx00000000000000ff');
  await kit.control('accounts', { appid: other, secret: kit.secret });
  await kit.admin({
    command: 'account.add',
    ...{ account: other, name: 'Other', mode: 'stable', secret: kit.secret, sync: 'off' },
    ...{ allowedOrigins: [], domainFiles: [] },
  });
  const sdk = await sdkOf(kit);
  const query = { grant_type: 'client_credential', appid: other, secret: sdk.key };
  const { body } = await kit.call('getDropInToken', { query });
  const { access_token: token = '' } = body as { access_token?: string };
  await rejectAt('/cgi-bin/user/get');
  for (let call = 0; call < 4; call++) await sdk.call('user/get');
  await kit.control('faults', undefined, 'DELETE');
  await kit.control('revoke', { appid: other, what: 'access_token' });
  expect(errcodeOf(await sdk.call('user/get', { token }))).toBeUndefined();
});

describe('whoever waits for a token', () => {
  const never = () => new Promise<never>(() => undefined);

  test('is told after a while that there is none, and nothing is sent for it later', async () => {
    let send: (() => void) | undefined;
    const waiting = withPatience(1, (work) => {
      send = work.sending;
      return never();
    });
    await expect(waiting).rejects.toMatchObject({ code: 'service_busy' });
    expect(send).toThrow('service_busy');
  });

  test('is told so at once where the call was rejected when the time was over', async () => {
    const waiting = withPatience(1, async ({ sending, rejected }) => {
      sending();
      await new Promise((resolve) => setTimeout(resolve, 20));
      rejected();
      return never();
    });
    await expect(waiting).rejects.toMatchObject({ code: 'service_busy' });
  });

  test('waits for a call that is under way, however long it takes', async () => {
    const waiting = withPatience(1, async ({ sending }) => {
      sending();
      await new Promise((resolve) => setTimeout(resolve, 20));
      return 'answered';
    });
    await expect(waiting).resolves.toBe('answered');
  });
});
