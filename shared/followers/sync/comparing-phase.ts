import type { Account } from '../../accounts/accounts.ts';
import { addFigures, movesOf } from '../../figures/day-figures.ts';
import { chinaDay } from '../../wechat/quota-day.ts';
import { noteList } from '../mirror/counts.ts';
import { hashOf, type FollowerItem } from '../mirror/follower-item.ts';
import { eventGraceSeconds } from '../mirror/mirror.ts';
import { isOfRun, ListLost, readList, readShard } from '../mirror/stored-list.ts';
import { leaverTtlSeconds, moveCounts, sharesProfile } from '../mirror/transitions.ts';
import type { Checkpoint } from './checkpoint.ts';
import { openidsPerMessage } from './details-queue.ts';
import type { Hold } from './hold.ts';
import type { PhaseParts } from './phase.ts';
import { finished, listedAnew, succeeded } from './run.ts';
import { placeBehind, putCounts, readOn, tallied } from './walk.ts';

/** Each follower is asked about once in so many days, each on a day of their own, */
const detailsPeriodSeconds = 30 * 86_400;
/** but not where that comes so soon after the first time. */
const minDetailsAgeSeconds = 10 * 86_400;
/** In one step, which should not take long. */
const maxJoinsPerStep = 1000;

/**
 * Compares some people of one partition of the mirror with those whom the list has there: makes followers of some, lets
 * others leave, and queues those who lack details. Once a run has done so for all, it only queues.
 */
export async function compare(parts: PhaseParts, hold: Hold): Promise<Checkpoint> {
  const { account, run } = hold;
  const { followers, clock } = parts;
  let listed: readonly string[] | undefined;
  try {
    listed = run.isCompared ? undefined : await listedIn(parts, hold);
  } catch (error) {
    if (error instanceof ListLost) return withoutList(hold, clock.now());
    throw error;
  }
  const page = await readOn(followers, hold);
  const { people, seen, missing, until } = beside(page, listed, run.after);
  const now = clock.now();
  const joined = await join(parts, hold, { people, missing, now });
  const isGone = ({ openid, subscribed, changedAt = 0 }: FollowerItem) =>
    subscribed === true && seen?.has(openid) === false && changedAt < run.startedAt - eventGraceSeconds;
  const left = await leave(parts, hold, { gone: people.filter(isGone), now });
  await forget(parts, hold, { people, now });

  const staying = [...people.filter((one) => one.subscribed === true && !isGone(one)), ...joined];
  const needing = run.details ? staying.filter((person) => needsDetails(person, now)) : [];
  const { next, isLast } = placeBehind(hold, until);
  const queued = await queueDetails(parts, hold, { needing, isLast, now });
  const walked: Checkpoint = {
    ...hold.run,
    ...next,
    ...succeeded,
    joined: run.joined + joined.length,
    passedOver: run.passedOver + missing.length - joined.length,
    left: run.left + left,
    ...queued,
    tally: tallied(run.tally, staying),
  };
  return isLast ? ended(parts, account, { ...walked, isCompared: true }) : walked;
}

/** Whom the run's list has in the partition that the walk is in. Throws ListLost. */
async function listedIn({ followers }: PhaseParts, hold: Hold): Promise<readonly string[]> {
  const { account, run, memory } = hold;
  const { partition, startedAt, storedList } = run;
  if (memory.listed?.partition === partition) return memory.listed.openids;
  // A run that was begun by a version which stored nothing.
  if (storedList === undefined || !isOfRun(storedList, run.runId)) throw new ListLost();
  if (!memory.list) {
    memory.list = await readList(followers, account.appId, storedList);
    // From here on it counts against late events: what they would have changed, this walk does.
    await noteList(followers, account.appId, { listedAt: startedAt, storedList });
  }
  memory.listed = undefined;
  const { members, unnamed } = await readShard(followers, account.appId, partition, memory.list);
  // Chunks of earlier lists, and of what was begun and never ended.
  await hold.each(unnamed, async (chunk) => {
    await followers.delete(chunk);
  });
  memory.listed = { partition, openids: members };
  return members;
}

/** The list has to be read once more before anything can be compared with it. */
function withoutList({ run, memory }: Hold, now: number): Checkpoint {
  memory.list = undefined;
  return listedAnew({ ...run, storedList: undefined }, 'list_lost', now);
}

/** People of the mirror beside the same part of the list. */
interface Part {
  readonly people: readonly FollowerItem[];
  /** Whom the list has there; nothing where there is no list to compare with. */
  readonly seen: ReadonlySet<string> | undefined;
  /** Who of them is no follower in the mirror. */
  readonly missing: readonly string[];
  /** Up to whom it goes; to the end of the partition without. */
  readonly until: string | undefined;
}

/** Puts people of the mirror beside the list: all of them, or up to where so many are missing that a step has enough. */
function beside(
  { items, end }: { items: readonly FollowerItem[]; end: boolean },
  listed: readonly string[] | undefined,
  after: string | undefined,
): Part {
  let until = end ? undefined : items.at(-1)?.openid;
  if (!listed) return { people: items, seen: undefined, missing: [], until };
  const following = new Set(items.flatMap(({ openid, subscribed }) => (subscribed === true ? [openid] : [])));
  const seen = new Set<string>();
  const missing: string[] = [];
  for (let nth = countUpTo(listed, after); nth < listed.length; nth += 1) {
    const openid = listed[nth] ?? '';
    if (until !== undefined && openid > until) break;
    seen.add(openid);
    if (following.has(openid)) continue;
    missing.push(openid);
    if (missing.length === maxJoinsPerStep) until = openid;
  }
  const bound = until;
  const people = bound === undefined ? items : items.filter(({ openid }) => openid <= bound);
  return { people, seen, missing, until };
}

/** How many of a sorted list come up to and with that openid. */
function countUpTo(sorted: readonly string[], openid: string | undefined): number {
  if (openid === undefined) return 0;
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') <= openid) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Makes followers of those whom the mirror misses. Returns who is one then. Whom the first sync finds has not joined that
 * day.
 */
async function join(
  { followers, mirror }: PhaseParts,
  hold: Hold,
  { people, missing, now }: Pick<Part, 'people' | 'missing'> & { now: number },
): Promise<FollowerItem[]> {
  const { account, run } = hold;
  const { appId } = account;
  const day = chinaDay(now);
  const joinedOn = run.lastListed === undefined ? undefined : day;
  const known = new Set(people.map(({ openid }) => openid));
  const joined: FollowerItem[] = [];
  let counted = 0;
  try {
    await hold.each(missing, async (openid) => {
      const isKnown = known.has(openid);
      const one = await mirror.join(appId, openid, { listedAt: run.startedAt, isKnown, joinedOn });
      if (!one) return;
      joined.push(one.person);
      if (one.hasJoined && joinedOn !== undefined) counted += 1;
    });
  } finally {
    // A step that fails is done once more, and then they are followers.
    await addFigures(followers, appId, day, movesOf({ joined: counted }));
  }
  return joined;
}

/** Lets people leave. Returns how many did: of the others an event has come. */
async function leave(
  { followers, mirror }: PhaseParts,
  hold: Hold,
  { gone, now }: { gone: readonly FollowerItem[]; now: number },
): Promise<number> {
  const { appId } = hold.account;
  let left = 0;
  let withProfile = 0;
  try {
    await hold.each(gone, async (person) => {
      const before = await mirror.leave(person, { listedAt: hold.run.startedAt, at: now });
      if (!before) return;
      left += 1;
      if (sharesProfile(before)) withProfile += 1;
    });
  } finally {
    await addFigures(followers, appId, chinaDay(now), movesOf({ left }));
  }
  if (left > 0) await moveCounts(followers, appId, { subscribed: -left, withProfile: -withProfile });
  return left;
}

/** Forgets who left so long ago that no older event comes any more. */
async function forget(
  { mirror }: PhaseParts,
  hold: Hold,
  { people, now }: { people: readonly FollowerItem[]; now: number },
): Promise<void> {
  const before = now - leaverTtlSeconds;
  const toForget = people.filter((person) => leftBefore(person, before));
  await hold.each(toForget, (person) => mirror.forgetLeaver(person, before));
}

function leftBefore(
  { subscribed, changedAt = 0, leftAt = 0, consentedAt }: FollowerItem,
  time: number,
): boolean {
  return subscribed === false && consentedAt === undefined && Math.max(changedAt, leftAt) < time;
}

/** Queues those who need details, and who was pending. At the end of the walk nobody stays pending. */
async function queueDetails(
  { queue }: PhaseParts,
  { account, run }: Hold,
  { needing, isLast, now }: { needing: readonly FollowerItem[]; isLast: boolean; now: number },
): Promise<Pick<Checkpoint, 'pending' | 'queued'>> {
  const pending = [...run.pending, ...needing.map(({ openid }) => openid)];
  const batches: string[][] = [];
  while (pending.length >= openidsPerMessage || (isLast && pending.length > 0)) {
    batches.push(pending.splice(0, openidsPerMessage));
  }
  await queue.sendAll(
    batches.map((openids) => ({ account: account.appId, run: run.runId, queuedAt: now, openids })),
  );
  return { pending, queued: run.queued + batches.reduce((sum, { length }) => sum + length, 0) };
}

/**
 * Whether a follower's details are to be fetched: for the first time, or since their day has come once more. On which of
 * the 30 days that is, is drawn from the openid, so that each night has as many.
 */
function needsDetails({ openid, detailAt }: FollowerItem, now: number): boolean {
  if (detailAt === undefined) return true;
  const ownSecond = hashOf(openid).readUInt32BE(5) % detailsPeriodSeconds;
  const sinceTheirDay = (now - ownSecond) % detailsPeriodSeconds;
  return detailAt < now - sinceTheirDay - minDetailsAgeSeconds;
}

/** The run after the walk. */
async function ended(
  { followers, clock }: PhaseParts,
  account: Account,
  walked: Checkpoint,
): Promise<Checkpoint> {
  const hasDetails = walked.details && walked.queued === 0;
  await putCounts(followers, account.appId, { run: walked, now: clock.now(), hasDetails });
  return walked.queued > 0 ? { ...walked, phase: 'details' } : finished(walked, clock.now());
}
