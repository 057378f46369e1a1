import { accountsResult, reportAccounts } from '../account-report.ts';
import { adminCommand } from '../command.ts';

/** How every account is. */
export const status = adminCommand({
  name: 'status',
  input: {},
  result: accountsResult,
  run: (parts) => reportAccounts(parts),
});
