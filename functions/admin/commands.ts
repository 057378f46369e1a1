import * as z from 'zod/mini';
import { syncModeSchema, tokenModeSchema } from '../../shared/accounts/accounts.ts';
import { apiKeySchema, scopeSchema } from '../../shared/accounts/api-keys.ts';
import { failureSchema } from '../../shared/credentials/credential.ts';
import { followerSchema } from '../../shared/followers/follower.ts';
import { syncStatusSchema } from '../../shared/followers/sync-status.ts';
import { removedSchema } from '../../shared/users/erase-user.ts';
import { exportedUserSchema } from '../../shared/users/export-user.ts';
import { appIdSchema, openidSchema } from '../../shared/wechat/tokens.ts';

/** An exact origin, as the URL parser writes it: no path, no trailing slash. */
const originSchema = z
  .string()
  .check(
    z.refine(
      (text) => URL.canParse(text) && new URL(text).origin === text,
      'is not an origin such as https://www.example.com',
    ),
  );

/** https, so that the API key cannot be read on the way; but not to this machine itself. */
const lenderSchema = originSchema.check(
  z.refine(
    (text) => /^https:|^http:\/\/(localhost|127\.0\.0\.1)(:|$)/.test(text),
    'must begin with https://',
  ),
);

const secretSchema = z.string().check(z.regex(/^\S{1,128}$/));
const nameSchema = z.string().check(z.minLength(1), z.maxLength(100));
const percent = z.int().check(z.minimum(1), z.maximum(100));
const count = z.int().check(z.minimum(1), z.maximum(100_000_000));
/** From 5 minutes to 30 days, in seconds. */
const sessionLimit = z.int().check(z.minimum(300), z.maximum(30 * 86_400));
const domainFileSchema = z.string().check(z.regex(/^[A-Za-z0-9]{1,64}$/));
const dailyLimitsSchema = z.record(z.string().check(z.regex(/^\/[a-z0-9_/-]+$/)), count);
/** An appid or an alias. */
const accountName = z.string();

/** What the admin function can be told to do. */
export const commandSchema = z.discriminatedUnion('command', [
  z.object({
    command: z.literal('account.add'),
    account: appIdSchema,
    name: nameSchema,
    /** The AppSecret, or the API key for the lender. */
    secret: secretSchema,
    /** The deployment to borrow the token from. */
    lender: z.optional(lenderSchema),
    mode: tokenModeSchema,
    allowedOrigins: z.array(originSchema),
    domainFiles: z.array(domainFileSchema),
    mintBudget: z.optional(count),
    dailyLimits: z.optional(dailyLimitsSchema),
    sessionIdleSeconds: z.optional(sessionLimit),
    sessionSeconds: z.optional(sessionLimit),
    sync: z.optional(syncModeSchema),
    syncShare: z.optional(percent),
  }),
  z.object({
    command: z.literal('account.set'),
    account: accountName,
    name: z.optional(nameSchema),
    mode: z.optional(tokenModeSchema),
    /** In place of those there are. */
    allowedOrigins: z.optional(z.array(originSchema)),
    /** Beside those there are. */
    domainFiles: z.optional(z.array(domainFileSchema)),
    mintBudget: z.optional(count),
    dailyLimits: z.optional(dailyLimitsSchema),
    sessionIdleSeconds: z.optional(sessionLimit),
    sessionSeconds: z.optional(sessionLimit),
    sync: z.optional(syncModeSchema),
    syncShare: z.optional(percent),
  }),
  z.object({ command: z.literal('account.show'), account: accountName }),
  z.object({ command: z.literal('account.remove'), account: accountName }),
  z.object({ command: z.literal('account.rotate-secret'), account: accountName, secret: secretSchema }),
  z.object({
    command: z.literal('account.set-push'),
    account: accountName,
    pushToken: z.string().check(z.regex(/^[A-Za-z0-9]{3,32}$/)),
    /** Without one, pushes are taken in the clear. */
    encodingAesKey: z.optional(z.string().check(z.regex(/^[A-Za-z0-9]{43}$/))),
  }),
  z.object({ command: z.literal('status') }),
  z.object({ command: z.literal('refresh'), account: accountName }),
  z.object({ command: z.literal('usage'), account: accountName, day: z.optional(z.iso.date()) }),
  z.object({
    command: z.literal('quota.get'),
    account: accountName,
    path: z.string().check(z.regex(/^\/cgi-bin\/[a-z0-9_/]+$/)),
  }),
  z.object({ command: z.literal('quota.clear'), account: accountName }),
  z.object({
    command: z.literal('key.create'),
    name: nameSchema,
    scopes: z.array(scopeSchema).check(z.minLength(1)),
    accounts: z.union([z.literal('*'), z.array(accountName).check(z.minLength(1))]),
  }),
  z.object({ command: z.literal('key.list') }),
  z.object({
    command: z.literal('user.expiring'),
    account: accountName,
    days: z.int().check(z.minimum(1), z.maximum(30)),
    /** `next` of the answer before. */
    from: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_-]{1,500}$/))),
  }),
  z.object({ command: z.literal('user.erase'), account: accountName, openid: openidSchema }),
  z.object({ command: z.literal('user.export'), account: accountName, openid: openidSchema }),
  z.object({
    command: z.literal('followers.sync'),
    account: accountName,
    /** Whether the operator knows that the list has become much shorter. */
    force: z.optional(z.boolean()),
  }),
  z.object({ command: z.literal('followers.status'), account: accountName }),
  z.object({ command: z.literal('followers.pause'), account: accountName }),
  z.object({ command: z.literal('followers.resume'), account: accountName }),
  z.object({
    command: z.literal('followers.export'),
    account: accountName,
    /** `next` of the answer before. */
    from: z.optional(z.string().check(z.maxLength(200))),
  }),
  z.object({ command: z.literal('data-key.rotate') }),
  z.object({ command: z.literal('key.revoke'), keyId: z.string() }),
]);
export type Command = z.infer<typeof commandSchema>;

/** How an account is, for its operator. Times in Unix seconds. */
const accountReportSchema = z.object({
  account: z.string(),
  name: z.string(),
  mode: tokenModeSchema,
  /** Where its token is borrowed. */
  lender: z.optional(z.string()),
  state: z.enum(['ok', 'degraded', 'waiting']),
  allowedOrigins: z.array(z.string()),
  generation: z.number(),
  mintedAt: z.optional(z.number()),
  expiresAt: z.optional(z.number()),
  refreshAt: z.optional(z.number()),
  /** Automatic mints of today in China, and how many there may be. */
  mintsToday: z.number(),
  mintBudget: z.number(),
  failure: z.optional(failureSchema),
});
export type AccountReport = z.infer<typeof accountReportSchema>;

const endingGrantSchema = z.object({
  openid: z.string(),
  scopes: z.array(z.string()),
  grantedAt: z.number(),
  expiresAt: z.number(),
});
export type EndingGrant = z.infer<typeof endingGrantSchema>;

const commandResultSchema = z.union([
  z.object({ accounts: z.array(accountReportSchema) }),
  z.object({ key: z.string(), apiKey: apiKeySchema }),
  z.object({ keys: z.array(apiKeySchema) }),
  /** `next` where the rest of the table is still to be read. */
  z.object({ expiring: z.array(endingGrantSchema), next: z.optional(z.string()) }),
  z.object({ removed: removedSchema }),
  z.object({ exported: exportedUserSchema }),
  z.object({ usage: z.object({ day: z.string(), calls: z.record(z.string(), z.number()) }) }),
  z.object({ quota: z.object({ dailyLimit: z.number(), used: z.number(), remain: z.number() }) }),
  z.object({ sync: syncStatusSchema }),
  /** A page of everyone; `next` where there are more. */
  z.object({ followers: z.array(followerSchema), next: z.optional(z.string()) }),
  z.object({ done: z.string() }),
]);
export type CommandResult = z.infer<typeof commandResultSchema>;

/** What the function answers. */
export const adminAnswerSchema = z.union([
  z.object({ ok: z.literal(true), result: commandResultSchema }),
  z.object({
    ok: z.literal(false),
    problem: z.object({ code: z.string(), title: z.string(), detail: z.optional(z.string()) }),
  }),
]);
export type AdminAnswer = z.infer<typeof adminAnswerSchema>;
