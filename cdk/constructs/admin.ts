import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Followers } from './followers.ts';
import type { Functions } from './functions.ts';

/** The operator's commands. No route leads here: whoever may invoke the function may administer. */
export class Admin {
  readonly fn: LambdaFunction;

  constructor(functions: Functions, { sync, details }: Followers) {
    this.fn = functions.add('admin/admin', {
      environment: {
        KEYRING_SYNC_FUNCTION: sync.functionName,
        KEYRING_DETAILS_QUEUE_URL: details.queue.queueUrl,
        KEYRING_DETAILS_DLQ_URL: details.deadLetters.queueUrl,
      },
      given: { sync, details },
    });
  }
}
