import type { Account } from '../accounts/accounts.ts';
import { errorName } from '../platform/error-name.ts';
import type { Log } from '../platform/log.ts';
import { errorCode } from '../wechat/error-code.ts';
import { WeChatApiError } from '../wechat/errors.ts';
import {
  afterAcceptance,
  afterFailure,
  beforeMint,
  earlierRefresh,
  hasMintsToSpare,
  ofNewValue,
  ofSameValue,
  settledBySuccess,
  trustIn,
  undoubtedUntil,
  type Trust,
} from './attempt-record.ts';
import { Requests, type Asker, type RequestsParts } from './attempt-requests.ts';
import type { CredentialLease, CredentialStore, Writing } from './credential-store.ts';
import {
  isBackingOff,
  isOnlyToBeChecked,
  outcomeOf,
  type Credential,
  type Failure,
  type RefreshOutcome,
} from './credential.ts';
import { countedToday, oneMore } from './day-count.ts';
import { oneMoreEarlyEnd } from './early-ends.ts';
import { describeFailure, isOfQuota, MintBudgetSpent, RejectedTokenKept } from './failure.ts';
import { withFormer } from './history.ts';
import type { Minted } from './mint.ts';
import type { Notices } from './notices.ts';
import { askAgain, forcedApartSeconds, forcedPerDay, leaseSeconds, minuteSeconds } from './timing.ts';
import type { Verdict } from './token-check.ts';

/** Told of each refresh that failed, and of the credential as it is after that. Must not throw. */
export type OnFailure = (account: Account, failure: Failure, left: Credential) => void;

/** What an attempt works with. */
export interface AttemptParts extends RequestsParts {
  readonly store: CredentialStore;
  readonly log: Log;
  readonly notices: Notices;
  readonly onFailure: OnFailure;
  readonly onSuccess: () => void;
  /** Told of each token that WeChat was found to reject before its time though nobody here had replaced it. */
  readonly onEarlyEnd: (account: Account) => void;
}

/**
 * The lease went to somebody else before the end could be recorded, or nobody can tell whether it was. `owner`: of the
 * lease. `replacedFrom`: a request that may have replaced the stored token was sent at that time (Unix seconds), so that
 * what the other one stored may be dead.
 */
export interface LeaseLost {
  readonly state: 'lease lost';
  readonly owner: string;
  readonly replacedFrom: number | undefined;
}

/** Who holds the lease, of which record, and why. */
export interface Holder extends Asker {
  readonly lease: CredentialLease;
  /** When, by this process's clock. */
  readonly takenAt: number;
  /** Whether WeChat is to be asked about the stored value before anything else. */
  readonly checksFirst: boolean;
}

/** One refresh by whoever holds the lease. docs/refresh-protocol.md tells why each step is there. */
export class Attempt {
  readonly #parts: AttemptParts;
  readonly #holder: Holder;
  readonly #requests: Requests;
  /** Whether WeChat is known to reject the stored value. */
  #isRejected: boolean;
  /** Whether a report is for the lender to look into, since WeChat gave no verdict. */
  #isForLender = false;
  /** Where the check found that the stored value has ended before its time. */
  #earlyEnds: number[] | undefined;
  #lease: CredentialLease;
  #hasBegun = false;
  #wasForced = false;

  constructor(parts: AttemptParts, holder: Holder) {
    this.#parts = parts;
    this.#holder = holder;
    const { seen, takenAt, lease } = holder;
    this.#lease = lease;
    this.#isRejected = seen.generation === seen.rejectedGeneration;
    this.#requests = new Requests(parts, holder, takenAt);
  }

  async run(): Promise<RefreshOutcome | LeaseLost> {
    const { account, seen, need, checksFirst } = this.#holder;
    if (checksFirst) {
      const verdict = await this.#requests.check();
      if (verdict.state === 'accepted' || (verdict.state === 'unknown' && !this.#mayAskLender())) {
        return this.#keep(verdict);
      }
      this.#isRejected = verdict.state === 'rejected';
      this.#isForLender = verdict.state === 'unknown';
      if (this.#isRejected) this.#noteEarlyEnd();
      if (isBackingOff(need, seen, this.#limits())) return this.#distrust();
    }
    if (need.reason !== 'manual' && this.#isBudgetSpent()) {
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

  /** Of a borrowed token only its lender knows who has replaced it. */
  #noteEarlyEnd(): void {
    const { account, seen } = this.#holder;
    const { clock, log, onEarlyEnd } = this.#parts;
    const earlyEnds = oneMoreEarlyEnd(seen, clock.now());
    if (!earlyEnds || account.lender !== undefined) return;
    this.#earlyEnds = earlyEnds;
    log.warn('WeChat has ended a token before its time.', {
      account: account.appId,
      generation: seen.generation,
    });
    onEarlyEnd(account);
  }

  /** Mints nothing, and records the verdict for all who reported the value before the check was sent. */
  async #keep(verdict: Exclude<Verdict, { state: 'rejected' }>): Promise<RefreshOutcome> {
    const { account, seen } = this.#holder;
    const accepted = verdict.state === 'accepted';
    const code = accepted ? undefined : errorCode(verdict.error);
    const { set, remove = [] }: Writing = accepted
      ? afterAcceptance(seen, this.#parts.clock.now())
      : { set: { refreshAt: this.#asksAgainAt() } };
    await this.#tryToRelease({
      set: { ...set, verdict: { check: (seen.checks ?? 0) + 1, accepted, code } },
      remove,
    });
    if (set?.refreshAt !== undefined) await this.#parts.notices.book(account, set.refreshAt);
    const about = { account: account.appId, generation: seen.generation };
    if (accepted) this.#parts.log.info('WeChat accepts a value that was in doubt.', about);
    else this.#parts.log.warn('WeChat could not be asked about a value in doubt.', { ...about, code });
    // The process may have stood still meanwhile, until after the value's end.
    const { usableUntil = seen.usableUntil } = set ?? {};
    const outcome = outcomeOf({ ...seen, usableUntil }, this.#parts.clock.now());
    return outcome.state === 'usable' ? { ...outcome, unchecked: code } : outcome;
  }

  /** When to ask again, where WeChat has given no verdict; undefined where the time that is on record stands. */
  #asksAgainAt(): number | undefined {
    const { seen, need, renewal } = this.#holder;
    const limits = this.#limits();
    if (isOnlyToBeChecked(need, seen, limits)) return limits.now + askAgain.elseSeconds;
    return earlierRefresh(seen, { renewal, ...limits });
  }

  /** The lender can ask WeChat, which may never answer from an address that is not on its list. */
  #mayAskLender(): boolean {
    const { account, need, renewal, seen } = this.#holder;
    const limits = this.#limits();
    return (
      account.lender !== undefined &&
      renewal !== 'ticket' &&
      hasMintsToSpare(seen, limits) &&
      !isBackingOff(need, seen, limits)
    );
  }

  #limits(): { readonly now: number; readonly mintBudget: number } {
    return { now: this.#parts.clock.now(), mintBudget: this.#holder.account.mintBudget };
  }

  /** Has readers stop using a value that WeChat rejects, at a time when no new one may be asked for. */
  async #distrust(): Promise<RefreshOutcome | LeaseLost> {
    const { account, seen } = this.#holder;
    const { failure, generation } = seen;
    const askAt = this.#parts.clock.now() + askAgain.elseSeconds;
    const refreshAt = Math.min(failure?.retryAt ?? askAt, askAt);
    const released = await this.#release({
      set: { usableUntil: 0, rejectedGeneration: generation, refreshAt },
    });
    if (!released) return this.#leaseLost();
    await this.#parts.notices.book(account, refreshAt);
    return { state: 'unavailable', failure };
  }

  /**
   * Puts on record that a value is about to be asked for, before it is: when readers must stop trusting the present one,
   * and that a refresh is due should this process die over it. Extends the lease.
   */
  async #begin(): Promise<boolean> {
    const { seen, renewal } = this.#holder;
    const now = this.#parts.clock.now();
    this.#requests.startAnew(now);
    this.#hasBegun = await this.#keepsLease({
      leaseUntil: now + leaseSeconds,
      ...beforeMint(seen, { renewal, isRejected: this.#isRejected, now }),
    });
    return this.#hasBegun;
  }

  #isBudgetSpent(): boolean {
    const { account, seen } = this.#holder;
    return countedToday(seen.mints, this.#parts.clock.now()) >= account.mintBudget;
  }

  /** Undefined when the lease was lost before a forced refresh. */
  async #newValue(): Promise<Minted | undefined> {
    const { seen } = this.#holder;
    const minted = await this.#requests.mint({ force: this.#isForLender });
    if (minted.value !== seen.value || !this.#isRejected) return minted;
    // WeChat hands back the value that it rejected. Forced refreshes are few, so they are the last resort.
    if (!this.#requests.isRejectionConfirmed) {
      const verdict = await this.#requests.check();
      if (verdict.state === 'accepted') return minted;
      if (verdict.state === 'unknown') throw verdict.error;
    }
    return this.#forced();
  }

  /** Only the stable token can be forced: a classic mint never brings the same value, and a ticket is never rejected. */
  async #forced(): Promise<Minted | undefined> {
    const { account, seen, renewal } = this.#holder;
    const now = this.#parts.clock.now();
    if (renewal !== 'stable') throw new RejectedTokenKept(now + minuteSeconds);
    // Forces are few at WeChat. What a lender spends on a report is for itself to say.
    if (account.lender === undefined && !(await this.#notesForce(now))) return undefined;
    const minted = await this.#requests.mint({ force: true }).catch((error: unknown) => {
      // Forces have a quota of their own. That it is used up says nothing of ordinary refreshes.
      throw isOfQuota(error) ? RejectedTokenKept.untilTomorrow(now) : error;
    });
    if (minted.value === seen.value) throw new RejectedTokenKept(now + forcedApartSeconds);
    this.#wasForced = true;
    return minted;
  }

  /** Puts on record that a force is about to be sent, if one may be. False when the lease was lost. */
  async #notesForce(now: number): Promise<boolean> {
    const { seen } = this.#holder;
    const count = countedToday(seen.forced, now);
    const guardEnds = Math.min(seen.forced?.lastAt ?? 0, now) + forcedApartSeconds;
    if (count >= forcedPerDay) throw RejectedTokenKept.untilTomorrow(now);
    if (now < guardEnds) {
      // A clock that is ahead may have noted it. Nobody knows how long ago, so the time counts from now.
      if (seen.forced && seen.forced.lastAt > now) {
        await this.#keepsLease({ forced: { ...seen.forced, lastAt: now } });
      }
      throw new RejectedTokenKept(guardEnds);
    }
    // Without the lease the force is somebody else's to decide.
    return this.#keepsLease({ forced: { ...oneMore(seen.forced, now), lastAt: now } });
  }

  /** Publishes the remaining life of the value that is stored already. */
  async #extendLife(minted: Minted, askedAt: number) {
    const { seen, renewal, checksFirst } = this.#holder;
    const now = this.#parts.clock.now();
    // A lender that stands by its value answers all who reported it meanwhile.
    const verdict = checksFirst ? { check: (seen.checks ?? 0) + 1, accepted: true } : undefined;
    return this.#succeed({ ...ofSameValue(minted, { renewal, askedAt, now }), verdict }, seen.generation);
  }

  async #publish(minted: Minted, askedAt: number) {
    const { account, seen, renewal, need } = this.#holder;
    const next = {
      ...ofNewValue(seen, minted, { renewal, askedAt }),
      mintedFor: this.#wasForced ? 'forced' : need.reason,
      former: withFormer(seen, { isRejected: this.#isRejected, earlyEnds: this.#earlyEnds, at: askedAt }),
    };
    const { generation, expiresAt } = next;
    const outcome = await this.#succeed(next, generation);
    if (outcome.state === 'usable') {
      this.#parts.log.info('The credential has a new value.', {
        account: account.appId,
        generation,
        expiresAt,
      });
    }
    return outcome;
  }

  async #succeed(
    set: Partial<Credential> & { readonly refreshAt: number },
    generation: number,
  ): Promise<RefreshOutcome | LeaseLost> {
    const { account } = this.#holder;
    if (!(await this.#release({ set, remove: settledBySuccess }))) return this.#leaseLost();
    await this.#parts.notices.book(account, set.refreshAt);
    this.#parts.onSuccess();
    return { state: 'usable', generation };
  }

  async #fail(error: unknown): Promise<RefreshOutcome | LeaseLost> {
    const { account, seen, renewal } = this.#holder;
    const { clock, log, notices } = this.#parts;
    const now = clock.now();
    const usesUpMints = renewal === 'classic';
    const described = describeFailure(error, seen, { now, usesUpMints });
    const { failure, mayHaveMinted } = described;
    if (!mayHaveMinted) this.#requests.broughtNothing();
    log.warn('A refresh failed.', {
      account: account.appId,
      code: failure.code,
      reason: failure.message,
      count: failure.count,
      retryAt: failure.retryAt,
    });
    const trust = await this.#trustAfter(error);
    const writing = afterFailure(seen, {
      ...described,
      openSince: this.#requests.replacedFrom,
      wasForce: this.#requests.isForcing,
      isRejected: this.#isRejected,
      trust,
      now,
    });
    if (!(await this.#release(writing))) return this.#leaseLost();
    await notices.book(account, writing.set.refreshAt);
    const left = await this.#left(writing);
    await notices.tell(account, failure, { left, told: seen.told });
    this.#parts.onFailure(account, failure, left);
    return outcomeOf(left, clock.now());
  }

  /** The record after a failure; as it was written, where it cannot be read. */
  async #left({ set }: Writing): Promise<Credential> {
    const { account, seen } = this.#holder;
    try {
      return await this.#parts.store.read(account.appId);
    } catch (error) {
      this.#parts.log.warn('The record could not be read after a failure.', {
        account: account.appId,
        error: errorName(error),
      });
      return { ...seen, ...set };
    }
  }

  /**
   * How far a value in doubt is trusted after a failure, where WeChat accepts it; undefined where it does not, or is not
   * asked. Whatever it does once it has answered is done. After a mint without an answer the value may be killed yet.
   */
  async #trustAfter(error: unknown): Promise<Trust | undefined> {
    const { seen, renewal } = this.#holder;
    const { replacedFrom, isRejectionConfirmed } = this.#requests;
    const isInDoubt = seen.unsettledSince !== undefined || (this.#isRejected && !isRejectionConfirmed);
    const isOver = replacedFrom === undefined || error instanceof WeChatApiError;
    if (seen.value === undefined || !isInDoubt || !isOver) return undefined;
    const { state } = await this.#requests.check();
    if (state === 'unknown') return undefined;
    const undoubted = undoubtedUntil(seen, {
      renewal,
      isRejected: this.#isRejected,
      openSince: replacedFrom,
    });
    this.#isRejected = state === 'rejected';
    if (this.#isRejected) return undefined;
    const openSince = replacedFrom ?? seen.unsettledSince;
    return trustIn(seen, { openSince, undoubted, now: this.#parts.clock.now() });
  }

  /** Puts something on record before a request is sent. False when the lease was lost. */
  async #keepsLease(set: Partial<Credential>): Promise<boolean> {
    const lease = await this.#parts.store.begin(this.#lease, { ...set, earlyEnds: this.#earlyEnds });
    if (lease) this.#lease = lease;
    return lease !== undefined;
  }

  /** False when the lease was lost, or when nobody can tell and there is something to be settled. */
  async #release({ set, remove = [] }: Writing): Promise<boolean> {
    const endedAttempt = this.#hasBegun ? (this.#holder.seen.attempts ?? 0) + 1 : undefined;
    try {
      return await this.#parts.store.release(this.#lease, {
        set: { ...set, endedAttempt, earlyEnds: this.#earlyEnds },
        remove,
      });
    } catch (error) {
      if (this.#requests.replacedFrom === undefined) throw error;
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
    const { owner } = this.#lease;
    return { state: 'lease lost', owner, replacedFrom: this.#requests.replacedFrom };
  }
}
