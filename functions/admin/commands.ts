import * as z from 'zod/mini';
import { tokenModeSchema } from '../../shared/accounts/accounts.ts';
import { apiKeySchema, scopeSchema } from '../../shared/accounts/api-keys.ts';
import { failureSchema } from '../../shared/credentials/credential.ts';
import { appIdSchema } from '../../shared/wechat/tokens.ts';

/** An exact origin, as the URL parser writes it: no path, no trailing slash. */
const originSchema = z
  .string()
  .check(
    z.refine(
      (text) => URL.canParse(text) && new URL(text).origin === text,
      'is not an origin such as https://www.example.com',
    ),
  );

/** What the admin function can be told to do. */
export const commandSchema = z.discriminatedUnion('command', [
  z.object({
    command: z.literal('account.add'),
    account: appIdSchema,
    name: z.string().check(z.minLength(1), z.maxLength(100)),
    secret: z.string().check(z.regex(/^\S{1,128}$/)),
    mode: tokenModeSchema,
    allowedOrigins: z.array(originSchema),
    domainFiles: z.array(z.string().check(z.regex(/^[A-Za-z0-9]{1,64}$/))),
  }),
  z.object({ command: z.literal('status') }),
  z.object({
    command: z.literal('key.create'),
    name: z.string().check(z.minLength(1), z.maxLength(100)),
    scopes: z.array(scopeSchema).check(z.minLength(1)),
    accounts: z.union([z.literal('*'), z.array(z.string()).check(z.minLength(1))]),
  }),
]);
export type Command = z.infer<typeof commandSchema>;

/** How an account is, for its operator. Times in Unix seconds. */
const accountReportSchema = z.object({
  account: z.string(),
  name: z.string(),
  mode: tokenModeSchema,
  state: z.enum(['ok', 'degraded', 'waiting']),
  allowedOrigins: z.array(z.string()),
  generation: z.number(),
  mintedAt: z.optional(z.number()),
  expiresAt: z.optional(z.number()),
  refreshAt: z.optional(z.number()),
  failure: z.optional(failureSchema),
});
export type AccountReport = z.infer<typeof accountReportSchema>;

const commandResultSchema = z.union([
  z.object({ accounts: z.array(accountReportSchema) }),
  z.object({ key: z.string(), apiKey: apiKeySchema }),
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
