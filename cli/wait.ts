import { followersStatus } from '../functions/admin/commands/followers-status.ts';
import type { SyncStatus } from '../shared/followers/sync/status.ts';
import type { Session } from './command.ts';
import { watchSync } from './sync-progress.ts';
import { flag } from './values.ts';

/** The option --wait. */
export const wait = flag('show the progress of the sync until it ends');

/** With --wait shows the sync until it ends, and returns the exit code. */
export function watchWhereAsked(
  { sync }: { readonly sync: SyncStatus },
  options: { readonly wait: boolean },
  session: Session,
): Promise<number> | undefined {
  if (!options.wait) return undefined;
  return watchSync(sync, async (account) => {
    const answer = await session.send(followersStatus, { account });
    return answer.ok ? answer.result.sync : undefined;
  });
}
