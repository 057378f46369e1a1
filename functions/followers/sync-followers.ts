import { SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import * as z from 'zod/mini';
import { Accounts } from '../../shared/accounts/accounts.ts';
import { Checkpoints } from '../../shared/followers/checkpoint.ts';
import { sqsDetailsQueue } from '../../shared/followers/details-queue.ts';
import { sweepSyncs, type SyncSweepReport } from '../../shared/followers/sync-sweep.ts';
import { FollowerSync } from '../../shared/followers/sync.ts';
import { syncCallsOf, tablesOf } from '../parts.ts';
import { awsClientConfig, onLambda, requireVariable, type LambdaHandler, type Runtime } from '../runtime.ts';
import { syncRequestSchema, syncStarter } from './sync-request.ts';

/** A step that has begun should end before Lambda ends the function: a page of the list with all its writes. */
const reserveMs = 120_000;

/**
 * Keeps the mirror of followers in line with WeChat's list. The schedule sends a sweep, which sends this function one
 * call for each account that has something to do. A run that takes longer than the function may is gone on with after
 * the next sweep; it never calls itself, so that Lambda takes it for no loop.
 */
export function create(runtime: Runtime): LambdaHandler<unknown, SyncSweepReport | null> {
  const { clock, log, metrics } = runtime;
  const tables = tablesOf(runtime);
  const accounts = new Accounts(tables.credentials);
  const start = syncStarter(runtime);
  const sync = new FollowerSync({
    followers: tables.followers,
    calls: syncCallsOf(runtime, tables),
    queue: sqsDetailsQueue(
      new SQSClient(awsClientConfig(runtime, 'SQS')),
      requireVariable(runtime, 'KEYRING_DETAILS_QUEUE_URL'),
    ),
    clock,
    log,
  });

  return middy<unknown, SyncSweepReport | null>().handler(async (event, context) => {
    const request = z.parse(syncRequestSchema, event);
    if (request.kind === 'sweep') {
      const checkpoints = new Checkpoints(tables.followers);
      return sweepSyncs({ accounts, checkpoints, clock, log, metrics }, (account) =>
        start(context.invokedFunctionArn, account),
      );
    }
    const account = await accounts.get(request.account);
    if (account) await sync.work(account, () => context.getRemainingTimeInMillis() > reserveMs);
    return null;
  });
}

export const handler = onLambda(create);
