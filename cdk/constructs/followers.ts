import type { Stack } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Config } from '../config.ts';
import type { Credentials } from './credentials.ts';
import { letInvokeItself, type Functions } from './functions.ts';
import { FollowersSync } from './followers-sync.ts';
import { shareOf } from './small-account.ts';
import { WorkQueue } from './work-queue.ts';

/** The mirror of followers: the sync, the queue of those whose details are fetched, and the routes that read it. */
export class Followers {
  readonly sync: LambdaFunction;
  readonly details: WorkQueue;
  readonly fetchDetails: LambdaFunction;

  constructor(stack: Stack, functions: Functions, { schedules }: Credentials, config: Config) {
    const share = shareOf(config);
    this.details = new WorkQueue(stack, 'Details', 'followers/fetch-details', share);
    this.sync = functions.add('followers/sync-followers', {
      environment: {
        KEYRING_DETAILS_QUEUE_URL: this.details.queue.queueUrl,
        KEYRING_SWEEP_STARTS: share?.toString(),
      },
      given: { details: this.details },
    });
    this.fetchDetails = functions.add('followers/fetch-details', {
      environment: {},
      given: { details: this.details },
    });
    this.details.start(this.fetchDetails);
    new FollowersSync(stack, 'FollowersSync', { group: schedules.group, sync: this.sync });
    letInvokeItself(stack, 'SyncInvokesItself', this.sync);
    functions.addRest('followers');
  }
}
