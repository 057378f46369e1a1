import { describe, expect, test } from '@jest/globals';
import { Accounts } from '../../shared/accounts/accounts.ts';
import { credentialStores } from '../../shared/credentials/credential-store.ts';
import type { Credential, CredentialKind, Need } from '../../shared/credentials/credential.ts';
import { credentialKey } from '../../shared/credentials/read-credential.ts';
import { sweep } from '../../shared/credentials/sweep.ts';
import type { Table } from '../../shared/platform/table.ts';
import { chinaDay } from '../../shared/wechat/quota-day.ts';
import { parseAppId, type AppId } from '../../shared/wechat/tokens.ts';
import { standingClock } from '../kit/clock.ts';
import { memoryTables } from '../kit/memory-table.ts';

const one = parseAppId('wx00000000000000aa');
const another = parseAppId('wx00000000000000ff');

interface Measure {
  readonly values: Readonly<Record<string, number>>;
  readonly about: unknown;
}

/**
 * Accounts with the given credentials, and what a sweep of them did. `unreadable`: whose items cannot be read, all of them
 * or those of one kind.
 */
function setUp({
  unreadable,
  unreadableKind,
  maxStarts,
  unstartable,
}: { unreadable?: AppId; unreadableKind?: CredentialKind; maxStarts?: number; unstartable?: AppId } = {}) {
  const { credentials } = memoryTables();
  const accounts = new Accounts(credentials);
  const clock = standingClock();
  const get: Table['get'] = (key, attributes) =>
    key['appId'] === unreadable && (unreadableKind ?? key['kind']) === key['kind']
      ? Promise.reject(new RangeError('far too far'))
      : credentials.get(key, attributes);
  const measured: Measure[] = [];
  const logged: unknown[] = [];
  const dispatched: [CredentialKind, AppId][] = [];
  const needs: Need[] = [];
  const note = (...line: unknown[]) => void logged.push(line);
  const register = async (appId: AppId, mintBudget = 200) => {
    const about = { appId, name: appId, mode: 'stable' as const, createdAt: 0 };
    await accounts.add({ ...about, allowedOrigins: [], mintBudget, dailyLimits: {} });
  };
  const store = (appId: AppId, record: Partial<Credential>, kind: CredentialKind = 'access_token') =>
    credentials.put({ ...credentialKey(appId, kind), revision: 1, ...record });
  const run = () =>
    sweep(
      {
        accounts,
        stores: credentialStores({ ...credentials, get }),
        clock,
        log: { info: note, warn: note, error: note },
        metrics: { put: (values, about) => void measured.push({ values, about }) },
        maxStarts,
      },
      (kind, appId, need) => {
        needs.push(need);
        if (appId === unstartable) return Promise.reject(new RangeError('throttled'));
        return Promise.resolve(void dispatched.push([kind, appId]));
      },
    );
  /** Has the account's item be one that this version does not know. */
  const registerUnknown = async (appId: AppId) => {
    await register(appId);
    await credentials.update({ appId: 'accounts', kind: appId }, { set: { mode: 'of a later version' } });
  };
  return { clock, measured, logged, dispatched, needs, register, registerUnknown, store, run };
}

test('what is due is set going, and what is not is left alone', async () => {
  const { clock, dispatched, register, store, run } = setUp();
  const now = clock.now();
  await register(one);
  await register(another);
  await store(one, { generation: 1, value: 'v', usableUntil: now + 60, refreshAt: now });
  await store(another, { generation: 1, value: 'v', usableUntil: now + 7000, refreshAt: now + 1 });
  expect(await run()).toEqual({ accounts: 2, due: 1 });
  expect(dispatched).toEqual([['access_token', one]]);
});

test('a ticket that somebody has asked for is kept, and no other', async () => {
  const { clock, dispatched, register, store, run } = setUp();
  const now = clock.now();
  await register(one);
  await store(one, { generation: 1, value: 'v', usableUntil: now + 7000, refreshAt: now + 7000 });
  await store(one, { generation: 1, value: 't', usableUntil: now, refreshAt: now }, 'jsapi_ticket');
  expect(await run()).toEqual({ accounts: 1, due: 1 });
  expect(dispatched).toEqual([['jsapi_ticket', one]]);
});

describe('of a ticket that is not due', () => {
  /** The needs that a sweep starts runs for. */
  async function needsOf(token: Partial<Credential>, ticket: Partial<Credential>): Promise<readonly Need[]> {
    const { clock, needs, register, store, run } = setUp();
    const now = clock.now();
    const life = { usableUntil: now + 7000, refreshAt: now + 6000 };
    await register(one);
    await store(one, { value: 'v', ...life, ...token });
    await store(one, { generation: 1, value: 't', ...life, ...ticket }, 'jsapi_ticket');
    await run();
    return needs;
  }

  test('one that has not followed its token follows it now', async () => {
    expect(await needsOf({ generation: 3 }, { tokenGeneration: 2 })).toEqual([
      { reason: 'due', tokenGeneration: 3 },
    ]);
  });

  test.each<[string, Partial<Credential>]>([
    ['one that was got with the present token', { tokenGeneration: 3 }],
    ['a borrowed one, which names no token', {}],
  ])('%s is left alone', async (_, ticket) => {
    expect(await needsOf({ generation: 3 }, ticket)).toEqual([]);
  });

  test('one whose refresh failed a short while ago is left alone, though it has not followed its token', async () => {
    const failure = { code: 'x', message: '', advice: '', needsPerson: true, count: 1, at: 0 };
    const retryAt = Number.MAX_SAFE_INTEGER;
    expect(
      await needsOf({ generation: 3 }, { tokenGeneration: 2, failure: { ...failure, retryAt } }),
    ).toEqual([]);
  });
});

test('a ticket is kept though its token cannot be read', async () => {
  const { clock, dispatched, needs, register, store, run } = setUp({
    unreadable: one,
    unreadableKind: 'access_token',
  });
  await register(one);
  await store(one, { generation: 1, value: 't', tokenGeneration: 1, refreshAt: clock.now() }, 'jsapi_ticket');
  await store(
    one,
    { generation: 3, value: 't', tokenGeneration: 1, refreshAt: clock.now() },
    'wx_card_ticket',
  );
  await run();
  expect(dispatched.map(([kind]) => kind)).toEqual(['jsapi_ticket', 'wx_card_ticket']);
  expect(needs).toEqual([{ reason: 'due' }, { reason: 'due' }]);
});

test('what failed a short while ago is counted, and not tried again before its pause is over', async () => {
  const { clock, measured, dispatched, register, store, run } = setUp();
  const now = clock.now();
  const failure = { code: 'x', message: '', advice: '', needsPerson: true, count: 1, at: now };
  await register(one);
  await store(one, { failure: { ...failure, retryAt: now + 300 } });
  expect(await run()).toEqual({ accounts: 1, due: 0 });
  expect(dispatched).toEqual([]);
  expect(measured.at(-1)?.values).toEqual({ Sweeps: 1, AccountsFailing: 1, AccountsMissed: 0 });
});

test('what is left of the token and of the budget is measured, and how old the token is', async () => {
  const { clock, measured, register, store, run } = setUp();
  const now = clock.now();
  await register(one);
  const mints = { day: chinaDay(now), count: 50 };
  await store(one, { generation: 1, value: 'v', usableUntil: now + 600, mintedAt: now - 100, mints });
  await store(one, { generation: 1, value: 't', usableUntil: now + 60 }, 'jsapi_ticket');
  await run();
  expect(measured).toEqual([
    {
      values: { TokenSecondsLeft: 600, MintBudgetLeft: 75, TokenAge: 100 },
      about: { account: one, Account: one },
    },
    { values: { Sweeps: 1, AccountsFailing: 0, AccountsMissed: 0 }, about: undefined },
  ]);
});

test.each([
  ['in the middle of a refresh', -1, {}],
  ['once the lease of a refresh is over', 0, { TokenSecondsLeft: 0 }],
])('a value that is worth nothing %s', async (_, since, left) => {
  const { clock, measured, register, store, run } = setUp();
  await register(one);
  await store(one, { generation: 1, value: 'v', usableUntil: 0, leaseUntil: clock.now() - since });
  await run();
  expect(measured[0]?.values).toEqual({ ...left, MintBudgetLeft: 100 });
});

test.each([
  ['none where none may be made', 0, 0],
  ['none where more were made than may be', 40, 50],
])('of the budget is left %s', async (_, mintBudget, count) => {
  const { clock, measured, register, store, run } = setUp();
  await register(one, mintBudget);
  await store(one, { mints: { day: chinaDay(clock.now()), count } });
  await run();
  expect(measured[0]?.values).toEqual({ TokenSecondsLeft: 0, MintBudgetLeft: 0 });
});

test('mints that a clock ahead counted for the next day in China are gone from what the metric has left', async () => {
  const { clock, measured, register, store, run } = setUp();
  await register(one);
  await store(one, { mints: { day: chinaDay(clock.now() + 86_400), count: 50 } });
  await run();
  expect(measured[0]?.values).toMatchObject({ MintBudgetLeft: 75 });
});

test.each([
  [20, 'a metric of its own', true],
  [21, 'no metric of its own', false],
])('of %i accounts each has %s', async (count, _, isApart) => {
  const { measured, register, run } = setUp();
  for (let index = 0; index < count; index += 1) {
    await register(parseAppId(`wx${index.toString(16).padStart(16, '0')}`));
  }
  await run();
  const account = parseAppId('wx0000000000000000');
  expect(
    measured.find(({ about }) => (about as { account?: AppId } | undefined)?.account === account)?.about,
  ).toEqual(isApart ? { account, Account: account } : { account });
});

test('a sweep that cannot read one account sees to the others, counts it, and says which it was', async () => {
  const { measured, logged, dispatched, register, run } = setUp({ unreadable: another });
  await register(another);
  await register(one);
  await run();
  expect(dispatched).toEqual([['access_token', one]]);
  expect(measured.at(-1)?.values).toEqual({ Sweeps: 1, AccountsFailing: 1, AccountsMissed: 1 });
  expect(logged).toContainEqual([
    'The sweep could not see to an account.',
    { account: another, error: 'RangeError' },
  ]);
});

test('an account that is registered in a way unknown here keeps none of the others waiting, and is counted', async () => {
  const { measured, logged, dispatched, register, registerUnknown, run } = setUp();
  await registerUnknown(one);
  await register(another);
  expect(await run()).toEqual({ accounts: 1, due: 1 });
  expect(dispatched).toEqual([['access_token', another]]);
  expect(measured.at(-1)?.values).toEqual({ Sweeps: 1, AccountsFailing: 1, AccountsMissed: 1 });
  expect(logged).toContainEqual([
    'The sweep could not see to an account.',
    { account: one, error: expect.stringMatching(/Error$/) as unknown },
  ]);
});

test('a sweep that may start so many refreshes only starts those of the tokens that end first', async () => {
  const { clock, dispatched, register, store, run } = setUp({ maxStarts: 2 });
  const now = clock.now();
  const ends = [40, 20, 60, 10];
  const appIds = ends.map((_, n) => parseAppId(`wx000000000000000${n}`));
  for (const [n, appId] of appIds.entries()) {
    await register(appId);
    await store(appId, { generation: 1, value: 'v', usableUntil: now + (ends[n] ?? 0), refreshAt: now });
  }
  expect(await run()).toEqual({ accounts: 4, due: 4 });
  expect(dispatched.map(([, appId]) => appId)).toEqual([appIds[3], appIds[1]]);
});

test('a refresh that cannot be started keeps none of the others waiting, and is counted', async () => {
  const { measured, logged, dispatched, register, run } = setUp({ unstartable: another });
  await register(another);
  await register(one);
  expect(await run()).toEqual({ accounts: 2, due: 2 });
  expect(dispatched).toEqual([['access_token', one]]);
  expect(measured.at(-1)?.values).toEqual({ Sweeps: 1, AccountsFailing: 1, AccountsMissed: 1 });
  expect(logged).toContainEqual([
    'The sweep could not see to an account.',
    { account: another, error: 'RangeError' },
  ]);
});
