import type { SQSBatchResponse } from 'aws-lambda';
import * as z from 'zod/mini';
import type { FieldsOf } from '../shared/platform/messages.ts';
import type { LambdaHandler, Runtime } from './runtime.ts';

/** A message as SQS delivers it. */
interface Delivery<Message> {
  /** SQS's own id of the message. */
  readonly id: string;
  readonly message: Message;
}

/** A log message about one message of a queue. */
type FaultMessage = 'A push could not be handled.' | 'A message about details could not be read.';

/** What the messages of a queue are. */
interface QueueOf<Message> {
  /** What a message is, once it is parsed as JSON. */
  readonly schema: z.ZodMiniType<Message>;
  /** What is logged of a message that fails. */
  readonly fault: FaultMessage;
}

/** What is read of an SQS event. */
const queueEventSchema = z.object({
  Records: z.array(z.object({ messageId: z.string(), body: z.string() })),
});

/**
 * A handler for a function that a queue triggers: hands each message on by itself. One that cannot be read, or whose
 * `handle` throws, is reported back alone: SQS delivers it again, and puts it aside after the last try.
 */
export function queueHandler<Message>(
  runtime: Runtime,
  queue: QueueOf<Message>,
  handle: (message: Message) => Promise<void>,
): LambdaHandler<unknown, SQSBatchResponse> {
  return queueBatchHandler(runtime, queue, async (deliveries) => {
    const failed = await Promise.all(
      deliveries.map(async ({ id, message }) => {
        try {
          await handle(message);
          return [];
        } catch (error) {
          logFault(runtime, queue.fault, id, error);
          return [id];
        }
      }),
    );
    return failed.flat();
  });
}

/** The same for work that takes several messages together. `work` returns the ids of those that failed. */
export function queueBatchHandler<Message>(
  runtime: Runtime,
  { schema, fault }: QueueOf<Message>,
  work: (deliveries: readonly Delivery<Message>[]) => Promise<readonly string[]>,
): LambdaHandler<unknown, SQSBatchResponse> {
  return async (event) => {
    const { Records } = z.parse(queueEventSchema, event);
    const unreadable: string[] = [];
    const deliveries = Records.flatMap(({ messageId: id, body }): Delivery<Message>[] => {
      try {
        return [{ id, message: z.parse(schema, JSON.parse(body)) }];
      } catch (error) {
        logFault(runtime, fault, id, error);
        unreadable.push(id);
        return [];
      }
    });
    const failed = [...unreadable, ...(await work(deliveries))];
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

/** Neither the message of the error nor its stack: a parse error quotes what it could not parse. */
function logFault({ log }: Runtime, fault: FaultMessage, messageId: string, error: unknown): void {
  const fields: FieldsOf<FaultMessage> = {
    messageId,
    error: error instanceof Error ? error.name : typeof error,
  };
  log.error(fault, fields);
}
