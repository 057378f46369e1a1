import { KeyringError } from '../platform/errors.ts';
import type { AppId } from '../wechat/tokens.ts';
import type { UsableCredential } from './credential.ts';
import type { CredentialReader } from './reader.ts';

/**
 * Takes a report from outside that WeChat rejected `value`, and answers with the token to use. A value that is not
 * the present one is simply out of date. The present one is replaced only if WeChat confirms that it rejects it. Throws
 * `credential_unavailable`, and `wechat_unreachable` where WeChat could not be asked.
 */
export async function reportRejected(
  reader: CredentialReader,
  appId: AppId,
  value: string,
): Promise<{ credential: UsableCredential; replaced: boolean }> {
  const present = await reader.getStored(appId);
  if (present.value !== value) return { credential: present, replaced: true };
  const { credential, unchecked } = await reader.replacement(appId, present.generation, reader.moment());
  if (unchecked !== undefined) {
    throw new KeyringError('wechat_unreachable', `WeChat could not be asked about the token (${unchecked}).`);
  }
  return { credential, replaced: credential.generation !== present.generation };
}
