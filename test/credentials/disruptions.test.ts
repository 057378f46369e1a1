import { describe, expect, test } from '@jest/globals';
import { isUsable, type Need } from '../../shared/credentials/credential.ts';
import type { Mint } from '../../shared/credentials/mint.ts';
import { minuteSeconds } from '../../shared/credentials/timing.ts';
import { WeChatUnreachableError } from '../../shared/wechat/errors.ts';
import { forgetCalls, mints, startBench, type Bench } from './bench.ts';

const manual: Need = { reason: 'manual' };

/** A mint that stands still before it is sent, for longer than its lease, while `meanwhile` goes on. */
function stalledBefore(bench: Bench, meanwhile: () => Promise<unknown>): (real: Mint) => Mint {
  let isFirst = true;
  return (real) => async (account, options) => {
    if (isFirst) {
      isFirst = false;
      await bench.clock.advance(30);
      await meanwhile();
    }
    // The process does not know that it stood still, so it still has its time.
    return real(account, { ...options, until: options.until + 30 });
  };
}

/** The answer to the next mint is lost on the way, after WeChat has made the token. */
const loseAnswer = (bench: Bench) =>
  bench.control('faults', { path: mintPath(bench), kind: 'reset', after: true, times: 1 });
const mintPath = ({ account }: Bench) =>
  account.mode === 'stable' ? '/cgi-bin/stable_token' : '/cgi-bin/token';
const strayRejection = (bench: Bench, times = 1) =>
  bench.control('faults', { path: '/cgi-bin/user/get', kind: 'errcode', errcode: 40001, times });
const revoke = (bench: Bench) =>
  bench.control('revoke', { appid: bench.account.appId, what: 'access_token' });

/** Five minutes later: what a mint has replaced is dead by then. */
async function graceIsOver({ clock }: Bench): Promise<void> {
  await clock.advance(301);
}

describe('a worker that lost its lease', () => {
  test('and then the answer to its mint has the token of the winner replaced', async () => {
    const bench = await startBench('classic');
    const stalled = bench.worker({
      mint: stalledBefore(bench, async () => {
        await bench.worker().refresh(manual);
        await loseAnswer(bench);
      }),
    });
    const outcome = await stalled.refresh(manual);
    await graceIsOver(bench);
    const stored = await bench.read();
    expect(outcome).toEqual({ state: 'usable', generation: stored.generation });
    expect(await bench.accepted(stored.value)).toBe(true);
  });

  test('and may not replace the token of the winner has readers stop using it', async () => {
    const bench = await startBench('classic', { mintBudget: 1 });
    const stalled = bench.worker({
      mint: stalledBefore(bench, async () => {
        await bench.worker().refresh(manual);
        await loseAnswer(bench);
      }),
    });
    await stalled.refresh(manual);
    await graceIsOver(bench);
    expect(isUsable(await bench.read(), bench.clock.now())).toBe(false);
  });

  test('makes its second mint within the budget of the day', async () => {
    const bench = await startBench('classic', { mintBudget: 3 });
    await forgetCalls(bench);
    // The first one was made when the account was registered.
    const stalled = bench.worker({
      mint: stalledBefore(bench, () => bench.worker().refresh({ reason: 'missing' })),
    });
    await bench.store.amend(
      bench.account.appId,
      await bench.read(),
      { usableUntil: 0 },
      { now: bench.clock.now() },
    );
    await stalled.refresh({ reason: 'missing' });
    expect(await mints(bench)).toBe(2);
    expect((await bench.read()).failure).toMatchObject({ code: 'mint_budget_spent' });
  });

  test('leaves the failure that the winner recorded', async () => {
    const bench = await startBench('classic');
    const stalled = bench.worker({
      mint: stalledBefore(bench, async () => {
        const path = mintPath(bench);
        await bench.control('faults', { path, kind: 'errcode', errcode: 40164, times: 1 });
        await bench.worker().refresh(manual);
      }),
    });
    await stalled.refresh(manual);
    expect((await bench.read()).failure).toMatchObject({ code: 'wechat_ip_not_allowed' });
  });

  test('and forced a stable token has the token of the winner replaced', async () => {
    const bench = await startBench('stable');
    const { generation } = await bench.read();
    const rejected: Need = { reason: 'rejected', generation };
    const refusing = () => Promise.resolve({ state: 'rejected' } as const);
    let isForced = false;
    const stalled = bench.worker({
      check: refusing,
      mint: (real) => async (account, options) => {
        if (options.force && !isForced) {
          isForced = true;
          await bench.clock.advance(31);
          await bench.worker({ check: refusing }).refresh(rejected);
          await bench.clock.advance(31);
        }
        return real(account, { ...options, until: options.until + 62 });
      },
    });
    await stalled.refresh(rejected);
    await graceIsOver(bench);
    expect(await bench.accepted((await bench.read()).value)).toBe(true);
  });

  test('whose record was written although the answer was lost mints no more', async () => {
    const bench = await startBench('classic');
    await forgetCalls(bench);
    const release = bench.store.release.bind(bench.store);
    bench.store.release = async (...given) => {
      await release(...given);
      // The repetition by the SDK, after the first one took effect.
      return release(...given);
    };
    await loseAnswer(bench);
    await bench.worker().refresh(manual);
    expect(await mints(bench)).toBe(1);
    expect((await bench.read()).failure).toMatchObject({ code: 'wechat_reset' });
  });
});

describe.each(['stable', 'classic'] as const)('a stray 40001 in %s mode', (mode) => {
  test('costs a check and no mint, and the call succeeds', async () => {
    const bench = await startBench(mode);
    await forgetCalls(bench);
    for (let round = 0; round < 21; round++) {
      await strayRejection(bench);
      await bench.list();
      await bench.clock.advance(5);
    }
    expect(await mints(bench)).toBe(0);
    expect(await bench.callsTo('/cgi-bin/get_api_domain_ip')).toBe(21);
  });

  test('of many calls at once costs a check or two', async () => {
    const bench = await startBench(mode);
    await bench.list();
    await forgetCalls(bench);
    await strayRejection(bench, 20);
    await Promise.all(Array.from({ length: 20 }, () => bench.list()));
    expect(await bench.callsTo('/cgi-bin/get_api_domain_ip')).toBeLessThanOrEqual(2);
    expect(await mints(bench)).toBe(0);
  });

  test('leaves the token alone while WeChat cannot be asked about it', async () => {
    const bench = await startBench(mode);
    const { generation } = await bench.read();
    await forgetCalls(bench);
    const unknown = {
      state: 'unknown',
      error: new WeChatUnreachableError({ api: '/', reason: 'timeout' }),
    } as const;
    const outcome = await bench
      .worker({ check: () => Promise.resolve(unknown) })
      .refresh({ reason: 'rejected', generation });
    expect(outcome).toEqual({ state: 'usable', generation, unchecked: 'wechat_timeout' });
    expect(isUsable(await bench.read(), bench.clock.now())).toBe(true);
    expect(await mints(bench)).toBe(0);
  });
});

describe('a verdict that the token is good', () => {
  test('does not answer a report that came in after WeChat was asked', async () => {
    const bench = await startBench('stable');
    const { generation } = await bench.read();
    const rejected: Need = { reason: 'rejected', generation };
    let late: Promise<unknown> | undefined;
    const check = async () => {
      // Accepted by WeChat at this moment. Then it dies, and somebody else's call is rejected.
      await revoke(bench);
      late ??= bench.worker().refresh(rejected);
      // The late one has looked at the record, and waits.
      for (let look = 0; look < 50; look++) await bench.read();
      return { state: 'accepted' } as const;
    };
    expect(await bench.worker({ check }).refresh(rejected)).toMatchObject({ generation });
    expect(await late).toEqual({ state: 'usable', generation: generation + 1 });
    expect(await bench.accepted((await bench.read()).value)).toBe(true);
  });

  test('answers every report that came in before WeChat was asked', async () => {
    const bench = await startBench('stable');
    const { generation } = await bench.read();
    await forgetCalls(bench);
    const workers = Array.from({ length: 20 }, () => bench.worker());
    await Promise.all(workers.map((worker) => worker.refresh({ reason: 'rejected', generation })));
    expect(await bench.callsTo('/cgi-bin/get_api_domain_ip')).toBeLessThanOrEqual(2);
  });
});

describe('a token that WeChat rejected, at a time when no other can be forced', () => {
  async function startKept(): Promise<Bench> {
    const bench = await startBench('stable');
    const { generation } = await bench.read();
    const today = new Date((bench.clock.now() + 8 * 3600) * 1000).toISOString().slice(0, 10);
    const forced = { day: today, count: 20, lastAt: 0 };
    const { clock, account } = bench;
    await bench.store.amend(account.appId, await bench.read(), { forced }, { now: clock.now() });
    const refusing = () => Promise.resolve({ state: 'rejected' } as const);
    expect(await bench.worker({ check: refusing }).refresh({ reason: 'rejected', generation })).toMatchObject(
      {
        state: 'unavailable',
        failure: { code: 'rejected_token_kept' },
      },
    );
    return bench;
  }

  test('is handed out again within ten minutes once WeChat accepts it', async () => {
    const bench = await startKept();
    await bench.clock.advance(600);
    expect(await bench.worker().refresh({ reason: 'missing' })).toMatchObject({ state: 'usable' });
    expect(await bench.accepted((await bench.read()).value)).toBe(true);
  });

  test('is handed out again at once when a person refreshes by hand', async () => {
    const bench = await startKept();
    expect(await bench.worker().refresh(manual)).toMatchObject({ state: 'usable' });
    expect((await bench.read()).failure).toBeUndefined();
  });

  test('is not handed out while WeChat goes on rejecting it', async () => {
    const bench = await startKept();
    const path = '/cgi-bin/get_api_domain_ip';
    await bench.control('faults', { path, kind: 'errcode', errcode: 40001, times: 1000 });
    await bench.clock.advance(600);
    expect(await bench.worker().refresh({ reason: 'missing' })).toMatchObject({ state: 'unavailable' });
  });
});

describe('a daily quota that WeChat says is used up', () => {
  test.each(['stable', 'classic'] as const)(
    'is asked about again after ten minutes in %s mode',
    async (mode) => {
      const bench = await startBench(mode);
      await bench.control('faults', { path: mintPath(bench), kind: 'errcode', errcode: 45009, times: 1 });
      await bench.worker().refresh(manual);
      const { failure } = await bench.read();
      expect((failure?.retryAt ?? 0) - (failure?.at ?? 0)).toBe(600);
      await bench.clock.advance(600);
      expect(await bench.worker().refresh({ reason: 'due' })).toMatchObject({ state: 'usable' });
      expect((await bench.read()).failure).toBeUndefined();
    },
  );

  test('is told to a person, with the way to the other mode', async () => {
    const bench = await startBench('stable');
    await bench.control('faults', { path: mintPath(bench), kind: 'errcode', errcode: 45009, times: 1 });
    await bench.worker().refresh(manual);
    expect(bench.raised).toHaveLength(1);
    expect(bench.raised[0]?.advice).toContain('account set-mode');
  });
});

describe('a booked refresh', () => {
  test('that runs before its time books another one, for another minute', async () => {
    const bench = await startBench('classic');
    const { refreshAt = 0 } = await bench.read();
    await bench.clock.advance(refreshAt - bench.clock.now() - 40);
    bench.booked.length = 0;
    await bench.worker().refresh({ reason: 'due' });
    expect(bench.booked).toEqual([refreshAt + minuteSeconds]);
  });

  test('that comes long before a refresh is due books nothing', async () => {
    const bench = await startBench('classic');
    bench.booked.length = 0;
    await bench.worker().refresh({ reason: 'due' });
    expect(bench.booked).toEqual([]);
  });
});

describe('what must not fail a refresh', () => {
  const failing = () => Promise.reject(new Error('AWS is out of reach.'));

  test('is a booking', async () => {
    const bench = await startBench('stable');
    const worker = bench.worker({ bookings: { book: failing } });
    expect(await worker.refresh(manual)).toMatchObject({ state: 'usable' });
    expect(bench.logged).toContainEqual(
      expect.objectContaining({ message: 'The next refresh could not be booked; the sweep will find it.' }),
    );
  });

  test('is an alarm', async () => {
    const bench = await startBench('stable');
    await bench.control('faults', { path: mintPath(bench), kind: 'errcode', errcode: 40164, times: 1 });
    const outcome = await bench.worker({ alarms: { raise: failing } }).refresh(manual);
    expect(outcome).toMatchObject({ state: 'usable' });
    expect((await bench.read()).failure).toMatchObject({ code: 'wechat_ip_not_allowed' });
    expect(bench.logged).toContainEqual(
      expect.objectContaining({ message: 'An alarm could not be raised.' }),
    );
  });
});
