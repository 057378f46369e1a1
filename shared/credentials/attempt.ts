import type { Account } from '../accounts/accounts.ts';
import type { Clock } from '../platform/clock.ts';
import { errorName } from '../platform/error-name.ts';
import type { Log } from '../platform/log.ts';
import { errorCode } from '../wechat/error-code.ts';
import { WeChatApiError } from '../wechat/errors.ts';
import { chinaDayEnd, quotaBeliefSeconds } from '../wechat/quota-day.ts';
import type { CredentialLease, CredentialStore, Writing } from './credential-store.ts';
import {
  isBackingOff,
  marginSeconds,
  outcomeOf,
  type Credential,
  type Failure,
  type Need,
  type RefreshOutcome,
} from './credential.ts';
import { countedToday, oneMore } from './day-count.ts';
import { describeFailure, isNews, MintBudgetSpent, RejectedTokenKept } from './failure.ts';
import type { Mint, Minted } from './mint.ts';
import {
  checkSeconds,
  forcedApartSeconds,
  forcedPerDay,
  graceSeconds,
  leaseCallsSeconds,
  leaseSeconds,
  lifetime,
  minuteSeconds,
  type Renewal,
} from './timing.ts';
import type { Check, Verdict } from './token-check.ts';

/** Told of each refresh that failed, and of the credential as it is after that. Must not throw. */
export type OnFailure = (account: Account, failure: Failure, left: Credential) => void;

/** What an attempt works with. */
export interface AttemptParts {
  readonly store: CredentialStore;
  readonly mint: Mint;
  /** Absent where no call carries the credential, so that WeChat cannot be asked about it. */
  readonly check: Check | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly onFailure: OnFailure;
  readonly onSuccess: () => void;
  /** Books the account's next refresh. A booking that fails is no failure of the refresh: the sweep finds what is due. */
  readonly book: (account: Account, at: number) => Promise<unknown>;
  /** Tells a person: whether that could be done. An alarm that cannot be sent is logged, and fails nothing. */
  readonly raise: (account: Account, failure: Failure, left: Credential) => Promise<boolean>;
}

/**
 * The lease went to somebody else before the end could be recorded. `replacedFrom`: a request that may have replaced
 * the stored token was sent at that time (Unix seconds), so that what the other one stored may be dead.
 */
export interface LeaseLost {
  readonly state: 'lease lost';
  readonly replacedFrom: number | undefined;
}

/** Who holds the lease, of which record, and why. */
export interface Holder {
  readonly account: Account;
  readonly renewal: Renewal;
  /** The record as it was when the lease was taken. */
  readonly seen: Credential;
  readonly need: Need;
  readonly lease: CredentialLease;
  /** When, by this process's clock. */
  readonly takenAt: number;
  /** Whether the need is that WeChat rejects the stored value, which nobody has asked WeChat about yet. */
  readonly isReport: boolean;
}

/** One refresh by whoever holds the lease. docs/refresh-protocol.md tells why each step is there. */
export class Attempt {
  readonly #parts: AttemptParts;
  readonly #holder: Holder;
  /** Whether WeChat is known to reject the stored value, and whether it has just said so. */
  #isRejected: boolean;
  #isConfirmed = false;
  /** No call to the outside goes on for longer. Unix seconds. */
  #callsUntil: number;
  /** When a request was sent that may have replaced the stored token. */
  #replacedFrom: number | undefined;
  #isForcing = false;
  #lease: CredentialLease;

  constructor(parts: AttemptParts, holder: Holder) {
    this.#parts = parts;
    this.#holder = holder;
    const { seen, takenAt, lease } = holder;
    this.#lease = lease;
    this.#isRejected = seen.generation === seen.rejectedGeneration;
    this.#callsUntil = takenAt + leaseCallsSeconds;
  }

  async run(): Promise<RefreshOutcome | LeaseLost> {
    const { account, seen, need, isReport } = this.#holder;
    if (isReport) {
      const verdict = await this.#check();
      if (verdict.state === 'accepted' || (verdict.state === 'unknown' && !this.#mayAskLender())) {
        return this.#keep(verdict);
      }
      this.#isRejected = verdict.state === 'rejected';
      const limits = { now: this.#parts.clock.now(), mintBudget: account.mintBudget };
      if (isBackingOff(need, seen, limits)) return this.#distrust();
    }
    if (need.reason !== 'manual' && this.#mintsToday() >= account.mintBudget) {
      return this.#fail(new MintBudgetSpent(account.mintBudget));
    }
    if (!(await this.#begin())) return this.#leaseLost();
    let minted: Minted | undefined;
    const askedAt = this.#parts.clock.now();
    try {
      minted = await this.#newValue();
    } catch (error) {
      return this.#fail(error);
    }
    if (!minted) return this.#leaseLost();
    return minted.value === seen.value ? this.#extendLife(minted, askedAt) : this.#publish(minted, askedAt);
  }

  /** Asks WeChat whether it accepts the stored value. A credential that no call carries cannot be asked about. */
  async #check(): Promise<Verdict> {
    const { account, seen } = this.#holder;
    const { check, clock } = this.#parts;
    const until = Math.min(this.#callsUntil, clock.now() + checkSeconds);
    const verdict: Verdict =
      check && seen.value !== undefined ? await check(account, seen.value, { until }) : { state: 'rejected' };
    this.#isConfirmed = verdict.state === 'rejected';
    return verdict;
  }

  /** Leaves the value in use, and records the verdict for all who reported it before the check was sent. */
  async #keep(verdict: Exclude<Verdict, { state: 'rejected' }>): Promise<RefreshOutcome> {
    const { account, seen } = this.#holder;
    const accepted = verdict.state === 'accepted';
    const code = accepted ? undefined : errorCode(verdict.error);
    const refreshAt = accepted ? undefined : this.#earlierRefresh();
    await this.#tryToRelease({
      set: {
        verdict: { check: (seen.checks ?? 0) + 1, accepted, ...(code !== undefined && { code }) },
        refreshAt,
      },
    });
    if (refreshAt !== undefined) await this.#parts.book(account, refreshAt);
    const about = { account: account.appId, generation: seen.generation };
    if (accepted) this.#parts.log.info('WeChat accepts a value that was reported as rejected.', about);
    else this.#parts.log.warn('WeChat could not be asked about a reported value.', { ...about, code });
    return { state: 'usable', generation: seen.generation, unchecked: code };
  }

  /**
   * When to ask for the stable token although it is not due, where WeChat could not be asked about it: to ask harms none,
   * and brings the new one if somebody has forced it. Not at the cost of mints that the day still needs.
   */
  #earlierRefresh(): number | undefined {
    const { seen, renewal } = this.#holder;
    if (renewal !== 'stable' || !this.#hasMintsToSpare()) return undefined;
    const soon = this.#parts.clock.now() + quotaBeliefSeconds;
    return soon < (seen.refreshAt ?? Number.POSITIVE_INFINITY) ? soon : undefined;
  }

  /** Asking the lender costs nothing, and it knows. WeChat may never answer from an address that is not on its list. */
  #mayAskLender(): boolean {
    const { account, renewal } = this.#holder;
    return account.lender !== undefined && renewal !== 'ticket' && this.#hasMintsToSpare();
  }

  #hasMintsToSpare(): boolean {
    return 2 * this.#mintsToday() < this.#holder.account.mintBudget;
  }

  /** Has readers stop using a value that WeChat rejects, at a time when no new one may be asked for. */
  async #distrust(): Promise<RefreshOutcome | LeaseLost> {
    const { failure, generation } = this.#holder.seen;
    const released = await this.#release({
      set: { usableUntil: 0, rejectedGeneration: generation },
    });
    return released ? { state: 'unavailable', failure } : this.#leaseLost();
  }

  /**
   * Puts on record that a value is about to be asked for, before it is: when readers must stop trusting the present one,
   * and that a refresh is due should this process die over it. Extends the lease.
   */
  async #begin(): Promise<boolean> {
    const { seen, renewal } = this.#holder;
    const now = this.#parts.clock.now();
    this.#callsUntil = now + leaseCallsSeconds;
    return this.#keepsLease({
      leaseUntil: now + leaseSeconds,
      usableUntil: this.#usableDuringMint(now),
      rejectedGeneration: this.#isRejected ? seen.generation : undefined,
      unsettled: renewal === 'classic' ? true : undefined,
      mints: oneMore(seen.mints, now),
      attempts: (seen.attempts ?? 0) + 1,
      // Should this process die over it, others may take the lease by then.
      refreshAt: now + leaseSeconds,
    });
  }

  /** When the present value stops being usable during this refresh. */
  #usableDuringMint(now: number): number | undefined {
    const { seen, renewal } = this.#holder;
    if (seen.usableUntil === undefined) return undefined;
    // Not "until now": by another worker's clock that may be minutes away.
    if (this.#isRejected) return 0;
    // The two APIs do not touch each other's tokens.
    if ((seen.valueMode ?? renewal) !== 'classic' || renewal !== 'classic') return seen.usableUntil;
    // A classic mint leaves the present value its grace, and the one before it nothing. After a mint whose end is not
    // known, the present value may already be the one before.
    return seen.unsettled === true ? 0 : Math.min(seen.usableUntil, now + graceSeconds);
  }

  #mintsToday(): number {
    return countedToday(this.#holder.seen.mints, this.#parts.clock.now());
  }

  /** Undefined when the lease was lost before a forced refresh. */
  async #newValue(): Promise<Minted | undefined> {
    const { seen } = this.#holder;
    const minted = await this.#mint(false);
    if (minted.value !== seen.value || !this.#isRejected) return minted;
    // WeChat hands back the value that it rejected. Forced refreshes are few, so they are the last resort.
    const verdict: Verdict = this.#isConfirmed ? { state: 'rejected' } : await this.#check();
    if (verdict.state === 'accepted') return minted;
    if (verdict.state === 'unknown') throw verdict.error;
    return this.#forced();
  }

  /** Only the stable token can be forced: a classic mint never brings the same value, and a ticket is never rejected. */
  async #forced(): Promise<Minted | undefined> {
    const { seen, renewal } = this.#holder;
    const now = this.#parts.clock.now();
    if (renewal !== 'stable') throw new RejectedTokenKept(now + minuteSeconds);
    const count = countedToday(seen.forced, now);
    const guardEnds = Math.min(seen.forced?.lastAt ?? 0, now) + forcedApartSeconds;
    if (count >= forcedPerDay) throw new RejectedTokenKept(chinaDayEnd(now));
    if (now < guardEnds) {
      // A clock that is ahead may have noted it. Nobody knows how long ago, so the time counts from now.
      if (seen.forced && seen.forced.lastAt > now) {
        await this.#keepsLease({ forced: { ...seen.forced, lastAt: now } });
      }
      throw new RejectedTokenKept(guardEnds);
    }
    const forced = { ...oneMore(seen.forced, now), lastAt: now };
    // Without the lease the force is somebody else's to decide.
    if (!(await this.#keepsLease({ forced }))) return undefined;
    this.#isForcing = true;
    const minted = await this.#mint(true);
    this.#isForcing = false;
    if (minted.value === seen.value) throw new RejectedTokenKept(now + forcedApartSeconds);
    return minted;
  }

  async #mint(force: boolean): Promise<Minted> {
    const { account, need, renewal } = this.#holder;
    if (force || renewal === 'classic') this.#replacedFrom = this.#parts.clock.now();
    const byHand = need.reason === 'manual';
    return this.#parts.mint(account, { force, byHand, until: this.#callsUntil });
  }

  /** Publishes the remaining life of the value that is stored already. */
  async #extendLife({ expiresIn, tokenGeneration }: Minted, askedAt: number) {
    const { seen, renewal } = this.#holder;
    const life = lifetime(renewal, askedAt, expiresIn);
    // Close to its end WeChat may still hand back the same value: ask again each minute until it changes.
    const refreshAt = Math.max(life.refreshAt, this.#parts.clock.now() + minuteSeconds);
    return this.#succeed({ ...life, refreshAt, tokenGeneration }, seen.generation);
  }

  async #publish({ value, expiresIn, tokenGeneration }: Minted, askedAt: number) {
    const { account, seen, renewal } = this.#holder;
    const generation = seen.generation + 1;
    const next = {
      generation,
      value,
      valueMode: renewal,
      mintedAt: askedAt,
      ...lifetime(renewal, askedAt, expiresIn),
      tokenGeneration,
      previousValue: seen.value,
      previousUsableUntil:
        seen.usableUntil === undefined ? undefined : Math.min(seen.usableUntil, askedAt + graceSeconds),
    };
    const outcome = await this.#succeed(next, generation);
    if (outcome.state === 'usable') {
      this.#parts.log.info('The credential has a new value.', {
        account: account.appId,
        generation,
        expiresAt: next.expiresAt,
      });
    }
    return outcome;
  }

  async #succeed(
    set: Partial<Credential> & { readonly refreshAt: number },
    generation: number,
  ): Promise<RefreshOutcome | LeaseLost> {
    const { account } = this.#holder;
    const released = await this.#release({
      set,
      remove: ['failure', 'pauses', 'told', 'unsettled', 'rejectedGeneration'],
    });
    if (!released) return this.#leaseLost();
    await this.#parts.book(account, set.refreshAt);
    this.#parts.onSuccess();
    return { state: 'usable', generation };
  }

  async #fail(error: unknown): Promise<RefreshOutcome | LeaseLost> {
    const { account, seen, renewal } = this.#holder;
    const now = this.#parts.clock.now();
    const usesUpMints = renewal === 'classic';
    const { failure, pauses, mayHaveMinted } = describeFailure(error, seen, { now, usesUpMints });
    if (!mayHaveMinted) this.#replacedFrom = undefined;
    const isOpen = this.#replacedFrom !== undefined;
    const refreshAt = Math.max(failure.retryAt, now + minuteSeconds);
    this.#parts.log.warn('A refresh failed.', {
      account: account.appId,
      code: failure.code,
      reason: failure.message,
      count: failure.count,
      retryAt: failure.retryAt,
    });
    const accepted = await this.#acceptedUntil(error, failure.retryAt);
    const released = await this.#release({
      set: {
        failure,
        pauses,
        refreshAt,
        ...(isOpen ? { unsettled: true } : this.#asBefore(now)),
        ...(this.#isRejected && { usableUntil: 0, rejectedGeneration: seen.generation }),
        ...(accepted !== undefined && { usableUntil: accepted }),
      },
      remove: [
        ...(isOpen ? [] : (['mints', 'unsettled'] as const).filter((name) => seen[name] === undefined)),
        ...(accepted === undefined ? [] : ['rejectedGeneration']),
      ],
    });
    if (!released) return this.#leaseLost();
    await this.#parts.book(account, refreshAt);
    const left = await this.#parts.store.read(account.appId);
    if (isNews(failure, seen.told)) await this.#tell(failure, left);
    this.#parts.onFailure(account, failure, left);
    return outcomeOf(left, now);
  }

  /** Tells a person, and puts that on record. What could not be told is told at the next failure. */
  async #tell(failure: Failure, left: Credential): Promise<void> {
    const { account } = this.#holder;
    const { raise, store, clock, log } = this.#parts;
    // An account that is gone must not come back for that.
    if (left.revision === 0 || !(await raise(account, failure, left))) return;
    try {
      let seen = left;
      for (let tries = 0; tries < 3 && seen.revision > 0 && seen.failure !== undefined; tries++) {
        const told = [...(seen.told ?? []), failure.code];
        const now = clock.now();
        if (await store.amend(account.appId, seen, { told }, { now })) return;
        seen = await store.read(account.appId);
      }
    } catch (error) {
      log.warn('It could not be noted that a person was told; they are told again.', {
        account: account.appId,
        error: errorName(error),
      });
    }
  }

  /**
   * After a classic mint whose end is not known nobody can tell for how long the present value lives; after a second one,
   * whether it does: that would have killed it at once. Where WeChat has answered, whatever it does is done, and it can be
   * asked. What it accepts stays in use until the next try; if it is dead before, calls report it.
   */
  async #acceptedUntil(error: unknown, retryAt: number): Promise<number | undefined> {
    const { seen } = this.#holder;
    if (seen.unsettled !== true || seen.value === undefined || !(error instanceof WeChatApiError)) {
      return undefined;
    }
    const { state } = await this.#check();
    if (state !== 'accepted') return undefined;
    this.#isRejected = false;
    return Math.min(seen.expiresAt ?? 0, retryAt + marginSeconds);
  }

  /** WeChat surely did nothing: the value is as good as it was, and an outage uses up neither mints nor forces. */
  #asBefore(now: number): Partial<Credential> {
    const { mints, unsettled, usableUntil, forced } = this.#holder.seen;
    // Only when the force was sent stays on record.
    const uncounted = { ...oneMore(forced, now), count: countedToday(forced, now), lastAt: now };
    return { mints, unsettled, usableUntil, ...(this.#isForcing && { forced: uncounted }) };
  }

  /** Puts something on record before a request is sent. False when the lease was lost. */
  async #keepsLease(set: Partial<Credential>): Promise<boolean> {
    const lease = await this.#parts.store.begin(this.#lease, set);
    if (lease) this.#lease = lease;
    return lease !== undefined;
  }

  /** False when the lease was lost, or when nobody can tell and there is something to be settled. */
  async #release(writing: Writing): Promise<boolean> {
    try {
      return await this.#parts.store.release(this.#lease, writing);
    } catch (error) {
      if (this.#replacedFrom === undefined) throw error;
      return false;
    }
  }

  /** For what may be lost: who is to be answered does not wait for the database to be well. */
  async #tryToRelease(writing: Writing): Promise<void> {
    try {
      await this.#parts.store.release(this.#lease, writing);
    } catch (error) {
      this.#parts.log.warn('A verdict could not be put on record.', {
        account: this.#holder.account.appId,
        error: errorName(error),
      });
    }
  }

  #leaseLost(): LeaseLost {
    this.#parts.log.warn('A lease was lost during a refresh.', { account: this.#holder.account.appId });
    return { state: 'lease lost', replacedFrom: this.#replacedFrom };
  }
}
