import { accountsResult, findAccount, refreshNow } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName } from '../schemas.ts';

/** Refreshes an account's token now. */
export const refresh = adminCommand({
  name: 'refresh',
  input: { account: accountName },
  result: accountsResult,
  run: async (parts, command) => {
    const { appId } = await findAccount(parts, command.account);
    return refreshNow(parts, appId, { isProof: false });
  },
});
