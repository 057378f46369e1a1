import * as z from 'zod/mini';
import { Accounts } from '../../shared/accounts/accounts.ts';
import { Checkpoints } from '../../shared/followers/sync/checkpoint.ts';
import { deleteFollowers, Removals } from '../../shared/followers/mirror/removal.ts';
import { sweepSyncs, type SyncSweepReport } from '../../shared/followers/sync/sweep.ts';
import { FollowerSync } from '../../shared/followers/sync/sync.ts';
import { detailsQueueOf, syncCallsOf, tablesOf } from '../parts.ts';
import { onLambda, sweepStartsOf, type LambdaHandler, type Runtime } from '../runtime.ts';
import { syncRequestSchema, syncStarter } from './sync-request.ts';

/** A step that has begun should end before Lambda ends the function: a page of the list with all its writes. */
const reserveMs = 120_000;
/** Each is a function that works for minutes. */
const usualRemovals = 5;

/**
 * Keeps the mirror of followers in line with WeChat's list, and deletes that of removed accounts. The schedule sends a
 * sweep, which sends this function one call for each account that has something to do. What takes longer than the
 * function may is gone on with after the next sweep; it never calls itself, so that Lambda takes it for no loop.
 */
export function create(runtime: Runtime): LambdaHandler<unknown, SyncSweepReport | null> {
  const { clock, log, metrics } = runtime;
  const tables = tablesOf(runtime);
  const accounts = new Accounts(tables.credentials);
  const removals = new Removals(tables.followers);
  const start = syncStarter(runtime);
  const maxRuns = sweepStartsOf(runtime);
  const sync = new FollowerSync({
    followers: tables.followers,
    calls: syncCallsOf(runtime, tables),
    queue: detailsQueueOf(runtime),
    clock,
    log,
  });

  return async (event, context) => {
    const request = z.parse(syncRequestSchema, event);
    if (request.kind === 'sweep') {
      const checkpoints = new Checkpoints(tables.followers);
      const report = await sweepSyncs({ accounts, checkpoints, clock, log, metrics, maxRuns }, (appId) =>
        start(context.invokedFunctionArn, appId),
      );
      const maxRemovals = maxRuns === undefined ? usualRemovals : Math.max(0, maxRuns - report.started);
      for (const removed of (await removals.due(clock.now())).slice(0, maxRemovals)) {
        await start(context.invokedFunctionArn, removed, 'forget');
      }
      return report;
    }
    const shouldContinue = () => context.getRemainingTimeInMillis() > reserveMs;
    if (request.kind === 'forget') {
      await deleteFollowers(
        { followers: tables.followers, accounts, clock, log },
        request.account,
        shouldContinue,
      );
      return null;
    }
    const account = await accounts.get(request.account);
    if (account) await sync.work(account, shouldContinue);
    return null;
  };
}

export const handler = onLambda(create);
