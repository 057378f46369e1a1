import type { Account } from '../accounts/accounts.ts';
import type { Clock } from '../platform/clock.ts';
import { errorName } from '../platform/error-name.ts';
import type { Log } from '../platform/log.ts';
import type { AppId } from '../wechat/tokens.ts';
import type { Alarms } from './alarms.ts';
import { Attempt, type AttemptParts, type LeaseLost, type OnFailure } from './attempt.ts';
import type { Bookings } from './bookings.ts';
import type { CredentialStore } from './credential-store.ts';
import {
  isNeeded,
  isUsable,
  outcomeOf,
  type Credential,
  type Need,
  type RefreshOutcome,
} from './credential.ts';
import { Looks } from './looks.ts';
import type { Mint } from './mint.ts';
import { Notices } from './notices.ts';
import {
  clockSkewSeconds,
  graceSeconds,
  leaseSeconds,
  minuteSeconds,
  settleSeconds,
  settleTries,
  waitSeconds,
  type Renewal,
} from './timing.ts';
import type { Check } from './token-check.ts';
import { asksForCheck, Standstill, Watch } from './watch.ts';

/** How a keeper is made. */
export interface KeeperOptions {
  readonly store: CredentialStore;
  readonly mint: Mint;
  readonly check?: Check | undefined;
  /** The account as it is registered now, for who begins anew. @default as it was */
  readonly accountOf?: (appId: AppId) => Promise<Account | undefined>;
  /** @default as the account's token mode says */
  readonly renewalOf?: (account: Account) => Renewal;
  readonly bookings: Bookings;
  readonly alarms: Alarms;
  readonly clock: Clock;
  readonly log: Log;
  readonly onFailure?: OnFailure;
  /** Told of each refresh that this keeper has made itself. Must not throw. */
  readonly onSuccess?: () => void;
  /** Told of each token that has ended before its time. Must not throw. */
  readonly onEarlyEnd?: (account: Account) => void;
  /** Numbers in [0, 1) for the pauses of those who wait for the lease. @default Math.random */
  readonly random?: () => number;
}

/** A lease that was lost after a request that may have replaced the stored token. */
type Loss = Pick<LeaseLost, 'owner'> & { readonly replacedFrom: number };

/**
 * The refresh protocol: whoever asks, and however many ask at once, WeChat is asked for one new value, and
 * readers always find one that WeChat accepts. docs/refresh-protocol.md tells why each step is there.
 */
export class Keeper {
  readonly #parts: AttemptParts;
  readonly #accountOf: KeeperOptions['accountOf'];
  readonly #renewalOf: (account: Account) => Renewal;
  readonly #random: () => number;

  constructor(options: KeeperOptions) {
    const { store, mint, check, clock, log } = options;
    const {
      renewalOf = ({ mode }: Account) => mode,
      onFailure = () => undefined,
      onSuccess = () => undefined,
      onEarlyEnd = () => undefined,
      random = Math.random,
    } = options;
    this.#accountOf = options.accountOf;
    this.#renewalOf = renewalOf;
    this.#random = random;
    const notices = new Notices(options);
    this.#parts = { store, mint, check, clock, log, onFailure, onSuccess, onEarlyEnd, notices };
  }

  /**
   * Refreshes the account's credential if `need` still stands. Of several callers one mints; the others take
   * what it brings, or the present value while that is usable, or give up after a bounded wait. `seen`: the record, where
   * the caller has read it just now.
   */
  async refresh(account: Account, need: Need, seen?: Credential): Promise<RefreshOutcome> {
    const first = await this.#attempt(account, need, { mayCreate: true, firstSeen: seen });
    if (first.state !== 'lease lost') return first;
    const needed = await this.#needAfter(account, need, first);
    // Its mode may have been changed meanwhile, or it is gone.
    const present = this.#accountOf ? await this.#accountOf(account.appId) : account;
    if (!present) return { state: 'unavailable', failure: undefined };
    const second = await this.#attempt(present, needed);
    if (second.state !== 'lease lost') return second;
    // Only once more, or two workers could go on robbing each other. The sweep does what is still to be done.
    await this.#needAfter(present, need, second);
    return this.#winners(present);
  }

  /**
   * What is needed once the lease has been lost. Where this process may have replaced the token that the winner stored,
   * that is put on record, and a refresh is due, with the budget and the back-off of any other. Else the winner's value
   * is as good as ours.
   */
  async #needAfter(account: Account, need: Need, { owner, replacedFrom }: LeaseLost): Promise<Need> {
    if (replacedFrom !== undefined) await this.#unsettle(account, { owner, replacedFrom });
    // Nobody else's mint proves anything.
    if (need.reason === 'manual' && need.isProof) return need;
    if (replacedFrom !== undefined) return { reason: 'due' };
    return need.reason === 'rejected' ? need : { reason: 'missing' };
  }

  /**
   * Puts on record that the stored value may have been replaced by a request that was sent at `replacedFrom`: readers
   * stop using it when its grace ends, and a refresh is due.
   */
  async #unsettle(account: Account, lost: Loss): Promise<void> {
    const { clock, log } = this.#parts;
    const standstill = new Standstill();
    const waitUntil = clock.now() + 2 * settleSeconds;
    const giveUpAt = waitUntil + settleSeconds;
    const looks = this.#looks();
    // A holder that publishes late would have the last word. Without its lease it has to settle what it did itself. One
    // that gets on is waited for, or two workers would cost each other a mint.
    const mayRob = (seen: Credential, now: number) => {
      standstill.look(seen, now);
      return standstill.at(now) >= settleSeconds || now >= waitUntil;
    };
    // Time in which this process stood still is no time in which it was tried.
    for (let tries = 0; tries < settleTries || clock.now() < giveUpAt; tries++) {
      if (await this.#isSettled(account, lost, mayRob)) return;
      await looks.pause();
    }
    log.error('A value that may be dead could not be put on record.', { account: account.appId });
  }

  /** Whether that is on record, or has no need to be. A fault of the database is no answer. */
  async #isSettled(
    account: Account,
    { owner, replacedFrom }: Loss,
    mayRob: (seen: Credential, now: number) => boolean,
  ): Promise<boolean> {
    const { store, clock, log } = this.#parts;
    const { appId } = account;
    try {
      const seen = await store.read(appId);
      const now = clock.now();
      // What was written last is its own, and only the answer was lost.
      if (seen.releasedBy === owner) return true;
      // Where there is no value none can be dead, and an account that is gone must not come back. Nor is one that the other
      // API gave, since the account's mode was changed: the two do not touch each other's tokens.
      const isOfOther = seen.valueMode !== undefined && seen.valueMode !== this.#renewalOf(account);
      if ((seen.usableUntil === undefined || isOfOther) && seen.leaseOwner === undefined) return true;
      // After another such request the value may be the one before the former already, which has no grace.
      const isSecond = seen.unsettledSince !== undefined && seen.unsettledSince !== replacedFrom;
      const end = isSecond ? 0 : replacedFrom + graceSeconds;
      const usableUntil = Math.min(seen.usableUntil ?? 0, isOfOther ? Infinity : end);
      const unsettledSince = Math.max(seen.unsettledSince ?? 0, replacedFrom);
      const known = { usableUntil, unsettledSince, refreshAt: now };
      return await store.amend(appId, seen, known, { now, evenIfHeld: mayRob(seen, now) });
    } catch (error) {
      log.warn('A value that may be dead could not be put on record yet.', {
        account: appId,
        error: errorName(error),
      });
      return false;
    }
  }

  /** What the one who holds the lease brings: who has lost it twice only waits. */
  async #winners(account: Account): Promise<RefreshOutcome> {
    const { store, clock } = this.#parts;
    const giveUpAt = clock.now() + waitSeconds;
    const looks = this.#looks();
    for (;;) {
      const seen = await store.read(account.appId);
      const now = clock.now();
      if (isUsable(seen, now) || seen.leaseOwner === undefined || now >= giveUpAt)
        return outcomeOf(seen, now);
      await looks.pause();
    }
  }

  async #attempt(
    account: Account,
    need: Need,
    { mayCreate = false, firstSeen }: { mayCreate?: boolean; firstSeen?: Credential | undefined } = {},
  ): Promise<RefreshOutcome | LeaseLost> {
    const { store, clock } = this.#parts;
    const giveUpAt = clock.now() + waitSeconds;
    const looks = this.#looks();
    const watch = new Watch(need, account);
    let known = firstSeen;
    for (let isFirstLook = mayCreate; ; isFirstLook = false) {
      const seen = known ?? (await store.read(account.appId));
      known = undefined;
      const now = clock.now();
      // What was there at the look before is gone only with its account, and must not come back.
      if (seen.revision === 0 && !isFirstLook) return outcomeOf(seen, now);
      if (!isNeeded(need, seen, now)) return this.#notNeeded(account, need, seen, now);
      const answer = watch.answer(seen, now);
      if (answer) return answer;

      const checksFirst = asksForCheck(seen, need, { now, mintBudget: account.mintBudget });
      const lease = await store.acquire(account.appId, seen, {
        now,
        until: now + leaseSeconds,
        checks: checksFirst ? (seen.checks ?? 0) + 1 : undefined,
        hasRunOut: watch.leaseHasRunOut(now),
      });
      if (lease) {
        const renewal = this.#renewalOf(account);
        const holder = { account, renewal, seen, need, lease, takenAt: now, checksFirst };
        return new Attempt(this.#parts, holder).run();
      }
      if (now >= giveUpAt) return this.#gaveUp(account, need, seen, now);
      await looks.pause();
    }
  }

  /** A booking may run before the time that it was made for. It deletes itself after that, so another one is made. */
  async #notNeeded(account: Account, need: Need, seen: Credential, now: number): Promise<RefreshOutcome> {
    const { refreshAt = 0 } = seen;
    if (need.reason === 'due' && refreshAt - now <= clockSkewSeconds + minuteSeconds) {
      // Not for the same minute: the booking that runs now has that name, and takes it along.
      const dueAt = Math.max(refreshAt, need.bookedFor ?? 0);
      await this.#parts.notices.book(account, dueAt + minuteSeconds);
    }
    return outcomeOf(seen, now);
  }

  /** Somebody else has held the lease all the time. What is usable may be used, and what is due is not forgotten. */
  async #gaveUp(account: Account, need: Need, seen: Credential, now: number): Promise<RefreshOutcome> {
    if (need.reason === 'due') await this.#parts.notices.book(account, now + minuteSeconds);
    const outcome = outcomeOf(seen, now);
    const wantsMore = need.reason === 'rejected' || need.reason === 'manual';
    return outcome.state === 'usable' && wantsMore ? { ...outcome, unchecked: 'busy' } : outcome;
  }

  #looks(): Looks {
    return new Looks(this.#parts.clock, this.#random);
  }
}
