import { createHash, randomBytes } from 'node:crypto';
import type { Account } from '../../accounts/accounts.ts';
import { chinaDay, chinaDayEnd } from '../../wechat/quota-day.ts';
import type { Clock } from '../../platform/clock.ts';
import { eachAtOnce } from '../../platform/each-at-once.ts';
import type { Log } from '../../platform/log.ts';
import type { Table } from '../../platform/table.ts';
import { WeChatApiError } from '../../wechat/errors.ts';
import { listFollowers, type FollowerPage } from '../../wechat/followers.ts';
import { Checkpoints, type Checkpoint, type StoredCheckpoint, type Tally } from './checkpoint.ts';
import { countsKey } from '../mirror/counts.ts';
import { DetailsLedger } from './details-progress.ts';
import { openidsPerMessage, type DetailsQueue } from './details-queue.ts';
import { runIdOf, shardsOf, type FollowerItem } from '../mirror/follower-item.ts';
import { eventGraceSeconds, Mirror, rememberLeaversSeconds } from '../mirror/mirror.ts';
import { faultCode, quotaUntil, type SyncCalls } from './calls.ts';

/** How long a run that was killed keeps others out. Renewed at half-time, within a page, too. */
const leaseSeconds = 300;
const writesAtOnce = 32;
/** Between two looks at the lease. */
const writesPerLook = 1000;
const peoplePerRead = 1000;
/** Details are fetched anew when they are older. */
const detailsFreshSeconds = 30 * 86_400;
/** How long one call of the function watches the details being fetched; the sweep sends another. */
const watchSeconds = 45;
const longestLookSeconds = 2;
/** A queue in which nothing has moved for so long is done, whatever is missing. */
const stalledSeconds = 600;
const firstRetrySeconds = 60;
const longestRetrySeconds = 3600;
/** WeChat's day may begin a little later than ours. */
const dayMarginSeconds = 60;

export interface FollowerSyncParts {
  readonly followers: Table;
  readonly calls: SyncCalls;
  readonly queue: DetailsQueue;
  readonly clock: Clock;
  readonly log: Log;
}

/** Somebody else has gone on with the run. */
class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** The run cannot go on, and going on later would not help: the code says why. */
class RunFailed extends Error {
  override readonly name = 'RunFailed';
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** The run in hand: as it is stored, and renewed while a long step goes on. */
interface Hold {
  readonly account: Account;
  run: StoredCheckpoint;
}

/**
 * Brings the mirror of an account in line with WeChat's list. A run is a chain of steps; after each, the checkpoint is
 * written on the condition that it is still ours, so that it can be killed anywhere and goes on from the last one.
 * Every write of a step may be done twice.
 */
export class FollowerSync {
  readonly #parts: FollowerSyncParts;
  readonly #mirror: Mirror;
  readonly #checkpoints: Checkpoints;
  readonly #ledger: DetailsLedger;

  constructor(parts: FollowerSyncParts) {
    this.#parts = parts;
    this.#mirror = new Mirror(parts.followers);
    this.#checkpoints = new Checkpoints(parts.followers);
    this.#ledger = new DetailsLedger(parts.followers);
  }

  /**
   * Works on the run of the account until it ends, has to wait, or `keepOn` says no after a step. Does nothing where
   * another process is at it, or none is to be done. Faults of WeChat and of the store do not throw: they stand in the
   * checkpoint, and the run goes on later.
   */
  async work(account: Account, keepOn: () => boolean): Promise<void> {
    const { clock, log } = this.#parts;
    const hold = await this.#take(account);
    if (!hold) return;
    try {
      while (hold.run.state === 'running' && hold.run.pausedAt === undefined && keepOn()) {
        const before = hold.run;
        const next = await this.#step(hold);
        await this.#save(hold, next);
        if (next.phase === 'details' && before.phase === 'details') break;
      }
      await this.#save(hold, hold.run, { release: true });
      if (hold.run.state === 'done') {
        const { listed, joined, left } = hold.run;
        log.info('A sync of followers has ended.', { account: account.account, listed, joined, left });
      }
    } catch (error) {
      if (error instanceof LeaseLost) {
        log.warn('Another process has gone on with a sync.', { account: account.account });
        return;
      }
      const next = afterFault(hold.run, error, clock.now());
      const { phase, lastError, resumeAt: retryAt } = next;
      const about = { account: account.account, phase, code: lastError?.code };
      if (next.state === 'failed') log.error('A sync has failed for today.', about);
      else log.warn('A step of a sync failed.', { ...about, retryAt });
      try {
        await this.#save(hold, next, { release: true });
      } catch (unsaved) {
        // The lease runs out, and the sweep finds the run.
        log.error('The checkpoint of a sync could not be written.', {
          account: account.account,
          code: faultCode(unsaved),
        });
      }
    }
  }

  /** Takes the lease of a run that is to go on now. */
  async #take(account: Account): Promise<Hold | undefined> {
    const { run } = await this.#checkpoints.read(account.account);
    const now = this.#parts.clock.now();
    if (!run || !isWorkable(run, now)) return undefined;
    const taken = await this.#checkpoints.write(
      account.account,
      {
        ...run,
        state: 'running',
        waitingFor: undefined,
        resumeAt: undefined,
        owner: randomBytes(9).toString('base64url'),
        leaseUntil: now + leaseSeconds,
      },
      run.revision,
    );
    return taken && { account, run: taken };
  }

  /** Writes the checkpoint and renews the lease, or gives it back. Throws LeaseLost. */
  async #save(hold: Hold, next: Checkpoint, { release = false } = {}): Promise<void> {
    const { owner } = hold.run;
    const lease = release ? {} : { owner, leaseUntil: this.#parts.clock.now() + leaseSeconds };
    const written = await this.#checkpoints.write(
      hold.account.account,
      { ...next, owner: undefined, leaseUntil: undefined, ...lease },
      hold.run.revision,
    );
    if (written) hold.run = written;
    else if (!release) throw new LeaseLost();
  }

  /** Renews the lease where half of it is over. Throws LeaseLost. */
  async #look(hold: Hold): Promise<void> {
    const { leaseUntil = 0 } = hold.run;
    if (leaseUntil - this.#parts.clock.now() > leaseSeconds / 2) return;
    await this.#save(hold, hold.run);
  }

  async #step(hold: Hold): Promise<Checkpoint> {
    switch (hold.run.phase) {
      case 'listing':
        return this.#listPage(hold);
      case 'leavers':
        return this.#walkPage(hold);
      case 'details':
        return this.#watchDetails(hold);
      case 'counting':
        return this.#countPage(hold);
    }
  }

  async #listPage(hold: Hold): Promise<Checkpoint> {
    const { account, run } = hold;
    const { calls, clock } = this.#parts;
    const askedAt = clock.now();
    let page: FollowerPage;
    try {
      page = await calls.send(account, 'list', (token) =>
        listFollowers(token, run.cursor === undefined ? {} : { after: run.cursor }),
      );
    } catch (error) {
      if (!(error instanceof WeChatApiError && error.kind === 'openid_unknown')) throw error;
      return withoutCursor(run, faultCode(error), clock.now());
    }
    let joined = 0;
    let passedOver = 0;
    await this.#each(hold, page.openids, async (openid) => {
      const listed = await this.#mirror.stamp(account.account, openid, { run: run.runId, askedAt });
      if (listed === 'joined') joined += 1;
      if (listed === 'passed over') passedOver += 1;
    });
    const next = afterPage(hold.run, page, clock.now() - askedAt);
    const counted = { ...next, joined: run.joined + joined, passedOver: run.passedOver + passedOver };
    if (counted.phase === 'listing') return counted;
    const odd = implausible(counted);
    if (odd !== undefined && !counted.force) throw new RunFailed(odd);
    await this.#ledger.begin(account.account, run.runId, clock.now());
    return counted;
  }

  /** Marks who left among some people of one partition, and queues those who lack details. */
  async #walkPage(hold: Hold): Promise<Checkpoint> {
    const { account, run } = hold;
    const { queue, clock } = this.#parts;
    const { items, next } = await this.#readOn(hold);
    const now = clock.now();
    let left = 0;
    const isGone = (person: FollowerItem) => person.subscribed === true && wasNotSeen(person, run);
    await this.#each(hold, items.filter(isGone), async (person) => {
      const { runId, startedAt } = run;
      if (await this.#mirror.leave(account.account, person, { run: runId, startedAt, at: now })) left += 1;
    });
    const forgetBefore = now - rememberLeaversSeconds;
    await this.#each(
      hold,
      items.filter((person) => leftBefore(person, forgetBefore)),
      (person) => this.#mirror.forgetLeaver(person, forgetBefore),
    );
    const followers = items.filter((person) => person.subscribed === true && !isGone(person));
    const needing = run.details ? followers.filter((person) => needsDetails(person, now)) : [];
    const pending = [...run.pending, ...needing.map(({ openid }) => openid)];
    const isLast = next.partition === shardsOf(account.account).length;
    const batches: string[][] = [];
    while (pending.length >= openidsPerMessage || (isLast && pending.length > 0)) {
      batches.push(pending.splice(0, openidsPerMessage));
    }
    await queue.sendAll(
      batches.map((openids) => ({ account: account.account, run: run.runId, queuedAt: now, openids })),
    );
    const walked: Checkpoint = {
      ...hold.run,
      ...next,
      ...succeeded,
      left: run.left + left,
      pending,
      queued: run.queued + batches.reduce((sum, { length }) => sum + length, 0),
      tally: tallied(run.tally, followers),
    };
    if (!isLast) return walked;
    await this.#putCounts(account, walked, run.details && walked.queued === 0);
    return walked.queued > 0 ? { ...walked, phase: 'details' } : finished(walked, clock.now());
  }

  /** Watches the workers for a while. */
  async #watchDetails(hold: Hold): Promise<Checkpoint> {
    const { account, run } = hold;
    const { clock, queue } = this.#parts;
    const until = clock.now() + watchSeconds;
    for (let wait = 0.05; ; wait = Math.min(wait * 2, longestLookSeconds)) {
      const progress = await this.#ledger.read(account.account, run.runId);
      const now = clock.now();
      const isSettled = progress !== undefined && progress.done >= run.queued;
      const isStalled = now - (progress?.at ?? 0) >= stalledSeconds && (await queue.idle());
      if (isSettled || isStalled) {
        if (progress === undefined || progress.owed === 0)
          return { ...hold.run, ...startOfWalk, ...succeeded, phase: 'counting' };
        // Those are still without details, and so the walk finds them again.
        await this.#ledger.begin(account.account, run.runId, now);
        const later = waitsFor('quota', (progress.owedUntil ?? chinaDayEnd(now)) + dayMarginSeconds);
        return { ...hold.run, ...startOfWalk, ...later, phase: 'leavers', queued: 0 };
      }
      if (now >= until) return hold.run;
      await clock.sleep(wait);
    }
  }

  /** Counts some people of one partition. */
  async #countPage(hold: Hold): Promise<Checkpoint> {
    const { account } = hold;
    const { items, next } = await this.#readOn(hold);
    const followers = items.filter((person) => person.subscribed === true);
    const counted = { ...hold.run, ...next, ...succeeded, tally: tallied(hold.run.tally, followers) };
    if (next.partition < shardsOf(account.account).length) return counted;
    await this.#putCounts(account, counted, true);
    return finished(counted, this.#parts.clock.now());
  }

  async #readOn({ account, run }: Hold) {
    const shard = shardsOf(account.account)[run.partition];
    if (shard === undefined) throw new RunFailed('checkpoint_unusable');
    const { items, end } = await this.#mirror.read(shard, run.after, peoplePerRead);
    const next = end
      ? { partition: run.partition + 1, after: undefined }
      : { partition: run.partition, after: items.at(-1)?.openid };
    return { items, next };
  }

  async #putCounts(account: Account, run: Checkpoint, hasDetails: boolean): Promise<void> {
    const now = this.#parts.clock.now();
    await this.#parts.followers.update(countsKey(account.account), {
      set: { run: run.runId, syncedAt: now, ...run.tally, ...(hasDetails && { detailsAt: now }) },
    });
  }

  /** Does something for each, several at once, and keeps the lease meanwhile. Throws LeaseLost. */
  async #each<T>(hold: Hold, all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
    for (let start = 0; start < all.length; start += writesPerLook) {
      await eachAtOnce(all.slice(start, start + writesPerLook), writesAtOnce, async (one) => {
        // Whoever wakes up late must not write what others have overtaken: at most what was in flight gets through.
        if (this.#parts.clock.now() >= (hold.run.leaseUntil ?? 0)) throw new LeaseLost();
        await act(one);
      });
      await this.#look(hold);
    }
  }
}

/** What a step that succeeded leaves behind of those before that failed. */
const succeeded = { failures: 0 } as const;
const emptyTally: Tally = { subscribed: 0, withProfile: 0, tags: {}, scenes: {} };

/** A new run, from its beginning. `before` is the account's last one. */
function newRun(
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
    fallbacks: [],
    restarts: 0,
    pages: 0,
    listed: 0,
    joined: 0,
    passedOver: 0,
    lastListed: before?.state === 'done' ? before.listed : before?.lastListed,
    phase: 'listing',
    ...startOfWalk,
    left: 0,
    queued: 0,
    workSeconds: 0,
    errors: 0,
    failures: 0,
  };
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

/**
 * Whether the daily run of an account is due that has none under way: the first at once, and then one each night
 * between 2 and 5 in China, when few people need the quotas. Which account comes when is drawn by lot from its appid.
 */
export function isNewRunDue(
  account: Account,
  { run, pausedAt }: { run: StoredCheckpoint | undefined; pausedAt: number | undefined },
  now: number,
): boolean {
  if (account.sync === 'off' || pausedAt !== undefined) return false;
  if (!run) return true;
  const hour = nightHourOf(account.account);
  return isOver(run) && chinaDay((run.endedAt ?? run.startedAt) - hour) < chinaDay(now - hour);
}

/** Seconds after midnight in China. */
function nightHourOf(appId: string): number {
  return 7200 + (createHash('sha256').update(appId).digest().readUInt16BE() % 10_800);
}

/** Where a walk through the partitions begins. */
const startOfWalk = { partition: 0, after: undefined, pending: [], tally: emptyTally };

function waitsFor(waitingFor: 'quota' | 'retry', resumeAt: number) {
  return { state: 'waiting', waitingFor, resumeAt } as const;
}

/** The list ends with a page that is empty or lacks its data, and never with one that is short. */
function afterPage(run: Checkpoint, page: FollowerPage, seconds: number): Checkpoint {
  const last = page.nextOpenid ?? page.openids.at(-1);
  const next: Checkpoint = {
    ...run,
    ...succeeded,
    pages: run.pages + 1,
    listed: run.listed + page.openids.length,
    firstTotal: run.firstTotal ?? page.total,
    total: page.total,
    workSeconds: run.workSeconds + seconds,
  };
  // A page that leads nowhere new would be read for ever, and so would a list that goes round in circles.
  if (page.openids.length === 0 || last === undefined || last === run.cursor) {
    return { ...next, phase: 'leavers' };
  }
  if (next.listed > 2 * Math.max(page.total, run.firstTotal ?? 0) + 20_000)
    throw new RunFailed('list_endless');
  const { openids } = page;
  const fallbacks = [openids[0], openids.at(-100), openids.at(-10), openids.at(-2)].flatMap((openid) =>
    openid === undefined || openid === last ? [] : [openid],
  );
  return { ...next, cursor: last, fallbacks };
}

/** WeChat no longer knows the place to go on from: the one before it, and once none is left the beginning. */
function withoutCursor(run: Checkpoint, code: string, now: number): Checkpoint {
  const noted = { ...run, errors: run.errors + 1, lastError: { code, at: now } };
  const fallbacks = [...run.fallbacks];
  const cursor = fallbacks.pop();
  if (run.cursor === undefined || (cursor === undefined && run.restarts >= 2)) throw new RunFailed(code);
  return cursor === undefined
    ? { ...noted, cursor, fallbacks, restarts: run.restarts + 1, listed: 0 }
    : { ...noted, cursor, fallbacks };
}

/**
 * Why the list that was read cannot be all there is, if it cannot: nobody is taken for gone on the word of an answer
 * that went wrong.
 */
function implausible({ listed, firstTotal = 0, total = 0, lastListed = 0 }: Checkpoint): string | undefined {
  const expected = Math.min(firstTotal, total);
  if (expected - listed > Math.max(2, expected * 0.05)) return 'list_incomplete';
  if (lastListed >= 100 && listed < lastListed / 2) return 'list_shrunk';
  return undefined;
}

function wasNotSeen({ seenRun, changedAt = 0 }: FollowerItem, run: Checkpoint): boolean {
  return seenRun !== run.runId && changedAt < run.startedAt - eventGraceSeconds;
}

function leftBefore(
  { subscribed, changedAt = 0, leftAt = 0, consentedAt }: FollowerItem,
  time: number,
): boolean {
  return subscribed === false && consentedAt === undefined && Math.max(changedAt, leftAt) < time;
}

function needsDetails({ detailAt }: FollowerItem, now: number): boolean {
  return detailAt === undefined || detailAt < now - detailsFreshSeconds;
}

function tallied(tally: Tally, followers: readonly FollowerItem[]): Tally {
  const tags = new Map(Object.entries(tally.tags));
  const scenes = new Map(Object.entries(tally.scenes));
  let { withProfile } = tally;
  for (const { nickname, avatar, tagIds = [], subscribeScene } of followers) {
    if (nickname !== undefined || avatar !== undefined) withProfile += 1;
    for (const tag of tagIds) tags.set(String(tag), (tags.get(String(tag)) ?? 0) + 1);
    if (subscribeScene !== undefined) scenes.set(subscribeScene, (scenes.get(subscribeScene) ?? 0) + 1);
  }
  return {
    subscribed: tally.subscribed + followers.length,
    withProfile,
    tags: Object.fromEntries(tags),
    scenes: Object.fromEntries(scenes),
  };
}

function finished(run: Checkpoint, now: number): Checkpoint {
  return { ...run, state: 'done', endedAt: now, cursor: undefined, fallbacks: [] };
}

/** Errcodes that go on until a person does something; the next daily run tries again. */
const lasting: readonly string[] = ['not_permitted', 'credentials_refused', 'bad_request'];

/** The run after a step that failed: it waits for its quota, tries again later, or has failed for today. */
function afterFault(run: Checkpoint, error: unknown, now: number): Checkpoint {
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
  const pause = Math.min(longestRetrySeconds, firstRetrySeconds * 2 ** Math.min(run.failures, 10));
  return { ...noted, ...waitsFor('retry', now + pause) };
}

/** Begins a run, or has one go on that waits. It is worked on by whoever takes it next. */
export async function beginRun(
  checkpoints: Checkpoints,
  account: Account,
  { now, force = false }: { now: number; force?: boolean },
): Promise<'begun' | 'under way' | 'paused'> {
  const { run, pausedAt } = await checkpoints.read(account.account);
  if (pausedAt !== undefined) return 'paused';
  if (run && !isOver(run) && run.state === 'running') return 'under way';
  const next: Checkpoint =
    run && !isOver(run)
      ? { ...run, state: 'running', waitingFor: undefined, resumeAt: undefined, force: force || run.force }
      : newRun(account, run, { now, force });
  // Whoever was quicker has begun the same.
  const written = await checkpoints.write(account.account, next, run?.revision);
  return written && (!run || isOver(run)) ? 'begun' : 'under way';
}
