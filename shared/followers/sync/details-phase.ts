import { chinaDayEnd } from '../../wechat/quota-day.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { DetailsProgress } from './details-progress.ts';
import type { Hold } from './hold.ts';
import type { PhaseParts } from './phase.ts';
import { dayMarginSeconds, startOfWalk, succeeded, waitsFor } from './run.ts';

/** How long one call of the function watches the details being fetched; the sweep sends another. */
const watchSeconds = 45;
const maxLookSeconds = 2;
/** A queue in which nothing has moved for so long has lost the rest, or put it aside. */
const stalledSeconds = 600;
/** How often a run asks again for what the queue did not bring, before it ends without. */
const maxRepeats = 2;

/** Watches the workers for a while. */
export async function watchDetails(parts: PhaseParts, { account, run }: Hold): Promise<Checkpoint> {
  const { clock, queue, ledger } = parts;
  const until = clock.now() + watchSeconds;
  for (let wait = 0.05; ; wait = Math.min(wait * 2, maxLookSeconds)) {
    const progress = await ledger.read(account.appId, run.runId);
    const now = clock.now();
    const missing = Math.max(0, run.queued - (progress?.done ?? 0));
    const isStalled = now - (progress?.at ?? 0) >= stalledSeconds && (await queue.idle());
    if (missing === 0 || isStalled) {
      const next = afterDetails(run, progress ?? {}, { missing, now });
      if (next.phase === 'leavers') await ledger.begin(account.appId, run.runId, now);
      return next;
    }
    if (now >= until) return run;
    await clock.sleep(wait);
  }
}

/** The run once the queue brings no more: it goes on, or walks again and finds those who are still without details. */
function afterDetails(
  run: Checkpoint,
  progress: Partial<DetailsProgress>,
  { missing, now }: { missing: number; now: number },
): Checkpoint {
  const { owed = 0, owedUntil = chinaDayEnd(now) } = progress;
  const again: Checkpoint = { ...run, ...startOfWalk, phase: 'leavers', queued: 0 };
  if (owed > 0) return { ...again, ...waitsFor('quota', owedUntil + dayMarginSeconds) };
  if (missing > 0 && run.repeats < maxRepeats) return { ...again, ...succeeded, repeats: run.repeats + 1 };
  const counting: Checkpoint = { ...run, ...startOfWalk, ...succeeded, phase: 'counting' };
  return missing > 0 ? { ...counting, missing } : counting;
}
