import type { TokenMode } from '../../shared/accounts/accounts.ts';
import { LenderError, type Lender } from '../../shared/credentials/lender-mint.ts';
import { leaseCallsSeconds } from '../../shared/credentials/timing.ts';
import type { Clock } from '../../shared/platform/clock.ts';
import { mintStableToken } from '../../shared/wechat/access-token.ts';
import type { WeChatClient } from '../../shared/wechat/client.ts';
import { WeChatApiError, WeChatError } from '../../shared/wechat/errors.ts';
import type { AppId } from '../../shared/wechat/tokens.ts';

/** An AppSecret, or the API key for a lender, that nothing has stored yet. */
export interface Trial {
  readonly appId: AppId;
  readonly mode: TokenMode;
  /** The origin of the deployment that lends the account. */
  readonly lender?: string | undefined;
  readonly secret: string;
}

/** `untried`: it could not be tried without a cost, and a refresh has to show whether it works. */
export type SecretTried =
  { readonly state: 'works' | 'untried' } | { readonly state: 'unproven'; readonly detail: string };

/**
 * Tries a secret before it is stored. The stable token is asked for without force, also in classic mode: that makes no
 * classic token and ends none, and hands back the stable one that there is.
 */
export async function trySecret(
  { wechat, lender, clock }: { wechat: WeChatClient; lender: Lender; clock: Clock },
  { appId, mode, lender: origin, secret }: Trial,
): Promise<SecretTried> {
  const until = clock.now() + leaseCallsSeconds;
  try {
    await (origin === undefined
      ? wechat.send(mintStableToken({ appId, secret, forceRefresh: false }), { until })
      : lender.tryKey(appId, { origin, key: secret, until }));
    return { state: 'works' };
  } catch (error) {
    if (mode === 'classic' && isStableOverQuota(error)) return { state: 'untried' };
    if (!(error instanceof WeChatError || error instanceof LenderError)) throw error;
    return { state: 'unproven', detail: `${error.message} ${error.advice}` };
  }
}

/** There are accounts for which the stable endpoint never works, and says so. Classic mode is for those. */
function isStableOverQuota(error: unknown): boolean {
  return error instanceof WeChatApiError && (error.kind === 'quota_day' || error.kind === 'quota_minute');
}
