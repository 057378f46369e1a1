import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import type { IScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** After this long a call is worth nothing: the next sweep has been. */
export const maxEventAge = Duration.minutes(5);

/** What EventBridge Scheduler becomes for the schedules of `group`, and for no others. */
export function schedulerRole(scope: Construct, group: IScheduleGroup, calls: string): Role {
  return new Role(scope, 'Role', {
    description: `Lets EventBridge Scheduler call ${calls}.`,
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: {
        StringEquals: {
          'aws:SourceAccount': Stack.of(scope).account,
          'aws:SourceArn': group.scheduleGroupArn,
        },
      },
    }),
  });
}

/** Calls `target` every 5 minutes with `{kind: 'sweep'}`, and lets `role` call it. */
export function sweepEvery5Minutes(
  scope: Construct,
  {
    description,
    group,
    role,
    target,
    retries,
    deadLetters,
  }: {
    readonly description: string;
    readonly group: IScheduleGroup;
    readonly role: Role;
    readonly target: IFunction;
    readonly retries: 0 | 1;
    readonly deadLetters?: IQueue;
  },
): void {
  role.addToPolicy(
    new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [target.functionArn] }),
  );
  const sweep = new Schedule(scope, 'Sweep', {
    description,
    schedule: ScheduleExpression.rate(Duration.minutes(5)),
    scheduleGroup: group,
    // The library's own Lambda target also grants every version and alias of the function.
    target: {
      bind: () => ({
        arn: target.functionArn,
        role,
        input: ScheduleTargetInput.fromObject({ kind: 'sweep' }),
        retryPolicy: { maximumRetryAttempts: retries, maximumEventAgeInSeconds: maxEventAge.toSeconds() },
        ...(deadLetters && { deadLetterConfig: { arn: deadLetters.queueArn } }),
      }),
    },
  });
  // Not before the role may call: the first run would fail.
  sweep.node.addDependency(role);
}
