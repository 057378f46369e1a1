import { eventGraceSeconds } from '../mirror/mirror.ts';
import type { FollowerItem } from '../mirror/follower-item.ts';
import { leaverTtlSeconds } from '../mirror/transitions.ts';
import type { Checkpoint } from './checkpoint.ts';
import { openidsPerMessage } from './details-queue.ts';
import type { Hold } from './hold.ts';
import type { PhaseParts } from './phase.ts';
import { finished, succeeded } from './run.ts';
import { putCounts, readOn, tallied } from './walk.ts';

/** Details are fetched anew when they are older. */
const detailsFreshSeconds = 30 * 86_400;

/** Marks who left among some people of one partition, and queues those who lack details. */
export async function markLeavers(parts: PhaseParts, hold: Hold): Promise<Checkpoint> {
  const { account, run } = hold;
  const { followers, mirror, queue, clock } = parts;
  const { items, next, isLast } = await readOn(followers, hold);
  const now = clock.now();
  const isGone = (person: FollowerItem) => person.subscribed === true && wasNotSeen(person, run);
  let left = 0;
  await hold.each(items.filter(isGone), async (person) => {
    const { runId, startedAt } = run;
    if (await mirror.leave(account.appId, person, { run: runId, startedAt, at: now })) left += 1;
  });
  const forgetBefore = now - leaverTtlSeconds;
  const toForget = items.filter((person) => leftBefore(person, forgetBefore));
  await hold.each(toForget, (person) => mirror.forgetLeaver(person, forgetBefore));

  const staying = items.filter((person) => person.subscribed === true && !isGone(person));
  const needing = run.details ? staying.filter((person) => needsDetails(person, now)) : [];
  const pending = [...run.pending, ...needing.map(({ openid }) => openid)];
  const batches: string[][] = [];
  while (pending.length >= openidsPerMessage || (isLast && pending.length > 0)) {
    batches.push(pending.splice(0, openidsPerMessage));
  }
  await queue.sendAll(
    batches.map((openids) => ({ account: account.appId, run: run.runId, queuedAt: now, openids })),
  );
  const walked: Checkpoint = {
    ...hold.run,
    ...next,
    ...succeeded,
    left: run.left + left,
    pending,
    queued: run.queued + batches.reduce((sum, { length }) => sum + length, 0),
    tally: tallied(run.tally, staying),
  };
  if (!isLast) return walked;
  const hasDetails = run.details && walked.queued === 0;
  await putCounts(followers, account.appId, { run: walked, now: clock.now(), hasDetails });
  return walked.queued > 0 ? { ...walked, phase: 'details' } : finished(walked, clock.now());
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
