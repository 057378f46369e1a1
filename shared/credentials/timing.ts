import type { TokenMode } from '../accounts/accounts.ts';

/** How long a holder may take over a refresh before others may take the lease. The mint's deadline is well inside. */
export const leaseSeconds = 20;

/** How long somebody who lost the race for the lease waits for the winner. */
export const waitSeconds = 18;

/** A value is handed out until so long before its end: a call that starts then must still arrive in time. */
const marginSeconds = 30;

/**
 * A mint leaves the former value at most 5 minutes to live; readers trust it for half a minute less.
 * https://developers.weixin.qq.com/doc/oplatform/developers/dev/AccessToken.html
 */
export const graceSeconds = 270;

/** A classic token is renewed after 110 minutes, or 10 minutes before an end that comes sooner. */
const classicLifeSeconds = 110 * 60;
const classicReserveSeconds = 600;

/**
 * The stable token is renewed by WeChat only in its last 300 seconds. We ask with 240 left: a minute for a
 * schedule that fires early or a clock that runs ahead, and four more tries a minute apart.
 * https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/getStableAccessToken.html
 */
const stableWindowSeconds = 240;

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
export function lifetime(mode: TokenMode, askedAt: number, expiresIn: number): Lifetime {
  const expiresAt = askedAt + expiresIn;
  const wait =
    mode === 'stable'
      ? expiresIn - stableWindowSeconds
      : Math.min(classicLifeSeconds, Math.max(expiresIn - classicReserveSeconds, expiresIn / 2));
  return {
    expiresAt,
    usableUntil: expiresAt - marginSeconds,
    refreshAt: askedAt + Math.max(Math.floor(wait), minuteSeconds),
  };
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
