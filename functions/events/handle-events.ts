import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import middy from '@middy/core';
import type { SQSBatchResponse } from 'aws-lambda';
import * as z from 'zod/mini';
import { Mirror } from '../../shared/followers/mirror/mirror.ts';
import { Deliveries } from '../../shared/push/deliveries.ts';
import { eventBus } from '../../shared/push/event-bus.ts';
import { handlePush } from '../../shared/push/handle-push.ts';
import { pushMessageSchema } from '../../shared/push/push-message.ts';
import { accountsOf, detailsQueueOf, tablesOf, userPartsOf } from '../parts.ts';
import { awsClientConfig, onLambda, type LambdaHandler, type Runtime } from '../runtime.ts';

/** What is read of an SQS event. */
const queueEventSchema = z.object({
  Records: z.array(z.object({ messageId: z.string(), body: z.string() })),
});

/**
 * Handles the pushes that receive-event has queued. One that fails is reported back alone: SQS delivers it again, and
 * puts it aside after the last try.
 */
export function create(runtime: Runtime): LambdaHandler<unknown, SQSBatchResponse> {
  const { clock, environment, log } = runtime;
  const tables = tablesOf(runtime);
  const accounts = accountsOf(runtime, tables);
  const bus = environment.KEYRING_EVENT_BUS;
  const parts = {
    deliveries: new Deliveries(tables.users, clock),
    ...userPartsOf(runtime, tables),
    mirror: new Mirror(tables.followers),
    detailsQueue: detailsQueueOf(runtime),
    isRegistered: (account: string) => accounts.has(account),
    clock,
    passOn: bus ? eventBus(new EventBridgeClient(awsClientConfig(runtime, 'EVENTBRIDGE')), bus) : undefined,
    log,
  };

  return middy<unknown, SQSBatchResponse>().handler(async (event) => {
    const { Records } = z.parse(queueEventSchema, event);
    const failed = await Promise.all(
      Records.map(async ({ messageId, body }) => {
        try {
          await handlePush(parts, z.parse(pushMessageSchema, JSON.parse(body)));
          return [];
        } catch (error) {
          // Neither the message of the error nor its stack: a parse error quotes what it could not parse.
          log.error('A push could not be handled.', {
            messageId,
            error: error instanceof Error ? error.name : typeof error,
          });
          return [{ itemIdentifier: messageId }];
        }
      }),
    );
    return { batchItemFailures: failed.flat() };
  });
}

export const handler = onLambda(create);
