import type { Account } from '../../../shared/accounts/accounts.ts';
import { isUsable } from '../../../shared/credentials/credential.ts';
import { accountsResult, findAccount, refreshNow, reportAccounts, storeSecret } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import type { AdminParts } from '../parts.ts';
import { accountName, secretSchema } from '../schemas.ts';

/** Stores a new AppSecret, or API key for the lender, once it has been tried. */
export const accountRotateSecret = adminCommand({
  name: 'account.rotate-secret',
  input: { account: accountName, secret: secretSchema },
  result: accountsResult,
  run: async (parts, { account: nameOrAppId, secret }) => {
    const found = await findAccount(parts, nameOrAppId);
    const works = await parts.trySecret({ ...found, secret });
    await storeSecret(parts, found, secret);
    parts.log.info('An AppSecret was rotated.', { account: found.appId });
    return works ? refreshWhereNeeded(parts, found) : refreshNow(parts, found.appId);
  },
});

/**
 * The token may have ended with the former AppSecret. A classic mint would end one that lives on, so WeChat is asked
 * first. A refresh of the stable token ends none.
 */
async function refreshWhereNeeded(parts: AdminParts, { appId, mode }: Account) {
  const token = await parts.tokens.read(appId);
  const isWell = token.failure === undefined && isUsable(token, parts.clock.now());
  if (mode === 'stable' || !isWell) return refreshNow(parts, appId);
  await parts.requestRefresh(appId, { reason: 'rejected', generation: token.generation });
  return reportAccounts(parts, appId);
}
