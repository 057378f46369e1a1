import { beforeEach, describe, expect, test } from '@jest/globals';
import { tableSchemas } from '../../local/aws/dynamodb.ts';
import type { SteerableClock } from '../../local/clock.ts';
import { Accounts, type Account, type TokenMode } from '../../shared/accounts/accounts.ts';
import { Checkpoints } from '../../shared/followers/sync/checkpoint.ts';
import { accountItemKey } from '../../shared/followers/mirror/follower-item.ts';
import { sweepSyncs } from '../../shared/followers/sync/sweep.ts';
import { beginRun } from '../../shared/followers/sync/schedule.ts';
import type { MetricValues } from '../../shared/platform/metrics.ts';
import { type AppId, parseAppId } from '../../shared/wechat/tokens.ts';
import { standingClock } from '../kit/clock.ts';
import { MemoryTable } from '../kit/memory-table.ts';

const hour = 3600;
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

let clock: SteerableClock;
let memory: MemoryTable;
let registered: MemoryTable;
let checkpoints: Checkpoints;
beforeEach(() => {
  clock = standingClock();
  memory = new MemoryTable(tableSchemas.followers);
  registered = new MemoryTable(tableSchemas.credentials);
  checkpoints = new Checkpoints(memory.table());
});

function accountOf(name: string, sync?: Account['sync']): Account {
  return {
    appId: parseAppId(name),
    name,
    mode: 'stable',
    mintBudget: 200,
    dailyLimits: {},
    allowedOrigins: [],
    createdAt: 0,
    ...(sync && { sync }),
  };
}

const one = accountOf('wx0000000000000001');
const two = accountOf('wx0000000000000002');

/** One sweep: the accounts that it set going, and what it measured. */
async function sweep(
  all: readonly Account[],
  dispatch: (account: AppId) => Promise<void> = () => Promise.resolve(),
  maxRuns?: number,
): Promise<{ begun: string[]; measured: MetricValues[] }> {
  const begun: string[] = [];
  const measured: MetricValues[] = [];
  const accounts = new Accounts(registered.table());
  for (const account of all) await accounts.add(account);
  const metrics = { put: (values: MetricValues) => measured.push(values) };
  await sweepSyncs({ accounts, checkpoints, clock, log, metrics, maxRuns }, async (account) => {
    await dispatch(account);
    begun.push(account);
  });
  return { begun, measured };
}

async function stuckOf(...all: Account[]): Promise<number | undefined> {
  const { measured } = await sweep(all);
  expect(measured).toHaveLength(1);
  return measured[0]?.SyncsStuck;
}

async function makeUnreadable(account: Account): Promise<void> {
  await memory.table().put({ ...accountItemKey(account.appId, 'checkpoint'), runId: 7 });
}

describe('as stuck counts', () => {
  test('a run that has been under way for more than a day and a half, and not before', async () => {
    await beginRun(checkpoints, one, { now: clock.now() });
    await clock.advance(36 * hour);
    expect(await stuckOf(one)).toBe(0);
    await clock.advance(1);
    expect(await stuckOf(one)).toBe(1);
  });

  test('a run that has been under way for so much longer than the days over which its quotas spread it', async () => {
    // Of ten calls a day four are the syncs', and the list takes eleven.
    const large = { ...one, dailyLimits: { '/cgi-bin/user/get': 10 } };
    await beginRun(checkpoints, large, { now: clock.now() });
    const { run } = await checkpoints.read(one.appId);
    if (!run) throw new Error('There is no run.');
    await checkpoints.write(one.appId, { ...run, total: 100_000 }, run.revision);
    await clock.advance((36 + 2 * 24) * hour);
    expect(await stuckOf(large)).toBe(0);
    await clock.advance(1);
    expect(await stuckOf(large)).toBe(1);
  });

  test('a run that has failed, until the next one begins', async () => {
    await beginRun(checkpoints, one, { now: clock.now() });
    const { run } = await checkpoints.read(one.appId);
    if (!run) throw new Error('There is no run.');
    await checkpoints.write(one.appId, { ...run, state: 'failed', endedAt: clock.now() }, run.revision);
    expect(await stuckOf(one)).toBe(1);
    await clock.advance(24 * hour);
    await sweep([one]);
    expect(await stuckOf(one)).toBe(0);
  });

  test('an account whose checkpoint cannot be read, while the others are seen to', async () => {
    await makeUnreadable(one);
    const { begun, measured } = await sweep([one, two]);
    expect(begun).toEqual([two.appId]);
    expect(measured).toEqual([{ SyncsUnderWay: 0, SyncsStuck: 1 }]);
  });

  test('an account that is registered in a way unknown here, while the others are seen to', async () => {
    const { begun, measured } = await sweep([{ ...one, mode: 'of a later version' as TokenMode }, two]);
    expect(begun).toEqual([two.appId]);
    expect(measured).toEqual([{ SyncsUnderWay: 0, SyncsStuck: 1 }]);
  });

  test('an account whose run cannot be set going, while the others are seen to', async () => {
    const refused = (account: string) => (account === one.appId ? Promise.reject(new Error()) : undefined);
    const { begun, measured } = await sweep([one, two], async (account) => refused(account));
    expect(begun).toEqual([two.appId]);
    expect(measured).toMatchObject([{ SyncsStuck: 1 }]);
  });

  test('no account that is not synced, or whose syncs are paused', async () => {
    const off = accountOf('wx0000000000000003', 'off');
    await makeUnreadable(off);
    await beginRun(checkpoints, one, { now: clock.now() });
    await checkpoints.pause(one.appId, clock.now());
    await clock.advance(48 * hour);
    expect(await stuckOf(one, off)).toBe(0);
  });
});

test('a sweep sets no more runs going than may work at once, those that somebody works on included', async () => {
  const three = accountOf('wx0000000000000003');
  await beginRun(checkpoints, one, { now: clock.now() });
  const { run } = await checkpoints.read(one.appId);
  if (!run) throw new Error('There is no run.');
  const now = clock.now();
  await checkpoints.take(one.appId, run, { seen: run.revision, now, until: now + 60 });
  expect((await sweep([one, two, three], undefined, 2)).begun).toEqual([two.appId]);
});

test('a sweep without a single account measures, too: that nothing comes is what the alarm hears', async () => {
  expect(await sweep([])).toEqual({ begun: [], measured: [{ SyncsUnderWay: 0, SyncsStuck: 0 }] });
});
