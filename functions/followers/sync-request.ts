import * as z from 'zod/mini';
import { lambdasOf, type Runtime } from '../runtime.ts';

/** What the schedule and the operator send to sync-followers. */
export const syncRequestSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('sweep') }),
  z.object({ kind: z.literal('work'), account: z.string() }),
  /** Deletes the followers of a removed account. */
  z.object({ kind: z.literal('forget'), account: z.string() }),
]);
export type SyncRequest = z.infer<typeof syncRequestSchema>;

/** Has sync-followers work on the run of an account, or forget it, and does not wait for it. */
export function syncStarter(
  runtime: Runtime,
): (functionName: string, appId: string, kind?: 'work' | 'forget') => Promise<void> {
  const lambdas = lambdasOf(runtime);
  return (functionName, appId, kind = 'work') =>
    lambdas.start(functionName, { kind, account: appId } satisfies SyncRequest);
}
