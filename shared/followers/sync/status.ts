import * as z from 'zod/mini';
import { syncModeSchema, type Account } from '../../accounts/accounts.ts';
import type { Table } from '../../platform/table.ts';
import { Checkpoints, syncPhases, syncStates, type StoredCheckpoint } from './checkpoint.ts';
import { DetailsLedger, type DetailsProgress } from './details-progress.ts';
import { readSpending } from './calls.ts';

const faultSchema = z.object({ code: z.string(), at: z.number() });
const spendingSchema = z.object({ calls: z.number(), most: z.number() });

/** How the sync of an account is. Times in Unix seconds. */
export const syncStatusSchema = z.object({
  account: z.string(),
  /** What the daily sync brings. */
  sync: syncModeSchema,
  state: z.enum(['never', 'paused', ...syncStates]),
  /** At the time of this answer. */
  now: z.number(),
  pausedAt: z.optional(z.number()),
  run: z.optional(
    z.object({
      runId: z.string(),
      phase: z.enum(syncPhases),
      startedAt: z.number(),
      endedAt: z.optional(z.number()),
      waitingFor: z.optional(z.enum(['quota', 'retry'])),
      resumeAt: z.optional(z.number()),
      pages: z.number(),
      listed: z.number(),
      /** As WeChat counts. */
      total: z.optional(z.number()),
      joined: z.number(),
      left: z.number(),
      passedOver: z.number(),
      /** Whose details were asked for, and what came of it. */
      details: z.object({
        queued: z.number(),
        done: z.number(),
        refused: z.number(),
        unanswered: z.number(),
        owed: z.number(),
        /** Whose details never came, though they were asked for again; known at the end. */
        missing: z.number(),
      }),
      /** Openids a second in the list, or people a second with details, whichever is under way. */
      perSecond: z.optional(z.number()),
      secondsLeft: z.optional(z.number()),
      errors: z.number(),
      lastError: z.optional(faultSchema),
      detailErrors: z.number(),
      lastDetailError: z.optional(faultSchema),
    }),
  ),
  spent: z.object({ day: z.string(), list: spendingSchema, details: spendingSchema }),
  /** Messages of all accounts about details: those that wait, and those that were put aside after the last try. */
  queue: z.object({ waiting: z.number(), poisoned: z.number() }),
});
export type SyncStatus = z.infer<typeof syncStatusSchema>;

/** Reads how the sync of an account is. */
export async function readSyncStatus(
  followers: Table,
  account: Account,
  { now, queue }: { now: number; queue: SyncStatus['queue'] },
): Promise<SyncStatus> {
  const name = account.appId;
  const { run, pausedAt } = await new Checkpoints(followers).read(name);
  const progress = run && (await new DetailsLedger(followers).read(name, run.runId));
  return {
    account: name,
    sync: account.sync ?? 'details',
    state: pausedAt === undefined ? (run?.state ?? 'never') : 'paused',
    now,
    pausedAt,
    run: run && statusOf(run, progress ?? { ...nothingYet, beganAt: now }, now),
    spent: await readSpending(followers, account, now),
    queue,
  };
}

const nothingYet = { done: 0, refused: 0, unanswered: 0, owed: 0, errors: 0, lastError: undefined };

function statusOf(
  run: StoredCheckpoint,
  progress: Pick<DetailsProgress, keyof typeof nothingYet | 'beganAt'>,
  now: number,
): SyncStatus['run'] {
  const { runId, phase, startedAt, endedAt, waitingFor, resumeAt, lastError } = run;
  const { pages, listed, total, joined, left, passedOver, errors, queued, missing = 0 } = run;
  const { refused, unanswered, owed } = progress;
  // A message that comes twice may count twice.
  const done = Math.min(progress.done, queued);
  return {
    ...{ runId, phase, startedAt, endedAt, waitingFor, resumeAt },
    ...{ pages, listed, total, joined, left, passedOver, errors, lastError },
    details: { queued, done, refused, unanswered, owed, missing },
    ...paceOf(run, { done, seconds: now - progress.beganAt }),
    detailErrors: progress.errors,
    lastDetailError: progress.lastError,
  };
}

/** How quickly a phase goes that takes long, and how long it will take yet. */
function paceOf(
  run: StoredCheckpoint,
  details: { readonly done: number; readonly seconds: number },
): { perSecond?: number; secondsLeft?: number } {
  if (run.state !== 'running') return {};
  if (run.phase === 'listing') return pace(run.listed, run.total ?? run.listed, run.workSeconds);
  return run.phase === 'details' ? pace(details.done, run.queued, details.seconds) : {};
}

function pace(amount: number, all: number, seconds: number): { perSecond?: number; secondsLeft?: number } {
  if (amount <= 0 || seconds <= 0) return {};
  const perSecond = amount / seconds;
  return { perSecond, secondsLeft: Math.ceil(Math.max(0, all - amount) / perSecond) };
}
