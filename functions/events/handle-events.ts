import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { SQSBatchResponse } from 'aws-lambda';
import { Mirror } from '../../shared/followers/mirror/mirror.ts';
import { Confirmation } from '../../shared/push/confirmation.ts';
import { Deliveries } from '../../shared/push/deliveries.ts';
import { eventBus } from '../../shared/push/event-bus.ts';
import { handlePush } from '../../shared/push/handle-push.ts';
import { pushMessageSchema } from '../../shared/push/push-message.ts';
import type { AppId } from '../../shared/wechat/tokens.ts';
import {
  accountCallsOf,
  accountsOf,
  detailsQueueOf,
  figureCounterOf,
  grantsOf,
  tablesOf,
  userPartsOf,
  wechatOf,
} from '../parts.ts';
import { queueHandler } from '../queue.ts';
import { awsClientConfig, onLambda, type LambdaHandler, type Runtime } from '../runtime.ts';

const pushes = { schema: pushMessageSchema, fault: 'A push could not be handled.' } as const;

/** Handles the pushes that receive-event has queued. */
export function create(runtime: Runtime): LambdaHandler<unknown, SQSBatchResponse> {
  const { clock, environment, log } = runtime;
  const tables = tablesOf(runtime);
  const accounts = accountsOf(runtime, tables);
  const bus = environment.KEYRING_EVENT_BUS;
  const userParts = userPartsOf(runtime, tables);
  // One attempt at each call: the queue comes again. All of them end before the function has to.
  const wechat = wechatOf(runtime, { deadlineMs: 4000, attempts: 1 });
  const parts = {
    deliveries: new Deliveries(tables.users, clock),
    ...userParts,
    confirmation: new Confirmation({
      accounts,
      calls: accountCallsOf(runtime, tables, wechat),
      grants: grantsOf(runtime, tables, wechat),
      store: userParts.grants,
      followers: tables.followers,
    }),
    mirror: new Mirror(tables.followers),
    detailsQueue: detailsQueueOf(runtime),
    isRegistered: (appId: AppId) => accounts.has(appId),
    clock,
    passOn: bus ? eventBus(new EventBridgeClient(awsClientConfig(runtime, 'EVENTBRIDGE')), bus) : undefined,
    log,
  };
  const countFigure = figureCounterOf(runtime, tables);
  const count = async (appId: AppId, outcome: string) => {
    // Of an account that was removed nothing is to be left behind.
    if (await accounts.has(appId).catch(() => false)) await countFigure(appId, 'push', outcome);
  };
  return queueHandler(runtime, pushes, async (message) => {
    const { account: appId } = message;
    let outcome: string;
    try {
      outcome = await handlePush(parts, message);
    } catch (error) {
      await count(appId, 'failed');
      throw error;
    }
    await count(appId, outcome);
  });
}

export const handler = onLambda(create);
