import { createHash } from 'node:crypto';
import type { Account } from '../../accounts/accounts.ts';
import { chinaDay } from '../../wechat/quota-day.ts';
import type { AppId } from '../../wechat/tokens.ts';
import type { Checkpoint, Checkpoints, StoredCheckpoint } from './checkpoint.ts';
import { isOver, newRun } from './run.ts';

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
  const hour = nightHourOf(account.appId);
  return isOver(run) && chinaDay((run.endedAt ?? run.startedAt) - hour) < chinaDay(now - hour);
}

/** Seconds after midnight in China. */
function nightHourOf(appId: AppId): number {
  return 7200 + (createHash('sha256').update(appId).digest().readUInt16BE() % 10_800);
}

/** Begins a run, or has one go on that waits. It is worked on by whoever takes it next. */
export async function beginRun(
  checkpoints: Checkpoints,
  account: Account,
  { now, force = false }: { now: number; force?: boolean },
): Promise<'begun' | 'under way' | 'paused'> {
  const { run, pausedAt } = await checkpoints.read(account.appId);
  if (pausedAt !== undefined) return 'paused';
  if (run && !isOver(run) && run.state === 'running') return 'under way';
  const next: Checkpoint =
    run && !isOver(run)
      ? { ...run, state: 'running', waitingFor: undefined, resumeAt: undefined, force: force || run.force }
      : newRun(account, run, { now, force });
  // Whoever was quicker has begun the same.
  const written = await checkpoints.write(account.appId, next, run?.revision);
  return written && (!run || isOver(run)) ? 'begun' : 'under way';
}
