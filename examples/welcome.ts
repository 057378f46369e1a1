import type { EventBridgeEvent } from 'aws-lambda';
import type { Push } from './event-consumer.ts';

/** Who has begun to follow an account. */
export interface NewFollower {
  readonly account: string;
  readonly openid: string;
  /** The text of the QR code with a parameter through which they came, where there was one. */
  readonly code?: string;
}

/**
 * A Lambda function behind a rule with the pattern `{"source": ["wechat-keyring"], "detail-type": ["event.subscribe"]}`:
 * tells who begins to follow. An event may come twice, so `welcome` has to bear being called again.
 */
export function createHandler(welcome: (follower: NewFollower) => Promise<void>) {
  return async ({ 'detail-type': type, detail }: EventBridgeEvent<string, Push>): Promise<void> => {
    if (type !== 'event.subscribe' || detail.openid === undefined) return;
    const { account, openid, fields } = detail;
    const code = codeOf(fields['EventKey']);
    await welcome({ account, openid, ...(code !== undefined && { code }) });
  };
}

/** @see https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Receiving_event_pushes.html */
function codeOf(eventKey: unknown): string | undefined {
  return typeof eventKey === 'string' ? /^qrscene_(.+)$/.exec(eventKey)?.[1] : undefined;
}

export const handler = createHandler(({ openid, code }) => {
  console.log(`${openid} follows${code === undefined ? '' : `, through the QR code ${code}`}.`);
  return Promise.resolve();
});
