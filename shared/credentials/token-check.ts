import type { Account } from '../accounts/accounts.ts';
import type { UsageMeter } from '../usage/meter.ts';
import { WeChatApiError } from '../wechat/errors.ts';
import { getApiDomainIp } from '../wechat/quota.ts';
import { parseGlobalAccessToken } from '../wechat/tokens.ts';

/** What WeChat says of a token; `unknown` where it could not be asked, with the reason. */
export type Verdict =
  | { readonly state: 'accepted' }
  | { readonly state: 'rejected' }
  | { readonly state: 'unknown'; readonly error: unknown };

/** Asks WeChat whether it accepts a value, and is done `until` then (Unix seconds). Never throws. */
export type Check = (account: Account, value: string, options: { until: number }) => Promise<Verdict>;

/**
 * Tries the global access token in the cheapest call there is. A call that WeChat rejected proves nothing: now and then
 * it answers 40001 to a token that is good before and after, and a user's token that it rejects looks the same.
 */
export function tokenCheck(meter: UsageMeter): Check {
  return async (account, value, { until }) => {
    try {
      await meter.send(account, getApiDomainIp(parseGlobalAccessToken(value)), { byHand: true, until });
      return { state: 'accepted' };
    } catch (error) {
      const isRejected = error instanceof WeChatApiError && error.kind === 'token_rejected';
      return isRejected ? { state: 'rejected' } : { state: 'unknown', error };
    }
  };
}
