import { createHmac } from 'node:crypto';
import * as z from 'zod/mini';
import type { Account } from '../accounts/accounts.ts';
import { clearHostCookie, readHostCookie, setHostCookie } from '../http/cookies.ts';
import type { Clock } from '../platform/clock.ts';
import { KeyringError } from '../platform/errors.ts';
import type { Table } from '../platform/table.ts';
import type { GrantStore, StoredGrant } from './grant-store.ts';
import { hashToken, sameHash } from './random.ts';

const sessionSchema = z.object({
  account: z.string(),
  openid: z.string(),
  /** The grant's when the session was opened. When the user logs out everywhere, the grant gets another. */
  epoch: z.string(),
  createdAt: z.number(),
  /** Noted at most so often that reading stays cheap: see `noteSeconds`. */
  usedAt: z.number(),
  removeAt: z.number(),
});

/** Who is logged in. `removeAt` (Unix seconds) ends it, whether or not DynamoDB has removed the item by then. */
type Session = z.infer<typeof sessionSchema>;

/** How long sessions last, in seconds, where the account's settings do not say. */
const usual = { idle: 7 * 86_400, life: 30 * 86_400 };
const noteSeconds = 3600;

/**
 * Sessions: an unguessable id in the browser's cookie, its SHA-256 in the Users table. A session ends when it was not
 * used for the idle limit, when it is older than its life, when it is logged out, when its user logs out
 * everywhere, and with the user's grant.
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

  /** Opens the session of that id under a grant, and returns the `Set-Cookie` that carries it. */
  async open(
    account: Account,
    id: string,
    { openid, sessionEpoch }: Pick<StoredGrant, 'openid' | 'sessionEpoch'>,
  ): Promise<string> {
    const now = this.#clock.now();
    const session = { account: account.account, openid, epoch: sessionEpoch, createdAt: now, usedAt: now };
    await this.#table.put({ ...keyOf(id), ...session, removeAt: endOf(account, session) });
    return cookieOf(account, id);
  }

  /** The `Set-Cookie` for a session that has been opened before; undefined where there is none. */
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
    const session = await this.#find(account, id);
    const grant = session && (await this.#grants.read(account.account, session.openid));
    if (!grant || !sameHash(grant.sessionEpoch, session.epoch)) throw new KeyringError('session_expired');
    const usedAt = this.#clock.now();
    if (usedAt >= session.usedAt + Math.min(noteSeconds, limits(account).idle / 10)) {
      await this.#table.update(keyOf(id), {
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
    if (id) await this.#table.delete(keyOf(id));
    return clearHostCookie(cookieName(account));
  }

  /** Ends every session of the user whom the cookies name. Throws as `require`. */
  async closeAll(account: Account, cookies: readonly string[] | undefined): Promise<string> {
    const { openid } = await this.require(account, cookies);
    await this.#grants.endSessions(account.account, openid);
    return this.close(account, cookies);
  }

  async #find(account: Account, id: string): Promise<Session | undefined> {
    const item = await this.#table.get(keyOf(id));
    const session = item && z.parse(sessionSchema, item);
    if (session?.account !== account.account) return undefined;
    // The limits may have been cut since the end was stored.
    const end = Math.min(session.removeAt, endOf(account, session));
    return this.#clock.now() < end ? session : undefined;
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

function keyOf(id: string) {
  return { pk: `session#${hashToken(id)}`, sk: 'session' };
}

/** The cookie lasts for the session's whole life: that it was idle too long is for the server to say. */
function cookieOf(account: Account, id: string): string {
  return setHostCookie({ name: cookieName(account), value: id, maxAgeSeconds: limits(account).life });
}

/** One session per account, so that a browser can be logged in to several. */
function cookieName({ account }: Account): string {
  return `keyring_${account}`;
}
