import { findAccount } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName } from '../schemas.ts';
import { reportSync, syncResult } from '../sync-report.ts';

/** Ends a pause. */
export const followersResume = adminCommand({
  name: 'followers.resume',
  input: { account: accountName },
  result: syncResult,
  run: async (parts, command) => {
    const account = await findAccount(parts, command.account);
    await parts.checkpoints.resume(account.appId);
    await parts.startSync(account.appId);
    return reportSync(parts, account);
  },
});
