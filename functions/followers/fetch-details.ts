import type { SQSBatchResponse } from 'aws-lambda';
import { detailsMessageSchema } from '../../shared/followers/sync/details-queue.ts';
import { DetailsWorker } from '../../shared/followers/sync/details.ts';
import { accountsOf, syncCallsOf, tablesOf } from '../parts.ts';
import { queueBatchHandler } from '../queue.ts';
import { onLambda, type LambdaHandler, type Runtime } from '../runtime.ts';

const details = {
  schema: detailsMessageSchema,
  fault: 'A message about details could not be read.',
} as const;

/** Fetches the details of followers whose openids were queued, those of several messages with one call. */
export function create(runtime: Runtime): LambdaHandler<unknown, SQSBatchResponse> {
  const { clock, log } = runtime;
  const tables = tablesOf(runtime);
  const accounts = accountsOf(runtime, tables);
  const worker = new DetailsWorker({
    followers: tables.followers,
    calls: syncCallsOf(runtime, tables),
    findAccount: (appId) => accounts.find(appId),
    clock,
    log,
  });
  return queueBatchHandler(runtime, details, (deliveries) => worker.work(deliveries));
}

export const handler = onLambda(create);
