import { WeChatApiError } from '../wechat/errors.ts';
import type { AppId } from '../wechat/tokens.ts';
import type { SecretStore } from './secrets.ts';

/**
 * Sends a call with the account's AppSecret. A secret that WeChat refuses may have been replaced since it was read: it
 * is read anew, and if it is another one by now, the call is sent once more. A refusal of the secret says that WeChat
 * did nothing, so this holds for calls, too, that are never repeated after a lost answer. Nobody documents whether a
 * one-time code outlives such a refusal; at worst the second answer is that the code was used, and no worse.
 *
 * Throws what the last call throws, and what reading the secret throws.
 */
export async function withAppSecret<T>(
  secrets: SecretStore,
  appId: AppId,
  send: (appSecret: string) => Promise<T>,
): Promise<T> {
  const { appSecret } = await secrets.get(appId);
  try {
    return await send(appSecret);
  } catch (error) {
    if (!(error instanceof WeChatApiError && error.kind === 'credentials_refused')) throw error;
    secrets.forget(appId);
    const present = await secrets.get(appId);
    if (present.appSecret === appSecret) throw error;
    return send(present.appSecret);
  }
}
