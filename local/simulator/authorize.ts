import { announce } from '../diagnostics.ts';

import type { Account } from './accounts.ts';
import type { User } from './followers.ts';
import { consentOf, scopes, type Scope } from './oauth.ts';
import type { World } from './world.ts';

/**
 * Why the authorize address shows an error page. `code` is the number that the page shows, where the
 * platform has one. https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/Wechat_webpage_authorization.html
 */
export class AuthorizeError extends Error {
  readonly code: number | undefined;

  constructor(code: number | undefined, message: string) {
    super(message);
    this.name = 'AuthorizeError';
    this.code = code;
  }
}

/** What a site asks of the authorize address, before it is checked. */
export interface AuthorizeInput {
  readonly appid: string;
  readonly redirectUri: string;
  readonly scope: string;
  readonly state: string;
}

/** A checked request for authorization. */
export interface AuthorizeRequest {
  readonly account: Account;
  readonly redirectUri: string;
  readonly scope: Scope;
  readonly state: string;
}

/** A checked request, and the switches that only the address has. */
export interface AuthorizeLink extends AuthorizeRequest {
  readonly forcePopup: boolean;
  readonly forceSnapshot: boolean;
}

const documentedOrder = ['appid', 'redirect_uri', 'response_type', 'scope', 'state'];
const extras = ['forcePopup', 'forceSnapShot', 'connect_redirect'];

/**
 * Reads the query of an authorize link the way the platform does: names are case-sensitive and stand in
 * the documented order.
 * @throws {AuthorizeError}
 */
export function parseLink(world: World, query: string): AuthorizeLink {
  const pairs = query.split('&').map((pair): [string, string] => {
    const equals = pair.indexOf('=');
    return equals < 0 ? [pair, ''] : [pair.slice(0, equals), decode(pair.slice(equals + 1))];
  });
  const values = new Map(pairs);
  const value = (name: string) => values.get(name) ?? '';
  const request = check(world, {
    appid: value('appid'),
    redirectUri: value('redirect_uri'),
    scope: value('scope'),
    state: value('state'),
  });
  const names = pairs.map(([name]) => name);
  const leading = documentedOrder.filter((name) => name !== 'state' || values.has('state'));
  const trailing = names.slice(leading.length);
  if (names.slice(0, leading.length).join() !== leading.join() || value('response_type') !== 'code') {
    throw new AuthorizeError(undefined, `parameters must be, in this order: ${documentedOrder.join(', ')}`);
  }
  const strange = trailing.find((name) => !extras.includes(name));
  if (strange !== undefined) throw new AuthorizeError(undefined, `unexpected parameter ${strange}`);
  return {
    ...request,
    forcePopup: value('forcePopup') === 'true',
    forceSnapshot: value('forceSnapShot') === 'true',
  };
}

/**
 * Checks what a site asks against its account.
 * @throws {AuthorizeError}
 */
export function check(world: World, input: AuthorizeInput): AuthorizeRequest {
  if (input.appid === '') throw new AuthorizeError(10012, 'appid is empty');
  if (input.redirectUri === '') throw new AuthorizeError(10011, 'redirect_uri is empty');
  if (input.scope === '') throw new AuthorizeError(10010, 'scope is empty');
  const account = world.account(input.appid);
  if (!account) throw new AuthorizeError(undefined, 'appid is not known');
  const { options } = account;
  if (options.state_required && input.state === '') throw new AuthorizeError(10013, 'state is empty');
  if (options.banned) throw new AuthorizeError(10004, 'the account is banned');
  if (!isAllowedRedirect(input.redirectUri, options.redirect_domains)) {
    throw new AuthorizeError(10003, 'the host of redirect_uri is not the configured one');
  }
  const scope = scopes.find((known) => known === input.scope);
  if (scope === undefined || (!options.verified && !options.sandbox)) {
    throw new AuthorizeError(10005, 'the account has no permission for this scope');
  }
  if (Buffer.byteLength(input.state) > 128) throw new AuthorizeError(undefined, 'state is over 128 bytes');
  return { account, redirectUri: input.redirectUri, scope, state: announce('state', input.state) };
}

function isAllowedRedirect(redirectUri: string, domains: readonly string[] | null): boolean {
  if (!URL.canParse(redirectUri)) return false;
  const url = new URL(redirectUri);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return false;
  return domains?.includes(url.host) ?? true;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new AuthorizeError(undefined, 'a parameter is not percent-encoded');
  }
}

/** Who holds the phone: the user of the given openid, else the first there is, else someone new. */
export function currentUser(account: Account, openid: string | undefined, now: number): User {
  const chosen = openid === undefined ? undefined : account.followers.find(openid);
  return chosen ?? account.followers.some(1)[0] ?? account.followers.put({}, now);
}

/** Whether this user's visit ends in a redirect at once, and if so with a real or a virtual identity. */
export function withoutDialog(link: AuthorizeLink, user: User): 'real' | 'virtual' | undefined {
  if (link.scope === 'snsapi_base') return user.snapshot ? 'virtual' : 'real';
  if (link.account.options.silent_for_followers && user.subscribed) return 'real';
  return !link.forcePopup && (user.snapshot || link.forceSnapshot) ? 'virtual' : undefined;
}

/**
 * The user agrees: makes a code and says where the browser goes.
 * @throws {AuthorizeError} 10006 where a sandbox account's visitor does not follow it
 */
export function allow(
  request: AuthorizeRequest,
  user: User,
  identity: 'real' | 'virtual',
  now: number,
): string {
  const { account } = request;
  if (account.options.sandbox && !user.subscribed) {
    throw new AuthorizeError(10006, 'the user does not follow the test account');
  }
  const consent = consentOf(user, request.scope, identity === 'virtual', account.followers);
  return location(request, `code=${account.oauth.createCode(consent, now)}&`);
}

/** The user refuses: a redirect with state alone or, as phones behave, none at all. */
export function deny(request: AuthorizeRequest): string | undefined {
  return request.account.options.denial === 'redirect' ? location(request, '') : undefined;
}

function location({ redirectUri, state }: AuthorizeRequest, code: string): string {
  // Decoding may have left characters that no header can carry.
  const target = redirectUri.toWellFormed().replace(/[^\x21-\x7e]/gu, encodeURIComponent);
  const hash = target.indexOf('#');
  const base = hash < 0 ? target : target.slice(0, hash);
  const fragment = hash < 0 ? '' : target.slice(hash);
  const separator = base.includes('?') ? '&' : '?';
  return `${base}${separator}${code}state=${encodeURIComponent(state.toWellFormed())}${fragment}`;
}
