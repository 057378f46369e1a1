import * as z from 'zod/mini';
import { type AppId, appIdSchema } from '../../shared/wechat/tokens.ts';
import { lambdasOf, type Runtime } from '../runtime.ts';

/** What the schedule and the operator send to sync-followers. */
export const syncRequestSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('sweep') }),
  z.object({ kind: z.literal('work'), account: appIdSchema }),
  /** Deletes the followers of a removed account. */
  z.object({ kind: z.literal('forget'), account: appIdSchema }),
]);
export type SyncRequest = z.infer<typeof syncRequestSchema>;

/** Has sync-followers work on the run of an account, or forget it, and does not wait for it. */
export function syncStarter(
  runtime: Runtime,
): (functionName: string, appId: AppId, kind?: 'work' | 'forget') => Promise<void> {
  const lambdas = lambdasOf(runtime);
  return (functionName, appId, kind = 'work') =>
    lambdas.start(functionName, { kind, account: appId } satisfies SyncRequest);
}
