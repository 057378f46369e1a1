import * as z from 'zod/mini';

import type { Account } from '../accounts.ts';
import { WeChatError } from '../errors.ts';
import type { User } from '../followers.ts';
import type { Form } from '../multipart.ts';
import type { World } from '../world.ts';

/** One request to an API of the platform, and what answering it found out on the way. */
export interface Call {
  readonly world: World;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  /** The body, where it is a form with files. */
  readonly form: Form | undefined;
  readonly clientIp: string;
  readonly now: number;
  /** Whose quota the call counts against, once that is known. */
  account?: Account;
  /** How much it counts; 1 unless the API counts entries. */
  weight?: number;
}

/** A success body. Whether it has an errcode key is each endpoint's own affair. */
export type Body = Record<string, unknown>;

/** A file as the answer. */
export interface Download {
  readonly contentType: string;
  readonly filename: string;
  readonly bytes: Buffer;
}

/** The answer of an API that only does something. */
export const ok = { errcode: 0, errmsg: 'ok' };

/** Stands for a quote that the platform does not escape, so that its answer is no JSON. No text has this character. */
export const bareQuote = '\uFDD0';

/** What the platform says of a user, with what is odd about them. */
export function oddOf({ oddFields, brokenJson }: Pick<User, 'oddFields' | 'brokenJson'>): Body {
  return { ...oddFields, ...(brokenJson && { remark: `5${bareQuote} screen` }) };
}

/** One API: its verb, and how it answers. */
export interface Endpoint {
  readonly method: 'GET' | 'POST';
  /** Its page has GET, and POST works as well, unless the account's `strict_methods` says otherwise. */
  readonly takesPost?: boolean;
  /** @throws {WeChatError} to refuse */
  readonly answer: (call: Call) => Body | Download;
}

/**
 * A parameter that must be there and not empty.
 * @throws {WeChatError} with the errcode given
 */
export function required(value: string | null | undefined, missing: number): string {
  if (value === null || value === undefined || value === '') throw new WeChatError(missing);
  return value;
}

/** The parameters of the query and, after them, those of a form in the body. */
export function parametersOf({ query, body }: Call): URLSearchParams {
  return new URLSearchParams([...query, ...new URLSearchParams(body)]);
}

/**
 * The account that an appid and a secret belong to.
 * @throws {WeChatError} 40013 unknown appid, 40243 frozen secret, 40125 wrong secret, 50002 banned account
 */
export function accountBySecret(call: Call, appid: string, secret: string): Account {
  const account = knownAccount(call, appid);
  if (account.options.secret_frozen) throw new WeChatError(40243);
  if (account.secret !== secret) throw new WeChatError(40125);
  if (account.options.banned) throw new WeChatError(50002);
  return account;
}

/**
 * An account by its appid alone.
 * @throws {WeChatError} 40013
 */
export function knownAccount(call: Call, appid: string): Account {
  const account = call.world.account(appid);
  if (!account) throw new WeChatError(40013);
  return account;
}

/**
 * Checks the account's limits and books the call on it.
 * @throws {WeChatError} 45011, 45009
 */
export function enter(call: Call, account: Account): void {
  account.quota.check(call.path, account.limits, call.now);
  call.account = account;
}

/**
 * Refuses a caller whose address the account does not list.
 * @throws {WeChatError} 40164
 */
export function checkAllowList(call: Call, account: Account): void {
  const list = account.options.ip_allow_list;
  if (list && !list.includes(call.clientIp)) throw new WeChatError(40164);
}

/**
 * The account whose global token a cgi-bin call carries.
 * @throws {WeChatError} 41001, 40001, 42001; 40164 where the list covers all calls; 45011, 45009
 */
export function accountByToken(call: Call): Account {
  const token = required(call.query.get('access_token'), 41001);
  const account = call.world.accountOfToken(token);
  if (account.options.ip_allow_list_scope === 'all') checkAllowList(call, account);
  enter(call, account);
  return account;
}

/**
 * As `accountByToken`, for the APIs that only verified accounts may call.
 * @throws {WeChatError} 48001 as well
 */
export function verifiedAccountByToken(call: Call): Account {
  const account = accountByToken(call);
  if (!account.options.verified) throw new WeChatError(48001);
  return account;
}

/**
 * A JSON request body of the given shape.
 * @throws {WeChatError} 44002 empty, 47001 not JSON or not of that shape
 */
export function jsonBody<T extends z.core.$ZodType>(call: Call, schema: T): z.output<T> {
  if (call.body === '') throw new WeChatError(44002);
  let json: unknown;
  try {
    json = JSON.parse(call.body);
  } catch {
    throw new WeChatError(47001);
  }
  const parsed = z.safeParse(schema, json);
  if (!parsed.success) throw new WeChatError(47001);
  return parsed.data;
}
