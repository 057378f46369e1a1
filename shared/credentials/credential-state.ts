import { beijingTime, beijingTimeFrom, duration } from '../platform/beijing-time.ts';
import { usableEnd, type CredentialState } from './credential.ts';

/**
 * How a credential is, for those who depend on it. `ok`; `degraded`: its last refresh failed, and users notice nothing,
 * for there is a usable value; `down`: there is none, and calls that need it answer 503; `waiting`: there is none, but no
 * refresh has failed, and the next call has one made.
 */
export const credentialConditions = ['ok', 'waiting', 'degraded', 'down'] as const;

/** A condition, with its times in Unix seconds. */
export interface Standing {
  readonly state: (typeof credentialConditions)[number];
  /** Until when calls get the value, where there is one. */
  readonly usableUntil?: number | undefined;
  /** Since when they get none, where that is known. */
  readonly unusableSince?: number | undefined;
}

/** How the credential is at the moment, by what the health check may read of it. */
export function standingOf(credential: CredentialState, now: number): Standing {
  const { failure } = credential;
  const end = usableEnd(credential) ?? 0;
  if (now < end) return { state: failure ? 'degraded' : 'ok', usableUntil: end };
  if (failure === undefined) return { state: 'waiting' };
  // Of a value that WeChat has rejected nobody knows when that began.
  return { state: 'down', ...(end > 0 && { unusableSince: end }) };
}

/** The same for people. `what` is the credential's name, such as `token`. */
export function describeStanding(
  { state, usableUntil, unusableSince }: Standing,
  what: string,
  now: number,
): string {
  if (usableUntil !== undefined) {
    const usable = `${what} usable for ${duration(usableUntil - now)}, until ${beijingTime(usableUntil)}`;
    return state === 'degraded' ? `refresh failing, ${usable}` : usable;
  }
  if (state === 'waiting') return `no usable ${what} yet, the next call has one made`;
  const since = unusableSince === undefined ? '' : ` since ${beijingTimeFrom(unusableSince, now)}`;
  return `no usable ${what}${since}, calls answer 503`;
}
