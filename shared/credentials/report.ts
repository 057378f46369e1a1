import type { Account } from '../accounts/accounts.ts';
import type { UsageMeter } from '../usage/meter.ts';
import { WeChatApiError } from '../wechat/errors.ts';
import { getApiDomainIp } from '../wechat/quota.ts';
import { parseGlobalAccessToken } from '../wechat/tokens.ts';
import type { UsableCredential } from './credential.ts';
import type { CredentialReader } from './reader.ts';

/**
 * Takes a report from outside that WeChat rejected `value`, and answers with the token to use. A value that is not
 * the present one is simply out of date. The present one is tried at WeChat first: replacing it is costly, and what
 * was rejected is often a user's token, which looks the same. Throws `credential_unavailable`.
 */
export async function reportRejected(
  { reader, meter }: { reader: CredentialReader; meter: UsageMeter },
  account: Account,
  value: string,
): Promise<{ credential: UsableCredential; replaced: boolean }> {
  const present = await reader.getStored(account.account);
  if (present.value !== value) return { credential: present, replaced: true };
  try {
    await meter.send(account, getApiDomainIp(parseGlobalAccessToken(value)));
    return { credential: present, replaced: false };
  } catch (error) {
    if (!(error instanceof WeChatApiError && error.kind === 'token_rejected')) throw error;
  }
  return { credential: await reader.replacement(account.account, present.generation), replaced: true };
}
