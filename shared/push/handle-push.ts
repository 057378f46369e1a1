import type { DetailsQueue } from '../followers/sync/details-queue.ts';
import type { Mirror } from '../followers/mirror/mirror.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { eraseUser, type UserParts } from '../users/erase-user.ts';
import type { AppId } from '../wechat/tokens.ts';
import type { Deliveries } from './deliveries.ts';
import type { PassOn } from './event-bus.ts';
import type { PushMessage } from './push-message.ts';

export interface HandlePushParts extends UserParts {
  readonly deliveries: Deliveries;
  readonly mirror: Mirror;
  /** Where somebody new is asked about. */
  readonly detailsQueue: Pick<DetailsQueue, 'send'>;
  /** An event of an account that was removed meanwhile must leave nothing behind about anybody. */
  readonly isRegistered: (appId: AppId) => Promise<boolean>;
  readonly clock: Clock;
  /** `undefined` where nobody listens. */
  readonly passOn: PassOn | undefined;
  readonly log: Log;
}

/**
 * Permissions of `user_authorization_revoke` under which nothing is stored here: address, invoice, card coupon,
 * microphone, location, and pictures or videos. 205, nickname and avatar, is not among them.
 *
 * @see https://developers.weixin.qq.com/doc/service/guide/h5/authorization_change.html
 */
const nothingStoredUnder = ['201', '202', '203', '204', '206', '207'];

/**
 * Does what a push asks for, and passes it on. Once for each push, however often it is delivered; tried again after a
 * failure it does all of it again, which harms nothing.
 */
export async function handlePush(parts: HandlePushParts, message: PushMessage): Promise<void> {
  const { deliveries, passOn, log } = parts;
  const { account: appId, type, event } = message;
  if (!(await deliveries.claim(message))) {
    log.info('A push came once more.', { account: appId, type, event });
    return;
  }
  const done = message.type === 'event' ? await act(parts, message) : 'nothing';
  await passOn?.(message);
  log.info('A push was handled.', { account: appId, type, event, done, passedOn: passOn !== undefined });
}

/** An event that says which user it is about. */
type UserEvent = PushMessage & { readonly openid: string };

/** What is done about the events that are about a user. Each says what was done, for the log. */
const deeds = new Map<string, (parts: HandlePushParts, event: UserEvent) => Promise<string>>([
  ['subscribe', noteFollower],
  ['unsubscribe', noteLeaver],
  ['user_authorization_cancellation', eraseWhole],
  ['user_authorization_revoke', eraseWhatWasRevoked],
  ['user_info_modified', markProfileStale],
]);

async function act(parts: HandlePushParts, message: PushMessage): Promise<string> {
  const { account: appId, event = '', openid } = message;
  if (event === 'SCAN') return 'noted';
  const deed = deeds.get(event);
  if (!deed) return 'nothing';
  if (openid === undefined) {
    // Seen on the platform with user_info_modified.
    parts.log.warn('An event about a user does not say which.', { account: appId, event });
    return 'nothing';
  }
  return deed(parts, { ...message, openid });
}

async function noteFollower(parts: HandlePushParts, event: UserEvent): Promise<string> {
  const { account: appId, openid, createdAt } = event;
  if (!(await parts.isRegistered(appId))) return 'nothing';
  if (!(await parts.mirror.applyEvent(appId, { openid, event: 'subscribe', createdAt }))) return 'overtaken';
  await parts.detailsQueue.send({ account: appId, queuedAt: parts.clock.now(), openids: [openid] });
  return 'noted';
}

async function noteLeaver(parts: HandlePushParts, event: UserEvent): Promise<string> {
  const { account: appId, openid, createdAt } = event;
  if (await parts.isRegistered(appId)) {
    await parts.mirror.applyEvent(appId, { openid, event: 'unsubscribe', createdAt });
  }
  return eraseUntilThen(parts, event);
}

async function eraseWhatWasRevoked(parts: HandlePushParts, event: UserEvent): Promise<string> {
  return concernsUs(event.revoked) ? eraseUntilThen(parts, event) : 'nothing';
}

/** They may have logged in again before the event came. */
async function eraseUntilThen(
  parts: HandlePushParts,
  { account: appId, openid, createdAt }: UserEvent,
): Promise<string> {
  await eraseUser(parts, appId, openid, { until: createdAt });
  return 'user erased';
}

/** Who has closed their WeChat account is forgotten whole. */
async function eraseWhole(parts: HandlePushParts, { account: appId, openid }: UserEvent): Promise<string> {
  await eraseUser(parts, appId, openid);
  return 'user erased';
}

/** A profile is fetched again when the user comes back, one that was never fetched as well. */
async function markProfileStale(
  { grants }: HandlePushParts,
  { account: appId, openid }: UserEvent,
): Promise<string> {
  const grant = await grants.read(appId, openid);
  if (!grant?.profile) return 'nothing';
  const { unionid, profile } = grant;
  const isMarked = await grants.putProfile(appId, grant, {
    unionid,
    profile: { ...profile, fetchedAt: 0 },
  });
  return isMarked ? 'profile marked stale' : 'nothing';
}

/** Whether something may be stored under what was revoked. Where that is not clear, it may. */
function concernsUs(revoked: string | undefined): boolean {
  const codes = revoked?.match(/\d+/g);
  return !codes?.every((code) => nothingStoredUnder.includes(code));
}
