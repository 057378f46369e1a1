import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Schedule, ScheduleExpression, ScheduleGroup, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

/** After this long a call to refresh is worth nothing: the next sweep has been. */
export const maxEventAge = Duration.minutes(5);

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
    const stack = Stack.of(this);

    this.group = new ScheduleGroup(this, 'Group', { removalPolicy: RemovalPolicy.DESTROY });
    this.deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    const reason = 'This queue is where failed calls end; nothing reads it that could fail in turn.';
    acknowledge(this.deadLetters, 'AwsSolutions-SQS3', reason);
    acknowledge(this.deadLetters, 'Serverless-SQSRedrivePolicy', reason);

    this.role = new Role(this, 'Role', {
      description: 'Lets EventBridge Scheduler call refresh-credentials.',
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account, 'aws:SourceArn': this.group.scheduleGroupArn },
        },
      }),
    });
    this.role.addToPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.deadLetters.queueArn] }),
    );
  }

  /** Lets the schedules call `refresh`, and starts the sweep. */
  start(refresh: IFunction): void {
    this.role.addToPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [refresh.functionArn] }),
    );
    const sweep = new Schedule(this, 'Sweep', {
      description: 'Refreshes whatever is due and was missed.',
      schedule: ScheduleExpression.rate(Duration.minutes(5)),
      scheduleGroup: this.group,
      // The library's own Lambda target also grants every version and alias of the function.
      target: {
        bind: () => ({
          arn: refresh.functionArn,
          role: this.role,
          input: ScheduleTargetInput.fromObject({ kind: 'sweep' }),
          retryPolicy: { maximumRetryAttempts: 1, maximumEventAgeInSeconds: maxEventAge.toSeconds() },
          deadLetterConfig: { arn: this.deadLetters.queueArn },
        }),
      },
    });
    // Not before the role may call: the first run would end in the dead-letter queue.
    sweep.node.addDependency(this.role);
  }
}
