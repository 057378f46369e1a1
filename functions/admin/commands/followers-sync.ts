import * as z from 'zod/mini';
import { beginRun } from '../../../shared/followers/sync/schedule.ts';
import { KeyringError } from '../../../shared/platform/errors.ts';
import { findAccount } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName } from '../schemas.ts';
import { reportSync, syncResult } from '../sync-report.ts';

/** Begins a sync of followers, or has one go on that waits. */
export const followersSync = adminCommand({
  name: 'followers.sync',
  input: {
    account: accountName,
    /** Whether the operator knows that the list has become much shorter. */
    force: z.optional(z.boolean()),
  },
  result: syncResult,
  run: async (parts, { account: nameOrAppId, force = false }) => {
    const account = await findAccount(parts, nameOrAppId);
    const begun = await beginRun(parts.checkpoints, account, { now: parts.clock.now(), force });
    if (begun === 'paused') {
      throw new KeyringError('sync_paused', `Say: followers resume ${account.appId}`);
    }
    await parts.startSync(account.appId);
    return reportSync(parts, account);
  },
});
