import type { DetailsQueue } from '../followers/sync/details-queue.ts';
import type { Mirror } from '../followers/mirror/mirror.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { eraseUser, type UserParts } from '../users/erase-user.ts';
import type { AppId } from '../wechat/tokens.ts';
import type { Confirmation } from './confirmation.ts';
import type { Deliveries } from './deliveries.ts';
import type { PassOn } from './event-bus.ts';
import type { PushMessage, UserEvent } from './push-message.ts';

export interface HandlePushParts extends UserParts {
  readonly deliveries: Deliveries;
  readonly confirmation: Pick<Confirmation, 'hasLeft' | 'hasWithdrawn'>;
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
 * WeChat does not confirm that somebody withdrew what they granted, as an event in the clear says. Either somebody forged
 * it, or data are kept that must go: a person has to look. The message stays in the dead-letter queue.
 */
class UnconfirmedPushError extends Error {
  override readonly name = 'UnconfirmedPushError';
}

/** Data are kept of somebody that must go, and nobody knows of whom: a person has to find out. */
class UserlessPushError extends Error {
  override readonly name = 'UserlessPushError';
}

/** What became of a push that came; `unconfirmed`: WeChat, which has not signed it, says that it is not so. */
export type PushOutcome = 'handled' | 'repeated' | 'unconfirmed';

/**
 * Does what a push asks for, and passes it on. Once for each push, however often it is delivered; tried again after a
 * failure it does all of it again, which harms nothing.
 */
export async function handlePush(parts: HandlePushParts, message: PushMessage): Promise<PushOutcome> {
  const { deliveries, passOn, log } = parts;
  const { account: appId, type, event } = message;
  if (!(await deliveries.claim(message))) {
    log.info('A push came once more.', { account: appId, type, event });
    return 'repeated';
  }
  const done = message.type === 'event' ? await act(parts, message) : 'nothing';
  const passedOn = passOn !== undefined && done !== unconfirmed;
  // Whoever listens deletes on its word, too.
  if (passedOn) await passOn(message);
  if (deletesWhoKnowsWhom(message)) {
    throw new UserlessPushError('An event deletes somebody and does not say whom.');
  }
  log.info('A push was handled.', { account: appId, type, event, done, passedOn });
  return done === unconfirmed ? 'unconfirmed' : 'handled';
}

const unconfirmed = 'not confirmed';

/** What is done about an event that is about a user. */
interface Deed {
  /** Says what was done, for the log. */
  readonly act: (parts: HandlePushParts, event: UserEvent) => Promise<string>;
  /** Of an event that deletes: whether it is true, where WeChat has not signed what it says. */
  readonly isTrue?: (parts: HandlePushParts, event: UserEvent) => Promise<boolean>;
}

const deeds = new Map<string | undefined, Deed>([
  ['subscribe', { act: noteFollower }],
  ['unsubscribe', { act: noteLeaver, isTrue: ({ confirmation }, event) => confirmation.hasLeft(event) }],
  ['user_authorization_cancellation', { act: eraseWhole, isTrue: isWithdrawn }],
  ['user_authorization_revoke', { act: eraseUntilThen, isTrue: isWithdrawn }],
  ['user_info_modified', { act: markProfileStale }],
]);

/** What is done about the event, if anything is. */
function deedOf({ event, revoked }: PushMessage): Deed | undefined {
  return event === 'user_authorization_revoke' && !concernsUs(revoked) ? undefined : deeds.get(event);
}

function deletesWhoKnowsWhom(message: PushMessage): boolean {
  return message.type === 'event' && message.openid === undefined && deedOf(message)?.isTrue !== undefined;
}

async function act(parts: HandlePushParts, message: PushMessage): Promise<string> {
  const { account: appId, event, openid } = message;
  if (event === 'SCAN') return 'noted';
  const deed = deedOf(message);
  if (!deed) return 'nothing';
  if (openid === undefined) {
    // Seen on the platform.
    parts.log.warn('An event about a user does not say which.', { account: appId, event });
    return 'nothing';
  }
  const about = { ...message, openid };
  if (!message.isSigned && deed.isTrue && !(await deed.isTrue(parts, about))) return unconfirmed;
  return deed.act(parts, about);
}

/** Throws UnconfirmedPushError where that is not known. */
async function isWithdrawn({ confirmation }: HandlePushParts, event: UserEvent): Promise<boolean> {
  if (await confirmation.hasWithdrawn(event)) return true;
  throw new UnconfirmedPushError('WeChat has not confirmed that a user withdrew a grant.');
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
