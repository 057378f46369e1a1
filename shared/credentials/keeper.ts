import type { Account } from '../accounts/accounts.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { isNews, type Alarms } from './alarms.ts';
import type { Bookings } from './bookings.ts';
import type { CredentialStore, Lease } from './credential-store.ts';
import {
  isHeld,
  isNeeded,
  isUsable,
  type Credential,
  type Failure,
  type Need,
  type RefreshOutcome,
} from './credential.ts';
import { describeFailure, MintBudgetSpent, RejectedTokenKept } from './failure.ts';
import type { Mint, Minted } from './minter.ts';
import {
  chinaDay,
  chinaDayEnd,
  forcedApartSeconds,
  forcedPerDay,
  graceSeconds,
  leaseSeconds,
  lifetime,
  type Renewal,
  minuteSeconds,
  waitSeconds,
} from './timing.ts';

/** Told of each refresh that failed, and of the credential as it is after that. Must not throw. */
type OnFailure = (account: Account, failure: Failure, left: Credential) => void;

/**
 * The refresh protocol: whoever asks, and however many ask at once, WeChat is asked for one new value, and
 * readers always find one that WeChat accepts. docs/refresh-protocol.md tells why each step is there.
 */
export class Keeper {
  readonly #store: CredentialStore;
  readonly #mint: Mint;
  readonly #renewalOf: (account: Account) => Renewal;
  readonly #bookings: Bookings;
  readonly #alarms: Alarms;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onFailure: OnFailure;
  readonly #random: () => number;

  constructor(parts: {
    store: CredentialStore;
    mint: Mint;
    /** Default: as the account's token mode says. */
    renewalOf?: (account: Account) => Renewal;
    bookings: Bookings;
    alarms: Alarms;
    clock: Clock;
    log: Log;
    onFailure?: OnFailure;
    random?: () => number;
  }) {
    this.#store = parts.store;
    this.#mint = parts.mint;
    this.#renewalOf = parts.renewalOf ?? (({ mode }) => mode);
    this.#bookings = parts.bookings;
    this.#alarms = parts.alarms;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#onFailure = parts.onFailure ?? (() => undefined);
    this.#random = parts.random ?? Math.random;
  }

  /**
   * Refreshes the account's credential if `need` still stands. Of several callers one mints; the others take
   * what it brings, or the present value while that is usable, or give up after a bounded wait.
   */
  async refresh(account: Account, need: Need): Promise<RefreshOutcome> {
    const first = await this.#attempt(account, need, { isFirst: true });
    if (first !== 'lease lost') return first;
    // A classic mint of ours may have been later than the winner's and so have killed its value: one more makes sure.
    // Else the winner's value is as good as ours. Only once, or two workers could go on robbing each other; what is
    // wrong after that, a reader's report finds.
    const enough: Need = need.reason === 'rejected' ? need : { reason: 'missing' };
    const again: Need = this.#renewalOf(account) === 'classic' ? { reason: 'manual' } : enough;
    const second = await this.#attempt(account, again, { isFirst: false });
    if (second !== 'lease lost') return second;
    return this.#winners(account);
  }

  /** What the one who holds the lease brings: who has been robbed twice only waits. */
  async #winners(account: Account): Promise<RefreshOutcome> {
    const giveUpAt = this.#clock.now() + waitSeconds;
    for (;;) {
      const seen = await this.#store.read(account.account);
      const now = this.#clock.now();
      if (isUsable(seen, now) || seen.leaseOwner === undefined || now >= giveUpAt) return outcome(seen, now);
      await this.#pause();
    }
  }

  async #attempt(
    account: Account,
    need: Need,
    { isFirst }: { isFirst: boolean },
  ): Promise<RefreshOutcome | 'lease lost'> {
    const giveUpAt = this.#clock.now() + waitSeconds;
    for (let mayCreate = isFirst; ; mayCreate = false) {
      const seen = await this.#store.read(account.account);
      const now = this.#clock.now();
      // What was there at the look before is gone only with its account, and must not come back.
      if (seen.revision === 0 && !mayCreate) return outcome(seen, now);
      if (!isNeeded(need, seen, now)) return outcome(seen, now);
      if (isHeld(need, seen, now)) {
        // Nothing new may be asked for yet, but what WeChat rejects is not handed out either.
        const isTrusted = need.reason === 'rejected' && isUsable(seen, now);
        if (!isTrusted || now >= giveUpAt) return outcome(seen, now);
        if (!(await this.#store.distrust(account.account, seen, now))) await this.#pause();
        continue;
      }

      const day = chinaDay(now);
      const mintsToday = seen.mints?.day === day ? seen.mints.count : 0;
      const lease = await this.#store.acquire(account.account, seen, {
        now,
        until: now + leaseSeconds,
        usableUntil: usableDuringMint(this.#renewalOf(account), seen, need, now),
        rejectedGeneration: isRejected(seen, need) ? seen.generation : undefined,
        mints: { day, count: mintsToday + 1 },
      });
      if (lease && mintsToday >= account.mintBudget && need.reason !== 'manual') {
        return this.#recordFailure(account, seen, need, lease, new MintBudgetSpent(account.mintBudget));
      }
      if (lease) return this.#renew(account, seen, need, lease);
      if (need.reason === 'due' && isUsable(seen, now)) return outcome(seen, now);
      if (now >= giveUpAt) return { state: 'unavailable', failure: seen.failure };
      await this.#pause();
    }
  }

  async #pause(): Promise<void> {
    await this.#clock.sleep(0.1 + 0.3 * this.#random());
  }

  /** What the holder of the lease does: mint, then publish, or record why not. */
  async #renew(
    account: Account,
    seen: Credential,
    need: Need,
    lease: Lease,
  ): Promise<RefreshOutcome | 'lease lost'> {
    const askedAt = this.#clock.now();
    let minted: Minted;
    try {
      minted = await this.#newValue(account, seen, need, lease, askedAt);
    } catch (error) {
      return this.#recordFailure(account, seen, need, lease, error);
    }

    const renewal = this.#renewalOf(account);
    const life = lifetime(renewal, askedAt, minted.expiresIn);
    const { tokenGeneration } = minted;
    const sameValue = minted.value === seen.value;
    if (sameValue) {
      // Close to its end WeChat may still hand back the same value: ask again each minute until it changes.
      const soon = {
        ...life,
        tokenGeneration,
        refreshAt: Math.max(life.refreshAt, this.#clock.now() + minuteSeconds),
      };
      if (await this.#store.renew(lease, soon)) {
        await this.#book(account, soon.refreshAt);
        return { state: 'usable', generation: seen.generation };
      }
    } else {
      const next = {
        generation: seen.generation + 1,
        value: minted.value,
        mintedAt: askedAt,
        ...life,
        tokenGeneration,
        previousValue: seen.value,
        previousUsableUntil:
          seen.usableUntil === undefined ? undefined : Math.min(seen.usableUntil, askedAt + graceSeconds),
      };
      if (await this.#store.commit(lease, next)) {
        this.#log.info('The credential has a new value.', {
          account: account.account,
          generation: next.generation,
          expiresAt: next.expiresAt,
        });
        await this.#book(account, next.refreshAt);
        return { state: 'usable', generation: next.generation };
      }
    }
    this.#log.warn('A lease was lost during a refresh.', { account: account.account });
    return 'lease lost';
  }

  async #newValue(
    account: Account,
    seen: Credential,
    need: Need,
    lease: Lease,
    now: number,
  ): Promise<Minted> {
    const byHand = need.reason === 'manual';
    const minted = await this.#mint(account, { force: false, byHand });
    if (minted.value !== seen.value || !isRejected(seen, need)) return minted;

    // A classic mint never comes back unchanged, and only the stable token can be forced. Forced refreshes are few,
    // so they are the last resort.
    if (this.#renewalOf(account) !== 'stable') throw new RejectedTokenKept(now + minuteSeconds);
    const today = chinaDay(now);
    const count = seen.forced?.day === today ? seen.forced.count : 0;
    const guardEnds = (seen.forced?.lastAt ?? 0) + forcedApartSeconds;
    if (count >= forcedPerDay) throw new RejectedTokenKept(chinaDayEnd(now));
    if (now < guardEnds) throw new RejectedTokenKept(guardEnds);
    const noted = await this.#store.noteForced(lease, {
      day: today,
      count: count + 1,
      lastAt: now,
    });
    // Without the lease the force is somebody else's to decide.
    if (!noted) return minted;
    const forced = await this.#mint(account, { force: true, byHand });
    if (forced.value === seen.value) throw new RejectedTokenKept(now + forcedApartSeconds);
    return forced;
  }

  async #recordFailure(
    account: Account,
    seen: Credential,
    need: Need,
    lease: Lease,
    error: unknown,
  ): Promise<RefreshOutcome> {
    const now = this.#clock.now();
    const { failure, mayHaveMinted } = describeFailure(error, seen.failure?.count ?? 0, now);
    const refreshAt = Math.max(failure.retryAt, now + minuteSeconds);
    // WeChat surely did nothing: the value is as good as it was before the cut.
    const restored = !mayHaveMinted && need.reason !== 'rejected' ? seen.usableUntil : undefined;
    this.#log.warn('A refresh failed.', {
      account: account.account,
      code: failure.code,
      reason: failure.message,
      count: failure.count,
      retryAt: failure.retryAt,
    });
    await this.#store.fail(lease, {
      failure,
      refreshAt,
      usableUntil: restored,
      unsettled: mayHaveMinted && this.#renewalOf(account) === 'classic' ? true : undefined,
      // An outage must not use the budget up: what surely brought nothing does not count.
      mints: mayHaveMinted && this.#renewalOf(account) === 'classic' ? undefined : seen.mints,
    });
    await this.#book(account, refreshAt);
    if (isNews(failure, seen.failure)) await this.#raise(account, failure);
    const left = await this.#store.read(account.account);
    this.#onFailure(account, failure, left);
    return outcome(left, now);
  }

  async #raise(account: Account, failure: Failure): Promise<void> {
    try {
      await this.#alarms.raise(account, failure);
    } catch (error) {
      this.#log.error('An alarm could not be raised.', {
        account: account.account,
        code: failure.code,
        error: error instanceof Error ? error.name : 'unknown',
      });
    }
  }

  /** A booking that fails is no failure of the refresh: the sweep finds what is due. */
  async #book(account: Account, at: number): Promise<void> {
    try {
      await this.#bookings.book(account.account, at);
    } catch (error) {
      this.#log.warn('The next refresh could not be booked; the sweep will find it.', {
        account: account.account,
        error: error instanceof Error ? error.name : 'unknown',
      });
    }
  }
}

/** Until when readers may use the present value, once this refresh is under way. */
function usableDuringMint(renewal: Renewal, seen: Credential, need: Need, now: number): number | undefined {
  const { usableUntil } = seen;
  if (usableUntil === undefined) return undefined;
  // Not "until now": by another worker's clock that may be minutes away.
  if (isRejected(seen, need)) return 0;
  if (renewal !== 'classic') return usableUntil;
  // A classic mint leaves the present value its grace, and the one before it nothing. If an earlier mint was
  // sent and its reply never stored, then the present value may already be the one before.
  const maybeFormer = seen.unsettled === true || seen.leaseOwner !== undefined;
  return maybeFormer ? 0 : Math.min(usableUntil, now + graceSeconds);
}

/** Whether WeChat is known to reject the stored value: by this need, or by a report that could not be met yet. */
function isRejected({ generation, rejectedGeneration }: Credential, need: Need): boolean {
  return generation === rejectedGeneration || (need.reason === 'rejected' && generation === need.generation);
}

function outcome(credential: Credential, now: number): RefreshOutcome {
  return isUsable(credential, now)
    ? { state: 'usable', generation: credential.generation }
    : { state: 'unavailable', failure: credential.failure };
}
