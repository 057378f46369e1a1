import { SecretUnreadable } from '../accounts/secrets.ts';
import { errorName } from '../platform/error-name.ts';
import { KeyringError } from '../platform/errors.ts';
import { WeChatApiError, WeChatError } from '../wechat/errors.ts';
import type { Credential, Failure } from './credential.ts';
import { LenderError } from './lender-mint.ts';
import { minuteSeconds } from './timing.ts';
import { chinaDayEnd, quotaBeliefSeconds } from '../wechat/quota-day.ts';

/** WeChat keeps handing back a value that it rejects, and no other can be forced before `allowedAt`. */
export class RejectedTokenKept extends Error {
  override readonly name = 'RejectedTokenKept';
  /** Unix seconds. */
  readonly allowedAt: number;
  /** Those of the day are used up. */
  readonly isOfDay: boolean;

  constructor(allowedAt: number, { isOfDay = false }: { readonly isOfDay?: boolean } = {}) {
    super('WeChat hands back the very value that it rejects, and no forced refresh is allowed now.');
    this.allowedAt = allowedAt;
    this.isOfDay = isOfDay;
  }

  /** `now` in Unix seconds. */
  static untilTomorrow(now: number): RejectedTokenKept {
    return new RejectedTokenKept(chinaDayEnd(now), { isOfDay: true });
  }
}

/** The account's own limit of mints a day is reached: automatic refreshes stop until the next day in China. */
export class MintBudgetSpent extends Error {
  override readonly name = 'MintBudgetSpent';

  constructor(budget: number) {
    super(`The budget of ${budget} mints a day is spent.`);
  }
}

/** Whether a quota is what refused a request: by WeChat's word, or by what is believed of it. */
export function isOfQuota(error: unknown): boolean {
  if (error instanceof WeChatApiError) return error.kind === 'quota_day' || error.kind === 'quota_minute';
  return error instanceof KeyringError && error.code === 'wechat_quota';
}

/** So many failures in a row should have passed by themselves: a person is told, too. */
const patience = 10;

/** What a fault means for the refresh, before it is known how often in a row it happened. */
interface Meaning {
  readonly code: string;
  readonly message: string;
  readonly advice: string;
  readonly needsPerson?: boolean;
  /** Unix seconds; without it the pause grows with each failure in a row. */
  readonly retryAt?: number;
  /** WeChat may have made a new value although its answer never came. */
  readonly mayHaveMinted?: boolean;
}

/**
 * What to record about a refresh that failed, with the record as it was `before`. `usesUpMints`: a try whose end is not known may have used
 * up one of the mints of the day.
 */
export function describeFailure(
  error: unknown,
  before: Pick<Credential, 'failure' | 'pauses'>,
  { now, usesUpMints }: { now: number; usesUpMints: boolean },
): Described {
  const count = (before.failure?.count ?? 0) + 1;
  const {
    code,
    message,
    advice,
    needsPerson = false,
    mayHaveMinted = false,
    retryAt,
  } = meaningOf(error, count, now);
  const kind = needsPerson ? 'person' : usesUpMints && mayHaveMinted ? 'open' : 'other';
  const pauses = { kind, count: before.pauses?.kind === kind ? before.pauses.count + 1 : 1 } as const;
  return {
    failure: {
      code,
      message,
      advice,
      needsPerson,
      count,
      at: now,
      retryAt: retryAt ?? now + pauseAfter(pauses),
    },
    pauses,
    mayHaveMinted,
  };
}

/** What is on record of a failure, and whether WeChat may have made a new value although its answer never came. */
export interface Described {
  readonly failure: Failure;
  readonly pauses: NonNullable<Credential['pauses']>;
  readonly mayHaveMinted: boolean;
}

/** In seconds. A row of mints that may each have been made must not use up those of the day. */
function pauseAfter({ kind, count }: Described['pauses']): number {
  if (kind === 'person') return backoff(count, 300, 3600);
  return backoff(count, 5, kind === 'open' && count > patience ? quotaBeliefSeconds : minuteSeconds);
}

/** Whether a person is to be told of the failure. `told`: the codes of which somebody has been. */
export function isNews({ code, needsPerson, count }: Failure, told: readonly string[] = []): boolean {
  return (needsPerson || count >= patience) && !told.includes(code);
}

/** It is not expected to pass before a person has acted, and hammering can get the account blocked. */
const personKinds = new Set<WeChatApiError['kind']>([
  'quota_day',
  'credentials_refused',
  'ip_not_allowed',
  'needs_confirmation',
  'blocked',
  'not_permitted',
]);

function meaningOf(error: unknown, count: number, now: number): Meaning {
  if (error instanceof WeChatError) return meaningAtWeChat(error, now);
  if (error instanceof LenderError) return meaningAtLender(error, now);
  if (error instanceof RejectedTokenKept) {
    return {
      code: 'rejected_token_kept',
      message: error.message,
      advice: error.isOfDay
        ? 'The forced refreshes of the day are used up. WeChat is asked again every few minutes whether it accepts the token. Or change to classic mode, if nothing else mints for this account: account set-mode <account> classic.'
        : 'Wait: WeChat is asked again every few minutes whether it accepts the token, and it is refreshed by force as soon as that is allowed.',
      needsPerson: error.isOfDay,
      retryAt: Math.min(error.allowedAt, now + backoff(count, minuteSeconds, quotaBeliefSeconds)),
    };
  }
  if (error instanceof MintBudgetSpent) {
    return {
      code: 'mint_budget_spent',
      message: error.message,
      advice:
        'Find out what keeps replacing the token: another system that mints it, most likely. A refresh by hand works all the same.',
      needsPerson: true,
      retryAt: chinaDayEnd(now),
    };
  }
  if (error instanceof KeyringError) {
    const { code, message, extras } = error;
    return {
      code,
      message,
      advice: 'It is tried again by itself.',
      ...(extras.retryAfter !== undefined && { retryAt: now + bounded(extras.retryAfter) }),
    };
  }
  if (error instanceof SecretUnreadable) {
    return {
      code: 'secret_unreadable',
      message: error.message,
      advice: 'Check that the secret exists and that the refresh function may read it.',
    };
  }
  // What AWS says may name a resource, so only the error's name is kept.
  return {
    code: 'internal',
    message: `The service itself failed (${errorName(error)}).`,
    advice: 'It is tried again by itself. If it lasts, look into the log of the refresh function.',
  };
}

function meaningAtWeChat(error: WeChatError, now: number): Meaning {
  const { code, message, advice, outcome } = error;
  const meaning = { code, message, advice, mayHaveMinted: outcome === 'unknown' };
  if (!(error instanceof WeChatApiError)) return meaning;
  const { kind } = error;
  return {
    ...meaning,
    needsPerson: personKinds.has(kind),
    ...(kind === 'quota_day' && { retryAt: now + quotaBeliefSeconds }),
    ...(kind === 'quota_minute' && { retryAt: now + minuteSeconds }),
  };
}

function meaningAtLender({ code, message, advice, retryAfter }: LenderError, now: number): Meaning {
  return {
    code,
    message,
    advice,
    needsPerson: code === 'lender_refused',
    ...(retryAfter !== undefined && { retryAt: now + bounded(retryAfter) }),
  };
}

/** Another one's word about when to come back, as far as it is believed: a person may mend it sooner. */
function bounded(retryAfter: number): number {
  if (!Number.isFinite(retryAfter)) return minuteSeconds;
  return Math.min(Math.max(Math.ceil(retryAfter), 1), quotaBeliefSeconds);
}

/** Doubles from `first` to `max` seconds. */
function backoff(count: number, first: number, max: number): number {
  return Math.min(first * 2 ** (count - 1), max);
}
