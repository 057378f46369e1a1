import { chinaDayEnd } from '../../wechat/quota-day.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Hold } from './hold.ts';
import type { PhaseParts } from './phase.ts';
import { dayMarginSeconds, startOfWalk, succeeded, waitsFor } from './run.ts';

/** How long one call of the function watches the details being fetched; the sweep sends another. */
const watchSeconds = 45;
const maxLookSeconds = 2;
/** A queue in which nothing has moved for so long is done, whatever is missing. */
const stalledSeconds = 600;

/** Watches the workers for a while. */
export async function watchDetails(
  { clock, queue, ledger }: PhaseParts,
  { account, run }: Hold,
): Promise<Checkpoint> {
  const until = clock.now() + watchSeconds;
  for (let wait = 0.05; ; wait = Math.min(wait * 2, maxLookSeconds)) {
    const progress = await ledger.read(account.appId, run.runId);
    const now = clock.now();
    const isSettled = progress !== undefined && progress.done >= run.queued;
    const isStalled = now - (progress?.at ?? 0) >= stalledSeconds && (await queue.idle());
    if (isSettled || isStalled) {
      if (progress === undefined || progress.owed === 0)
        return { ...run, ...startOfWalk, ...succeeded, phase: 'counting' };
      // Those are still without details, and so the walk finds them again.
      await ledger.begin(account.appId, run.runId, now);
      const later = waitsFor('quota', (progress.owedUntil ?? chinaDayEnd(now)) + dayMarginSeconds);
      return { ...run, ...startOfWalk, ...later, phase: 'leavers', queued: 0 };
    }
    if (now >= until) return run;
    await clock.sleep(wait);
  }
}
