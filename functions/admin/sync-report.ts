import * as z from 'zod/mini';
import type { Account } from '../../shared/accounts/accounts.ts';
import { queueLength } from '../../shared/followers/sync/details-queue.ts';
import { readSyncStatus, syncStatusSchema } from '../../shared/followers/sync/status.ts';
import type { AdminParts } from './parts.ts';

/** What a command about a sync of followers brings. */
export const syncResult = z.object({ sync: syncStatusSchema });

/** How the sync of an account is. */
export async function reportSync(
  { sqs, detailsQueue, detailsDeadLetters, clock, tables }: AdminParts,
  account: Account,
): Promise<z.infer<typeof syncResult>> {
  const [waiting, poisoned] = await Promise.all([
    queueLength(sqs, detailsQueue),
    queueLength(sqs, detailsDeadLetters),
  ]);
  const about = { now: clock.now(), queue: { waiting, poisoned } };
  return { sync: await readSyncStatus(tables.followers, account, about) };
}
