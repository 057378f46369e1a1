import { createHmac } from 'node:crypto';
import * as z from 'zod/mini';
import { registrationOf, type Account } from '../accounts/accounts.ts';
import { clearHostCookie, readHostCookie, setHostCookie } from '../http/cookies.ts';
import type { Clock } from '../platform/clock.ts';
import { hashToken } from '../platform/random.ts';
import type { Table } from '../platform/table.ts';
import { attemptSeconds } from './attempts.ts';
import type { GrantStore } from './grant-store.ts';
import { encrypt } from './sealing.ts';
import {
  bound,
  cookieName,
  endOf,
  keyOf,
  limits,
  openidOf,
  SessionReader,
  sessionSchema,
  userKey,
} from './read-sessions.ts';

/** Longer than it takes to seal a grant and to store it. */
const listingSeconds = 5;

/** What may be shown of a session. */
export const sessionTimesSchema = z.pick(sessionSchema, { createdAt: true, usedAt: true, removeAt: true });

/** Opens and ends sessions, and tells whose they are. */
export class Sessions extends SessionReader {
  readonly #table: Table;
  readonly #grants: GrantStore;
  readonly #clock: Clock;

  constructor(users: Table, grants: GrantStore, clock: Clock) {
    super(users, clock);
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
      account: registrationOf(account),
      user: encrypt(userKey(id), openid, bound(account)),
      ...times,
      removeAt: endOf(account, times),
    });
    return { session: hashToken(id), cookie: cookieOf(account, id) };
  }

  /**
   * How the session of that id stands: the `Set-Cookie` for one that counts, `over` for one that counts no more, and
   * `not yet` where none has been opened, or its login has still to list it in the grant.
   */
  async standing(account: Account, id: string): Promise<{ readonly cookie: string } | 'over' | 'not yet'> {
    if (await this.find(account, id)) return { cookie: cookieOf(account, id) };
    const session = await this.stored(account, id);
    if (session) return this.#clock.now() < session.createdAt + listingSeconds ? 'not yet' : 'over';
    return (await this.#table.get(endedKey(hashToken(id)))) ? 'over' : 'not yet';
  }

  /** The openid of the user whom the cookies name; undefined where nobody is logged in. */
  async openid(account: Account, cookies: readonly string[] | undefined): Promise<string | undefined> {
    const id = readHostCookie(cookies, cookieName(account));
    return id === undefined ? undefined : (await this.find(account, id))?.grant.openid;
  }

  /** Ends the session that the cookies name, if there is one, and returns the `Set-Cookie` that forgets it. */
  async close(account: Account, cookies: readonly string[] | undefined): Promise<string> {
    const id = readHostCookie(cookies, cookieName(account));
    if (id !== undefined) await this.#end(account, id);
    return this.forget(account);
  }

  /** Ends every session of the user whom the cookies name. Throws as `require`. */
  async closeAll(account: Account, cookies: readonly string[] | undefined): Promise<string> {
    const { openid } = await this.require(account, cookies);
    await this.remove(await this.#grants.endSessions(account.appId, openid));
    return this.forget(account);
  }

  /** The `Set-Cookie` that makes the browser forget its session. */
  forget(account: Account): string {
    return clearHostCookie(cookieName(account));
  }

  /** Deletes the rows of sessions, given by hash. Returns how many there were. */
  async remove(hashes: readonly string[]): Promise<number> {
    const removed = await Promise.all(hashes.map((hash) => this.#delete(hash)));
    return removed.filter(Boolean).length;
  }

  /** When those of the sessions, given by hash, that are still stored were opened and used, and when they end. */
  async times(hashes: readonly string[]): Promise<z.infer<typeof sessionTimesSchema>[]> {
    const items = await Promise.all(hashes.map((hash) => this.#table.get(keyOf(hash))));
    return items.flatMap((item) => (item ? [z.parse(sessionTimesSchema, item)] : []));
  }

  async #end(account: Account, id: string): Promise<void> {
    const session = await this.stored(account, id);
    if (!session) return;
    const hash = hashToken(id);
    await this.#delete(hash);
    await this.#grants.endSessions(account.appId, openidOf(account, id, session), hash);
  }

  /**
   * Notes first that it is over, for as long as the code that opened it may come once more. Without the note, whoever
   * comes with it would wait for a session that will never be there.
   */
  async #delete(hash: string): Promise<boolean> {
    await this.#table.put({ ...endedKey(hash), removeAt: this.#clock.now() + attemptSeconds });
    return this.#table.delete(keyOf(hash), { expression: 'attribute_exists(#account)' });
  }
}

/** Where it stands that the session of that hash is over. */
function endedKey(hash: string) {
  return { pk: `ended#${hash}`, sk: 'ended' };
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

/** The cookie lasts for the session's whole life: that it was idle too long is for the server to say. */
function cookieOf(account: Account, id: string): string {
  return setHostCookie({ name: cookieName(account), value: id, maxAgeSeconds: limits(account).life });
}
