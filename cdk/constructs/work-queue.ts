import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { manifest, usual, type Entry, type FunctionSpec } from '../../functions/manifest.ts';
import { acknowledge } from './acknowledge.ts';

/** A queue where what failed is kept for 14 days, encrypted by SQS and over TLS only. */
export function deadLetterQueue(scope: Construct): Queue {
  const queue = new Queue(scope, 'DeadLetters', {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  const reason = 'This queue is where what failed ends; nothing reads it that could fail in turn.';
  acknowledge(queue, 'AwsSolutions-SQS3', reason);
  acknowledge(queue, 'Serverless-SQSRedrivePolicy', reason);
  return queue;
}

const usualConcurrency = 5;

/**
 * A queue and the function that works it off.
 *
 * Defaults: encrypted by SQS and over TLS only; a message that fails is tried three times more, six times the
 * function's timeout apart, and then kept in a dead-letter queue; batches of 10, at most 5 at once, fewer in a small AWS
 * account, so that a burst does not take the account's concurrency from the API.
 */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly #consumer: FunctionSpec;
  readonly #maxConcurrency: number;

  /**
   * @param consumer the function that works it off; functions/manifest.ts says how long it takes
   * @param share how many of it may run at once in a small AWS account
   */
  constructor(scope: Construct, id: string, consumer: Entry, share = usualConcurrency) {
    super(scope, id);
    this.#maxConcurrency = Math.min(share, usualConcurrency);
    this.#consumer = manifest[consumer];
    const { timeoutSeconds = usual.timeoutSeconds } = this.#consumer;
    this.deadLetters = deadLetterQueue(this);
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // As Lambda's guide has it: what is being handled must not come again.
      visibilityTimeout: Duration.seconds(timeoutSeconds * 6),
      retentionPeriod: Duration.days(4),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: 4 },
    });
  }

  /** Hands what is queued to its consumer, whose role lets it receive. */
  start(consumer: IFunction): void {
    const { trigger } = this.#consumer;
    const gatherSeconds = trigger?.by === 'queue' ? trigger.gatherSeconds : undefined;
    const mapping = new EventSourceMapping(this, 'Mapping', {
      target: consumer,
      eventSourceArn: this.queue.queueArn,
      batchSize: 10,
      ...(gatherSeconds !== undefined && { maxBatchingWindow: Duration.seconds(gatherSeconds) }),
      maxConcurrency: this.#maxConcurrency,
      reportBatchItemFailures: true,
    });
    acknowledge(
      mapping,
      'Serverless-LambdaEventSourceMappingDestination',
      'A mapping of SQS takes none: what fails goes to the dead-letter queue of the queue itself.',
    );
    // Lambda refuses the mapping while the role may not receive.
    if (consumer.role) mapping.node.addDependency(consumer.role);
  }
}
