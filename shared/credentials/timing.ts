import type { TokenMode } from '../accounts/accounts.ts';

/** How a credential is renewed: as the account's token mode says, or as tickets are. */
export type Renewal = TokenMode | 'ticket';

/**
 * A refresh by the clock, in seconds. Each call that a lease holder makes to the outside ends well inside its lease;
 * test/credentials/timing.test.ts computes that from these numbers.
 *
 *   0          leaseCallsSeconds            leaseSeconds      waitSeconds
 *   ├──────────────────┼───────────────────────┼──────────────────┤
 *   the lease is       │  the result is        others may         who waits
 *   taken, or extended │  written              take the lease     gives up
 *   before a mint      no call begins or goes on
 */
export const leaseSeconds = 20;

/** Calls to WeChat, the lender and Secrets Manager end by then. The rest of the lease is for writing the result. */
export const leaseCallsSeconds = 10;

/** One attempt at a token: how long it may take, and how often one that can be repeated is sent. */
export const mintAttemptSeconds = 5;
export const mintAttempts = 2;

/** One attempt at asking WeChat whether it accepts a token. It is not repeated: who is in doubt asks again. */
export const checkSeconds = 3;

/**
 * One request on which no answer depends: a booking, an alarm, the start of a ticket's own run. Who waits for a token
 * waits no longer for it.
 */
export const noticeSeconds = 3;

/** For so long it is tried, once a second, to note that a person was told: a check may hold the lease meanwhile. */
export const noteSeconds = checkSeconds + 2;

/** One request to the deployment that lends an account. */
export const lenderRequestSeconds = 4;

/**
 * How long DynamoDB may be silent while a connection is made, and then at a stretch until the answer is there, and how
 * often a request is sent. It answers in milliseconds, and with a megabyte in some hundred.
 */
export const databaseLimits = { connectionSeconds: 1, silenceSeconds: 2, attempts: 3 };

/**
 * How long nothing has to come of the present holder's lease before somebody whose mint may have replaced the token takes
 * it away; after twice as long it does so in any case. Most are done within a second.
 */
export const settleSeconds = 5;

/** How often that is tried at least. */
export const settleTries = 3;

/** The longest until a value is asked for again, whatever WeChat says of its life. */
const maxWaitSeconds = 7200;

/** EventBridge Scheduler runs a schedule within the minute that it is booked for. */
export const minuteSeconds = 60;

/** The clock of a worker is off by no more than this. */
export const clockSkewSeconds = 300;

/**
 * How long somebody who lost the race for the lease waits: longer than a check and the lease that is extended after it,
 * so that whoever waits for a process that has crashed sees another one take its place. A request's function has 29.
 */
export const waitSeconds = leaseSeconds + checkSeconds + 3;

/**
 * For how long those who ask for a refresh leave it to the one whose turn it is. Most refreshes have ended by then; with
 * {@link waitSeconds} it is less than a request's function has.
 */
export const turnSeconds = 2;

/**
 * A classic mint leaves the former value at most 5 minutes to live; we count on half a minute less.
 * https://developers.weixin.qq.com/doc/oplatform/developers/dev/AccessToken.html
 */
export const graceSeconds = 270;

/**
 * For so long after a request that may have replaced the token WeChat may accept a value that is about to end: the five
 * minutes, half a minute for a request that was long on its way, and what two clocks may be off. What it accepts later has
 * not been replaced.
 */
export const doubtSeconds = 330 + 2 * clockSkewSeconds;

/** When WeChat is asked again about a value in doubt that it has accepted, and about one that it has not. */
export const askAgain = { acceptedSeconds: minuteSeconds, elseSeconds: 600 };

/** A classic token is renewed after 110 minutes, or 10 minutes before an end that comes sooner. */
const classicLifeSeconds = 110 * 60;
const classicReserveSeconds = 600;

/**
 * The stable token is renewed by WeChat only in its last 300 seconds. We ask with 240 left: a minute for a clock that
 * runs ahead. A booking is for a whole minute, rounded up, and may run 59 seconds late, so that WeChat is asked with 121
 * left at the latest. Tickets are taken to behave the same; nothing is documented but their life.
 * https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/getStableAccessToken.html
 */
const windowSeconds = 240;
const renewedInLastSeconds = 300;

/** From when on WeChat renews a stable token that ends then. */
export function windowOf(expiresAt: number): number {
  return expiresAt - renewedInLastSeconds;
}

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
    refreshAt: askedAt + Math.min(Math.max(Math.floor(wait), minuteSeconds), maxWaitSeconds),
  };
}

/**
 * How many seconds WeChat will go on accepting a value that somebody takes along now. A classic one dies five minutes
 * after the next renewal at the latest, which comes before its own end. In which mode it was got is for its record to say:
 * the account's may have been changed since.
 */
export function remainingLife(
  credential: {
    readonly usableUntil: number;
    readonly refreshAt?: number | undefined;
    readonly valueMode?: Renewal | undefined;
  },
  now: number,
): number {
  const { usableUntil, refreshAt = usableUntil, valueMode = 'classic' } = credential;
  const end =
    valueMode === 'classic' ? Math.min(usableUntil, Math.max(refreshAt, now) + graceSeconds) : usableUntil;
  return Math.max(0, end - now);
}
