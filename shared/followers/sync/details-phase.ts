import { chinaDayEnd } from '../../wechat/quota-day.ts';
import { countsKey } from '../mirror/counts.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { DetailsProgress } from './details-progress.ts';
import type { Hold } from './hold.ts';
import type { PhaseParts } from './phase.ts';
import { dayMarginSeconds, finished, startOfWalk, succeeded, waitsFor } from './run.ts';

/** How long one call of the function watches the details being fetched; the sweep sends another. */
const watchSeconds = 45;
const maxLookSeconds = 2;
/** A queue in which nothing has moved for so long has lost the rest, or put it aside. */
const stalledSeconds = 600;
/** Reading fewer people than this once more costs next to nothing. */
const alwaysCounted = 20_000;
/** How often a run asks again for what the queue did not bring, before it ends without. */
const maxRepeats = 2;

/** Watches the workers for a while. */
export async function watchDetails(parts: PhaseParts, { account, run }: Hold): Promise<Checkpoint> {
  const { followers, clock, queue, ledger } = parts;
  const until = clock.now() + watchSeconds;
  for (let wait = 0.05; ; wait = Math.min(wait * 2, maxLookSeconds)) {
    const progress = await ledger.read(account.appId, run.runId);
    const now = clock.now();
    const missing = Math.max(0, run.queued - (progress?.done ?? 0));
    const isStalled = now - (progress?.at ?? 0) >= stalledSeconds && (await queue.idle());
    if (missing === 0 || isStalled) {
      const next = afterDetails(run, progress ?? {}, { missing, now });
      if (next.phase === 'comparing') await ledger.begin(account.appId, run.runId, now);
      if (next.phase !== 'counting' || isWorthCounting(run)) return next;
      if (next.missing === undefined)
        await followers.update(countsKey(account.appId), { set: { detailsAt: now } });
      return finished(next, now);
    }
    if (now >= until) return run;
    await clock.sleep(wait);
  }
}

/** Whether the people are counted once more, whose tags and scenes are known now. If not, the next run's walk does it. */
function isWorthCounting({ queued, tally: { subscribed } }: Checkpoint): boolean {
  return subscribed <= alwaysCounted || queued > subscribed / 10;
}

/** The run once the queue brings no more: it goes on, or walks again and finds those who are still without details. */
function afterDetails(
  run: Checkpoint,
  progress: Partial<DetailsProgress>,
  { missing, now }: { missing: number; now: number },
): Checkpoint {
  const { owed = 0 } = progress;
  const again: Checkpoint = { ...run, ...startOfWalk, phase: 'comparing', queued: 0 };
  if (owed > 0) return { ...again, ...waitForQuota(run, progress, now) };
  if (missing > 0 && run.repeats < maxRepeats) return { ...again, ...succeeded, repeats: run.repeats + 1 };
  const counting: Checkpoint = { ...run, ...startOfWalk, ...succeeded, phase: 'counting' };
  return missing > 0 ? { ...counting, missing } : counting;
}

/**
 * Waits for the quota that some are owed. A quota that stays used up is asked for ever less often, until the day ends:
 * each time the whole mirror is walked through, and everybody is queued again who lacks details.
 */
function waitForQuota({ emptyWalks }: Checkpoint, progress: Partial<DetailsProgress>, now: number) {
  const { done = 0, owed = 0, owedUntil = chinaDayEnd(now) } = progress;
  const wait = (owedUntil - now) * 2 ** emptyWalks;
  const until = Math.max(owedUntil, Math.min(now + wait, chinaDayEnd(now)));
  return {
    ...waitsFor('quota', until + dayMarginSeconds),
    emptyWalks: done > owed ? 0 : emptyWalks + 1,
  };
}
