import type { UsableCredential } from '../credentials/credential.ts';
import type { CredentialReader } from '../credentials/reader.ts';
import type { AppId } from '../wechat/tokens.ts';

/**
 * The account's own token, for an SDK that calls WeChat itself. A classic request for a token, or a forced one, does not
 * say why: the former may have been rejected. So where it `isDoubted`, WeChat is asked about the stored one, which is
 * replaced only if it is rejected. Where WeChat cannot be asked, the stored one is the best there is. `onRefuted` is told
 * that WeChat accepts it. Throws `credential_unavailable`.
 */
export async function sharedToken(
  reader: Pick<CredentialReader, 'getStored' | 'replacement' | 'moment'>,
  appId: AppId,
  { isDoubted, onRefuted }: { isDoubted: boolean; onRefuted: (verdict: object) => void },
): Promise<UsableCredential> {
  const present = await reader.getStored(appId);
  if (!isDoubted) return present;
  const verdict = await reader.replacement(appId, present.generation, reader.moment());
  const { credential, unchecked } = verdict;
  if (unchecked === undefined && credential.generation === present.generation) onRefuted(verdict);
  return credential;
}
