import * as z from 'zod/mini';
import { clearHostCookie, readHostCookie, setHostCookie } from '../http/cookies.ts';
import type { Clock } from '../platform/clock.ts';
import { KeyringError } from '../platform/errors.ts';
import type { Table } from '../platform/table.ts';
import { hashToken, randomToken } from './random.ts';

const sessionSchema = z.object({
  account: z.string(),
  openid: z.string(),
  createdAt: z.number(),
  removeAt: z.number(),
});

/** Who is logged in. `removeAt` (Unix seconds) ends it, whether or not DynamoDB has removed the item by then. */
export type Session = z.infer<typeof sessionSchema>;

/** Sessions: a random id in the browser's cookie, its SHA-256 in the Users table. */
export class Sessions {
  readonly #table: Table;
  readonly #clock: Clock;

  constructor(users: Table, clock: Clock) {
    this.#table = users;
    this.#clock = clock;
  }

  /** Opens a session that lasts until `until`, and returns the `Set-Cookie` that carries its id. */
  async open(account: string, openid: string, until: number): Promise<string> {
    const id = randomToken();
    const createdAt = this.#clock.now();
    await this.#table.put({ ...keyOf(id), account, openid, createdAt, removeAt: until });
    return setHostCookie({ name: cookieName(account), value: id, maxAgeSeconds: until - createdAt });
  }

  /** The session that the browser's cookies name. Throws `session_missing` or `session_expired`. */
  async require(account: string, cookies: readonly string[] | undefined): Promise<Session> {
    const id = readHostCookie(cookies, cookieName(account));
    if (!id) throw new KeyringError('session_missing');
    const item = await this.#table.get(keyOf(id));
    const session = item && z.parse(sessionSchema, item);
    if (session?.account !== account || this.#clock.now() >= session.removeAt) {
      throw new KeyringError('session_expired');
    }
    return session;
  }

  /** Ends the session that the cookies name, if there is one, and returns the `Set-Cookie` that forgets it. */
  async close(account: string, cookies: readonly string[] | undefined): Promise<string> {
    const id = readHostCookie(cookies, cookieName(account));
    if (id) await this.#table.delete(keyOf(id));
    return clearHostCookie(cookieName(account));
  }
}

function keyOf(id: string) {
  return { pk: `session#${hashToken(id)}`, sk: 'session' };
}

/** One session per account, so that a browser can be logged in to several. */
function cookieName(account: string): string {
  return `keyring_${account}`;
}
