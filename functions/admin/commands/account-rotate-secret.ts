import { accountsResult, findAccount, refreshNow, storeSecret } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName, secretSchema } from '../schemas.ts';

/** Stores a new AppSecret, or API key for the lender, and refreshes the token to prove it. */
export const accountRotateSecret = adminCommand({
  name: 'account.rotate-secret',
  input: { account: accountName, secret: secretSchema },
  result: accountsResult,
  run: async (parts, { account: nameOrAppId, secret }) => {
    const found = await findAccount(parts, nameOrAppId);
    await storeSecret(parts, found, secret);
    parts.log.info('An AppSecret was rotated.', { account: found.account });
    return refreshNow(parts, found.account);
  },
});
