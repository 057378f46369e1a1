import { WeChatApiError, WeChatError } from '../wechat/errors.ts';
import type { Failure } from './credential.ts';
import { chinaDayEnd, minuteSeconds } from './timing.ts';

/** WeChat keeps a stable token that it rejects, and no forced refresh is allowed before `allowedAt`. */
export class RejectedTokenKept extends Error {
  override readonly name = 'RejectedTokenKept';
  /** Unix seconds. */
  readonly allowedAt: number;

  constructor(allowedAt: number) {
    super('WeChat hands back the token that it rejects, and no forced refresh is allowed now.');
    this.allowedAt = allowedAt;
  }
}

/**
 * What to record about a failed refresh that followed `before` failures in a row. `mayHaveMinted` tells whether
 * WeChat may have made a new value although its answer never came.
 */
export function describeFailure(
  error: unknown,
  before: number,
  now: number,
): { failure: Failure; mayHaveMinted: boolean } {
  const count = before + 1;
  if (error instanceof WeChatError) {
    const needsPerson = error instanceof WeChatApiError && personKinds.has(error.kind);
    return {
      failure: {
        code: error.code,
        message: error.message,
        advice: error.advice,
        needsPerson,
        count,
        at: now,
        retryAt: retryAt(error, needsPerson, count, now),
      },
      mayHaveMinted: error.outcome === 'unknown',
    };
  }
  if (error instanceof RejectedTokenKept) {
    const advice = 'Wait: the token is refreshed by force as soon as WeChat allows it.';
    return {
      failure: {
        code: 'rejected_token_kept',
        message: error.message,
        advice,
        needsPerson: false,
        count,
        at: now,
        retryAt: error.allowedAt,
      },
      mayHaveMinted: false,
    };
  }
  // Secrets Manager, most likely. Its message may name a secret's ARN, so only the error's name is kept.
  return {
    failure: {
      code: 'secret_unreadable',
      message: `The account's secret could not be read (${error instanceof Error ? error.name : 'unknown'}).`,
      advice: 'Check that the secret exists and that the refresh function may read it.',
      needsPerson: false,
      count,
      at: now,
      retryAt: now + backoff(count, 5, minuteSeconds),
    },
    mayHaveMinted: false,
  };
}

/** Trying again changes nothing until a person has acted, and hammering can get the account blocked. */
const personKinds = new Set<WeChatApiError['kind']>([
  'credentials_refused',
  'ip_not_allowed',
  'needs_confirmation',
  'blocked',
  'not_permitted',
]);

function retryAt(error: WeChatError, needsPerson: boolean, count: number, now: number): number {
  if (needsPerson) return now + backoff(count, 300, 3600);
  if (error instanceof WeChatApiError && error.kind === 'quota_day') return chinaDayEnd(now);
  if (error instanceof WeChatApiError && error.kind === 'quota_minute') return now + minuteSeconds;
  return now + backoff(count, 5, minuteSeconds);
}

/** Doubles from `first` to `most` seconds. */
function backoff(count: number, first: number, most: number): number {
  return Math.min(first * 2 ** (count - 1), most);
}
