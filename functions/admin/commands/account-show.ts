import { accountsResult, findAccount, reportAccounts } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName } from '../schemas.ts';

/** How one account is. */
export const accountShow = adminCommand({
  name: 'account.show',
  input: { account: accountName },
  result: accountsResult,
  run: async (parts, command) => {
    const { appId } = await findAccount(parts, command.account);
    return reportAccounts(parts, appId);
  },
});
