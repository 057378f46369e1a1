import { findAccount } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName } from '../schemas.ts';
import { reportSync, syncResult } from '../sync-report.ts';

/** Stops the sync of an account after the step it is in, and lets no other begin. */
export const followersPause = adminCommand({
  name: 'followers.pause',
  input: { account: accountName },
  result: syncResult,
  run: async (parts, command) => {
    const account = await findAccount(parts, command.account);
    await parts.checkpoints.pause(account.appId, parts.clock.now());
    return reportSync(parts, account);
  },
});
