import type { Account } from '../accounts/accounts.ts';
import type { Clock } from '../platform/clock.ts';
import type { Credential, Need } from './credential.ts';
import type { Mint, Minted } from './mint.ts';
import { checkSeconds, leaseCallsSeconds, type Renewal } from './timing.ts';
import type { Check, Verdict } from './token-check.ts';

/** What requests are made with. */
export interface RequestsParts {
  readonly mint: Mint;
  /** Absent where no call carries the credential, so that WeChat cannot be asked about it. */
  readonly check: Check | undefined;
  readonly clock: Clock;
}

/** For which account a value is asked for, how, and why. */
export interface Asker {
  readonly account: Account;
  readonly renewal: Renewal;
  /** The record as it was when the lease was taken. */
  readonly seen: Credential;
  readonly need: Need;
}

/** The requests of one attempt: for how long they may go on, and what they may have done. Times in Unix seconds. */
export class Requests {
  readonly #parts: RequestsParts;
  readonly #asker: Asker;
  #startedAt: number;
  #replacedFrom: number | undefined;
  #isForcing = false;
  #isConfirmed = false;

  /** They begin `now`. */
  constructor(parts: RequestsParts, asker: Asker, now: number) {
    this.#parts = parts;
    this.#asker = asker;
    this.#startedAt = now;
  }

  /** No request to the outside goes on for longer. */
  get #until(): number {
    return this.#startedAt + leaseCallsSeconds;
  }

  /**
   * From when on a request was sent that may have replaced the stored token, unless that surely brought nothing. Of a
   * classic mint it is the time that is on record.
   */
  get replacedFrom(): number | undefined {
    return this.#replacedFrom;
  }

  /** Whether a forced refresh was sent and has brought no answer. */
  get isForcing(): boolean {
    return this.#isForcing;
  }

  /** Whether WeChat has just said that it rejects the stored value. */
  get isRejectionConfirmed(): boolean {
    return this.#isConfirmed;
  }

  /** Gives those to come their whole time. */
  startAnew(now: number): void {
    this.#startedAt = now;
  }

  /** Asks WeChat whether it accepts the stored value. A credential that no call carries cannot be asked about. */
  async check(): Promise<Verdict> {
    const { account, seen } = this.#asker;
    const { check, clock } = this.#parts;
    const until = Math.min(this.#until, clock.now() + checkSeconds);
    const verdict: Verdict =
      check && seen.value !== undefined ? await check(account, seen.value, { until }) : { state: 'rejected' };
    this.#isConfirmed = verdict.state === 'rejected';
    return verdict;
  }

  /** Asks for a value. Throws what the mint throws. */
  async mint({ force }: { readonly force: boolean }): Promise<Minted> {
    const { account, need, renewal } = this.#asker;
    if (force || renewal === 'classic') this.#replacedFrom = this.#startedAt;
    const byHand = need.reason === 'manual';
    this.#isForcing = force;
    const minted = await this.#parts.mint(account, { force, byHand, until: this.#until });
    this.#isForcing = false;
    return minted;
  }

  /** The last request surely did nothing at WeChat. */
  broughtNothing(): void {
    this.#replacedFrom = undefined;
  }
}
