import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { schedulerRole, sweepEvery5Minutes } from './sweep.ts';

/**
 * What has sync-followers keep the mirror of followers.
 *
 * Defaults: a sweep every 5 minutes, which begins the run of the day and goes on with what is under way, without
 * retries, since the next sweep is one.
 */
export class FollowersSync extends Construct {
  constructor(scope: Construct, id: string, { group, sync }: { group: IScheduleGroup; sync: IFunction }) {
    super(scope, id);
    sweepEvery5Minutes(this, {
      description: 'Begins the daily syncs of followers, and goes on with those under way.',
      group,
      role: schedulerRole(this, group, 'sync-followers'),
      target: sync,
      retries: 0,
    });
  }
}
