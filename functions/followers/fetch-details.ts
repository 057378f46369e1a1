import middy from '@middy/core';
import type { SQSBatchResponse } from 'aws-lambda';
import * as z from 'zod/mini';
import { detailsMessageSchema } from '../../shared/followers/sync/details-queue.ts';
import { DetailsWorker, type Delivery } from '../../shared/followers/sync/details.ts';
import { accountsOf, syncCallsOf, tablesOf } from '../parts.ts';
import { onLambda, type LambdaHandler, type Runtime } from '../runtime.ts';

/** What is read of an SQS event. */
const queueEventSchema = z.object({
  Records: z.array(z.object({ messageId: z.string(), body: z.string() })),
});

/**
 * Fetches the details of followers whose openids were queued. A message that fails is reported back alone: SQS delivers
 * it again, and puts it aside after the last try.
 */
export function create(runtime: Runtime): LambdaHandler<unknown, SQSBatchResponse> {
  const { clock, log } = runtime;
  const tables = tablesOf(runtime);
  const accounts = accountsOf(runtime, tables);
  const worker = new DetailsWorker({
    followers: tables.followers,
    calls: syncCallsOf(runtime, tables),
    findAccount: (account) => accounts.find(account),
    clock,
    log,
  });

  return middy<unknown, SQSBatchResponse>().handler(async (event) => {
    const { Records } = z.parse(queueEventSchema, event);
    const deliveries: Delivery[] = [];
    const failed: string[] = [];
    for (const { messageId: id, body } of Records) {
      try {
        deliveries.push({ id, message: z.parse(detailsMessageSchema, JSON.parse(body)) });
      } catch (error) {
        // Neither the message of the error nor its stack: a parse error quotes what it could not parse.
        log.error('A message about details could not be read.', {
          messageId: id,
          error: error instanceof Error ? error.name : typeof error,
        });
        failed.push(id);
      }
    }
    failed.push(...(await worker.work(deliveries)));
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  });
}

export const handler = onLambda(create);
