import * as z from 'zod/mini';
import { leaseShape, Leases, type Lease } from '../../platform/lease.ts';
import type { Condition, Table } from '../../platform/table.ts';
import type { AppId } from '../../wechat/tokens.ts';
import { accountItemKey } from '../mirror/follower-item.ts';
import { circleSchema } from './circle.ts';

/**
 * Where a run stands. `listing`: pages of WeChat's list are stored. `comparing`: the mirror is brought in line with them,
 * and who lacks details is queued. `details`: the queue is worked off. `counting`: what there is now is counted.
 */
export const syncPhases = ['listing', 'comparing', 'details', 'counting'] as const;
/** Versions that did not store the list called the phase so which looked for who was not in it. */
const formerPhase = 'leavers';
/** `waiting`: it goes on by itself at `resumeAt`. */
export const syncStates = ['running', 'waiting', 'done', 'failed'] as const;

export const tallySchema = z.object({
  subscribed: z.number(),
  withProfile: z.number(),
  tags: z.record(z.string(), z.number()),
  scenes: z.record(z.string(), z.number()),
});
export type Tally = z.infer<typeof tallySchema>;

const errorSchema = z.object({ code: z.string(), at: z.number() });

/** One run of the sync of an account, as far as it has come. Times in Unix seconds. */
export const checkpointSchema = z.object({
  runId: z.string(),
  /** When it began to read its list: later, where that had to be read anew. */
  startedAt: z.number(),
  endedAt: z.optional(z.number()),
  state: z.enum(syncStates),
  phase: z.pipe(
    z.transform((phase) => (phase === formerPhase ? 'comparing' : phase)),
    z.enum(syncPhases),
  ),
  /** Whether details are fetched, too. */
  details: z.boolean(),
  /** Whether the operator has said that a list much shorter than expected is right. */
  force: z.boolean(),
  waitingFor: z.optional(z.enum(['quota', 'retry'])),
  resumeAt: z.optional(z.number()),

  /** The openid after which the next page begins, and up to which the list is stored; absent for the first. */
  cursor: z.optional(z.string()),
  /** By what the list is known as far as it is stored: its last manifest. */
  listEnd: z.optional(z.string()),
  /** The same of the newest whole list, of this run or an earlier one. */
  storedList: z.optional(z.string()),
  /** Places to go on from should WeChat no longer know the cursor, the best at the end. */
  fallbacks: z.array(z.string()),
  /** What is remembered of earlier cursors. */
  circle: z.optional(circleSchema),
  restarts: z.number(),
  pages: z.number(),
  listed: z.number(),
  /** How many followers WeChat said there are: with the first page, and with the latest. */
  firstTotal: z.optional(z.number()),
  total: z.optional(z.number()),
  joined: z.number(),
  /** Openids in the list of whom an event says that they have left since. */
  passedOver: z.number(),
  /** What the last run that was done had listed. */
  lastListed: z.optional(z.number()),

  /** Whether this run has compared the mirror with its list, all of it. */
  isCompared: z._default(z.boolean(), false),
  /** How far the walk through the partitions is. */
  partition: z.number(),
  after: z.optional(z.string()),
  left: z.number(),
  /** Who lacks details and is not queued yet: fewer than a message takes. */
  pending: z.array(z.string()),
  queued: z.number(),
  /** How often those without details were looked for again, since the queue brought no more of them. */
  repeats: z._default(z.number(), 0),
  /** How many walks in a row found the quota of details used up, and brought nobody's. */
  emptyWalks: z._default(z.number(), 0),
  /** Whose details the queue never brought; absent where it brought everyone's. */
  missing: z.optional(z.number()),
  tally: tallySchema,

  /** Seconds spent on pages of the list, waits left out. */
  workSeconds: z.number(),
  /** Errors of the run, and how many of them came in a row just now. */
  errors: z.number(),
  failures: z.number(),
  lastError: z.optional(errorSchema),
});
export type Checkpoint = z.infer<typeof checkpointSchema>;

/** As it is stored. */
export interface StoredCheckpoint extends Checkpoint {
  readonly revision: number;
  /** Until when nobody else may work on it. */
  readonly leaseUntil?: number | undefined;
  /** Since when the operator has the syncs of the account paused. */
  readonly pausedAt?: number | undefined;
}

const storedSchema = z.extend(checkpointSchema, {
  ...leaseShape,
  revision: z.number(),
  pausedAt: z.optional(z.number()),
});
/** Before the first run there may be a pause, and nothing else. */
const pauseSchema = z.object({ pausedAt: z.optional(z.number()), runId: z.optional(z.undefined()) });

/** The right to work on the run of an account. */
export interface CheckpointLease extends Lease {
  readonly revision: number;
}

/** The checkpoints: one item for each account, written by whoever has its lease, or while nobody has written it since. */
export class Checkpoints {
  readonly #table: Table;
  readonly #leases: Leases;

  constructor(followers: Table) {
    this.#table = followers;
    this.#leases = new Leases(followers);
  }

  async read(appId: AppId): Promise<{ run: StoredCheckpoint | undefined; pausedAt: number | undefined }> {
    const item = await this.#table.get(keyOf(appId));
    if (!item) return { run: undefined, pausedAt: undefined };
    const parsed = z.parse(z.union([storedSchema, pauseSchema]), item);
    return { run: parsed.runId === undefined ? undefined : parsed, pausedAt: parsed.pausedAt };
  }

  /** Whether the operator has the syncs of the account paused. */
  async isPaused(appId: AppId): Promise<boolean> {
    const item = await this.#table.get(keyOf(appId), ['pausedAt']);
    return item?.['pausedAt'] !== undefined;
  }

  /**
   * Writes `next` in place of the revision seen (undefined: there is none yet). False where somebody else has written
   * since: what stands there is theirs.
   */
  async write(appId: AppId, next: Checkpoint, seen: number | undefined): Promise<boolean> {
    return this.#table.update(keyOf(appId), {
      ...changeTo(next, (seen ?? 0) + 1),
      condition: isAs(seen),
    });
  }

  /** Takes the run as it was seen, if nobody has it, and writes `next`. Undefined where somebody was quicker. */
  async take(
    appId: AppId,
    next: Checkpoint,
    { seen, now, until }: { seen: number; now: number; until: number },
  ): Promise<CheckpointLease | undefined> {
    const revision = seen + 1;
    const change = changeTo(next, revision);
    const lease = await this.#leases.take(keyOf(appId), { now, until, ...change, condition: isAs(seen) });
    return lease && { ...lease, revision };
  }

  /** Writes `next` and keeps the run until then. Undefined when the lease was lost. */
  async save(lease: CheckpointLease, next: Checkpoint, until: number): Promise<CheckpointLease | undefined> {
    const revision = lease.revision + 1;
    const { set, remove } = changeTo(next, revision);
    const saved = await this.#leases.extend(lease, { set: { ...set, leaseUntil: until }, remove });
    return saved ? { ...lease, revision } : undefined;
  }

  /** Writes `next` and gives the run back, unless the lease was lost. */
  async release(lease: CheckpointLease, next: Checkpoint): Promise<void> {
    await this.#leases.release(lease, changeTo(next, lease.revision + 1));
  }

  /** Stops runs of the account after the step they are in, and keeps further ones from beginning. */
  async pause(appId: AppId, now: number): Promise<void> {
    await this.#table.update(keyOf(appId), { setOnce: { pausedAt: now } });
  }

  async resume(appId: AppId): Promise<void> {
    await this.#table.update(keyOf(appId), { remove: ['pausedAt'] });
  }
}

/** As much of a checkpoint as tells whether a run is under way. */
const progressSchema = z.object({ state: z.optional(z.enum(syncStates)), pausedAt: z.optional(z.number()) });

/** Whether a run of the account has begun, is not over, and is not paused. For those who only read the mirror. */
export async function isUnderWay(followers: Table, appId: AppId): Promise<boolean> {
  const item = await followers.get(keyOf(appId), ['state', 'pausedAt']);
  const { state, pausedAt } = z.parse(progressSchema, item ?? {});
  return (state === 'running' || state === 'waiting') && pausedAt === undefined;
}

function keyOf(appId: AppId) {
  return accountItemKey(appId, 'checkpoint');
}

/** Puts a whole checkpoint in place of what is there. */
function changeTo(next: Checkpoint, revision: number) {
  const attributes = z.keyof(checkpointSchema).options;
  return {
    set: { ...Object.fromEntries(attributes.map((name) => [name, next[name]])), revision },
    remove: attributes.filter((name) => next[name] === undefined),
  };
}

/** That nobody has written it since. */
function isAs(seen: number | undefined): Condition {
  return seen === undefined
    ? { expression: 'attribute_not_exists(#revision)' }
    : { expression: '#revision = :seen', values: { seen } };
}
