import { createHmac } from 'node:crypto';
import * as z from 'zod/mini';
import type { Account } from '../accounts/accounts.ts';
import { clearHostCookie, readHostCookie, setHostCookie } from '../http/cookies.ts';
import type { Clock } from '../platform/clock.ts';
import { KeyringError } from '../platform/errors.ts';
import type { Table } from '../platform/table.ts';
import type { GrantStore, StoredGrant } from './grant-store.ts';
import { hashToken, sameHash } from '../platform/random.ts';
import { decrypt, encrypt } from './sealing.ts';

const sessionSchema = z.object({
  account: z.string(),
  /** The openid, encrypted with a key that only the browser's cookie yields: the row alone names nobody. */
  user: z.string(),
  createdAt: z.number(),
  /** Noted at most so often that reading stays cheap: see `noteSeconds`. */
  usedAt: z.number(),
  removeAt: z.number(),
});

/** Who is logged in. `removeAt` (Unix seconds) ends it, whether or not DynamoDB has removed the item by then. */
type Session = z.infer<typeof sessionSchema>;

/** What may be shown of a session. */
export const sessionTimesSchema = z.pick(sessionSchema, { createdAt: true, usedAt: true, removeAt: true });

/** How long sessions last, in seconds, where the account's settings do not say. */
const usual = { idle: 7 * 86_400, life: 30 * 86_400 };
const noteSeconds = 3600;

/**
 * Sessions: an unguessable id in the browser's cookie, its SHA-256 in the Users table and in the user's grant. A
 * session ends when it was not used for the idle limit, when it is older than its life, when it is logged out, when
 * its user logs out everywhere or has the oldest of too many, and with the user's grant.
 *
 * The grant's list is what makes a session count, and by which an erasure finds the rows. A row that no list names is
 * worth nothing, and cannot be told whose it was.
 */
export class Sessions {
  readonly #table: Table;
  readonly #grants: GrantStore;
  readonly #clock: Clock;

  constructor(users: Table, grants: GrantStore, clock: Clock) {
    this.#table = users;
    this.#grants = grants;
    this.#clock = clock;
  }

  /**
   * Stores the session of that id. Returns its hash, with which it counts as soon as the user's grant lists it, and
   * the `Set-Cookie` that carries it.
   */
  async open(account: Account, id: string, openid: string): Promise<{ session: string; cookie: string }> {
    const now = this.#clock.now();
    const times = { createdAt: now, usedAt: now };
    await this.#table.put({
      ...keyOf(hashToken(id)),
      account: account.account,
      user: encrypt(userKey(id), openid, bound(account)),
      ...times,
      removeAt: endOf(account, times),
    });
    return { session: hashToken(id), cookie: cookieOf(account, id) };
  }

  /** The `Set-Cookie` for a session that has been opened before; undefined where there is none that counts. */
  async reopen(account: Account, id: string): Promise<string | undefined> {
    return (await this.#find(account, id)) && cookieOf(account, id);
  }

  /**
   * The grant of the user that the browser's cookies name. Two reads, and a write when the session's last use was
   * noted more than an hour ago. Throws `session_missing` or `session_expired`.
   */
  async require(account: Account, cookies: readonly string[] | undefined): Promise<StoredGrant> {
    const id = readHostCookie(cookies, cookieName(account));
    if (!id) throw new KeyringError('session_missing');
    const found = await this.#find(account, id);
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

  /** Ends the session that the cookies name, if there is one, and returns the `Set-Cookie` that forgets it. */
  async close(account: Account, cookies: readonly string[] | undefined): Promise<string> {
    const id = readHostCookie(cookies, cookieName(account));
    const session = id === undefined ? undefined : await this.#stored(account, id);
    if (id !== undefined && session) {
      const hash = hashToken(id);
      await this.#table.delete(keyOf(hash));
      await this.#grants.endSessions(account.account, openidOf(account, id, session), hash);
    }
    return this.forget(account);
  }

  /** Ends every session of the user whom the cookies name. Throws as `require`. */
  async closeAll(account: Account, cookies: readonly string[] | undefined): Promise<string> {
    const { openid } = await this.require(account, cookies);
    await this.remove(await this.#grants.endSessions(account.account, openid));
    return this.forget(account);
  }

  /** The `Set-Cookie` that makes the browser forget its session. */
  forget(account: Account): string {
    return clearHostCookie(cookieName(account));
  }

  /** Deletes the rows of sessions, given by hash. Returns how many there were. */
  async remove(hashes: readonly string[]): Promise<number> {
    const removed = await Promise.all(
      hashes.map((hash) => this.#table.delete(keyOf(hash), { expression: 'attribute_exists(#account)' })),
    );
    return removed.filter(Boolean).length;
  }

  /** When those of the sessions, given by hash, that are still stored were opened and used, and when they end. */
  async times(hashes: readonly string[]): Promise<z.infer<typeof sessionTimesSchema>[]> {
    const items = await Promise.all(hashes.map((hash) => this.#table.get(keyOf(hash))));
    return items.flatMap((item) => (item ? [z.parse(sessionTimesSchema, item)] : []));
  }

  /** The session of that id and the grant that it counts by. */
  async #find(account: Account, id: string): Promise<{ session: Session; grant: StoredGrant } | undefined> {
    const session = await this.#stored(account, id);
    if (!session) return undefined;
    // The limits may have been cut since the end was stored.
    const end = Math.min(session.removeAt, endOf(account, session));
    if (this.#clock.now() >= end) return undefined;
    const grant = await this.#grants.read(account.account, openidOf(account, id, session));
    const hash = hashToken(id);
    return grant?.sessions.some((listed) => sameHash(listed, hash)) ? { session, grant } : undefined;
  }

  async #stored(account: Account, id: string): Promise<Session | undefined> {
    const item = await this.#table.get(keyOf(hashToken(id)));
    const session = item && z.parse(sessionSchema, item);
    return session?.account === account.account ? session : undefined;
  }
}

/**
 * The id of the session that a login opens. Whoever sends the same code again with the same browser comes to the
 * same id, and nobody else can: it takes the browser's own secret, the code, and what the server drew by lot when
 * it claimed the attempt.
 */
export function sessionIdOf(login: {
  readonly browserId: string;
  readonly claim: string;
  readonly code: string;
}): string {
  return createHmac('sha256', login.browserId).update(`session.${login.claim}.${login.code}`).digest('hex');
}

function limits({ sessionIdleSeconds: idle = usual.idle, sessionSeconds: life = usual.life }: Account) {
  return { idle, life };
}

function endOf(account: Account, { createdAt, usedAt }: Pick<Session, 'createdAt' | 'usedAt'>): number {
  const { idle, life } = limits(account);
  return Math.min(usedAt + idle, createdAt + life);
}

function keyOf(hash: string) {
  return { pk: `session#${hash}`, sk: 'session' };
}

/** Another value of the id than the one it is stored under. */
function userKey(id: string): Buffer {
  return createHmac('sha256', id).update('user of the session').digest();
}

function bound({ account }: Account): Buffer {
  return Buffer.from(account);
}

function openidOf(account: Account, id: string, { user }: Session): string {
  return decrypt(userKey(id), user, bound(account));
}

/** The cookie lasts for the session's whole life: that it was idle too long is for the server to say. */
function cookieOf(account: Account, id: string): string {
  return setHostCookie({ name: cookieName(account), value: id, maxAgeSeconds: limits(account).life });
}

/** One session per account, so that a browser can be logged in to several. */
function cookieName({ account }: Account): string {
  return `keyring_${account}`;
}
