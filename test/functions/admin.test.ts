import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { create } from '../../functions/admin/admin.ts';
import { changeKeyLimits } from '../../shared/accounts/key-limits.ts';
import { refreshNow } from '../../functions/admin/account-report.ts';
import type { AdminParts } from '../../functions/admin/parts.ts';
import { clearQuotaOf } from '../../functions/credentials/clear-quota.ts';
import { wechatOf } from '../../functions/parts.ts';
import type { Runtime } from '../../functions/runtime.ts';
import { SecretStore } from '../../shared/accounts/secrets.ts';
import { lambdaContext } from '../kit/event.ts';
import { startKit, type Kit } from '../kit/kit.ts';
import { sign } from '../push/sender.ts';

let kit: Kit;
beforeAll(async () => {
  kit = await startKit({ tables: 'memory' });
});
afterAll(() => kit.close());

const another = {
  command: 'account.add',
  account: 'wxaaaaaaaaaaaaaaaa',
  name: 'Another',
  mode: 'classic',
  secret: 'a-secret-that-must-not-appear',
  allowedOrigins: ['https://www.example.com'],
  domainFiles: [],
} as const;

function run(command: unknown) {
  return create(kit.runtime)(command, lambdaContext);
}

test('a refresh by hand that others have kept from being made is told as such, not as one that worked', async () => {
  const requestRefresh: AdminParts['requestRefresh'] = () =>
    Promise.resolve({ state: 'usable', generation: 1, unchecked: 'busy' });
  await expect(refreshNow({ requestRefresh } as AdminParts, kit.account)).rejects.toMatchObject({
    code: 'service_busy',
    detail: 'Other refreshes of the token were under way all the time. Run `refresh`.',
  });
});

test('quotas that could not be cleared for want of the AppSecret are no refusal of WeChat', async () => {
  const secrets = new SecretStore(() => Promise.reject(new Error('AccessDenied')), 'none/', kit.clock);
  const wechat = wechatOf(kit.runtime);
  await expect(clearQuotaOf({ secrets, wechat }, kit.account)).rejects.toThrow('secret could not be read');
});

describe('account.add', () => {
  test('tries the secret first, and registers nothing with one that WeChat refuses', async () => {
    await kit.control('accounts', { appid: another.account, secret: 'the-right-one' });
    const answer = await run(another);
    expect(answer).toMatchObject({
      ok: false,
      problem: {
        code: 'secret_unproven',
        detail: expect.stringMatching(
          /^Nothing was stored\. .*40125.* Copy the AppSecret from the account console/,
        ),
      },
    });
    expect(JSON.stringify(answer)).not.toContain(another.secret);
    expect(await run({ command: 'account.show', account: another.account })).toMatchObject({
      problem: { code: 'account_unknown' },
    });
    // What the advice says works: the same command with the right one.
    expect(await run({ ...another, secret: 'the-right-one' })).toMatchObject({
      ok: true,
      result: { accounts: [{ state: 'ok' }] },
    });
    await run({ command: 'account.remove', account: another.account });
  });

  test('registers nothing while WeChat cannot be asked, and says why', async () => {
    await kit.control('faults', { path: '/cgi-bin/stable_token', kind: 'errcode', errcode: 40164, times: 1 });
    const account = 'wxeeeeeeeeeeeeeeee';
    await kit.control('accounts', { appid: account, secret: another.secret });
    expect(await run({ ...another, account })).toMatchObject({
      ok: false,
      problem: { code: 'secret_unproven', detail: expect.stringContaining('40164') },
    });
    expect(await run({ ...another, account })).toMatchObject({ ok: true });
    await run({ command: 'account.remove', account });
  });

  test('tells one of two that register an account at once that it exists, and keeps the settings of the other', async () => {
    const account = 'wx0dd0dd0dd0dd0dd0';
    await kit.control('accounts', { appid: account, secret: another.secret });
    const names = ['One', 'Other'];
    const answers = await Promise.all(names.map((name) => run({ ...another, account, name })));
    const registered = names.filter((_, nth) => answers[nth]?.ok === true);
    expect(registered).toHaveLength(1);
    expect(answers.find(({ ok }) => !ok)).toMatchObject({ problem: { code: 'account_exists' } });
    expect(await run({ command: 'account.show', account })).toMatchObject({
      result: { accounts: [{ name: registered[0] }] },
    });
    await run({ command: 'account.remove', account });
  });

  test('refuses an account that is registered already, and leaves it as it is', async () => {
    const answer = await run({ ...another, account: kit.account });
    expect(answer).toMatchObject({ ok: false, problem: { code: 'account_exists' } });
    const callback = await kit.call('listFollowers', { key: kit.apiKey });
    expect(callback.status).toBe(200);
  });

  test.each([
    ['an appid of a wrong shape', { account: 'wx123' }],
    ['an origin with a path', { allowedOrigins: ['https://www.example.com/'] }],
    ['an origin that is none', { allowedOrigins: ['*'] }],
    ['a mode that is none', { mode: 'fast' }],
    ['an empty secret', { secret: '' }],
    ['a secret with blanks', { secret: 'a-secret-that must-not-appear' }],
  ])('refuses %s without repeating the secret', async (_, wrong) => {
    const answer = await run({ ...another, account: 'wxbbbbbbbbbbbbbbbb', ...wrong });
    expect(answer).toMatchObject({ ok: false, problem: { code: 'invalid_parameter' } });
    expect(JSON.stringify(answer)).not.toContain('must-not-appear');
  });
});

test.each([
  ['a secret', { ...another, secret: '' }, 'secret is a text of 1 to 128 characters without blanks'],
  ['an origin', { ...another, allowedOrigins: ['*'] }, 'allowedOrigins is an origin such as https://'],
  ['a token for pushes', { command: 'account.set-push', account: 'default', pushToken: '!' }, 'pushToken is'],
  [
    'a key for pushes',
    { command: 'account.set-push', account: 'default', pushToken: 'abc', encodingAesKey: '!' },
    'encodingAesKey is',
  ],
  ['an API', { command: 'quota.get', account: 'default', path: '!' }, 'path is'],
  ['an openid', { command: 'user.erase', account: 'default', openid: '!' }, 'openid must be an openid'],
  ['a place in a list', { command: 'user.expiring', account: 'default', days: 1, from: '!' }, 'from is'],
])('the rule that %s breaks is said in words', async (_, command, sentence) => {
  const answer = await run(command);
  expect(answer).toMatchObject({ problem: { detail: expect.stringContaining(sentence) } });
  expect(JSON.stringify(answer)).not.toMatch(/pattern|\^|\.0/);
});

describe('where account.set-push forwards', () => {
  const forwarding = {
    resolve: (host: string) => {
      if (host === 'unknown.example.com') return Promise.reject(new Error('ENOTFOUND'));
      const address = host === 'inside.example.com' ? '10.0.0.7' : '8.8.8.8';
      return Promise.resolve([{ address, family: 4 }]);
    },
  };
  const setPush = (members: object, rules: Runtime['forwarding'] = forwarding) =>
    create({ ...kit.runtime, forwarding: rules })(
      { command: 'account.set-push', account: 'default', ...members },
      lambdaContext,
    );
  const shown = async () => {
    const answer = await run({ command: 'account.show', account: 'default' });
    return answer.ok && 'accounts' in answer.result ? answer.result.accounts[0] : undefined;
  };

  test('is shown with the account, and goes when it is told to; Token and key stay', async () => {
    const forward = 'https://backend.example.com/wechat?app=1';
    await setPush({ pushToken: 'PushToken1', encodingAesKey: 'k'.repeat(43) });
    expect(await setPush({ forward })).toEqual({
      ok: true,
      result: { done: expect.stringContaining(`are forwarded to ${forward}, in a minute at the latest.`) },
    });
    expect(await shown()).toMatchObject({ pushForward: forward });
    await setPush({ pushToken: 'PushToken2' });
    expect(await shown()).toMatchObject({ pushForward: forward });
    expect(await setPush({ forward: null })).toMatchObject({
      result: { done: expect.stringContaining('are no longer forwarded') },
    });
    expect(await shown()).not.toHaveProperty('pushForward', forward);
  });

  test('may be said together with the Token', async () => {
    expect(await setPush({ pushToken: 'PushToken1', forward: 'https://backend.example.com/' })).toMatchObject(
      {
        result: { done: expect.stringMatching(/are taken at .* are forwarded to https:/) },
      },
    );
    await setPush({ forward: null });
  });

  test.each([
    ['http', 'http://backend.example.com/', 'must begin with https://'],
    ['this machine', 'https://127.0.0.1/', 'Give the name of a host'],
    ['the metadata', 'https://169.254.169.254/', 'Give the name of a host'],
    ['a private network', 'https://[fd00::1]/', 'Give the name of a host'],
    ['a name that leads into a private network', 'https://inside.example.com/', 'is not on the internet'],
    ['a name that leads nowhere', 'https://unknown.example.com/', 'could not be looked up'],
    ['a user and a password', 'https://me:pw@backend.example.com/', 'without a user'],
  ])('is refused by its code and changes nothing: %s', async (_, forward, detail) => {
    const answer = await setPush({ pushToken: 'PushToken3', forward });
    expect(answer).toMatchObject({
      ok: false,
      problem: { code: 'forward_refused', status: 422, detail: expect.stringContaining(detail) },
    });
    expect(await shown()).not.toHaveProperty('pushForward', forward);
    const check = {
      signature: sign('PushToken3', `${kit.clock.now()}`, '1'),
      timestamp: `${kit.clock.now()}`,
      nonce: '1',
    };
    expect(await kit.call('checkEventsUrl', { query: { ...check, echostr: '1' } })).toMatchObject({
      status: 403,
    });
  });

  test('may be this machine in the local stack', async () => {
    const forward = 'http://localhost:3000/wechat';
    expect(await setPush({ forward }, { allowsLoopback: true })).toMatchObject({ ok: true });
    expect(await setPush({ forward }, {})).toMatchObject({ problem: { code: 'forward_refused' } });
    await setPush({ forward: null });
  });

  test.each([{}, { encodingAesKey: 'k'.repeat(43) }, { encodingAesKey: 'k'.repeat(43), forward: null }])(
    'wants a Token beside %j',
    async (members) => {
      expect(await setPush(members)).toMatchObject({
        problem: { code: 'invalid_parameter', detail: 'pushToken is missing.' },
      });
    },
  );

  test('is not logged', () => {
    expect(kit.logged).toContainEqual(
      expect.objectContaining({ message: 'Where pushes are forwarded was changed.' }),
    );
    expect(JSON.stringify(kit.logged)).not.toContain('backend.example.com');
  });
});

describe('key.create', () => {
  test('refuses an account that is not registered', async () => {
    const answer = await run({
      command: 'key.create',
      name: 'x',
      scopes: ['followers:read'],
      accounts: ['wxffffffffffffffff'],
    });
    expect(answer).toMatchObject({ ok: false, problem: { code: 'account_unknown' } });
  });

  test('makes a key for the account behind an alias', async () => {
    const answer = await run({
      command: 'key.create',
      name: 'x',
      scopes: ['followers:read'],
      accounts: ['default'],
    });
    expect(answer).toMatchObject({ ok: true, result: { apiKey: { accounts: [kit.account] } } });
  });
});

describe('key.set', () => {
  async function made(settings: object = {}): Promise<string> {
    const answer = await run({
      command: 'key.create',
      ...{ name: 'x', scopes: ['dropin:proxy'], accounts: '*', ...settings },
    });
    return (answer as { result: { apiKey: { keyId: string } } }).result.apiKey.keyId;
  }
  async function listed(keyId: string): Promise<unknown> {
    const answer = await run({ command: 'key.list' });
    return (answer as { result: { keys: { keyId: string }[] } }).result.keys.find(
      (key) => key.keyId === keyId,
    );
  }

  test('changes the limits that are named and keeps the others, as key.list shows', async () => {
    const keyId = await made({ paths: ['/cgi-bin/user/get'], dailyLimit: 5 });
    const answer = await run({ command: 'key.set', keyId, dailyLimit: 7, accounts: ['default'] });
    const changed = { keyId, paths: ['/cgi-bin/user/get'], dailyLimit: 7, accounts: [kit.account] };
    expect(answer).toMatchObject({ ok: true, result: { keys: [changed] } });
    expect(await listed(keyId)).toMatchObject(changed);
  });

  test('takes limits away', async () => {
    const keyId = await made({ paths: ['/cgi-bin/user/get'], dailyLimit: 5, accounts: ['default'] });
    await run({ command: 'key.set', keyId, dailyLimit: null, paths: null, accounts: '*' });
    const key = await listed(keyId);
    expect(key).toMatchObject({ accounts: '*' });
    expect(key).not.toHaveProperty('paths');
    expect(key).not.toHaveProperty('dailyLimit');
  });

  test.each([
    ['paths', { paths: ['/cgi-bin/user/get'] }],
    ['a daily limit', { dailyLimit: 1 }],
  ])('refuses %s for a key that calls nothing through the drop-in', async (_, limits) => {
    const keyId = await made({ scopes: ['users:read'] });
    expect(await run({ command: 'key.set', keyId, ...limits })).toMatchObject({
      problem: { detail: 'Paths and a daily limit are for keys with the scope dropin:proxy.' },
    });
  });

  test('refuses an account that is not registered, and changes nothing', async () => {
    const keyId = await made({ dailyLimit: 5 });
    expect(
      await run({ command: 'key.set', keyId, dailyLimit: 7, accounts: ['wxffffffffffffffff'] }),
    ).toMatchObject({ problem: { code: 'account_unknown' } });
    expect(await listed(keyId)).toMatchObject({ dailyLimit: 5, accounts: '*' });
  });

  test('of a key that does not exist is refused', async () => {
    expect(await run({ command: 'key.set', keyId: 'nobody', dailyLimit: 7 })).toMatchObject({
      problem: { code: 'key_unknown', detail: 'No key has that id. `key list` shows the ids.' },
    });
  });

  test('does not bring back a key that is revoked meanwhile', async () => {
    const keyId = await made();
    const { tables } = kit.runtime;
    const held = tables?.credentials;
    if (!held) throw new Error('The tables of this kit are in memory.');
    const query = held.query.bind(held);
    const revoked = Object.assign(Object.create(held) as typeof held, {
      query: async (...args: Parameters<typeof query>) => {
        const found = await query(...args);
        await run({ command: 'key.revoke', keyId });
        return found;
      },
    });
    expect(await changeKeyLimits(revoked, keyId, { dailyLimit: 7 })).toBe(false);
    expect(await listed(keyId)).toBeUndefined();
  });
});

describe('an account at run time', () => {
  const account = 'wxdddddddddddddddd';
  const secret = 'the-first-secret';

  async function register(mode: 'stable' | 'classic' = 'stable') {
    await kit.control('accounts', { appid: account, secret, followers: 2 });
    return run({ ...another, account, secret, mode });
  }
  const remove = () => run({ command: 'account.remove', account });
  const list = () => kit.call('listFollowers', { key: kit.apiKey, path: { account } });

  test('has its token as soon as it is added, and is gone once it is removed', async () => {
    await register();
    expect((await list()).status).toBe(200);
    expect(await remove()).toMatchObject({ ok: true });
    await kit.clock.advance(61);
    expect(await list()).toMatchObject({ status: 404, body: { code: 'account_unknown' } });
    expect(await run({ command: 'account.show', account })).toMatchObject({
      problem: { code: 'account_unknown' },
    });
  });

  test('can be added again after it was removed', async () => {
    await register();
    await remove();
    expect(await register()).toMatchObject({ ok: true, result: { accounts: [{ account, state: 'ok' }] } });
    await remove();
  });

  test('that is added again with a wrong AppSecret is refused, even while WeChat accepts the former one', async () => {
    await register();
    await remove();
    expect(await run({ ...another, account, secret: 'a-wrong-one' })).toMatchObject({
      ok: false,
      problem: { code: 'secret_unproven' },
    });
    expect(await register()).toMatchObject({ ok: true });
    await remove();
  });

  test('is refreshed no more once it is removed', async () => {
    await register();
    await remove();
    await kit.control('calls', undefined, 'DELETE');
    const before = await kit.callsTo('/cgi-bin/stable_token');
    await kit.clock.advance(7200);
    // Only the kit's own account is renewed in these two hours.
    expect((await kit.callsTo('/cgi-bin/stable_token')) - before).toBeLessThanOrEqual(2);
  });

  test('keeps the right AppSecret where a wrong one is to replace it', async () => {
    await register();
    expect(await run({ command: 'account.rotate-secret', account, secret: 'a-wrong-one' })).toMatchObject({
      ok: false,
      problem: { code: 'secret_unproven', detail: expect.stringContaining('40125') },
    });
    expect(await run({ command: 'refresh', account })).toMatchObject({
      result: { accounts: [{ state: 'ok' }] },
    });
    await remove();
  });

  test('mints with the new secret after a rotation', async () => {
    await register();
    await kit.control('accounts', { appid: account, secret: 'the-second-secret' }, 'PATCH');
    expect(await run({ command: 'refresh', account })).toMatchObject({
      result: { accounts: [{ failure: { code: 'wechat_credentials_refused' } }] },
    });
    const right = await run({ command: 'account.rotate-secret', account, secret: 'the-second-secret' });
    expect(right).toMatchObject({ ok: true, result: { accounts: [{ state: 'ok' }] } });
    expect((await list()).status).toBe(200);
    await remove();
  });

  test('mints no classic token where WeChat accepts the present one after a rotation', async () => {
    await register('classic');
    await kit.control('calls', undefined, 'DELETE');
    const rotated = await run({ command: 'account.rotate-secret', account, secret });
    expect(rotated).toMatchObject({ ok: true, result: { accounts: [{ state: 'ok', generation: 1 }] } });
    expect(await kit.callsTo('/cgi-bin/token')).toBe(0);
    expect((await list()).status).toBe(200);
    await remove();
  });

  test('mints a classic token where the present one has ended with the former AppSecret', async () => {
    await register('classic');
    await kit.control('faults', {
      path: '/cgi-bin/get_api_domain_ip',
      kind: 'errcode',
      errcode: 40001,
      times: 1,
    });
    expect(await run({ command: 'account.rotate-secret', account, secret })).toMatchObject({
      result: { accounts: [{ state: 'ok', generation: 2 }] },
    });
    await remove();
  });

  test('in classic mode is registered although the endpoint of stable tokens does not work for it', async () => {
    await kit.control('faults', { path: '/cgi-bin/stable_token', kind: 'errcode', errcode: 45009, times: 1 });
    expect(await register('classic')).toMatchObject({ ok: true, result: { accounts: [{ state: 'ok' }] } });
    await remove();
  });

  test('in stable mode is not registered while that endpoint says that its calls are used up', async () => {
    await kit.control('faults', { path: '/cgi-bin/stable_token', kind: 'errcode', errcode: 45009, times: 1 });
    expect(await register('stable')).toMatchObject({ ok: false, problem: { code: 'secret_unproven' } });
  });

  test('changes its mode without a failed call', async () => {
    await register('stable');
    const changed = await run({ command: 'account.set', account, mode: 'classic' });
    expect(changed).toMatchObject({
      ok: true,
      result: { accounts: [{ mode: 'classic', generation: 2, state: 'ok' }] },
    });
    expect((await list()).status).toBe(200);
    const mintedAt = async () => {
      const shown = await run({ command: 'account.show', account });
      return (shown as { result: { accounts: { mintedAt: number }[] } }).result.accounts[0]?.mintedAt ?? 0;
    };
    const before = await mintedAt();
    await kit.clock.advance(6700);
    // It is due after 110 minutes, and booked for the first whole minute from then on.
    const wait = (await mintedAt()) - before;
    expect(wait).toBeGreaterThanOrEqual(6600);
    expect(wait).toBeLessThan(6660);
    await remove();
  });

  test('takes other settings, one by one', async () => {
    await register();
    const origin = 'https://other.example.com';
    const changed = await run({
      command: 'account.set',
      account,
      name: 'Renamed',
      allowedOrigins: [origin],
      domainFiles: ['XyZ789'],
      mintBudget: 7,
      dailyLimits: { '/cgi-bin/user/get': 1000 },
    });
    expect(await run({ command: 'account.set', account })).toMatchObject({ ok: true });
    expect(changed).toMatchObject({
      result: { accounts: [{ name: 'Renamed', allowedOrigins: [origin], mintBudget: 7, mode: 'stable' }] },
    });
    expect((await kit.call('domainFile', { path: { file: 'MP_verify_XyZ789.txt' } })).status).toBe(200);
    await remove();
    expect((await kit.call('domainFile', { path: { file: 'MP_verify_XyZ789.txt' } })).status).toBe(404);
  });

  test('is refreshed by hand although the back-off is not over', async () => {
    await register();
    await kit.control('faults', { path: '/cgi-bin/stable_token', kind: 'errcode', errcode: 40164, times: 1 });
    await run({ command: 'refresh', account });
    expect(await run({ command: 'refresh', account })).toMatchObject({
      result: { accounts: [{ state: 'ok' }] },
    });
    await remove();
  });
});

describe('a key', () => {
  test('is listed without the key itself, and works no more once it is revoked', async () => {
    const key = await kit.createKey({ scopes: ['followers:read'], accounts: '*' });
    expect((await kit.call('listFollowers', { key })).status).toBe(200);
    const listed = await run({ command: 'key.list' });
    expect(JSON.stringify(listed)).not.toContain(key);
    const { result } = listed as { result: { keys: { keyId: string; scopes: string[] }[] } };
    for (const { keyId } of result.keys) await run({ command: 'key.revoke', keyId });
    await kit.clock.advance(31);
    expect(await kit.call('listFollowers', { key })).toMatchObject({
      status: 401,
      body: { code: 'key_unknown' },
    });
  });

  test('that does not exist cannot be revoked', async () => {
    expect(await run({ command: 'key.revoke', keyId: 'nobody' })).toMatchObject({
      problem: { code: 'key_unknown', detail: 'No key has that id. `key list` shows the ids.' },
    });
  });
});

test('a command that does not exist is refused', async () => {
  expect(await run({ command: 'account.steal' })).toMatchObject({
    ok: false,
    problem: { code: 'invalid_parameter' },
  });
});

test('status tells when each token was minted, expires and is refreshed next', async () => {
  const answer = await run({ command: 'status' });
  expect(answer).toMatchObject({ ok: true });
  expect(JSON.stringify(answer)).toMatch(/"mintedAt":\d+,"expiresAt":\d+,"refreshAt":\d+/);
});
