import { withAppSecret } from '../../shared/accounts/app-secret.ts';
import type { SecretStore } from '../../shared/accounts/secrets.ts';
import type { WeChatClient } from '../../shared/wechat/client.ts';
import { WeChatError } from '../../shared/wechat/errors.ts';
import { clearQuota } from '../../shared/wechat/quota.ts';
import type { AppId } from '../../shared/wechat/tokens.ts';

/** Whether WeChat has set the quotas back, or why not. */
export type QuotaCleared =
  { readonly state: 'cleared' } | { readonly state: 'refused'; readonly detail: string };

/** Has WeChat set the account's quotas of today back. */
export async function clearQuotaOf(
  { secrets, wechat }: { secrets: SecretStore; wechat: WeChatClient },
  appId: AppId,
): Promise<QuotaCleared> {
  try {
    await withAppSecret(secrets, appId, (secret) => wechat.send(clearQuota({ appId, secret })));
    return { state: 'cleared' };
  } catch (error) {
    if (!(error instanceof WeChatError)) throw error;
    return { state: 'refused', detail: `${error.message} ${error.advice}` };
  }
}
