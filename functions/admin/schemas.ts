import * as z from 'zod/mini';
import { syncModeSchema } from '../../shared/accounts/accounts.ts';
import { pathPattern } from '../../shared/dropin/path.ts';

/** An appid or an alias. */
export const accountName = z.string();

/** An exact origin, as the URL parser writes it: no path, no trailing slash. */
export const originSchema = z
  .string()
  .check(
    z.refine(
      (text) => URL.canParse(text) && new URL(text).origin === text,
      'is an origin such as https://www.example.com, without a slash at its end',
    ),
  );

/** https, so that the API key cannot be read on the way; but not to this machine itself. */
export const lenderSchema = originSchema.check(
  z.refine(
    (text) => /^https:|^http:\/\/(localhost|127\.0\.0\.1)(:|$)/.test(text),
    'is an origin that begins with https://',
  ),
);

/** An AppSecret, or the API key for a lender. */
export const secretSchema = z
  .string()
  .check(z.regex(/^\S{1,128}$/, 'is a text of 1 to 128 characters without blanks'));
export const nameSchema = z.string().check(z.minLength(1), z.maxLength(100));
export const domainFileSchema = z
  .string()
  .check(z.regex(/^[A-Za-z0-9]{1,64}$/, 'is the id of a file MP_verify_<id>.txt'));
/** What WeChat signs pushes with, as its console takes it. */
export const pushTokenSchema = z
  .string()
  .check(z.regex(/^[A-Za-z0-9]{3,32}$/, 'is a text of 3 to 32 letters and digits'));
/** What WeChat encrypts pushes with, as its console makes it. */
export const encodingAesKeySchema = z
  .string()
  .check(z.regex(/^[A-Za-z0-9]{43}$/, 'is a text of 43 letters and digits'));
/** Where pushes are forwarded. What else there is to it, the command says. */
export const forwardSchema = z.string().check(
  z.maxLength(1000),
  z.refine(
    (text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''),
    'is an address such as https://backend.example.com/wechat',
  ),
);
export const percentSchema = z.int().check(z.minimum(1), z.maximum(100));
export const countSchema = z.int().check(z.minimum(1), z.maximum(100_000_000));
/** From 5 minutes to 30 days, in seconds. */
export const sessionLimitSchema = z.int().check(z.minimum(300), z.maximum(30 * 86_400));
/** The path of an API that has a daily limit, such as `/cgi-bin/user/get`. */
export const apiPathSchema = z
  .string()
  .check(z.regex(/^\/[a-z0-9_/-]+$/, 'is a path such as /cgi-bin/user/get'));
/** The path of an API whose quota WeChat tells. */
export const wechatApiSchema = z
  .string()
  .check(z.regex(/^\/cgi-bin\/[a-z0-9_/]+$/, 'is a path such as /cgi-bin/user/get'));
/** The WeChat paths that a key of the drop-in may call. */
export const keyPathSchema = z
  .string()
  .check(z.regex(pathPattern, 'is a path such as /cgi-bin/user/get, or /cgi-bin/message/* for all below'));
/** All paths that such a key may call. */
export const keyPathsSchema = z.array(keyPathSchema).check(z.minLength(1), z.maxLength(50));
/** The accounts that a key may be used for; `*` is all, those to come included. */
export const keyAccountsSchema = z.union([z.literal('*'), z.array(accountName).check(z.minLength(1))]);
/** How far ahead ending grants are looked for. */
export const expiryDaysSchema = z.int().check(z.minimum(1), z.maximum(30));
/** How many days of figures are asked for: those of a year. */
export const daysOfYearSchema = z.int().check(z.minimum(1), z.maximum(366));
/** How many days of usage are asked for: those that are kept. */
export const usageDaysSchema = z.int().check(z.minimum(1), z.maximum(14));
/** In which order followers are listed: by when they followed. */
export const listOrderSchema = z.enum(['newest', 'oldest']);
/** How many followers are listed at once. */
export const pageLimitSchema = z.int().check(z.minimum(1), z.maximum(1000));
const dailyLimitsSchema = z.record(apiPathSchema, countSchema);

/** Limits and habits of an account, which it can be registered with and which can be changed. */
export const limitSchemas = {
  mintBudget: z.optional(countSchema),
  dailyLimits: z.optional(dailyLimitsSchema),
  sessionIdleSeconds: z.optional(sessionLimitSchema),
  sessionSeconds: z.optional(sessionLimitSchema),
  sync: z.optional(syncModeSchema),
  syncShare: z.optional(percentSchema),
};

/** What a command brings that has nothing to show: a sentence for people. */
export const doneResult = z.object({ done: z.string() });
