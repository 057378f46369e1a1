import { describe, expect, test } from '@jest/globals';
import type { Account } from '../../shared/accounts/accounts.ts';
import { isUsable, type Need } from '../../shared/credentials/credential.ts';
import type { Mint } from '../../shared/credentials/mint.ts';
import type { Check } from '../../shared/credentials/token-check.ts';
import { WeChatApiError, WeChatUnreachableError } from '../../shared/wechat/errors.ts';
import { minted, type Scene } from '../model/scene.ts';
import { forgetCalls, mints, secret, startBench, type Bench } from './bench.ts';

const manual: Need = { reason: 'manual' };
const due: Need = { reason: 'due' };
const refusing: Check = () => Promise.resolve({ state: 'rejected' });
const silentCheck: Check = () =>
  Promise.resolve({ state: 'unknown', error: new WeChatUnreachableError({ api: '/', reason: 'timeout' }) });

const failing = (error: () => Error) => (): Mint => () => Promise.reject(error());
const silent = failing(() => new WeChatUnreachableError({ api: '/', reason: 'timeout' }));
const answering = (errcode: number) =>
  failing(() => new WeChatApiError({ api: '/', errcode, errmsg: 'busy', secrets: [] }));

/** Nothing comes back from WeChat's mints for so long, while the service goes on by itself. */
async function loseMints(
  scene: Scene,
  of: Account,
  { seconds, step }: { seconds: number; step: number },
): Promise<void> {
  const keeper = scene.keeper({ mint: silent(), check: silentCheck });
  for (const end = scene.now + seconds; scene.now < end;) {
    scene.now += step;
    await keeper.refresh(of, due);
    await keeper.refresh(of, { reason: 'missing' });
  }
}

describe('a WeChat that does not answer', () => {
  test('for most of a day leaves a classic account mints for when it answers again', async () => {
    const { scene, of } = await minted('classic');
    await loseMints(scene, of, { seconds: 81_000, step: 60 });
    const { failure, mints: counted } = await scene.read();
    expect(failure).toMatchObject({ code: 'wechat_timeout' });
    expect(counted?.count).toBeLessThan(of.mintBudget - 20);
    scene.now += 600;
    expect(await scene.keeper().refresh(of, { reason: 'missing' })).toMatchObject({ state: 'usable' });
  });

  test('is asked each minute in stable mode, where asking uses nothing up', async () => {
    const { scene, of } = await minted('stable');
    await loseMints(scene, { ...of, mintBudget: 2000 }, { seconds: 7200 + 3600, step: 60 });
    const { failure } = await scene.read();
    expect(failure?.count).toBeGreaterThan(50);
    expect((failure?.retryAt ?? 0) - (failure?.at ?? 0)).toBe(60);
  });
});

describe('a WeChat that is busy', () => {
  test('leaves a classic token in use that it accepts', async () => {
    const bench = await startBench('classic');
    const { value } = await bench.read();
    for (let round = 0; round < 5; round++) {
      await bench.worker({ mint: answering(-1) }).refresh(manual);
      expect(isUsable(await bench.read(), bench.clock.now())).toBe(true);
      await bench.clock.advance(20);
    }
    expect((await bench.read()).value).toBe(value);
    expect(await bench.accepted(value)).toBe(true);
  });

  test('has readers stop using a classic token that it does not accept any more', async () => {
    const bench = await startBench('classic');
    for (let round = 0; round < 2; round++) {
      await bench.worker({ mint: answering(-1), check: refusing }).refresh(manual);
    }
    expect(isUsable(await bench.read(), bench.clock.now())).toBe(false);
  });

  test('says nothing for longer than it takes to ask again', async () => {
    const bench = await startBench('classic');
    for (let round = 0; round < 2; round++) await bench.worker({ mint: answering(-1) }).refresh(manual);
    await bench.clock.advance(90);
    expect(isUsable(await bench.read(), bench.clock.now())).toBe(false);
  });

  test('is not asked about a token whose mint was lost on the way: it may be made yet', async () => {
    const bench = await startBench('classic');
    let checks = 0;
    const check: Check = () => {
      checks += 1;
      return Promise.resolve({ state: 'accepted' });
    };
    for (let round = 0; round < 2; round++) await bench.worker({ mint: silent, check }).refresh(manual);
    expect(checks).toBe(0);
    expect(isUsable(await bench.read(), bench.clock.now())).toBe(false);
  });
});

/** Somebody else has WeChat make another stable token. */
async function forceElsewhere({ simulator, account }: Bench): Promise<void> {
  await fetch(`${simulator}/cgi-bin/stable_token`, {
    method: 'POST',
    body: JSON.stringify({
      grant_type: 'client_credential',
      appid: account.appId,
      secret,
      force_refresh: true,
    }),
  });
}

describe('a reported token that WeChat cannot be asked about', () => {
  test('is replaced within ten minutes in stable mode if WeChat has another one by then', async () => {
    const bench = await startBench('stable');
    const { generation, value } = await bench.read();
    await forceElsewhere(bench);
    await bench.worker({ check: silentCheck }).refresh({ reason: 'rejected', generation });
    await bench.clock.advance(600);
    await bench.worker({ check: silentCheck }).refresh(due);
    const left = await bench.read();
    expect(left.value).not.toBe(value);
    expect(await bench.accepted(left.value)).toBe(true);
  });

  test('costs a classic account no mint', async () => {
    const bench = await startBench('classic');
    const { generation } = await bench.read();
    await forgetCalls(bench);
    await bench.worker({ check: silentCheck }).refresh({ reason: 'rejected', generation });
    await bench.clock.advance(600);
    await bench.worker({ check: silentCheck }).refresh(due);
    expect(await mints(bench)).toBe(0);
  });

  test('uses up no more than half of the mints of a day', async () => {
    const bench = await startBench('stable', { mintBudget: 8 });
    await forgetCalls(bench);
    for (let round = 0; round < 20; round++) {
      const { generation } = await bench.read();
      await bench.worker({ check: silentCheck }).refresh({ reason: 'rejected', generation });
      await bench.clock.advance(300);
      await bench.worker({ check: silentCheck }).refresh(due);
    }
    expect(await mints(bench)).toBeLessThanOrEqual(4);
    expect((await bench.read()).failure).toBeUndefined();
  });
});

describe('a person', () => {
  const refused = answering(40164);

  test('is told at the next failure what could not be told at the first', async () => {
    const bench = await startBench('stable');
    const unheard = { raise: () => Promise.reject(new Error('SNS is out of reach.')) };
    await bench.worker({ mint: refused, alarms: unheard }).refresh(manual);
    await bench.worker({ mint: refused }).refresh(manual);
    await bench.worker({ mint: refused }).refresh(manual);
    expect(bench.raised).toHaveLength(1);
  });

  test('is told once of each of two faults that alternate', async () => {
    const bench = await startBench('stable');
    for (let round = 0; round < 3; round++) {
      await bench.worker({ mint: refused }).refresh(manual);
      await bench.worker({ mint: answering(40125) }).refresh(manual);
    }
    expect(bench.raised.map(({ code }) => code)).toEqual([
      'wechat_ip_not_allowed',
      'wechat_credentials_refused',
    ]);
  });

  test('is told again of a fault that comes back after a success', async () => {
    const bench = await startBench('stable');
    for (let round = 0; round < 2; round++) {
      await bench.worker({ mint: refused }).refresh(manual);
      await bench.worker().refresh(manual);
    }
    expect(bench.raised).toHaveLength(2);
  });

  test('is told once of a fault that does not pass by itself, however long it lasts', async () => {
    const bench = await startBench('stable');
    for (let round = 0; round < 25; round++) await bench.worker({ mint: silent }).refresh(manual);
    expect(bench.raised).toHaveLength(1);
  });
});

describe('two people who refresh by hand at once', () => {
  test('have one mint made, where it began after both had asked', async () => {
    const bench = await startBench('classic');
    await forgetCalls(bench);
    const outcomes = await Promise.all([bench.worker().refresh(manual), bench.worker().refresh(manual)]);
    expect(await mints(bench)).toBe(1);
    const { generation } = await bench.read();
    expect(outcomes).toEqual([
      { state: 'usable', generation },
      { state: 'usable', generation },
    ]);
  });

  test('have another one made, where it began before the second asked', async () => {
    const bench = await startBench('classic');
    await forgetCalls(bench);
    let second: Promise<unknown> | undefined;
    const mint =
      (real: Mint): Mint =>
      async (...given) => {
        second ??= bench.worker().refresh(manual);
        for (let look = 0; look < 50; look++) await bench.read();
        return real(...given);
      };
    await bench.worker({ mint }).refresh(manual);
    await second;
    expect(await mints(bench)).toBe(2);
  });
});

describe('a report that comes while somebody else holds the lease all the time', () => {
  test('leaves the value in use, and says that WeChat was not asked', async () => {
    const bench = await startBench('stable');
    const { generation } = await bench.read();
    const {
      clock,
      account: { appId },
    } = bench;
    // Each look finds a lease that has just been taken anew.
    const busy = {
      now: () => clock.now(),
      sleep: async (seconds: number) => {
        await clock.advance(Math.ceil(seconds));
        const now = clock.now();
        await bench.store.amend(appId, await bench.read(), {}, { now, evenIfHeld: true });
        await bench.store.acquire(appId, await bench.read(), { now, until: now + 20 });
      },
    };
    const now = clock.now();
    await bench.store.acquire(appId, await bench.read(), { now, until: now + 20 });
    expect(await bench.worker({ clock: busy }).refresh({ reason: 'rejected', generation })).toEqual({
      state: 'usable',
      generation,
      unchecked: 'busy',
    });
  });
});
