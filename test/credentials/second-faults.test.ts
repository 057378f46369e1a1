import { expect, test } from '@jest/globals';
import { SecretStore } from '../../shared/accounts/secrets.ts';
import { CredentialStore, credentialStores } from '../../shared/credentials/credential-store.ts';
import { isUsable } from '../../shared/credentials/credential.ts';
import { Lender } from '../../shared/credentials/lender-mint.ts';
import type { Mint } from '../../shared/credentials/mint.ts';
import { CredentialReader } from '../../shared/credentials/reader.ts';
import { Refresher } from '../../shared/credentials/refresher.ts';
import { accessTokenMint } from '../../shared/credentials/wechat-mint.ts';
import { KeyringError } from '../../shared/platform/errors.ts';
import type { LeaseTable } from '../../shared/platform/lease.ts';
import { UsageMeter } from '../../shared/usage/meter.ts';
import { UsageStore } from '../../shared/usage/usage-store.ts';
import type { AppId } from '../../shared/wechat/tokens.ts';
import {
  accepts,
  account,
  answered,
  manual,
  minted,
  rejects,
  saysNothing,
  Scene,
  silent,
  start,
  unreachable,
} from '../model/scene.ts';

const failing =
  (errcode?: number): Mint =>
  () =>
    Promise.reject(errcode === undefined ? unreachable() : answered(errcode));

test('one database fault while settling does not leave a dead token as good', async () => {
  const { scene, of } = await minted();
  let faults = 0;
  const table: LeaseTable = {
    ...scene.table,
    get: async (key, attributes) => {
      if (faults > 0 && attributes === undefined) {
        faults -= 1;
        throw new Error('throttled');
      }
      return scene.table.get(key, attributes);
    },
  };
  const mint: Mint = async (...given) => {
    if (scene.mints.length > 1) return scene.mint(...given);
    scene.now += 30;
    await scene.keeper().refresh(of, manual);
    faults = 1;
    return scene.mint(...given); // kills what the other one has just stored
  };
  await scene
    .keeper({ mint, table })
    .refresh(of, manual)
    .catch(() => undefined);
  const { value, unsettledSince } = await scene.read();
  expect(unsettledSince !== undefined || value === `value-${scene.mints.length}`).toBe(true);
});

test.each([45009, 40164, 45011])(
  'after lost answers a refusal with %s leaves in use what WeChat accepts',
  async (errcode) => {
    const { scene, of } = await minted();
    await scene.keeper({ check: accepts, mint: failing() }).refresh(of, manual);
    await scene.keeper({ check: accepts, mint: failing() }).refresh(of, manual);
    scene.now += 700;
    await scene.keeper({ check: accepts, mint: failing(errcode) }).refresh(of, { reason: 'missing' });
    expect(isUsable(await scene.read(), scene.now)).toBe(true);
  },
);

test('a token that WeChat accepts stays in use however long it is busy', async () => {
  const { scene, of } = await minted();
  const keeper = scene.keeper({ check: accepts, mint: failing(-1) });
  await keeper.refresh(of, manual);
  let secondsOut = 0;
  for (let passed = 0; passed < 3600; passed += 5) {
    scene.now += 5;
    if ((await keeper.refresh(of, { reason: 'missing' })).state !== 'usable') secondsOut += 5;
  }
  expect(secondsOut).toBe(0);
});

test.each(['stable', 'classic'] as const)(
  'the one try after a used-up quota that meets a busy WeChat costs no ten minutes more (%s)',
  async (mode) => {
    const { scene, of } = await minted(mode);
    const errors = [answered(45009), answered(-1)];
    const wechat = {
      send: <T>() => {
        const error = errors.shift();
        return error ? Promise.reject(error) : Promise.resolve({ accessToken: 'new', expiresIn: 7200 } as T);
      },
    };
    const secrets = new SecretStore(
      () => Promise.resolve({ SecretString: '{"appSecret":"s"}' }),
      'p/',
      scene.clock,
    );
    const meter = new UsageMeter(wechat, new UsageStore(scene.table), scene.clock, silent);
    const keeper = scene.keeper({ mint: accessTokenMint(meter, secrets) });
    scene.now += 7180;
    await keeper.refresh(of, { reason: 'missing' }); // 45009: believed for ten minutes
    scene.now += 600;
    await keeper.refresh(of, { reason: 'missing' }); // the one try: -1
    scene.now += 60;
    expect(await keeper.refresh(of, { reason: 'missing' })).toMatchObject({ state: 'usable' });
  },
);

test('forces that WeChat surely refused do not count', async () => {
  const { scene, of } = await minted('stable');
  let isRefusing = true;
  const mint: Mint = (_, { force }) =>
    force && isRefusing
      ? Promise.reject(answered(45011))
      : Promise.resolve({ value: force ? 'forced' : 'value-1', expiresIn: 7000 });
  const keeper = scene.keeper({ mint });
  await keeper.refresh(of, { reason: 'rejected', generation: 1 });
  for (let round = 0; round < 20; round++) {
    scene.now += 61;
    await keeper.refresh(of, { reason: 'missing' });
  }
  isRefusing = false;
  scene.now += 61;
  expect(await keeper.refresh(of, manual)).toMatchObject({ state: 'usable' });
});

test.each([
  ['WeChat says that the forces of the day are used up', answered(45009)],
  ['WeChat says that those of the minute are', answered(45011)],
  ['it is believed that they are', new KeyringError('wechat_quota', undefined, { retryAfter: 600 })],
])('where %s, an ordinary refresh a minute later brings another token', async (_, refusal) => {
  const { scene, of } = await minted('stable');
  const mint: Mint = (__, { force }) =>
    force ? Promise.reject(refusal) : Promise.resolve({ value: 'value-1', expiresIn: 7000 });
  const outcome = await scene.keeper({ mint }).refresh(of, { reason: 'rejected', generation: 1 });
  expect(outcome).toMatchObject({ state: 'unavailable', failure: { code: 'rejected_token_kept' } });
  expect((await scene.read()).forced?.count).toBe(0);
  scene.now += 60;
  expect(await scene.keeper().refresh(of, { reason: 'missing' })).toMatchObject({ state: 'usable' });
});

test.each([
  ['refused with 89503', failing(89503)],
  ['without an answer', failing()],
] as const)('twenty people who refresh by hand at once, %s, ask WeChat once', async (_, mint) => {
  const { scene, of } = await minted();
  let asked = 0;
  const counted: Mint = (...given) => {
    asked += 1;
    return mint(...given);
  };
  await Promise.all(Array.from({ length: 20 }, () => scene.keeper({ mint: counted }).refresh(of, manual)));
  expect(asked).toBe(1);
});

test('who changes the mode, or the AppSecret, has a mint of his own as proof', async () => {
  const { scene, of } = await minted();
  let hasLooked = false;
  const table: LeaseTable = {
    ...scene.table,
    update: async (key, change) => {
      if (!hasLooked && change.set?.['leaseOwner'] !== undefined) {
        hasLooked = true; // another process, which still has the former mode and AppSecret
        await scene.keeper().refresh(of, { reason: 'rejected', generation: 1 });
      }
      return scene.table.update(key, change);
    },
  };
  let asked = 0;
  const mint: Mint = () => {
    asked += 1;
    return Promise.reject(answered(40125));
  };
  await scene.keeper({ table, mint }).refresh({ ...of, mode: 'stable' }, { reason: 'manual', isProof: true });
  expect(asked).toBe(1);
});

test('fifty callers whose need one mint meets start each ticket once', async () => {
  const scene = new Scene();
  const stores = credentialStores(scene.table);
  let started = 0;
  const refresher = new Refresher({
    accounts: { get: () => Promise.resolve(account) },
    stores,
    keeperOf: (kind, _, onSuccess) =>
      scene.keeper({
        store: stores[kind],
        onSuccess,
        mint: async (...given) => ({
          ...(await scene.mint(...given)),
          ...(kind !== 'access_token' && { tokenGeneration: 0 }),
        }),
      }),
    start: () => {
      started += 1;
      return Promise.resolve();
    },
    onManual: () => undefined,
    clock: scene.clock,
    log: silent,
  });
  await refresher.refresh('access_token', account.appId, { reason: 'missing' });
  await refresher.refresh('jsapi_ticket', account.appId, { reason: 'missing' });
  await refresher.refresh('wx_card_ticket', account.appId, { reason: 'missing' });
  started = 0;
  await Promise.all(
    Array.from({ length: 50 }, () =>
      refresher.refresh('access_token', account.appId, { reason: 'rejected', generation: 1 }),
    ),
  );
  expect(started).toBe(2);
});

test('a failure that is on record is answered though it cannot be noted that a person was told', async () => {
  const { scene, of } = await minted();
  const table: LeaseTable = {
    ...scene.table,
    update: (key, change) =>
      change.set?.['told'] ? Promise.reject(new Error('throttled')) : scene.table.update(key, change),
  };
  expect(await scene.keeper({ table, mint: failing(40164) }).refresh(of, manual)).toMatchObject({
    state: 'usable',
  });
});

test('an alarm rings once although reports come meanwhile', async () => {
  const { scene, of } = await minted();
  const alarms = {
    raise: async (_: unknown, failure: (typeof scene.raised)[number]) => {
      scene.raised.push(failure);
      await scene.keeper({ check: accepts }).refresh(of, { reason: 'rejected', generation: 1 });
    },
  };
  for (let round = 0; round < 5; round++)
    await scene.keeper({ alarms, mint: failing(40164) }).refresh(of, manual);
  expect(scene.raised).toHaveLength(1);
});

test('an account that is removed while a failure of it is booked does not come back', async () => {
  const { scene, of } = await minted();
  const store = new CredentialStore(scene.table, 'access_token');
  await scene
    .keeper({ mint: failing(40164), bookings: { book: () => store.forget(of.appId) } })
    .refresh(of, manual);
  expect((await scene.read()).revision).toBe(0);
  expect(scene.raised).toEqual([]);
});

test('a verdict of WeChat is answered though it cannot be written', async () => {
  const { scene, of } = await minted('stable');
  const table: LeaseTable = {
    ...scene.table,
    update: (key, change) =>
      change.set?.['verdict'] ? Promise.reject(new Error('throttled')) : scene.table.update(key, change),
  };
  expect(
    await scene.keeper({ table, check: accepts }).refresh(of, { reason: 'rejected', generation: 1 }),
  ).toMatchObject({ state: 'usable' });
});

test('the first refusal after an outage waits five minutes, not an hour', async () => {
  const { scene, of } = await minted('stable');
  for (let round = 0; round < 12; round++) await scene.keeper({ mint: failing() }).refresh(of, manual);
  await scene.keeper({ mint: failing(48001) }).refresh(of, manual);
  const { at = 0, retryAt = 0 } = (await scene.read()).failure ?? {};
  expect(retryAt - at).toBe(300);
});

test('one lost answer after ten tries that minted nothing does not wait ten minutes', async () => {
  const { scene, of } = await minted();
  for (let round = 0; round < 10; round++)
    await scene.keeper({ mint: () => Promise.reject(new Error('unread')) }).refresh(of, manual);
  await scene.keeper({ mint: failing() }).refresh(of, manual);
  const { at = 0, retryAt = 0 } = (await scene.read()).failure ?? {};
  expect(retryAt - at).toBe(5);
});

test('set-mode to stable while WeChat is busy leaves in use what it accepts', async () => {
  const { scene, of } = await minted();
  const busy = scene.keeper({ check: accepts, mint: failing(-1) });
  await busy.refresh(of, manual);
  await busy.refresh(of, manual);
  scene.now += 60;
  await busy.refresh({ ...of, mode: 'stable' }, { reason: 'manual', isProof: true });
  expect(isUsable(await scene.read(), scene.now)).toBe(true);
});

test('classic mints without an answer take no stable token out of use', async () => {
  const { scene, of } = await minted('stable');
  const classic = { ...of, mode: 'classic' as const };
  await scene.keeper({ mint: failing() }).refresh(classic, manual);
  await scene.keeper({ mint: failing() }).refresh(classic, manual);
  expect(isUsable(await scene.read(), scene.now)).toBe(true);
});

test('a force noted by a clock that is ahead holds the next one up for thirty seconds', async () => {
  const { scene, of } = await minted('stable');
  let present = 'value-1';
  const mint: Mint = (_, { force }) => {
    if (force) present += '+';
    return Promise.resolve({ value: present, expiresIn: 7000 });
  };
  await scene.keeper({ mint, clock: scene.skewed(300) }).refresh(of, { reason: 'rejected', generation: 1 });
  await scene.keeper({ mint }).refresh(of, { reason: 'rejected', generation: 2 });
  scene.now += 31;
  expect(await scene.keeper({ mint }).refresh(of, { reason: 'missing' })).toMatchObject({ state: 'usable' });
});

test('a lender that answers something that is no token is out of order', async () => {
  const scene = new Scene();
  const secrets = new SecretStore(
    () => Promise.resolve({ SecretString: '{"lenderKey":"k"}' }),
    'p/',
    scene.clock,
  );
  const { fetch } = globalThis;
  globalThis.fetch = () => Promise.resolve(new Response('{"access_token":"two words","expires_in":7200}'));
  const asked = new Lender(secrets, scene.clock).mintToken(
    { ...account, lender: 'https://l.example' },
    { force: false, byHand: false, until: scene.now + 10 },
  );
  await expect(
    asked.finally(() => {
      globalThis.fetch = fetch;
    }),
  ).rejects.toMatchObject({ code: 'lender_unreachable' });
});

test('a life that WeChat gives in milliseconds does not put the next refresh off for months', async () => {
  const { scene, of } = await minted('stable');
  await scene
    .keeper({ mint: () => Promise.resolve({ value: 'odd', expiresIn: 7_200_000 }) })
    .refresh(of, manual);
  expect(((await scene.read()).refreshAt ?? 0) - scene.now).toBeLessThan(86_400);
});

test('a borrowed token that cannot be asked about is asked for at the lender', async () => {
  const { scene, of } = await minted('stable');
  const borrowed = { ...of, lender: 'https://lender.example' };
  const keeper = scene.keeper({ check: saysNothing });
  await keeper.refresh(borrowed, { reason: 'rejected', generation: 1 });
  scene.now += 360;
  await keeper.refresh(borrowed, { reason: 'due' });
  expect((await scene.read()).value).toBe('value-2');
});

test('a reader remembers the token of an account that was registered again', async () => {
  const { scene, of } = await minted();
  const store = new CredentialStore(scene.table, 'access_token');
  await scene.keeper().refresh(of, manual);
  let reads = 0;
  const stored = {
    read: (appId: AppId) => {
      reads += 1;
      return store.read(appId);
    },
  };
  const reader = new CredentialReader({
    store: stored,
    clock: scene.clock,
    requestRefresh: (_, need) => scene.keeper().refresh(of, need),
  });
  await reader.get(of.appId);
  await store.forget(of.appId);
  await scene.keeper().refresh(of, manual);
  scene.now += 61;
  reads = 0;
  for (let call = 0; call < 10; call++) await reader.get(of.appId);
  expect(reads).toBe(1);
});

test('a booking that runs early while a report is checked books another one', async () => {
  const { scene, of } = await minted('stable');
  scene.now = ((await scene.read()).refreshAt ?? 0) - 30;
  scene.booked.length = 0;
  const check = async () => {
    await scene.keeper().refresh(of, { reason: 'due' });
    return accepts();
  };
  await scene.keeper({ check }).refresh(of, { reason: 'rejected', generation: 1 });
  expect(scene.booked).toHaveLength(1);
});

test('two people who refresh by hand at once share a mint after a holder died', async () => {
  const { scene, of } = await minted();
  void scene.keeper({ mint: () => new Promise<never>(() => undefined) }).refresh(of, manual);
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  scene.now += 60;
  scene.mints = [];
  await Promise.all([scene.keeper().refresh(of, manual), scene.keeper().refresh(of, manual)]);
  expect(scene.mints).toHaveLength(1);
});

test('a budget that was raised lets refreshes go on', async () => {
  const { scene, of } = await minted();
  scene.now += 7180;
  await scene.keeper().refresh({ ...of, mintBudget: 1 }, { reason: 'missing' });
  expect(await scene.keeper().refresh({ ...of, mintBudget: 200 }, { reason: 'missing' })).toMatchObject({
    state: 'usable',
  });
});

test('a doubted token that WeChat accepts again is handed out again while it is busy', async () => {
  const { scene, of } = await minted();
  await scene
    .keeper({ check: rejects, mint: failing(-1) })
    .refresh(of, { reason: 'rejected', generation: 1 });
  scene.now += 6;
  await scene.keeper({ check: accepts, mint: failing(-1) }).refresh(of, { reason: 'missing' });
  expect(isUsable(await scene.read(), scene.now)).toBe(true);
});

test('a force that brings the rejected value back is not published as good', async () => {
  const { scene, of } = await minted('stable');
  const mint: Mint = () => Promise.resolve({ value: 'value-1', expiresIn: 7000 });
  expect(await scene.keeper({ mint }).refresh(of, { reason: 'rejected', generation: 1 })).toMatchObject({
    state: 'unavailable',
    failure: { code: 'rejected_token_kept' },
  });
  expect(isUsable(await scene.read(), scene.now)).toBe(false);
});

test('who settles a lost lease revives no value that has been cut', async () => {
  const { scene, of } = await minted();
  const store = new CredentialStore(scene.table, 'access_token');
  const mint: Mint = async (...given) => {
    scene.now += 30;
    await scene.keeper().refresh(of, manual);
    await store.amend(of.appId, await scene.read(), { usableUntil: 0 }, { now: scene.now });
    return scene.mint(...given);
  };
  const few = { ...of, mintBudget: 1 };
  await scene.keeper({ mint, check: saysNothing }).refresh(few, manual);
  expect((await scene.read()).usableUntil).toBe(0);
});

test('who settles a lost lease leaves the doubt of a later request', async () => {
  const { scene, of } = await minted();
  const mint: Mint = async (...given) => {
    scene.now += 30;
    await scene.keeper({ mint: () => Promise.reject(unreachable()) }).refresh(of, manual);
    return scene.mint(...given);
  };
  await scene.keeper({ mint }).refresh(of, manual);
  expect((await scene.read()).unsettledSince).toBe(start + 30);
});

test('a rejected value is not handed out without a verdict', async () => {
  const { scene, of } = await minted('stable');
  await scene.keeper({ mint: failing(40164) }).refresh(of, { reason: 'rejected', generation: 1 });
  scene.now += 600;
  const mint: Mint = () => Promise.resolve({ value: 'value-1', expiresIn: 7000 });
  await scene.keeper({ mint, check: saysNothing }).refresh(of, { reason: 'missing' });
  expect(isUsable(await scene.read(), scene.now)).toBe(false);
});

test('a value that was rejected and is accepted again is no longer under suspicion', async () => {
  const { scene, of } = await minted('stable');
  await scene.keeper({ mint: failing(40164) }).refresh(of, { reason: 'rejected', generation: 1 });
  const mint: Mint = () => Promise.resolve({ value: 'value-1', expiresIn: 7000 });
  await scene.keeper({ mint, check: accepts }).refresh(of, manual);
  expect(await scene.read()).not.toHaveProperty('rejectedGeneration');
});

test('a rejection that WeChat confirmed is remembered beyond the failure of the refresh', async () => {
  const { scene, of } = await minted('stable');
  await scene.keeper({ mint: failing(40164) }).refresh(of, { reason: 'rejected', generation: 1 });
  expect((await scene.read()).rejectedGeneration).toBe(1);
});

test('a refused first mint leaves no count and no doubt', async () => {
  const scene = new Scene();
  await scene.keeper({ mint: failing(40164) }).refresh(account, manual);
  const stored = await scene.read();
  expect(stored.mints).toBeUndefined();
  expect(stored.unsettledSince).toBeUndefined();
});

test('a value that nobody doubts is not asked about after a failure', async () => {
  const { scene, of } = await minted();
  let checks = 0;
  const check = () => {
    checks += 1;
    return accepts();
  };
  await scene.keeper({ check, mint: failing(40164) }).refresh(of, manual);
  expect(checks).toBe(0);
});

test('an accepted value is handed out no longer than its life', async () => {
  const { scene, of } = await minted();
  scene.now += 7150;
  const busy = scene.keeper({ check: accepts, mint: failing(-1) });
  await busy.refresh(of, manual);
  await busy.refresh(of, manual);
  expect((await scene.read()).usableUntil).toBeLessThanOrEqual(7200 + 1_800_000_000);
});

test('a failure that cannot be put on record is thrown where nothing is to be settled', async () => {
  const { scene, of } = await minted('stable');
  const table: LeaseTable = {
    ...scene.table,
    update: (key, change) =>
      change.set?.['failure'] ? Promise.reject(new Error('throttled')) : scene.table.update(key, change),
  };
  await expect(scene.keeper({ table, mint: failing(40164) }).refresh(of, manual)).rejects.toThrow(
    'throttled',
  );
});

test('a new value that cannot be put on record is settled where it may have replaced the stored one', async () => {
  const { scene, of } = await minted();
  const table: LeaseTable = {
    ...scene.table,
    update: (key, change) =>
      change.set?.['value'] ? Promise.reject(new Error('throttled')) : scene.table.update(key, change),
  };
  await scene.keeper({ table }).refresh(of, manual);
  expect(await scene.read()).toHaveProperty('unsettledSince');
});

test('a check ends with the calls of its lease', async () => {
  const { scene, of } = await minted('stable');
  const untils: number[] = [];
  const check = (_: unknown, __: string, { until }: { until: number }) => {
    untils.push(until);
    return accepts();
  };
  await scene.keeper({ mint: failing(40164) }).refresh(of, { reason: 'rejected', generation: 1 });
  const began = scene.now;
  const mint: Mint = () => {
    scene.now += 9;
    return Promise.resolve({ value: 'value-1', expiresIn: 7000 });
  };
  await scene.keeper({ mint, check }).refresh(of, manual);
  expect(untils).toEqual([began + 10]);
});

test('a refresh that waited in vain is made a minute later', async () => {
  const { scene, of } = await minted('stable');
  const store = new CredentialStore(scene.table, 'access_token');
  scene.now += 6970;
  const busy = async () => {
    const { now } = scene;
    await store.amend(of.appId, await scene.read(), {}, { now, evenIfHeld: true });
    await store.acquire(of.appId, await scene.read(), { now, until: now + 20 });
  };
  await busy();
  const clock = {
    now: () => scene.clock.now(),
    sleep: async (seconds: number) => {
      scene.now += seconds;
      await busy();
    },
  };
  scene.booked.length = 0;
  await scene.keeper({ clock }).refresh(of, { reason: 'due' });
  expect(scene.booked).toEqual([scene.clock.now() + 60]);
});

test('who refreshes by hand has the function read the AppSecret anew', async () => {
  const scene = new Scene();
  const forgotten: string[] = [];
  const stores = credentialStores(scene.table);
  const refresher = new Refresher({
    accounts: { get: () => Promise.resolve(account) },
    stores,
    keeperOf: (kind, _, onSuccess) => scene.keeper({ store: stores[kind], onSuccess }),
    start: () => Promise.resolve(),
    onManual: (appId) => forgotten.push(appId),
    clock: scene.clock,
    log: silent,
  });
  await refresher.refresh('access_token', account.appId, { reason: 'missing' });
  await refresher.refresh('access_token', account.appId, manual);
  expect(forgotten).toEqual([account.appId]);
});
