import { findAccount } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName } from '../schemas.ts';
import { reportSync, syncResult } from '../sync-report.ts';

/** How far the sync of an account is. */
export const followersStatus = adminCommand({
  name: 'followers.status',
  input: { account: accountName },
  result: syncResult,
  run: async (parts, { account: appId }) => reportSync(parts, await findAccount(parts, appId)),
});
