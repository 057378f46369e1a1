import type { DetailsQueue } from '../followers/sync/details-queue.ts';
import type { Mirror } from '../followers/mirror/mirror.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { eraseUser, type UserParts } from '../users/erase-user.ts';
import type { GrantStore } from '../users/grant-store.ts';
import type { Deliveries } from './deliveries.ts';
import type { PassOn } from './event-bus.ts';
import type { PushMessage } from './push-message.ts';

export interface HandlePushParts extends UserParts {
  readonly deliveries: Deliveries;
  readonly mirror: Mirror;
  /** Where somebody new is asked about. */
  readonly detailsQueue: Pick<DetailsQueue, 'send'>;
  /** An event of an account that was removed meanwhile must leave nothing behind about anybody. */
  readonly isRegistered: (account: string) => Promise<boolean>;
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
  const { account, type, event } = message;
  if (!(await deliveries.claim(message))) {
    log.info('A push came once more.', { account, type, event });
    return;
  }
  const done = message.type === 'event' ? await act(parts, message) : 'nothing';
  await passOn?.(message);
  log.info('A push was handled.', { account, type, event, done, passedOn: passOn !== undefined });
}

/** What was done about an event, for the log. */
async function act(parts: HandlePushParts, message: PushMessage): Promise<string> {
  const { account, event, openid } = message;
  switch (event) {
    case 'subscribe':
    case 'unsubscribe':
    case 'user_authorization_cancellation':
    case 'user_authorization_revoke':
    case 'user_info_modified':
      break;
    case 'SCAN':
      return 'noted';
    default:
      return 'nothing';
  }
  if (openid === undefined) {
    // Seen on the platform with user_info_modified.
    parts.log.warn('An event about a user does not say which.', { account, event });
    return 'nothing';
  }
  const { createdAt } = message;
  if (event === 'subscribe') {
    if (!(await parts.isRegistered(account))) return 'nothing';
    if (!(await parts.mirror.applyEvent(account, { openid, event, createdAt }))) return 'overtaken';
    await parts.detailsQueue.send({ account, queuedAt: parts.clock.now(), openids: [openid] });
    return 'noted';
  }
  if (event === 'user_info_modified') {
    return (await markProfileStale(parts.grants, account, openid)) ? 'profile marked stale' : 'nothing';
  }
  if (event === 'user_authorization_revoke' && !concernsUs(message.revoked)) return 'nothing';
  if (event === 'unsubscribe' && (await parts.isRegistered(account))) {
    await parts.mirror.applyEvent(account, { openid, event, createdAt });
  }
  // Who has closed their WeChat account is forgotten whole. The others may have logged in again before the event came.
  await eraseUser(
    parts,
    account,
    openid,
    event === 'user_authorization_cancellation' ? {} : { until: createdAt },
  );
  return 'user erased';
}

/** A profile that was never fetched is fetched again when the user comes back. False where none is stored. */
async function markProfileStale(grants: GrantStore, account: string, openid: string): Promise<boolean> {
  const grant = await grants.read(account, openid);
  if (!grant?.profile) return false;
  const { unionid, profile } = grant;
  return grants.putProfile(account, grant, { unionid, profile: { ...profile, fetchedAt: 0 } });
}

/** Whether something may be stored under what was revoked. Where that is not clear, it may. */
function concernsUs(revoked = ''): boolean {
  const codes = revoked.match(/\d+/g) ?? [];
  return codes.length === 0 || codes.some((code) => !nothingStoredUnder.includes(code));
}
