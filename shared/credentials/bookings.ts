import { CreateScheduleCommand, type SchedulerClient } from '@aws-sdk/client-scheduler';
import { isAwsError } from '../platform/aws-error.ts';
import type { AppId } from '../wechat/tokens.ts';
import type { CredentialKind } from './credential.ts';
import { minuteSeconds } from './timing.ts';

/** Where an account's next refresh is booked. */
export interface Bookings {
  /** Books a refresh of the account for the first whole minute from `at` (Unix seconds) on. `signal` ends the call. */
  book(appId: AppId, at: number, signal: AbortSignal): Promise<void>;
}

/** What a booked run is to do, and how it is invoked. */
export interface SchedulerTarget {
  /** The refresh function, the role EventBridge Scheduler takes to invoke it, and where failures go. */
  readonly functionArn: string;
  readonly roleArn: string;
  readonly deadLetterArn: string;
  readonly group: string;
  readonly credential: CredentialKind;
}

/**
 * Books refreshes as one-time schedules of EventBridge Scheduler, which delete themselves once run. Each has a name
 * of its own: a schedule that its own run books anew could be deleted with the run's end.
 */
export function schedulerBookings(client: SchedulerClient, target: SchedulerTarget): Bookings {
  return {
    async book(appId, notBefore, signal) {
      // A schedule runs within the minute that it is for. Seconds are not documented.
      const at = Math.ceil(notBefore / minuteSeconds) * minuteSeconds;
      const schedule = new CreateScheduleCommand({
        Name: `${target.credential}-${appId}-${at}`,
        GroupName: target.group,
        ScheduleExpression: `at(${new Date(at * 1000).toISOString().slice(0, 19)})`,
        ScheduleExpressionTimezone: 'UTC',
        FlexibleTimeWindow: { Mode: 'OFF' },
        ActionAfterCompletion: 'DELETE',
        Target: {
          Arn: target.functionArn,
          RoleArn: target.roleArn,
          Input: JSON.stringify({
            kind: 'refresh',
            credential: target.credential,
            account: appId,
            need: { reason: 'due', bookedFor: at },
          }),
          DeadLetterConfig: { Arn: target.deadLetterArn },
          // The sweep repairs what a lost run leaves, so a late run is worth less than none.
          RetryPolicy: { MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 300 },
        },
      });
      try {
        await client.send(schedule, { abortSignal: signal });
      } catch (error) {
        // Booked already.
        if (!isAwsError(error, 'ConflictException')) throw error;
      }
    },
  };
}
