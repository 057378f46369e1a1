import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startKit, type Kit } from '../kit/kit.ts';
import { sdkOf } from './sdk.ts';

let kit: Kit;
beforeEach(async () => {
  kit = await startKit({ tables: 'memory', followers: 3 });
});
afterEach(() => kit.close());

const errcodeOf = ({ body }: { body: unknown }) => (body as { errcode?: number }).errcode;

test('the calls of each key are told apart, and counted with the account’s', async () => {
  const [one, other] = [await sdkOf(kit, { dailyLimit: 5 }), await sdkOf(kit)];
  const token = await one.token();
  await one.call('user/get', { token });
  await kit.clock.advance(11);
  await one.call('user/get', { token });
  await other.call('get_api_domain_ip');
  const answered = await kit.admin({ command: 'usage', account: kit.account, by: 'key' });
  const { usage } = answered as { usage: { calls: Record<string, number>; keys: unknown[] } };
  expect(usage.keys).toHaveLength(2);
  expect(usage.keys).toEqual(
    expect.arrayContaining([
      { keyId: one.keyId, name: 'a back end', calls: { '/cgi-bin/user/get': 2 }, dailyLimit: 5 },
      { keyId: other.keyId, name: 'a back end', calls: { '/cgi-bin/get_api_domain_ip': 1 } },
    ]),
  );
  expect(usage.calls['/cgi-bin/user/get']).toBe(2);
  expect(kit.measured).toContainEqual(expect.objectContaining({ KeyCalls: 1, Key: one.keyId }));
});

test('a key that has used up its calls of the day is answered 45009, until the next day in China', async () => {
  const sdk = await sdkOf(kit, { dailyLimit: 2 });
  const token = await sdk.token();
  const errcodes: (number | undefined)[] = [];
  for (let call = 0; call < 3; call++) errcodes.push(errcodeOf(await sdk.call('user/get', { token })));
  expect(errcodes).toEqual([undefined, undefined, 45009]);
  expect(JSON.stringify(await sdk.call('user/get', { token }))).toContain(
    'the key has used up its calls of today',
  );
  expect(await kit.callsTo('/cgi-bin/user/get')).toBe(2);
  await kit.clock.advance(86_400);
  expect(errcodeOf(await sdk.call('user/get'))).toBeUndefined();
});

test('a quota that is used up at WeChat is told in its dialect, and nobody calls in vain', async () => {
  const sdk = await sdkOf(kit);
  await kit.control('faults', { path: '/cgi-bin/user/get', kind: 'errcode', errcode: 45009, times: 1 });
  expect(errcodeOf(await sdk.call('user/get'))).toBe(45009);
  const sent = await kit.callsTo('/cgi-bin/user/get');
  expect(errcodeOf(await sdk.call('user/get'))).toBe(45009);
  expect(await kit.callsTo('/cgi-bin/user/get')).toBe(sent);
});

test('calls that are refused here because WeChat’s quota is used up are not counted as the key’s', async () => {
  const sdk = await sdkOf(kit, { dailyLimit: 2 });
  const token = await sdk.token();
  await kit.control('faults', { path: '/cgi-bin/user/get', kind: 'errcode', errcode: 45009, times: 1 });
  for (let call = 0; call < 5; call++) await sdk.call('user/get', { token });
  expect(await kit.callsTo('/cgi-bin/user/get')).toBe(1);
  expect(errcodeOf(await sdk.call('get_api_domain_ip', { token }))).toBeUndefined();
  expect(kit.measured.filter(({ KeyCalls }) => KeyCalls === 1)).toHaveLength(2);
});

test('the limits of a key that are changed count within half a minute, with the tokens that are out', async () => {
  const sdk = await sdkOf(kit, { dailyLimit: 1 });
  const token = await sdk.token();
  expect(errcodeOf(await sdk.call('user/get', { token }))).toBeUndefined();
  expect(errcodeOf(await sdk.call('user/get', { token }))).toBe(45009);
  await kit.admin({ command: 'key.set', keyId: sdk.keyId, dailyLimit: 2, paths: ['/cgi-bin/user/get'] });
  await kit.clock.advance(30);
  expect(errcodeOf(await sdk.call('menu/get', { token }))).toBe(48001);
  expect(errcodeOf(await sdk.call('user/get', { token }))).toBeUndefined();
  expect(errcodeOf(await sdk.call('user/get', { token }))).toBe(45009);
});

test('paths without end are counted together', async () => {
  const sdk = await sdkOf(kit);
  const token = await sdk.token();
  for (let n = 0; n < 310; n++) await sdk.call(`made_up_${n}`, { token });
  await kit.clock.advance(11);
  await sdk.call('user/get', { token });
  const { usage } = (await kit.admin({ command: 'usage', account: kit.account, by: 'key' })) as {
    usage: { calls: Record<string, number>; keys: { calls: Record<string, number> }[] };
  };
  expect(usage.calls['/others']).toBeGreaterThan(0);
  // Each value that metrics are told apart by costs money.
  expect(JSON.stringify(kit.measured)).not.toContain('made_up');
  expect(Object.keys(usage.keys[0]?.calls ?? {}).length).toBeLessThanOrEqual(301);
});

/** Has reads of a key's counts fail, until the function that is returned is called. */
function loseCountsOf(keyId: string): () => void {
  const credentials = kit.runtime.tables?.credentials;
  if (!credentials) throw new Error('The kit has no tables.');
  const get = credentials.get.bind(credentials);
  const isOfKey = ({ appId }: Parameters<typeof get>[0]) => String(appId).endsWith(`#${keyId}`);
  credentials.get = (...given) =>
    isOfKey(given[0]) ? Promise.reject(new Error('throttled')) : get(...given);
  return () => {
    credentials.get = get;
  };
}

test('a call that WeChat has carried out is answered, though the counts of its key cannot be read', async () => {
  const sdk = await sdkOf(kit);
  const token = await sdk.token();
  const findCounts = loseCountsOf(sdk.keyId);
  expect(errcodeOf(await sdk.call('user/get', { token }))).toBeUndefined();
  findCounts();
  const answered = await kit.admin({ command: 'usage', account: kit.account, by: 'key' });
  expect(answered).toMatchObject({
    usage: { keys: [{ keyId: sdk.keyId, calls: { '/cgi-bin/user/get': 1 } }] },
  });
});

test('a key with a limit calls nothing as long as its counts cannot be read', async () => {
  const sdk = await sdkOf(kit, { dailyLimit: 1 });
  const token = await sdk.token();
  const findCounts = loseCountsOf(sdk.keyId);
  expect(errcodeOf(await sdk.call('user/get', { token }))).toBe(-1);
  expect(await kit.callsTo('/cgi-bin/user/get')).toBe(0);
  findCounts();
  expect(errcodeOf(await sdk.call('user/get', { token }))).toBeUndefined();
  expect(errcodeOf(await sdk.call('user/get', { token }))).toBe(45009);
});
