import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

/** How long handle-events may take over a batch. */
export const handleEventsTimeout = Duration.seconds(30);

/**
 * The way of a push from the endpoint to handle-events.
 *
 * Defaults: a queue and a dead-letter queue, both encrypted by SQS and over TLS only; a push that fails is tried three
 * times more, three minutes apart, and then kept in the dead-letter queue for 14 days; batches of 10, at most 5
 * at once, so that a burst does not take the account's concurrency from the API.
 */
export class Events extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    const reason = 'This queue is where pushes end that failed; nothing reads it that could fail in turn.';
    acknowledge(this.deadLetters, 'AwsSolutions-SQS3', reason);
    acknowledge(this.deadLetters, 'Serverless-SQSRedrivePolicy', reason);
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // Six times the consumer's own time, as Lambda's guide has it: what is being handled must not come again.
      visibilityTimeout: Duration.seconds(handleEventsTimeout.toSeconds() * 6),
      retentionPeriod: Duration.days(4),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: 4 },
    });
  }

  /** Hands what is queued to `consumer`, whose role lets it receive. */
  start(consumer: IFunction): void {
    const mapping = new EventSourceMapping(this, 'Mapping', {
      target: consumer,
      eventSourceArn: this.queue.queueArn,
      batchSize: 10,
      maxConcurrency: 5,
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
