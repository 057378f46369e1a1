import type { Stack } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Config } from '../config.ts';
import type { Followers } from './followers.ts';
import type { Functions } from './functions.ts';
import { shareOf } from './small-account.ts';
import { WorkQueue } from './work-queue.ts';

/** What WeChat pushes: the route that takes it, the queue, and the function that does what it asks for. */
export class Pushes {
  readonly queue: WorkQueue;
  readonly handle: LambdaFunction;

  constructor(stack: Stack, functions: Functions, { details }: Followers, config: Config) {
    const { eventBus } = config;
    this.queue = new WorkQueue(stack, 'Events', 'events/handle-events', shareOf(config));
    functions.add('events/receive-event', {
      environment: { KEYRING_PUSH_QUEUE_URL: this.queue.queue.queueUrl },
      given: { pushes: this.queue },
    });
    this.handle = functions.add('events/handle-events', {
      environment: { KEYRING_DETAILS_QUEUE_URL: details.queue.queueUrl, KEYRING_EVENT_BUS: eventBus },
      given: {
        pushes: this.queue,
        details,
        eventBusArn: eventBus === undefined ? undefined : eventBusArn(stack, eventBus),
      },
    });
    this.queue.start(this.handle);
    functions.addRest('events');
  }
}

/** The ARN of a bus that is given by its name, in this account and region, or by its ARN. */
function eventBusArn(stack: Stack, bus: string): string {
  if (bus.startsWith('arn:')) return bus;
  return stack.formatArn({ service: 'events', resource: 'event-bus', resourceName: bus });
}
