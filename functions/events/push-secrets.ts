import type { PushSecrets, SecretStore } from '../../shared/accounts/secrets.ts';
import { KeyringError } from '../../shared/platform/errors.ts';
import type { AppId } from '../../shared/wechat/tokens.ts';

/** What the account's pushes are signed and encrypted with. Throws `push_not_configured`. */
export async function requirePushSecrets(secrets: SecretStore, appId: AppId): Promise<PushSecrets> {
  const found = await secrets.getPush(appId);
  if (!found) throw new KeyringError('push_not_configured');
  return found;
}
