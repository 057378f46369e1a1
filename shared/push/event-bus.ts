import { PutEventsCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { PushMessage } from './push-message.ts';

/** Passes a push on to whoever listens. Throws where that fails. */
export type PassOn = (message: PushMessage) => Promise<void>;

/** What the deployer's rules see as `source`. */
const source = 'wechat-keyring';

/** Passes pushes on to an EventBridge bus, given by its name or ARN. Same push, same `detail.id`. */
export function eventBus(client: EventBridgeClient, bus: string): PassOn {
  return async ({ id, account: appId, type, event, openid, createdAt, fields, leftOut }) => {
    const { FailedEntryCount = 0, Entries } = await client.send(
      new PutEventsCommand({
        Entries: [
          {
            EventBusName: bus,
            Source: source,
            DetailType: event === undefined ? type : `${type}.${event}`,
            Detail: JSON.stringify({ id, account: appId, type, event, openid, createdAt, fields, leftOut }),
          },
        ],
      }),
    );
    if (FailedEntryCount > 0) {
      throw new Error(`The event bus refused a push: ${Entries?.[0]?.ErrorCode ?? 'without a reason'}.`);
    }
  };
}
