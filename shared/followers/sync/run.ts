import { randomBytes } from 'node:crypto';
import type { Account } from '../../accounts/accounts.ts';
import { WeChatApiError } from '../../wechat/errors.ts';
import { runIdOf } from '../mirror/follower-item.ts';
import { faultCode, quotaUntil } from './calls.ts';
import type { Checkpoint, StoredCheckpoint, Tally } from './checkpoint.ts';

const firstRetrySeconds = 60;
const maxRetrySeconds = 3600;
/** How often a run begins its list anew. */
const maxRestarts = 2;
/** WeChat's day may begin a little later than ours. */
export const dayMarginSeconds = 60;

/** The run cannot go on, and going on later would not help: the code says why. */
export class RunFailed extends Error {
  override readonly name = 'RunFailed';
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** What a step that succeeded leaves behind of those before that failed. */
export const succeeded = { failures: 0 } as const;
const emptyTally: Tally = { subscribed: 0, withProfile: 0, tags: {}, scenes: {} };

/** Where a walk through the partitions begins. */
export const startOfWalk = { partition: 0, after: undefined, pending: [], tally: emptyTally };

/** The beginning of WeChat's list, of which nothing is stored yet. */
const startOfList = { cursor: undefined, listEnd: undefined, fallbacks: [], circle: undefined, listed: 0 };

/** The run reads the list once more. Throws RunFailed where it has too often. */
export function listedAnew(run: Checkpoint, code: string, now: number): Checkpoint {
  if (run.restarts >= maxRestarts) throw new RunFailed(code);
  return {
    ...run,
    ...startOfWalk,
    ...startOfList,
    startedAt: now,
    phase: 'listing',
    queued: 0,
    restarts: run.restarts + 1,
    errors: run.errors + 1,
    lastError: { code, at: now },
  };
}

/** A new run, from its beginning. `before` is the account's last one. */
export function newRun(
  account: Account,
  before: Checkpoint | undefined,
  { now, force }: { now: number; force: boolean },
): Checkpoint {
  return {
    runId: runIdOf(now, randomBytes(6).toString('hex')),
    startedAt: now,
    state: 'running',
    details: account.sync !== 'list',
    force,
    ...startOfList,
    storedList: before?.storedList,
    restarts: 0,
    pages: 0,
    joined: 0,
    passedOver: 0,
    lastListed: before?.state === 'done' ? peopleOf(before) : before?.lastListed,
    phase: 'listing',
    isCompared: false,
    ...startOfWalk,
    left: 0,
    queued: 0,
    repeats: 0,
    emptyWalks: 0,
    workSeconds: 0,
    errors: 0,
    failures: 0,
  };
}

/** How many people a list has. Some are counted twice that was read from an earlier place on. */
function peopleOf({ listed, total = listed }: Checkpoint): number {
  return Math.min(listed, total);
}

/** Whether a run is there that somebody could go on with now. */
export function isWorkable(run: StoredCheckpoint, now: number): boolean {
  if (run.pausedAt !== undefined || (run.leaseUntil ?? 0) > now) return false;
  return run.state === 'running' || (run.state === 'waiting' && now >= (run.resumeAt ?? 0));
}

/** Whether the run is over, well or not. */
export function isOver({ state }: Pick<Checkpoint, 'state'>): boolean {
  return state === 'done' || state === 'failed';
}

/** What becomes of a run that goes on by itself at that time. */
export function waitsFor(waitingFor: 'quota' | 'retry', resumeAt: number) {
  return { state: 'waiting', waitingFor, resumeAt } as const;
}

/** The run once it has done all that it had to. Its phase is one that every version knows. */
export function finished(run: Checkpoint, now: number): Checkpoint {
  return { ...run, state: 'done', phase: 'counting', endedAt: now, cursor: undefined, fallbacks: [] };
}

/** Errcodes that go on until a person does something; the next daily run tries again. */
const lasting: readonly string[] = ['not_permitted', 'credentials_refused', 'bad_request'];

/** The run after a step that failed: it waits for its quota, tries again later, or has failed for today. */
export function afterFault(run: Checkpoint, error: unknown, now: number): Checkpoint {
  const noted = {
    ...run,
    errors: run.errors + 1,
    failures: run.failures + 1,
    lastError: { code: error instanceof RunFailed ? error.code : faultCode(error), at: now },
  };
  const isLasting = error instanceof WeChatApiError && lasting.includes(error.kind);
  if (error instanceof RunFailed || isLasting) return { ...noted, state: 'failed', endedAt: now };
  const until = quotaUntil(error, now);
  if (until !== undefined) return { ...noted, ...waitsFor('quota', until + dayMarginSeconds) };
  const pause = Math.min(maxRetrySeconds, firstRetrySeconds * 2 ** Math.min(run.failures, 10));
  return { ...noted, ...waitsFor('retry', now + pause) };
}
