import * as z from 'zod/mini';

// Length is not part of any promise WeChat makes (512 characters of storage are asked for), so only what would
// break a query string or a log line is refused.
const tokenText = z.string().check(z.regex(/^[\x21-\x7e]+$/u));

/** Schema of a {@link GlobalAccessToken}, for records that hold one. */
export const globalAccessTokenSchema = tokenText.brand<'GlobalAccessToken'>();
/** Schema of a {@link UserAccessToken}, for records that hold one. */
export const userAccessTokenSchema = tokenText.brand<'UserAccessToken'>();
/** Schema of an appid: `wx` and 16 hexadecimal digits. */
export const appIdSchema = z
  .string()
  .check(z.regex(/^wx[0-9a-f]{16}$/u, 'must be wx and 16 hexadecimal digits'))
  .brand<'AppId'>();
/**
 * Schema of an openid. 28 characters today, but no length is promised: 1 to 64 of the alphabet that openids use
 * are accepted, which keeps a path or key from being built out of anything else.
 */
export const openidSchema = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_-]{1,64}$/u, 'must be an openid: 1 to 64 letters, digits, _ and -'));

/**
 * The account's own access token (`/cgi-bin/token`, `/cgi-bin/stable_token`), which opens the `/cgi-bin/*` APIs.
 * It is not a {@link UserAccessToken}: WeChat answers 40001 to either on the other's APIs, and the compiler
 * refuses it before that.
 */
export type GlobalAccessToken = z.infer<typeof globalAccessTokenSchema>;

/** One user's web-authorization token (`/sns/oauth2/*`), which opens the `/sns/*` APIs for that user only. */
export type UserAccessToken = z.infer<typeof userAccessTokenSchema>;

/** The appid of an Official Account, which nothing but a string of that form can become. */
export type AppId = z.infer<typeof appIdSchema>;

/** Takes a stored or configured value as the account's token. Throws TypeError, without the value in it. */
export function parseGlobalAccessToken(value: unknown): GlobalAccessToken {
  return parseAs('a global access token', globalAccessTokenSchema, value);
}

/** Takes a stored value as a user's token. Throws TypeError, without the value in it. */
export function parseUserAccessToken(value: unknown): UserAccessToken {
  return parseAs('a user access token', userAccessTokenSchema, value);
}

/** Takes a value as an appid. Throws TypeError. */
export function parseAppId(value: unknown): AppId {
  return parseAs('an appid (wx and 16 hexadecimal digits)', appIdSchema, value);
}

/** Takes a value as an openid. Throws TypeError. */
export function parseOpenid(value: unknown): string {
  return parseAs('an openid', openidSchema, value);
}

function parseAs<T>(what: string, schema: z.ZodMiniType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new TypeError(`The value is not ${what}.`);
  return parsed.data;
}
