import type { UsableCredential } from '../credentials/credential.ts';
import type { CredentialReader } from '../credentials/reader.ts';
import type { AppId } from '../wechat/tokens.ts';

/**
 * The account's own token, for an SDK that calls WeChat itself. A classic request for a token, or a forced one, does not
 * say why: the former may have been rejected. So where it `isDoubted`, WeChat is asked about the stored one, which is
 * replaced only if it is rejected. Where WeChat cannot be asked, the stored one is the best there is. Throws
 * `credential_unavailable`.
 */
export async function sharedToken(
  reader: CredentialReader,
  appId: AppId,
  isDoubted: boolean,
): Promise<UsableCredential> {
  const present = await reader.getStored(appId);
  if (!isDoubted) return present;
  return (await reader.replacement(appId, present.generation, reader.moment())).credential;
}
