import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startKit, type Kit } from '../kit/kit.ts';

let kit: Kit;
beforeAll(async () => {
  kit = await startKit();
});
afterAll(() => kit.close());

describe('a route that takes an API key', () => {
  test('answers 401 key_missing without one', async () => {
    const answer = await kit.call('listFollowers');
    expect(answer).toMatchObject({ status: 401, body: { code: 'key_missing', status: 401 } });
    expect(answer.headers['content-type']).toBe('application/problem+json');
  });

  test('answers 401 key_unknown for a key that was never made', async () => {
    const answer = await kit.call('listFollowers', { key: 'wk_wrong' });
    expect(answer).toMatchObject({ status: 401, body: { code: 'key_unknown' } });
  });

  test('answers 401 key_unknown for another scheme than Bearer', async () => {
    const answer = await kit.call('listFollowers', { headers: { authorization: `Basic ${kit.apiKey}` } });
    expect(answer).toMatchObject({ status: 401, body: { code: 'key_unknown' } });
  });

  test('answers 403 scope_missing for a key without the scope', async () => {
    const key = await kit.createKey({ scopes: ['avatars:read'], accounts: '*' });
    const answer = await kit.call('listFollowers', { key });
    expect(answer).toMatchObject({ status: 403, body: { code: 'scope_missing' } });
  });

  test('answers 403 account_not_allowed for a key of another account', async () => {
    const other = 'wxaaaaaaaaaaaaaaaa';
    await kit.control('accounts', { appid: other, secret: kit.secret });
    await kit.admin({
      command: 'account.add',
      account: other,
      name: 'Other',
      mode: 'stable',
      secret: kit.secret,
      allowedOrigins: [],
      domainFiles: [],
    });
    const key = await kit.createKey({ scopes: ['followers:read'], accounts: [other] });
    expect(await kit.call('listFollowers', { key })).toMatchObject({
      status: 403,
      body: { code: 'account_not_allowed' },
    });
    expect(await kit.call('listFollowers', { key, path: { account: other } })).toMatchObject({ status: 200 });
  });

  test('answers 403 account_not_allowed for a key from before its account was removed and registered again', async () => {
    const account = 'wxdddddddddddddddd';
    await kit.control('accounts', { appid: account, secret: kit.secret });
    const about = { name: 'Again', mode: 'stable', secret: kit.secret } as const;
    const register = () =>
      kit.admin({ command: 'account.add', account, ...about, allowedOrigins: [], domainFiles: [] });
    const scopes = ['usage:read' as const];
    const status = async (key: string, of = account) =>
      (await kit.call('getUsage', { key, path: { account: of } })).status;
    const listed = async () => {
      const { keys } = (await kit.admin({ command: 'key.list' })) as { keys: { accounts: unknown }[] };
      return keys.map(({ accounts }) => accounts);
    };

    await register();
    const [its, both] = [
      await kit.createKey({ scopes, accounts: [account] }),
      await kit.createKey({ scopes, accounts: ['default', account] }),
    ];
    expect([await status(its), await status(both)]).toEqual([200, 200]);
    expect(await listed()).toEqual(expect.arrayContaining([[account], [kit.account, account]]));
    await kit.admin({ command: 'account.remove', account });
    await register();
    // For so long a process may remember the account as it was.
    await kit.clock.advance(60);
    expect([await status(its), await status(both), await status(both, kit.account)]).toEqual([403, 403, 200]);
    expect(await status(kit.apiKey)).toBe(200);
    expect(await status(await kit.createKey({ scopes, accounts: [account] }))).toBe(200);
    expect(await listed()).toEqual(expect.arrayContaining([[], [kit.account], [account]]));
  });

  test('does not tell a caller without a key which accounts there are', async () => {
    const answer = await kit.call('listFollowers', { path: { account: 'wxbbbbbbbbbbbbbbbb' } });
    expect(answer).toMatchObject({ status: 401 });
  });

  test('answers 404 account_unknown for an account that is not registered', async () => {
    const answer = await kit.call('listFollowers', {
      key: kit.apiKey,
      path: { account: 'wxbbbbbbbbbbbbbbbb' },
    });
    expect(answer).toMatchObject({ status: 404, body: { code: 'account_unknown' } });
  });

  test('answers 404 account_unknown for an account of a wrong shape', async () => {
    const answer = await kit.call('listFollowers', { key: kit.apiKey, path: { account: '../accounts' } });
    expect(answer).toMatchObject({ status: 404, body: { code: 'account_unknown' } });
  });

  test('stores only the hash of a key', async () => {
    const stored = JSON.stringify(await kit.items('credentials'));
    expect(stored).toContain('api-keys');
    expect(stored).not.toContain(kit.apiKey);
    expect(stored).not.toContain(kit.secret);
  });
});

describe('every answer', () => {
  test('that is an error or a page forbids it, too', async () => {
    for (const answer of [
      await kit.call('listFollowers'),
      await kit.call('callback', { query: { state: 'x', code: 'y' } }),
    ]) {
      expect(answer.headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      });
    }
  });

  test('keeps browsers to https for a year', async () => {
    const { headers } = await kit.call('listFollowers', { key: kit.apiKey });
    expect(headers['strict-transport-security']).toBe('max-age=31536000');
  });

  test('that asks for a key says how it is given', async () => {
    const { status, headers } = await kit.call('listFollowers');
    expect({ status, how: headers['www-authenticate'] }).toEqual({ status: 401, how: 'Bearer' });
  });

  test('forbids caching, sniffing and referrers', async () => {
    const answer = await kit.call('listFollowers', { key: kit.apiKey });
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
  });
});
