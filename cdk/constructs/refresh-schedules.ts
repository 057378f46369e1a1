import { RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { schedulerRole, sweepEvery5Minutes } from './sweep.ts';
import { deadLetterQueue } from './work-queue.ts';

/**
 * When credentials are refreshed: a group for the one-time schedules that refresh-credentials books for its own
 * next runs, and one fixed sweep that catches whatever was missed.
 *
 * Defaults: the sweep every 5 minutes; one retry within 5 minutes, and then a dead-letter queue (encrypted,
 * TLS only, kept 14 days). EventBridge Scheduler calls a Lambda asynchronously and is done once Lambda has
 * accepted the call, so a run that fails reaches the same queue through the function's own failure destination.
 * The group goes with the stack, and its schedules with it.
 */
export class RefreshSchedules extends Construct {
  readonly group: ScheduleGroup;
  readonly deadLetters: Queue;
  /** What EventBridge Scheduler becomes to call refresh-credentials. */
  readonly role: Role;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.group = new ScheduleGroup(this, 'Group', { removalPolicy: RemovalPolicy.DESTROY });
    this.deadLetters = deadLetterQueue(this);
    this.role = schedulerRole(this, this.group, 'refresh-credentials');
    this.role.addToPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.deadLetters.queueArn] }),
    );
  }

  /** Lets the schedules call `refresh`, and starts the sweep. */
  start(refresh: IFunction): void {
    sweepEvery5Minutes(this, {
      description: 'Refreshes whatever is due and was missed.',
      group: this.group,
      role: this.role,
      target: refresh,
      retries: 1,
      deadLetters: this.deadLetters,
    });
  }
}
