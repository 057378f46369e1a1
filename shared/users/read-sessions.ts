import { createHmac } from 'node:crypto';
import * as z from 'zod/mini';
import { registrationOf, type Account } from '../accounts/accounts.ts';
import { readHostCookie } from '../http/cookies.ts';
import type { Clock } from '../platform/clock.ts';
import { KeyringError } from '../platform/errors.ts';
import { hashToken, sameHash } from '../platform/random.ts';
import type { Table } from '../platform/table.ts';
import { readGrant, type StoredGrant } from './grant.ts';
import { decrypt } from './sealing.ts';

/** A session as it is stored. */
export const sessionSchema = z.object({
  /** As registrationOf names it. */
  account: z.string(),
  /** The openid, encrypted with a key that only the browser's cookie yields: the row alone names nobody. */
  user: z.string(),
  createdAt: z.number(),
  /** Noted at most so often that reading stays cheap: see `noteSeconds`. */
  usedAt: z.number(),
  removeAt: z.number(),
});

/** Who is logged in. `removeAt` (Unix seconds) ends it, whether or not DynamoDB has removed the item by then. */
export type Session = z.infer<typeof sessionSchema>;

/** How long sessions last, in seconds, where the account's settings do not say. */
const usual = { idle: 7 * 86_400, life: 30 * 86_400 };
const noteSeconds = 3600;

/**
 * Tells whose a session is. A session is an unguessable id in the browser's cookie, its SHA-256 in the Users table and in the user's grant. A
 * session ends when it was not used for the idle limit, when it is older than its life, when it is logged out, when
 * its user logs out everywhere or has the oldest of too many, with the user's grant, and when the account is removed.
 *
 * The grant's list is what makes a session count, and by which an erasure finds the rows. A row that no list names is
 * worth nothing, and cannot be told whose it was.
 */
export class SessionReader {
  readonly #table: Table;
  readonly #clock: Clock;

  constructor(users: Table, clock: Clock) {
    this.#table = users;
    this.#clock = clock;
  }

  /**
   * The grant of the user that the browser's cookies name. Two reads, and a write when the session's last use was
   * noted more than an hour ago. Throws `session_missing` or `session_expired`.
   */
  async require(account: Account, cookies: readonly string[] | undefined): Promise<StoredGrant> {
    const id = readHostCookie(cookies, cookieName(account));
    if (!id) throw new KeyringError('session_missing');
    const found = await this.find(account, id);
    if (!found) throw new KeyringError('session_expired');
    const { session, grant } = found;
    const usedAt = this.#clock.now();
    if (usedAt >= session.usedAt + Math.min(noteSeconds, limits(account).idle / 10)) {
      await this.#table.update(keyOf(hashToken(id)), {
        set: { usedAt, removeAt: endOf(account, { ...session, usedAt }) },
        // A session that was logged out in the meantime stays so.
        condition: { expression: 'attribute_exists(#account)' },
      });
    }
    return grant;
  }

  /** The session of that id and the grant that it counts by. */
  protected async find(
    account: Account,
    id: string,
  ): Promise<{ session: Session; grant: StoredGrant } | undefined> {
    const session = await this.stored(account, id);
    if (!session) return undefined;
    // The limits may have been cut since the end was stored.
    const end = Math.min(session.removeAt, endOf(account, session));
    if (this.#clock.now() >= end) return undefined;
    const openid = openidOf(account, id, session);
    const grant = await readGrant(this.#table, account.appId, openid, this.#clock.now());
    const hash = hashToken(id);
    return grant?.sessions.some((listed) => sameHash(listed, hash)) ? { session, grant } : undefined;
  }

  /** The session of that id as it is stored, even one that counts no more. */
  protected async stored(account: Account, id: string): Promise<Session | undefined> {
    const item = await this.#table.get(keyOf(hashToken(id)));
    const session = item && z.parse(sessionSchema, item);
    return session?.account === registrationOf(account) ? session : undefined;
  }
}

/** How long the account's sessions last unused, and at all, in seconds. */
export function limits({
  sessionIdleSeconds: idle = usual.idle,
  sessionSeconds: life = usual.life,
}: Account) {
  return { idle, life };
}

/** When a session ends, in Unix seconds. */
export function endOf(
  account: Account,
  { createdAt, usedAt }: Pick<Session, 'createdAt' | 'usedAt'>,
): number {
  const { idle, life } = limits(account);
  return Math.min(usedAt + idle, createdAt + life);
}

/** Where the session of that hash stands in the Users table. */
export function keyOf(hash: string) {
  return { pk: `session#${hash}`, sk: 'session' };
}

/** Another value of the id than the one it is stored under. */
export function userKey(id: string): Buffer {
  return createHmac('sha256', id).update('user of the session').digest();
}

/** What the encrypted openid of a session is bound to. */
export function bound({ appId }: Account): Buffer {
  return Buffer.from(appId);
}

/** Whose session it is. */
export function openidOf(account: Account, id: string, { user }: Session): string {
  return decrypt(userKey(id), user, bound(account));
}

/** One session per account, so that a browser can be logged in to several. */
export function cookieName({ appId }: Account): string {
  return `keyring_${appId}`;
}
