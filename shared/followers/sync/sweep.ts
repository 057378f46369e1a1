import type { Account, Accounts } from '../../accounts/accounts.ts';
import type { Clock } from '../../platform/clock.ts';
import { concurrently } from '../../platform/concurrently.ts';
import type { Log } from '../../platform/log.ts';
import type { Metrics, MetricValues } from '../../platform/metrics.ts';
import type { AppId } from '../../wechat/tokens.ts';
import type { Checkpoints, StoredCheckpoint } from './checkpoint.ts';
import { daysOfSync, faultCode } from './calls.ts';
import { isOver, isWorkable } from './run.ts';
import { beginRun, isNewRunDue } from './schedule.ts';

export interface SyncSweepReport {
  readonly accounts: number;
  /** Runs that have been set going. */
  readonly started: number;
}

/** Runs worked on at once: each is a function that works for minutes, and the API needs the rest. */
const usualMaxRuns = 20;
const maxConcurrent = 20;

/**
 * Finds the runs that somebody has to work on, has each worked on by `dispatch`, and begins those of the day: first
 * what is under way, then who has waited longest.
 */
export async function sweepSyncs(
  parts: {
    accounts: Accounts;
    checkpoints: Checkpoints;
    clock: Clock;
    log: Log;
    metrics: Metrics;
    /** The most runs to be worked on at once. @default 20 */
    maxRuns?: number | undefined;
  },
  dispatch: (appId: AppId) => Promise<void>,
): Promise<SyncSweepReport> {
  const { accounts, checkpoints, clock, log, metrics, maxRuns = usualMaxRuns } = parts;
  const due: { account: Account; run: StoredCheckpoint | undefined; begin: boolean }[] = [];
  const missed = new Set<string>();
  const failed = ({ appId, sync }: Pick<Account, 'sync'> & { appId: string }, error: unknown) => {
    if (sync !== 'off') missed.add(appId);
    log.error('The sweep could not see to the sync of an account.', {
      account: appId,
      code: faultCode(error),
    });
  };
  const all = await accounts.list((appId, error) => failed({ appId }, error));
  const now = clock.now();
  const kept: Kept[] = [];
  await concurrently(all, maxConcurrent, async (account) => {
    try {
      const found = await checkpoints.read(account.appId);
      if (account.sync !== 'off' && found.pausedAt === undefined && found.run) {
        kept.push({ account, run: found.run });
      }
      const begin = isNewRunDue(account, found, now);
      if (begin || (found.run && isWorkable(found.run, now))) due.push({ account, run: found.run, begin });
    } catch (error) {
      failed(account, error);
    }
  });
  const rank = ({ run, begin }: (typeof due)[number]) => (begin ? (run?.endedAt ?? 1) : 0);
  const held = kept.filter(({ run: { leaseUntil = 0 } }) => leaseUntil > now).length;
  const maxStarts = Math.max(0, maxRuns - held);
  let started = 0;
  for (const { account, begin } of due.sort((a, b) => rank(a) - rank(b)).slice(0, maxStarts)) {
    try {
      if (begin) await beginRun(checkpoints, account, { now });
      await dispatch(account.appId);
      started += 1;
    } catch (error) {
      failed(account, error);
    }
  }
  metrics.put(measuresOf(kept, missed, now));
  return { accounts: all.length, started };
}

/**
 * Whoever has not come to an end by then needs somebody to look: a run begins each day. A list that the day's quota does
 * not suffice for has as many days more.
 */
const stuckSeconds = 36 * 3600;
const daySeconds = 86_400;

/** The run of an account that is to be synced. */
interface Kept {
  readonly account: Account;
  readonly run: StoredCheckpoint;
}

function isStuck({ account, run }: Kept, now: number): boolean {
  if (isOver(run)) return run.state === 'failed';
  const { total: people = 0, details, startedAt } = run;
  return now - startedAt > stuckSeconds + (daysOfSync(account, { people, details }) - 1) * daySeconds;
}

/**
 * How many runs are under way and stuck, and how far the one is that has come least far. An account that the sweep
 * could not see to is stuck, too: nobody begins its runs.
 */
function measuresOf(runs: readonly Kept[], missed: ReadonlySet<string>, now: number): MetricValues {
  const underWay = runs.map(({ run }) => run).filter((run) => !isOver(run));
  const stuck = new Set(runs.filter((one) => isStuck(one, now)).map(({ account }) => account.appId));
  const listed = underWay.map(({ phase, listed: seen, total = 0 }) =>
    phase === 'listing' ? Math.round((100 * Math.min(seen, total)) / Math.max(1, total)) : 100,
  );
  return {
    SyncsUnderWay: underWay.length,
    SyncsStuck: missed.union(stuck).size,
    ...(listed.length > 0 && { SyncProgress: Math.min(...listed) }),
  };
}
