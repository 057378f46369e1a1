import * as z from 'zod/mini';
import type { AwsJson } from '../../platform/aws-json.ts';
import { concurrently } from '../../platform/concurrently.ts';
import { appIdSchema, openidSchema } from '../../wechat/tokens.ts';

/** WeChat takes so many openids in one call. */
export const openidsPerMessage = 100;
const maxConcurrentSends = 10;

/** Whose details are to be fetched, as JSON in a queue. */
export const detailsMessageSchema = z.object({
  account: appIdSchema,
  /** The run of the sync that asks; absent where an event does. */
  run: z.optional(z.string()),
  /** When they were asked for, in Unix seconds: details that are newer need not be fetched. */
  queuedAt: z.number(),
  openids: z.array(openidSchema).check(z.minLength(1), z.maxLength(openidsPerMessage)),
});
export type DetailsMessage = z.infer<typeof detailsMessageSchema>;

/** The queue of those whose details are to be fetched. */
export interface DetailsQueue {
  send(message: DetailsMessage): Promise<void>;
  /** Sends all of them, or throws; then some may have been sent. */
  sendAll(messages: readonly DetailsMessage[]): Promise<void>;
  /** Whether nothing waits and nothing is being worked on, as far as SQS knows at the moment. */
  idle(): Promise<boolean>;
}

/** The queue at that URL. */
export function sqsDetailsQueue(sqs: AwsJson<'sqs'>, queueUrl: string): DetailsQueue {
  const send = async (message: DetailsMessage) => {
    await sqs('SendMessage', { QueueUrl: queueUrl, MessageBody: JSON.stringify(message) });
  };
  return {
    send,
    async sendAll(messages) {
      // One request each: one message stands for up to 100 people, so there are few.
      await concurrently(messages, maxConcurrentSends, send);
    },
    idle: async () => (await queueLength(sqs, queueUrl)) === 0,
  };
}

const attributesSchema = z.object({ Attributes: z.optional(z.record(z.string(), z.string())) });

/** About how many messages wait in the queue, or are being worked on. */
export async function queueLength(sqs: AwsJson<'sqs'>, queueUrl: string): Promise<number> {
  const names = [
    'ApproximateNumberOfMessages',
    'ApproximateNumberOfMessagesNotVisible',
    'ApproximateNumberOfMessagesDelayed',
  ];
  const answer = await sqs('GetQueueAttributes', { QueueUrl: queueUrl, AttributeNames: names });
  const { Attributes = {} } = z.parse(attributesSchema, answer);
  return names.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
}
