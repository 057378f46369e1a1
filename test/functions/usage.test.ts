import { afterEach, describe, expect, test } from '@jest/globals';
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

const list = (kit: Kit) => kit.call('listFollowers', { key: kit.apiKey });

function secondsToChinaMidnight(kit: Kit): number {
  return 86_400 - ((kit.clock.now() + 8 * 3600) % 86_400);
}

describe('the usage ledger', () => {
  test('counts calls by API, with the daily limit', async () => {
    const kit = await start();
    await list(kit);
    await list(kit);
    expect(await kit.call('getUsage', { key: kit.apiKey })).toMatchObject({
      status: 200,
      body: { apis: expect.arrayContaining([{ api: '/cgi-bin/user/get', calls: 2, limit: 500 }]) },
    });
  });

  test('tells the usage of another day, and refuses what is no day', async () => {
    const kit = await start();
    expect(await kit.call('getUsage', { key: kit.apiKey, query: { day: '2020-01-01' } })).toMatchObject({
      status: 200,
      body: { day: '2020-01-01', apis: [] },
    });
    expect(await kit.call('getUsage', { key: kit.apiKey, query: { day: '2020-13-01' } })).toMatchObject({
      status: 400,
      body: { code: 'invalid_parameter', parameter: 'day' },
    });
  });

  test('refuses the call that would go over a daily limit, before WeChat does', async () => {
    const kit = await start();
    for (let call = 0; call < 500; call++) expect((await list(kit)).status).toBe(200);
    const answer = await list(kit);
    expect(answer).toMatchObject({ status: 429, body: { code: 'wechat_quota' } });
    expect(await kit.callsTo('/cgi-bin/user/get')).toBe(500);
    expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(600);
  });

  test('tries one call ten minutes after a limit was reached, and believes WeChat if that grants more', async () => {
    const kit = await start();
    // WeChat's own limit is higher than the one that the account has here.
    const dailyLimits = { '/cgi-bin/user/get': 3 };
    await kit.admin({ command: 'account.set', account: kit.account, dailyLimits });
    for (let call = 0; call < 3; call++) await list(kit);
    expect((await list(kit)).status).toBe(429);
    await kit.clock.advance(601);
    expect((await list(kit)).status).toBe(200);
    expect((await list(kit)).status).toBe(200);
  });

  test('believes WeChat for ten minutes when it says that the quota is used up', async () => {
    const kit = await start();
    await kit.control('faults', { path: '/cgi-bin/user/get', kind: 'errcode', errcode: 45009, times: 1 });
    expect(await list(kit)).toMatchObject({
      status: 429,
      body: { code: 'wechat_quota', errcode: 45009 },
    });
    await kit.control('calls', undefined, 'DELETE');
    expect(await list(kit)).toMatchObject({ status: 429, body: { code: 'wechat_quota' } });
    expect(await kit.callsTo('/cgi-bin/user/get')).toBe(0);
    await kit.clock.advance(601);
    expect((await list(kit)).status).toBe(200);
    expect((await list(kit)).status).toBe(200);
  });

  test('lets one call in ten minutes try whether a used-up quota is back', async () => {
    const kit = await start();
    await kit.clock.advance(secondsToChinaMidnight(kit) + 1);
    await kit.control('faults', { path: '/cgi-bin/user/get', kind: 'errcode', errcode: 45009, times: 1000 });
    await list(kit);
    await kit.control('calls', undefined, 'DELETE');
    for (let minute = 0; minute < 60; minute++) {
      await kit.clock.advance(60);
      await Promise.all(Array.from({ length: 5 }, () => list(kit)));
    }
    expect(await kit.callsTo('/cgi-bin/user/get')).toBeLessThanOrEqual(6);
  });

  test('leaves an API alone for a minute after a limit by the minute', async () => {
    const kit = await start();
    await kit.control('faults', { path: '/cgi-bin/user/get', kind: 'errcode', errcode: 45011, times: 1 });
    await list(kit);
    const answer = await list(kit);
    expect(answer).toMatchObject({ status: 429, body: { code: 'wechat_quota' } });
    expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(60);
    await kit.clock.advance(61);
    expect((await list(kit)).status).toBe(200);
  });

  test('lets calls through again after the operator had the quota cleared', async () => {
    const kit = await start();
    await kit.control('faults', { path: '/cgi-bin/user/get', kind: 'errcode', errcode: 45009, times: 1 });
    await list(kit);
    await kit.admin({ command: 'quota.clear', account: 'default' });
    expect(await kit.callsTo('/cgi-bin/clear_quota/v2')).toBe(1);
    await kit.clock.advance(61);
    expect((await list(kit)).status).toBe(200);
  });

  test('is told where WeChat sets no quota back, and goes on believing that it is used up', async () => {
    const kit = await start();
    const times = 1;
    await kit.control('faults', { path: '/cgi-bin/user/get', kind: 'errcode', errcode: 45009, times });
    await kit.control('faults', { path: '/cgi-bin/clear_quota/v2', kind: 'errcode', errcode: 48006, times });
    await list(kit);
    const clearing = kit.admin({ command: 'quota.clear', account: 'default' });
    await expect(clearing).rejects.toThrow('wechat_refused');
    await kit.clock.advance(61);
    expect((await list(kit)).status).toBe(429);
  });

  /** An account whose token has ended over a quota that WeChat said is used up, with most of the day to come. */
  async function startWithoutToken(): Promise<Kit> {
    const kit = await start();
    await kit.clock.advance(secondsToChinaMidnight(kit) + 3600);
    await kit.control('faults', {
      path: '/cgi-bin/stable_token',
      kind: 'errcode',
      errcode: 45009,
      times: 10_000,
    });
    await kit.clock.advance(7200);
    expect((await list(kit)).status).toBe(503);
    // From here on WeChat would give one: the console has set the quota back.
    await kit.control('faults', undefined, 'DELETE');
    return kit;
  }

  test('a refresh by hand asks WeChat in spite of a quota that was used up, and renewals go on from there', async () => {
    const kit = await startWithoutToken();
    const refreshed = await kit.admin({ command: 'refresh', account: kit.account });
    expect(refreshed).toMatchObject({ accounts: [{ state: 'ok' }] });
    for (let hour = 0; hour < 5; hour++) {
      await kit.clock.advance(3600);
      expect((await list(kit)).status).toBe(200);
    }
  });

  test('a quota that was cleared brings the token back at once', async () => {
    const kit = await startWithoutToken();
    await kit.admin({ command: 'quota.clear', account: kit.account });
    expect((await list(kit)).status).toBe(200);
  });

  test('shows the operator what WeChat itself says', async () => {
    const kit = await start();
    await list(kit);
    const result = await kit.admin({ command: 'quota.get', account: 'default', path: '/cgi-bin/user/get' });
    expect(result).toEqual({ quota: { dailyLimit: 500, used: 1, remain: 499 } });
  });
});

describe('the usage of the last days', () => {
  const daysOf = async (kit: Kit, days: number) => {
    const result = await kit.admin({ command: 'usage.days', account: 'default', days });
    if (!('goneAt' in result)) throw new Error('This is no usage.');
    return result;
  };

  test('has every day, the oldest first, with the calls by API and their limits', async () => {
    const kit = await start();
    await list(kit);
    await kit.clock.advance(2 * 86_400);
    await list(kit);
    await list(kit);
    const { today, days, limits } = await daysOf(kit, 4);
    expect(days.map(({ calls }) => calls['/cgi-bin/user/get'])).toEqual([undefined, 1, undefined, 2]);
    expect(days.at(-1)?.day).toBe(today);
    expect(limits).toMatchObject({ '/cgi-bin/user/get': 500, '/cgi-bin/stable_token': 500_000 });
    expect((await daysOf(kit, 14)).days).toHaveLength(14);
    await expect(daysOf(kit, 15)).rejects.toThrow('invalid_parameter');
  });

  test('tells when the quota of today is gone at this rate, where that is today', async () => {
    const kit = await start();
    // Eight hours into a day in China.
    await kit.clock.advance(secondsToChinaMidnight(kit) + 8 * 3600);
    const dailyLimits = { '/cgi-bin/user/get': 4 };
    await kit.admin({ command: 'account.set', account: kit.account, dailyLimits });
    await list(kit);
    expect((await daysOf(kit, 1)).goneAt).toEqual({});
    await list(kit);
    expect((await daysOf(kit, 1)).goneAt).toEqual({ '/cgi-bin/user/get': kit.clock.now() + 8 * 3600 });
    for (let call = 0; call < 2; call += 1) await list(kit);
    expect((await daysOf(kit, 1)).goneAt).toEqual({ '/cgi-bin/user/get': kit.clock.now() });
  });

  test('tells of no quota that it is gone when the day has just begun', async () => {
    const kit = await start();
    await kit.clock.advance(secondsToChinaMidnight(kit));
    await list(kit);
    expect((await daysOf(kit, 1)).days).toMatchObject([{ calls: { '/cgi-bin/user/get': 1 } }]);
    expect((await daysOf(kit, 1)).goneAt).not.toHaveProperty('/cgi-bin/user/get', kit.clock.now());
  });

  test('has the keys of the drop-in, each with its days and its own limit', async () => {
    const kit = await start();
    const made = await kit.admin({
      command: 'key.create',
      ...{ name: 'shop', scopes: ['dropin:proxy'], accounts: '*', dailyLimit: 2 },
    });
    const key = 'key' in made ? made.key : '';
    const query = { appid: kit.account, secret: key, grant_type: 'client_credential' };
    const { body } = await kit.call('getDropInToken', { query });
    const { access_token } = body as { access_token: string };
    for (let call = 0; call < 2; call += 1) {
      await kit.call('passCgiBin', { path: { proxy: 'user/get' }, query: { access_token } });
    }
    const { now, keys } = await daysOf(kit, 2);
    expect(keys).toMatchObject([{ name: 'shop', dailyLimit: 2, goneAt: now }]);
    expect(keys[0]?.days.map(({ calls }) => calls)).toEqual([{}, { '/cgi-bin/user/get': 2 }]);
  });
});
