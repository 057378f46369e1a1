import { describe, expect, test } from '@jest/globals';
import { isUsable } from '../../shared/credentials/credential.ts';
import type { Clock } from '../../shared/platform/clock.ts';
import { until } from '../kit/until.ts';
import { forgetCalls, mints, startBench } from './bench.ts';

describe.each(['stable', 'classic'] as const)('in %s mode', (mode) => {
  test('fifty workers that all find nothing cost one mint, and all have the value', async () => {
    const bench = await startBench(mode);
    await bench.store.forget(bench.account.appId);
    await forgetCalls(bench);
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => bench.worker().refresh({ reason: 'missing' })),
    );
    expect(outcomes).toEqual(outcomes.map(() => ({ state: 'usable', generation: 1 })));
    expect(await mints(bench)).toBe(1);
    expect(await bench.accepted((await bench.read()).value)).toBe(true);
  });

  test('fifty workers that report the same rejected value cost one refresh', async () => {
    const bench = await startBench(mode);
    const { generation } = await bench.read();
    await bench.control('revoke', { appid: bench.account.appId, what: 'access_token' });
    await forgetCalls(bench);
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => bench.worker().refresh({ reason: 'rejected', generation })),
    );
    expect(outcomes).toEqual(outcomes.map(() => ({ state: 'usable', generation: generation + 1 })));
    expect(await mints(bench)).toBe(1);
    expect(await bench.accepted((await bench.read()).value)).toBe(true);
  });

  test('a report about an older generation changes nothing', async () => {
    const bench = await startBench(mode);
    const { generation } = await bench.read();
    await forgetCalls(bench);
    await bench.worker().refresh({ reason: 'rejected', generation: generation - 1 });
    expect(await mints(bench)).toBe(0);
  });

  test('a refresh that is not due yet asks WeChat nothing', async () => {
    const bench = await startBench(mode);
    await forgetCalls(bench);
    await bench.worker().refresh({ reason: 'due' });
    expect(await mints(bench)).toBe(0);
  });

  test('the life of a value is counted from before it was asked for', async () => {
    const bench = await startBench(mode);
    const started = bench.clock.now();
    const slow = bench.worker({
      mint: (real) => async (account, options) => {
        const minted = await real(account, options);
        await bench.clock.advance(4);
        return minted;
      },
    });
    await bench.control('revoke', { appid: bench.account.appId, what: 'access_token' });
    await slow.refresh({ reason: 'rejected', generation: (await bench.read()).generation });
    expect((await bench.read()).expiresAt).toBeLessThanOrEqual(started + 7200 + 1);
  });

  test('a worker that stalls past its lease never overwrites the value of the one that took over', async () => {
    const bench = await startBench(mode);
    const { generation } = await bench.read();
    await bench.control('revoke', { appid: bench.account.appId, what: 'access_token' });
    const stalled = bench.worker({
      mint: (real) => async (account, options) => {
        const minted = await real(account, options);
        await bench.clock.advance(60);
        await bench.worker().refresh({ reason: 'rejected', generation });
        return minted;
      },
    });
    await stalled.refresh({ reason: 'rejected', generation });
    const stored = await bench.read();
    expect(stored.generation).toBeGreaterThan(generation);
    expect(stored.leaseOwner).toBeUndefined();
    expect(await bench.accepted(stored.value)).toBe(true);
  });

  test('a worker whose clock is five minutes ahead can steal a lease, and readers still end with a good value', async () => {
    const bench = await startBench(mode);
    const { generation } = await bench.read();
    await bench.control('revoke', { appid: bench.account.appId, what: 'access_token' });
    const { clock } = bench;
    const ahead: Clock = { now: () => clock.now() + 300, sleep: (seconds) => clock.sleep(seconds) };
    const stalled = bench.worker({
      mint: (real) => async (account, options) => {
        await bench.worker({ clock: ahead }).refresh({ reason: 'rejected', generation });
        return real(account, options);
      },
    });
    await stalled.refresh({ reason: 'rejected', generation });
    const stored = await bench.read();
    expect(stored.generation).toBeGreaterThan(generation);
    expect(await bench.accepted(stored.value)).toBe(true);
  });

  test('a holder that died leaves the lease to the next one once it is past', async () => {
    const bench = await startBench(mode);
    const { generation } = await bench.read();
    await bench.control('revoke', { appid: bench.account.appId, what: 'access_token' });
    const dying = bench.worker({
      mint: () => () => new Promise(() => undefined),
    });
    void dying.refresh({ reason: 'rejected', generation });
    await until('the mint is about to be sent', async () => (await bench.read()).rejectedGeneration);
    await bench.clock.advance(21);
    expect(await bench.worker().refresh({ reason: 'missing' })).toEqual({
      state: 'usable',
      generation: generation + 1,
    });
  });

  test('an account that is removed while its token is minted leaves none behind', async () => {
    const bench = await startBench(mode);
    let isRemoved = false;
    const worker = bench.worker({
      mint: (real) => async (account, options) => {
        const minted = await real(account, options);
        if (!isRemoved) await bench.store.forget(bench.account.appId);
        isRemoved = true;
        return minted;
      },
    });
    expect(await worker.refresh({ reason: 'manual' })).toEqual({ state: 'unavailable', failure: undefined });
    expect(await bench.read()).toEqual({ generation: 0, revision: 0 });
  });

  test('who waits for the lease of an account that is then removed mints nothing', async () => {
    const bench = await startBench(mode);
    void bench.worker({ mint: () => () => new Promise(() => undefined) }).refresh({ reason: 'manual' });
    await until('the lease is taken', async () => (await bench.read()).leaseOwner);
    await forgetCalls(bench);
    const waiting = bench.worker().refresh({ reason: 'manual' });
    await bench.clock.sleep(0.2);
    await bench.store.forget(bench.account.appId);
    expect(await waiting).toEqual({ state: 'unavailable', failure: undefined });
    expect(await mints(bench)).toBe(0);
  });
});

describe('the classic token', () => {
  test('is renewed after 110 minutes', async () => {
    const bench = await startBench('classic');
    const { refreshAt, mintedAt } = await bench.read();
    expect((refreshAt ?? 0) - (mintedAt ?? 0)).toBe(6600);
  });

  test('is renewed ten minutes before its end when WeChat shortens its life', async () => {
    const bench = await startBench('classic', { accountOptions: { token_lifetime_s: 3600 } });
    const { refreshAt, mintedAt } = await bench.read();
    expect((refreshAt ?? 0) - (mintedAt ?? 0)).toBe(3000);
  });

  test('is trusted for four and a half minutes at most once a mint may have killed it', async () => {
    const bench = await startBench('classic');
    await bench.clock.advance(600);
    await bench.control('faults', { path: '/cgi-bin/token', kind: 'reset', after: true, times: 1 });
    const asked = bench.clock.now();
    await bench.worker().refresh({ reason: 'manual' });
    const stored = await bench.read();
    expect(stored.failure?.code).toBe('wechat_reset');
    expect(stored.usableUntil).toBeLessThanOrEqual(asked + 271);
    expect(isUsable(stored, bench.clock.now())).toBe(true);
    expect(await bench.accepted(stored.value)).toBe(true);
  });

  test('is trusted no more once a second mint is sent after one whose answer was lost', async () => {
    const bench = await startBench('classic');
    await bench.control('faults', { path: '/cgi-bin/token', kind: 'reset', after: true, times: 2 });
    await bench.worker().refresh({ reason: 'manual' });
    await bench.worker().refresh({ reason: 'manual' });
    const stored = await bench.read();
    expect(isUsable(stored, bench.clock.now())).toBe(false);
    expect(await bench.accepted(stored.value)).toBe(false);
  });

  test('keeps its whole life when WeChat surely made no new one', async () => {
    const bench = await startBench('classic');
    const { usableUntil } = await bench.read();
    await bench.control('faults', { path: '/cgi-bin/token', kind: 'errcode', errcode: 40164, times: 1 });
    await bench.worker().refresh({ reason: 'manual' });
    expect((await bench.read()).usableUntil).toBe(usableUntil);
  });
});

/** WeChat rejects whatever it is asked about. */
const refusing = () => Promise.resolve({ state: 'rejected' } as const);

describe('the stable token', () => {
  test('is renewed inside its last 300 seconds', async () => {
    const bench = await startBench('stable');
    const { refreshAt, expiresAt } = await bench.read();
    expect((expiresAt ?? 0) - (refreshAt ?? 0)).toBe(240);
  });

  test('is asked for again a minute later when WeChat hands the same one back', async () => {
    const bench = await startBench('stable');
    const { generation, expiresAt = 0 } = await bench.read();
    await bench.clock.advance(6600);
    expect(await bench.worker().refresh({ reason: 'manual' })).toEqual({ state: 'usable', generation });
    const stored = await bench.read();
    expect(stored.expiresAt).toBeLessThanOrEqual(expiresAt + 1);
    expect(stored.refreshAt).toBeLessThan((stored.expiresAt ?? 0) - 200);
  });

  test('is forced only when WeChat hands back the very value that it rejects', async () => {
    const bench = await startBench('stable');
    const { generation } = await bench.read();
    await forgetCalls(bench);
    expect(await bench.worker({ check: refusing }).refresh({ reason: 'rejected', generation })).toEqual({
      state: 'usable',
      generation: generation + 1,
    });
    expect(await mints(bench)).toBe(2);
    expect((await bench.read()).forced?.count).toBe(1);
  });

  test('is not forced twice within thirty seconds', async () => {
    const bench = await startBench('stable');
    const { generation } = await bench.read();
    const worker = bench.worker({ check: refusing });
    await worker.refresh({ reason: 'rejected', generation });
    const outcome = await worker.refresh({ reason: 'rejected', generation: generation + 1 });
    expect(outcome).toMatchObject({ state: 'unavailable', failure: { code: 'rejected_token_kept' } });
    expect((await bench.read()).forced?.count).toBe(1);
  });

  test('is forced at most twenty times a day', async () => {
    const bench = await startBench('stable');
    for (let round = 0; round < 25; round++) {
      await bench.clock.advance(40);
      const { generation } = await bench.read();
      await bench.worker({ check: refusing }).refresh({ reason: 'rejected', generation });
    }
    expect((await bench.read()).forced?.count).toBe(20);
  });
});

describe('a refresh that fails', () => {
  test('keeps the value and says when it is tried again', async () => {
    const bench = await startBench('stable');
    const before = await bench.read();
    await bench.control('faults', { path: '/cgi-bin/stable_token', kind: 'http', status: 503, times: 1 });
    await bench.worker().refresh({ reason: 'manual' });
    const { value, failure } = await bench.read();
    expect(value).toBe(before.value);
    expect(failure).toMatchObject({ code: 'wechat_http_status', needsPerson: false, count: 1 });
    expect((failure?.retryAt ?? 0) - (failure?.at ?? 0)).toBe(5);
    expect(bench.booked.at(-1)).toBeGreaterThanOrEqual((failure?.at ?? 0) + 60);
  });

  test('for a wrong secret is one call, then silence until the back-off is over', async () => {
    const bench = await startBench('stable');
    await bench.store.forget(bench.account.appId);
    await bench.control('accounts', { appid: bench.account.appId, secret: 'another' }, 'PATCH');
    await forgetCalls(bench);
    const herd = () =>
      Promise.all(Array.from({ length: 20 }, () => bench.worker().refresh({ reason: 'missing' })));
    await herd();
    const outcomes = await herd();
    expect(await mints(bench)).toBe(1);
    const unavailable = {
      state: 'unavailable',
      failure: { code: 'wechat_credentials_refused', needsPerson: true, count: 1 },
    };
    expect(outcomes).toMatchObject(outcomes.map(() => unavailable));
    await bench.clock.advance(301);
    await herd();
    expect(await mints(bench)).toBe(2);
  });

  test('doubles the pause from five minutes to an hour while a person has to act', async () => {
    const bench = await startBench('stable');
    await bench.control('faults', {
      path: '/cgi-bin/stable_token',
      kind: 'errcode',
      errcode: 40164,
      times: 1000,
    });
    const pauses: number[] = [];
    for (let round = 0; round < 6; round++) {
      await bench.worker().refresh({ reason: 'manual' });
      const { failure } = await bench.read();
      pauses.push((failure?.retryAt ?? 0) - (failure?.at ?? 0));
    }
    expect(pauses).toEqual([300, 600, 1200, 2400, 3600, 3600]);
  });

  test('tells a person once what to do, with the address to allow', async () => {
    const bench = await startBench('stable', { accountOptions: { ip_allow_list: null } });
    await bench.control('accounts', { appid: bench.account.appId, options: { ip_allow_list: [] } }, 'PATCH');
    await bench.worker().refresh({ reason: 'manual' });
    await bench.worker().refresh({ reason: 'manual' });
    expect(bench.raised).toHaveLength(1);
    expect(bench.raised[0]?.advice).toContain('127.0.0.1');
  });

  test('stops at the budget of mints a day, until the next day in China or a person refreshes by hand', async () => {
    const bench = await startBench('classic', { mintBudget: 3 });
    const rejected = async () => {
      const { generation } = await bench.read();
      return bench.worker({ check: refusing }).refresh({ reason: 'rejected', generation });
    };
    const outcomes = [await rejected(), await rejected(), await rejected(), await rejected()];
    expect(outcomes.at(-1)).toMatchObject({ state: 'unavailable', failure: { code: 'mint_budget_spent' } });
    expect(await mints(bench)).toBe(3);
    expect(await bench.worker().refresh({ reason: 'manual' })).toMatchObject({ state: 'usable' });
  });

  test('is forgotten after one that works', async () => {
    const bench = await startBench('stable');
    await bench.control('faults', { path: '/cgi-bin/stable_token', kind: 'http', status: 503, times: 1 });
    await bench.worker().refresh({ reason: 'manual' });
    await bench.worker().refresh({ reason: 'manual' });
    expect((await bench.read()).failure).toBeUndefined();
  });
});
