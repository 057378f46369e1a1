import { quotaBeliefSeconds } from '../wechat/quota-day.ts';
import type { Writing } from './credential-store.ts';
import { isInDoubt, marginSeconds, type Credential } from './credential.ts';
import { countedToday, oneMore } from './day-count.ts';
import type { Described } from './failure.ts';
import type { Minted } from './mint.ts';
import {
  askAgain,
  doubtSeconds,
  graceSeconds,
  leaseSeconds,
  lifetime,
  minuteSeconds,
  type Lifetime,
  type Renewal,
} from './timing.ts';

/**
 * What each step of an attempt puts on record, from the record as it was `seen` when the lease was taken. Times in Unix
 * seconds. docs/refresh-protocol.md tells why each attribute is there.
 */

/**
 * Before a value is asked for: when readers must stop trusting the present one, and that a refresh is due should this
 * process die over it.
 */
export function beforeMint(
  seen: Credential,
  { renewal, isRejected, now }: { renewal: Renewal; isRejected: boolean; now: number },
): Partial<Credential> {
  return {
    usableUntil: usableDuringMint(seen, { renewal, isRejected, now }),
    rejectedGeneration: isRejected ? seen.generation : undefined,
    unsettledSince: renewal === 'classic' ? now : undefined,
    mints: oneMore(seen.mints, now),
    attempts: (seen.attempts ?? 0) + 1,
    // Should this process die over it, others may take the lease by then.
    refreshAt: now + leaseSeconds,
  };
}

/** When the present value stops being usable during a refresh. */
function usableDuringMint(
  seen: Credential,
  { renewal, isRejected, now }: { renewal: Renewal; isRejected: boolean; now: number },
): number | undefined {
  if (seen.usableUntil === undefined) return undefined;
  // Not "until now": by another worker's clock that may be minutes away.
  if (isRejected) return 0;
  // The two APIs do not touch each other's tokens.
  if ((seen.valueMode ?? renewal) !== 'classic' || renewal !== 'classic') return seen.usableUntil;
  // A classic mint leaves the present value its grace, and the one before it nothing. After a mint whose end is not
  // known, the present value may already be the one before.
  return seen.unsettledSince !== undefined ? 0 : Math.min(seen.usableUntil, now + graceSeconds);
}

/** Until when the value would be in use after a failure, without WeChat's word. `openSince` as in {@link Failed}. */
export function undoubtedUntil(
  seen: Credential,
  about: { renewal: Renewal; isRejected: boolean; openSince: number | undefined },
): number {
  const { renewal, isRejected, openSince } = about;
  const end =
    openSince === undefined && !isRejected
      ? seen.usableUntil
      : usableDuringMint(seen, { renewal, isRejected, now: openSince ?? 0 });
  return end ?? 0;
}

/** How far a value is trusted that WeChat has just accepted. */
export interface Trust {
  readonly usableUntil: number;
  /** It is no longer in doubt. */
  readonly isSettled: boolean;
}

/**
 * How far a value is trusted that WeChat accepts `now`. Where a request that was sent at `openSince` may have replaced it,
 * that says nothing of its end before its grace is over. Until then it is good for a minute, or for as long as nobody
 * doubted the value, which is `undoubted`.
 */
export function trustIn(
  { expiresAt = 0 }: Credential,
  { openSince, undoubted, now }: { openSince: number | undefined; undoubted: number; now: number },
): Trust {
  if (openSince === undefined || now >= openSince + doubtSeconds) {
    return { usableUntil: expiresAt, isSettled: true };
  }
  const aMinute = now + askAgain.acceptedSeconds + marginSeconds;
  return { usableUntil: Math.min(expiresAt, Math.max(undoubted, aMinute)), isSettled: false };
}

/** After WeChat has accepted the stored value, and nothing else was asked for. */
export function afterAcceptance(seen: Credential, now: number): Writing {
  if (!isInDoubt(seen)) return {};
  const { failure, unsettledSince, usableUntil: undoubted = 0 } = seen;
  const { usableUntil, isSettled } = trustIn(seen, { openSince: unsettledSince, undoubted, now });
  const soon = now + askAgain.acceptedSeconds;
  return {
    set: { usableUntil, refreshAt: failure && (isSettled ? Math.max(failure.retryAt, soon) : soon) },
    remove: isSettled ? ['rejectedGeneration', 'unsettledSince'] : ['rejectedGeneration'],
  };
}

/** What a success removes: it settles what was in doubt. */
export const settledBySuccess = [
  'failure',
  'pauses',
  'told',
  'unsettledSince',
  'rejectedGeneration',
] as const;

/** A value that is another than the stored one. Its life counts from `askedAt`, before the request was sent. */
export function ofNewValue(
  seen: Credential,
  { value, expiresIn, tokenGeneration }: Minted,
  { renewal, askedAt }: { renewal: Renewal; askedAt: number },
): Partial<Credential> & Lifetime & { readonly generation: number } {
  return {
    generation: seen.generation + 1,
    value,
    valueMode: renewal,
    mintedAt: askedAt,
    ...lifetime(renewal, askedAt, expiresIn),
    tokenGeneration,
  };
}

/** The remaining life of the value that is stored already. */
export function ofSameValue(
  { expiresIn, tokenGeneration }: Minted,
  { renewal, askedAt, now }: { renewal: Renewal; askedAt: number; now: number },
): Partial<Credential> & Lifetime {
  const life = lifetime(renewal, askedAt, expiresIn);
  // Close to its end WeChat may still hand back the same value: ask again each minute until it changes.
  const refreshAt = Math.max(life.refreshAt, now + minuteSeconds);
  return { ...life, refreshAt, tokenGeneration };
}

/** How an attempt failed. */
export interface Failed extends Pick<Described, 'failure' | 'pauses'> {
  /** When a request was sent that may have replaced the stored token and whose end is not known. */
  readonly openSince: number | undefined;
  /** The request that failed was a forced one. */
  readonly wasForce: boolean;
  /** WeChat is known to reject the stored value. */
  readonly isRejected: boolean;
  /** How far the value is trusted, where WeChat has just accepted it. */
  readonly trust: Trust | undefined;
  readonly now: number;
}

/** The failure, what is left of the value, and when it is tried again, or WeChat is asked about the value again. */
export function afterFailure(
  seen: Credential,
  failed: Failed,
): Writing & { readonly set: { readonly refreshAt: number } } {
  const { failure, pauses, openSince, wasForce, isRejected, trust, now } = failed;
  const isOpen = openSince !== undefined;
  const unsettledSince = trust?.isSettled === true ? undefined : (openSince ?? seen.unsettledSince);
  return {
    set: {
      failure,
      pauses,
      unsettledSince,
      ...(!isOpen && asBefore(seen, { wasForce, now })),
      ...(isRejected && { usableUntil: 0, rejectedGeneration: seen.generation }),
      ...(trust && { usableUntil: trust.usableUntil }),
      refreshAt: nextLook(seen, failed),
    },
    remove: [
      ...(!isOpen && seen.mints === undefined ? ['mints'] : []),
      ...(unsettledSince === undefined ? ['unsettledSince'] : []),
      ...(trust ? ['rejectedGeneration'] : []),
    ],
  };
}

/** When it is tried again; or sooner, when WeChat is asked again about a value in doubt, which costs no mint. */
function nextLook(seen: Credential, { failure, openSince, isRejected, trust, now }: Failed): number {
  const { expiresAt = 0, unsettledSince } = seen;
  const grace = openSince === undefined ? 0 : graceEnd(seen, { isRejected, openSince });
  const retry = Math.max(failure.retryAt, now + minuteSeconds, grace);
  const isInDoubtNow = trust ? !trust.isSettled : isRejected || unsettledSince !== undefined;
  if (!isInDoubtNow) return retry;
  const ask = now + (trust ? askAgain.acceptedSeconds : askAgain.elseSeconds);
  return ask + marginSeconds < expiresAt ? Math.min(retry, ask) : retry;
}

/**
 * When readers stop using the value after a classic mint that may have replaced it; 0 where they have, or go on. To ask
 * again before that would take it out of use at once, and gain nothing: a value that is replaced keeps its grace.
 */
function graceEnd(
  seen: Credential,
  { isRejected, openSince }: { isRejected: boolean; openSince: number },
): number {
  const usableUntil = usableDuringMint(seen, { renewal: 'classic', isRejected, now: openSince }) ?? 0;
  return usableUntil <= openSince + graceSeconds ? usableUntil - marginSeconds : 0;
}

/** WeChat surely did nothing: the value is as good as it was, and an outage uses up neither mints nor forces. */
function asBefore(
  { mints, usableUntil, forced }: Credential,
  { wasForce, now }: { wasForce: boolean; now: number },
): Partial<Credential> {
  // Only when the force was sent stays on record.
  const uncounted = { ...oneMore(forced, now), count: countedToday(forced, now), lastAt: now };
  return { mints, usableUntil, ...(wasForce && { forced: uncounted }) };
}

/**
 * When to ask for the stable token although it is not due, where WeChat could not be asked about it: to ask harms none,
 * and brings the new one if somebody has forced it. Not at the cost of mints that the day still needs.
 */
export function earlierRefresh(
  seen: Credential,
  { renewal, mintBudget, now }: { renewal: Renewal; mintBudget: number; now: number },
): number | undefined {
  if (renewal !== 'stable' || !hasMintsToSpare(seen, { mintBudget, now })) return undefined;
  const soon = now + quotaBeliefSeconds;
  return soon < (seen.refreshAt ?? Number.POSITIVE_INFINITY) ? soon : undefined;
}

/** Whether less than half of the day's mints are used. */
export function hasMintsToSpare(
  { mints }: Credential,
  { mintBudget, now }: { mintBudget: number; now: number },
): boolean {
  return 2 * countedToday(mints, now) < mintBudget;
}
