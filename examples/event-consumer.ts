import type { EventBridgeEvent } from 'aws-lambda';

/** What the service puts on the bus for each push, as `detail`. */
export interface Push {
  /** The same whenever the same push comes again. */
  readonly id: string;
  readonly account: string;
  readonly type: string;
  readonly event?: string;
  readonly openid?: string;
  /** Unix seconds. */
  readonly createdAt: number;
  /** The elements of the XML: texts, objects of elements, and lists where a name is repeated. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** After these the service has forgotten the person, and so should everybody. */
const farewells = new Set([
  'event.unsubscribe',
  'event.user_authorization_revoke',
  'event.user_authorization_cancellation',
]);

/**
 * A Lambda function behind a rule with the pattern `{"source": ["wechat-keyring"]}`: has whatever your own systems know
 * of a person deleted when they leave. An event may come twice, so `forget` has to bear being called again.
 */
export function createHandler(forget: (account: string, openid: string) => Promise<void>) {
  return async ({ 'detail-type': type, detail }: EventBridgeEvent<string, Push>): Promise<void> => {
    if (!farewells.has(type) || detail.openid === undefined) return;
    await forget(detail.account, detail.openid);
  };
}

export const handler = createHandler((account, openid) => {
  console.log(`Delete here what you have of ${openid}, a user of ${account}.`);
  return Promise.resolve();
});
