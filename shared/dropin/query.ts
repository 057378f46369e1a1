import { DropInError } from './errors.ts';

/** A query whose token can be replaced. */
export interface TokenQuery {
  /** The value of `access_token`, as it stands there. */
  readonly token: string;
  /** The query with another value in its place, and not a byte besides changed. */
  with(token: string): string;
}

/**
 * Finds the one `access_token` of a query. Throws 41001 where there is none, and 40035 where a name could be taken for
 * another one, or the query has what no request line may.
 */
export function tokenQueryOf(rawQuery: string): TokenQuery {
  if (!/^[\x21-\x7e]*$/.test(rawQuery)) throw new DropInError(40035, 'the query is not percent-encoded');
  const pairs = rawQuery.split('&');
  const found = pairs.filter(namesToken);
  if (found.length > 1) throw new DropInError(40035, 'access_token is given more than once');
  const [pair] = found;
  if (pair === undefined) throw new DropInError(41001);
  const at = pairs.indexOf(pair);
  const name = pair.slice(0, pair.indexOf('=') + 1);
  return {
    token: pair.slice(name.length),
    with: (token) => [...pairs.slice(0, at), name + token, ...pairs.slice(at + 1)].join('&'),
  };
}

/** However the name is written: what reads it at the other end may decode it, and may not tell letter cases apart. */
function namesToken(pair: string): boolean {
  const [[name = ''] = []] = new URLSearchParams(pair);
  return name.trim().toLowerCase() === 'access_token';
}

/** Throws 40035 where a form names a token, too: which of the two WeChat would take is not known. */
export function requireNoTokenInForm(contentType: string | undefined, body: Uint8Array): void {
  const mediaType = contentType?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/x-www-form-urlencoded') return;
  if (Buffer.from(body).toString('latin1').split('&').some(namesToken)) {
    throw new DropInError(40035, 'access_token belongs into the query');
  }
}
