import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { create } from '../../functions/admin/admin.ts';
import { lambdaContext } from '../kit/event.ts';
import { startKit, type Kit } from '../kit/kit.ts';

let kit: Kit;
beforeAll(async () => {
  kit = await startKit();
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

describe('account.add', () => {
  test('registers an account whose secret is wrong as degraded, with advice, and keeps the secret to itself', async () => {
    await kit.control('accounts', { appid: another.account, secret: 'the right one' });
    const answer = await run(another);
    expect(answer).toMatchObject({
      ok: true,
      result: {
        accounts: [
          { account: another.account, state: 'degraded', failure: { code: 'wechat_credentials_refused' } },
        ],
      },
    });
    expect(JSON.stringify(answer)).not.toContain(another.secret);
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
