import { randomBytes } from 'node:crypto';
import type { Account } from '../../accounts/accounts.ts';
import type { Clock } from '../../platform/clock.ts';
import { eachAtOnce } from '../../platform/each-at-once.ts';
import type { Checkpoint, Checkpoints, StoredCheckpoint } from './checkpoint.ts';
import { isWorkable } from './run.ts';

/** How long a run that was killed keeps others out. Renewed at half-time, within a page, too. */
const leaseSeconds = 300;
const writesAtOnce = 32;
/** Between two looks at the lease. */
const writesPerLook = 1000;

/** Somebody else has gone on with the run. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** The run in hand: as it is stored, and kept while a long step goes on. */
export class Hold {
  readonly account: Account;
  readonly #checkpoints: Checkpoints;
  readonly #clock: Clock;
  #run: StoredCheckpoint;

  private constructor(account: Account, run: StoredCheckpoint, checkpoints: Checkpoints, clock: Clock) {
    this.account = account;
    this.#run = run;
    this.#checkpoints = checkpoints;
    this.#clock = clock;
  }

  /** Takes the lease of a run that is to go on now. Undefined where there is none, or somebody else was quicker. */
  static async take(account: Account, checkpoints: Checkpoints, clock: Clock): Promise<Hold | undefined> {
    const { run } = await checkpoints.read(account.account);
    const now = clock.now();
    if (!run || !isWorkable(run, now)) return undefined;
    const taken = await checkpoints.write(
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
    return taken && new Hold(account, taken, checkpoints, clock);
  }

  /** The run as it was stored last. */
  get run(): StoredCheckpoint {
    return this.#run;
  }

  /** Writes the checkpoint, and keeps the lease from now on. Throws LeaseLost. */
  async save(next: Checkpoint): Promise<void> {
    const { owner } = this.#run;
    const leaseUntil = this.#clock.now() + leaseSeconds;
    if (!(await this.#write({ ...next, owner, leaseUntil }))) throw new LeaseLost();
  }

  /** Writes the checkpoint and gives the lease back, unless it was lost. */
  async release(next: Checkpoint): Promise<void> {
    await this.#write({ ...next, owner: undefined, leaseUntil: undefined });
  }

  /** Does something for each, several at once, and keeps the lease meanwhile. Throws LeaseLost. */
  async each<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
    for (let start = 0; start < all.length; start += writesPerLook) {
      await eachAtOnce(all.slice(start, start + writesPerLook), writesAtOnce, async (one) => {
        // Whoever wakes up late must not write what others have overtaken: at most what was in flight gets through.
        if (this.#secondsLeft() <= 0) throw new LeaseLost();
        await act(one);
      });
      if (this.#secondsLeft() <= leaseSeconds / 2) await this.save(this.#run);
    }
  }

  #secondsLeft(): number {
    return (this.#run.leaseUntil ?? 0) - this.#clock.now();
  }

  async #write(next: Checkpoint): Promise<boolean> {
    const written = await this.#checkpoints.write(this.account.account, next, this.#run.revision);
    if (written) this.#run = written;
    return written !== undefined;
  }
}
