import type { Account } from '../../accounts/accounts.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Table } from '../../platform/table.ts';
import { Mirror } from '../mirror/mirror.ts';
import { faultCode, type SyncCalls } from './calls.ts';
import { Checkpoints, type Checkpoint } from './checkpoint.ts';
import { compare } from './comparing-phase.ts';
import { countPeople } from './counting-phase.ts';
import { watchDetails } from './details-phase.ts';
import { DetailsLedger } from './details-progress.ts';
import type { DetailsQueue } from './details-queue.ts';
import { Hold, LeaseLost } from './hold.ts';
import { readListPage } from './list-phase.ts';
import type { PhaseParts } from './phase.ts';
import { afterFault } from './run.ts';

export interface FollowerSyncParts {
  readonly followers: Table;
  readonly calls: SyncCalls;
  readonly queue: DetailsQueue;
  readonly clock: Clock;
  readonly log: Log;
}

/** The step that each phase is made of. Each returns the run as it is to be stored. Faults throw. */
const steps: Record<Checkpoint['phase'], (parts: PhaseParts, hold: Hold) => Promise<Checkpoint>> = {
  listing: readListPage,
  comparing: compare,
  details: watchDetails,
  counting: countPeople,
};

/**
 * Brings the mirror of an account in line with WeChat's list. A run is a chain of steps; after each, the checkpoint is
 * written on the condition that it is still ours, so that it can be killed anywhere and goes on from the last one.
 * Every write of a step may be done twice.
 */
export class FollowerSync {
  readonly #parts: FollowerSyncParts;
  readonly #checkpoints: Checkpoints;
  readonly #phaseParts: PhaseParts;

  constructor(parts: FollowerSyncParts) {
    const { followers, calls, queue, clock } = parts;
    this.#parts = parts;
    this.#checkpoints = new Checkpoints(followers);
    this.#phaseParts = {
      ...{ followers, calls, queue, clock },
      mirror: new Mirror(followers),
      ledger: new DetailsLedger(followers),
    };
  }

  /**
   * Works on the run of the account until it ends, has to wait, or `shouldContinue` says no after a step. Does nothing where
   * another process is at it, or none is to be done. Faults of WeChat and of the store do not throw: they stand in the
   * checkpoint, and the run goes on later.
   */
  async work(account: Account, shouldContinue: () => boolean): Promise<void> {
    const { clock, log } = this.#parts;
    const hold = await Hold.take(account, this.#checkpoints, clock);
    if (!hold) return;
    try {
      while (hold.run.state === 'running' && shouldContinue()) {
        if (await this.#checkpoints.isPaused(account.appId)) break;
        const before = hold.run.phase;
        const next = await steps[before](this.#phaseParts, hold);
        await hold.save(next);
        if (next.phase === 'details' && before === 'details') break;
      }
      await hold.release(hold.run);
      if (hold.run.state === 'done') {
        const { listed, joined, left, missing } = hold.run;
        log.info('A sync of followers has ended.', { account: account.appId, listed, joined, left, missing });
      }
    } catch (error) {
      if (error instanceof LeaseLost) {
        log.warn('Another process has gone on with a sync.', { account: account.appId });
        return;
      }
      await this.#noteFault(hold, error);
    }
  }

  /** Notes in the log and in the checkpoint that a step failed, and gives the run back. */
  async #noteFault(hold: Hold, error: unknown): Promise<void> {
    const { clock, log } = this.#parts;
    const { appId } = hold.account;
    const next = afterFault(hold.run, error, clock.now());
    const { phase, lastError, resumeAt: retryAt } = next;
    const about = { account: appId, phase, code: lastError?.code };
    if (next.state === 'failed') log.error('A sync has failed for today.', about);
    else log.warn('A step of a sync failed.', { ...about, retryAt });
    try {
      await hold.release(next);
    } catch (unsaved) {
      // The lease runs out, and the sweep finds the run.
      const code = faultCode(unsaved);
      log.error('The checkpoint of a sync could not be written.', { account: appId, code });
    }
  }
}
