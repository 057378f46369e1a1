import type { AwsJson } from '../platform/aws-json.ts';
import type { PushMessage } from './push-message.ts';

/** WeChat waits 5 seconds: with no answer from the queue in this time it is better off to send the push again. */
const deadlineMs = 3000;

/** Hands a push to the worker. */
export type Enqueue = (message: PushMessage) => Promise<void>;

/** Hands pushes over through the SQS queue at that URL. */
export function sqsQueue(sqs: AwsJson<'sqs'>, queueUrl: string): Enqueue {
  return async (message) => {
    const signal = AbortSignal.timeout(deadlineMs);
    await sqs('SendMessage', { QueueUrl: queueUrl, MessageBody: queueText(message) }, { signal });
  };
}

/**
 * SQS refuses two characters that JSON takes as they are.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
function queueText(message: PushMessage): string {
  return JSON.stringify(message).replaceAll('\uFFFE', '\\ufffe').replaceAll('\uFFFF', '\\uffff');
}
