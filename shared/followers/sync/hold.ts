import type { Account } from '../../accounts/accounts.ts';
import type { Clock } from '../../platform/clock.ts';
import { concurrently } from '../../platform/concurrently.ts';
import type { StoredList } from '../mirror/stored-list.ts';
import type { Checkpoint, CheckpointLease, Checkpoints } from './checkpoint.ts';
import { isWorkable } from './run.ts';

/** How long a run that was killed keeps others out. Renewed at half-time, within a page, too. */
const leaseSeconds = 300;
const maxConcurrentWrites = 32;
/** Between two looks at the lease. */
const writesPerLook = 1000;

/** Somebody else has gone on with the run. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** What a process remembers between the steps of a run. Who goes on with the run can do without. */
export interface Memory {
  /** Who came after the cursor and is not stored yet, and the openid after which the page then begins. */
  tail?: { readonly openids: readonly string[]; readonly cursor: string } | undefined;
  /** The chunks that are there already. */
  known?: Set<string> | undefined;
  /** The run's list, once it is whole, */
  list?: StoredList | undefined;
  /** and whom it has in the partition that the walk is in, in order. */
  listed?: { readonly partition: number; readonly openids: readonly string[] } | undefined;
}

/** The run in hand: as it is stored, and kept while a long step goes on. */
export class Hold {
  readonly account: Account;
  readonly memory: Memory = {};
  readonly #checkpoints: Checkpoints;
  readonly #clock: Clock;
  #run: Checkpoint;
  #lease: CheckpointLease;
  #leaseUntil: number;

  private constructor(
    { account, run, lease }: { account: Account; run: Checkpoint; lease: CheckpointLease },
    { checkpoints, clock, leaseUntil }: { checkpoints: Checkpoints; clock: Clock; leaseUntil: number },
  ) {
    this.account = account;
    this.#run = run;
    this.#lease = lease;
    this.#leaseUntil = leaseUntil;
    this.#checkpoints = checkpoints;
    this.#clock = clock;
  }

  /** Takes the lease of a run that is to go on now. Undefined where there is none, or somebody else was quicker. */
  static async take(account: Account, checkpoints: Checkpoints, clock: Clock): Promise<Hold | undefined> {
    const { run: stored } = await checkpoints.read(account.appId);
    const now = clock.now();
    if (!stored || !isWorkable(stored, now)) return undefined;
    const run: Checkpoint = { ...stored, state: 'running', waitingFor: undefined, resumeAt: undefined };
    const leaseUntil = now + leaseSeconds;
    const lease = await checkpoints.take(account.appId, run, {
      seen: stored.revision,
      now,
      until: leaseUntil,
    });
    return lease && new Hold({ account, run, lease }, { checkpoints, clock, leaseUntil });
  }

  /** The run as it was stored last. */
  get run(): Checkpoint {
    return this.#run;
  }

  /** Writes the checkpoint, and keeps the lease from now on. Throws LeaseLost. */
  async save(next: Checkpoint): Promise<void> {
    const leaseUntil = this.#clock.now() + leaseSeconds;
    const lease = await this.#checkpoints.save(this.#lease, next, leaseUntil);
    if (!lease) throw new LeaseLost();
    [this.#lease, this.#run, this.#leaseUntil] = [lease, next, leaseUntil];
  }

  /** Writes the checkpoint and gives the lease back, unless it was lost. */
  async release(next: Checkpoint): Promise<void> {
    await this.#checkpoints.release(this.#lease, next);
    this.#run = next;
  }

  /** Does something for each, several at once, and keeps the lease meanwhile. Throws LeaseLost. */
  async each<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
    for (let start = 0; start < all.length; start += writesPerLook) {
      await concurrently(all.slice(start, start + writesPerLook), maxConcurrentWrites, async (one) => {
        // Whoever wakes up late must not write what others have overtaken: at most what was in flight gets through.
        if (this.#secondsLeft() <= 0) throw new LeaseLost();
        await act(one);
      });
      if (this.#secondsLeft() <= leaseSeconds / 2) await this.save(this.#run);
    }
  }

  #secondsLeft(): number {
    return this.#leaseUntil - this.#clock.now();
  }
}
