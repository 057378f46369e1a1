import type { TokenMode } from '../accounts/accounts.ts';

/** How a credential is renewed: as the account's token mode says, or as tickets are. */
export type Renewal = TokenMode | 'ticket';

/** How long a holder may take over a refresh before others may take the lease. The mint's deadline is well inside. */
export const leaseSeconds = 20;

/**
 * How long somebody who lost the race for the lease waits: longer than the lease and a mint's deadline (5 seconds), so
 * that whoever waits for a process that has crashed sees another one take its place. A request's function has 29.
 */
export const waitSeconds = leaseSeconds + 6;

/**
 * A classic mint leaves the former value at most 5 minutes to live; we count on half a minute less.
 * https://developers.weixin.qq.com/doc/oplatform/developers/dev/AccessToken.html
 */
export const graceSeconds = 270;

/** A classic token is renewed after 110 minutes, or 10 minutes before an end that comes sooner. */
const classicLifeSeconds = 110 * 60;
const classicReserveSeconds = 600;

/**
 * The stable token is renewed by WeChat only in its last 300 seconds. We ask with 240 left: a minute for a
 * schedule that fires early or a clock that runs ahead, and more tries a minute apart. Tickets are taken to behave
 * the same; nothing is documented but their life.
 * https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/getStableAccessToken.html
 */
const windowSeconds = 240;

/** Schedules have a granularity of a minute. */
export const minuteSeconds = 60;

/** Forced refreshes of the stable token: at most 20 a day and at least 30 seconds apart. Same source page. */
export const forcedPerDay = 20;
export const forcedApartSeconds = 30;

export interface Lifetime {
  readonly expiresAt: number;
  readonly usableUntil: number;
  readonly refreshAt: number;
}

/** The life of a value, asked for at `askedAt`, that WeChat gave `expiresIn` seconds. */
export function lifetime(renewal: Renewal, askedAt: number, expiresIn: number): Lifetime {
  const expiresAt = askedAt + expiresIn;
  const wait =
    renewal === 'classic'
      ? Math.min(classicLifeSeconds, Math.max(expiresIn - classicReserveSeconds, expiresIn / 2))
      : expiresIn - windowSeconds;
  return {
    expiresAt,
    usableUntil: expiresAt,
    refreshAt: askedAt + Math.max(Math.floor(wait), minuteSeconds),
  };
}

/**
 * How many seconds WeChat will go on accepting a value that somebody takes along now. A classic one dies five minutes
 * after the next renewal at the latest, which comes before its own end.
 */
export function remainingLife(
  renewal: Renewal,
  credential: { readonly usableUntil: number; readonly refreshAt?: number | undefined },
  now: number,
): number {
  const { usableUntil, refreshAt = usableUntil } = credential;
  const end =
    renewal === 'classic' ? Math.min(usableUntil, Math.max(refreshAt, now) + graceSeconds) : usableUntil;
  return Math.max(0, end - now);
}

const chinaOffsetSeconds = 8 * 3600;
const daySeconds = 86_400;

/** The day in China, by which WeChat counts its quotas: `2026-11-21`. */
export function chinaDay(now: number): string {
  return new Date((now + chinaOffsetSeconds) * 1000).toISOString().slice(0, 10);
}

/** When that day ends, in Unix seconds. */
export function chinaDayEnd(now: number): number {
  return (Math.floor((now + chinaOffsetSeconds) / daySeconds) + 1) * daySeconds - chinaOffsetSeconds;
}
