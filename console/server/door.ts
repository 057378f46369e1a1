import type { IncomingHttpHeaders } from 'node:http';
import { isLoopbackHost } from '../../local/aws/http.ts';
import { hashToken, randomToken, sameHash } from '../../shared/platform/random.ts';

/** Why somebody is not let in. */
export type Refusal =
  | 'host_not_allowed'
  | 'origin_not_allowed'
  | 'user_not_allowed'
  | 'token_unknown'
  | 'token_used'
  | 'session_unknown';

/**
 * Lets one browser in. The token of the address is good for one exchange, for the key of a session that lives as long as
 * the process. Both are random, and neither is stored.
 *
 * The key travels in a header and in no cookie: a cookie of 127.0.0.1 goes to every port of it, and so to whatever
 * another user of the machine runs there (RFC 6265, section 8.5). What holds the key is kept apart by origin, port
 * included.
 */
export class Door {
  /** What stands in the address that is opened. */
  readonly token = randomToken();
  #sessionHash: string | undefined;

  /** The key of the session, for the token. The second time it is refused, whoever comes. */
  open(token: unknown): { readonly session: string } | Refusal {
    if (typeof token !== 'string' || !sameHash(hashToken(token), hashToken(this.token)))
      return 'token_unknown';
    if (this.#sessionHash !== undefined) return 'token_used';
    const session = randomToken();
    this.#sessionHash = hashToken(session);
    return { session };
  }

  /** Why a call is refused, or `undefined` where it brings the key of the session. */
  refuses({ authorization = '' }: IncomingHttpHeaders): Refusal | undefined {
    const hash = hashToken(authorization.replace(/^Bearer /, ''));
    return this.#sessionHash !== undefined && sameHash(hash, this.#sessionHash)
      ? undefined
      : 'session_unknown';
  }
}

/**
 * Why a request is refused by where it comes from, or `undefined`. A web page that is open in a browser on this machine
 * says so in Origin or Sec-Fetch-Site, or it comes under a name that somebody has made to point here. Only for the page
 * itself (`isPage`) it does not matter who has led to it: it shows nothing without a session.
 */
export function refusesOrigin(headers: IncomingHttpHeaders, isPage: boolean): Refusal | undefined {
  const { host, origin } = headers;
  if (!isLoopbackHost(host)) return 'host_not_allowed';
  if (origin !== undefined && origin !== `http://${host}`) return 'origin_not_allowed';
  const site = headers['sec-fetch-site'] ?? 'none';
  const isOurs = site === 'none' || site === 'same-origin';
  const isOpened = isPage && headers['sec-fetch-dest'] === 'document';
  return isOurs || isOpened ? undefined : 'origin_not_allowed';
}
