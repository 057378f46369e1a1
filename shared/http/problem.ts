import { KeyringError, serviceBusy } from '../platform/errors.ts';
import { isPassing } from '../platform/passing.ts';
import { WeChatApiError, WeChatError } from '../wechat/errors.ts';
import { chinaDayEnd, quotaBeliefSeconds } from '../wechat/quota-day.ts';

/** A problem document (RFC 9457). `code` is stable; the other members are for people. */
export interface Problem {
  readonly type: string;
  readonly status: number;
  readonly title: string;
  readonly code: string;
  readonly detail?: string;
  readonly parameter?: string;
  readonly errcode?: number;
  readonly rid?: string;
  readonly authorizeUrl?: string;
  readonly partial?: Readonly<Record<string, unknown>>;
  readonly retryAfter?: number;
}

export function problemOf(error: KeyringError): Problem {
  return {
    type: `urn:wechat-keyring:problem:${error.code}`,
    status: error.status,
    title: error.title,
    code: error.code,
    ...(error.detail !== undefined && { detail: error.detail }),
    ...error.extras,
  };
}

/** The fault to tell the caller about, whatever was thrown. What is not known becomes `internal`, without detail. */
export function toKeyringError(error: unknown, now: number): KeyringError {
  if (error instanceof KeyringError) return error;
  if (error instanceof WeChatApiError) {
    const answered = { errcode: error.errcode, ...(error.rid !== undefined && { rid: error.rid }) };
    switch (error.kind) {
      case 'quota_day':
        return fromWeChat('wechat_quota', error, {
          ...answered,
          retryAfter: Math.min(quotaBeliefSeconds, chinaDayEnd(now) - now),
        });
      case 'quota_minute':
        return fromWeChat('wechat_quota', error, { ...answered, retryAfter: 60 });
      case 'openid_unknown':
        return fromWeChat('openid_unknown', error, answered);
      default:
        return fromWeChat('wechat_refused', error, answered);
    }
  }
  if (error instanceof WeChatError) return fromWeChat('wechat_unreachable', error, {});
  if (isPassing(error)) return serviceBusy(undefined, { cause: error });
  return new KeyringError('internal', undefined, {}, { cause: error });
}

function fromWeChat(
  code: 'wechat_quota' | 'openid_unknown' | 'wechat_refused' | 'wechat_unreachable',
  error: WeChatError,
  extras: ConstructorParameters<typeof KeyringError>[2],
): KeyringError {
  return new KeyringError(code, `${error.message} ${error.advice}`, extras, { cause: error });
}
