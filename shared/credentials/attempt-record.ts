import { quotaBeliefSeconds } from '../wechat/quota-day.ts';
import type { Writing } from './credential-store.ts';
import { marginSeconds, type Credential } from './credential.ts';
import { countedToday, oneMore } from './day-count.ts';
import type { Described } from './failure.ts';
import type { Minted } from './mint.ts';
import {
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
    unsettled: renewal === 'classic' ? true : undefined,
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
  return seen.unsettled === true ? 0 : Math.min(seen.usableUntil, now + graceSeconds);
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

/** What a success removes: it settles what was in doubt. */
export const settledBySuccess = ['failure', 'pauses', 'told', 'unsettled', 'rejectedGeneration'] as const;

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
  /** Until when the value is trusted that WeChat has just accepted; undefined where it has not been asked. */
  readonly acceptedUntil: number | undefined;
  readonly now: number;
}

/** The failure, what is left of the value, and when it is tried again. */
export function afterFailure(
  seen: Credential,
  { failure, pauses, openSince, wasForce, isRejected, acceptedUntil, now }: Failed,
): Writing & { readonly set: { readonly refreshAt: number } } {
  const isOpen = openSince !== undefined;
  return {
    set: {
      failure,
      pauses,
      ...(isOpen ? { unsettled: true } : asBefore(seen, { wasForce, now })),
      ...(isRejected && { usableUntil: 0, rejectedGeneration: seen.generation }),
      ...(acceptedUntil !== undefined && { usableUntil: acceptedUntil }),
      refreshAt: Math.max(
        failure.retryAt,
        now + minuteSeconds,
        isOpen ? graceEnd(seen, { isRejected, openSince }) : 0,
      ),
    },
    remove: [
      ...(isOpen ? [] : (['mints', 'unsettled'] as const).filter((name) => seen[name] === undefined)),
      ...(acceptedUntil === undefined ? [] : ['rejectedGeneration']),
    ],
  };
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
  { mints, unsettled, usableUntil, forced }: Credential,
  { wasForce, now }: { wasForce: boolean; now: number },
): Partial<Credential> {
  // Only when the force was sent stays on record.
  const uncounted = { ...oneMore(forced, now), count: countedToday(forced, now), lastAt: now };
  return { mints, unsettled, usableUntil, ...(wasForce && { forced: uncounted }) };
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
