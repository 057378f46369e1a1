import * as z from 'zod/mini';
import { tokenModeSchema } from '../../shared/accounts/accounts.ts';
import { credentialKindSchema, needSchema } from '../../shared/credentials/credential.ts';
import { appIdSchema } from '../../shared/wechat/tokens.ts';

/** What the schedules and the other functions send to the refresh function. */
export const refreshRequestSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('refresh'),
    credential: credentialKindSchema,
    account: appIdSchema,
    need: needSchema,
  }),
  z.object({ kind: z.literal('sweep') }),
  z.object({ kind: z.literal('clear-quota'), account: appIdSchema }),
  z.object({
    kind: z.literal('try-secret'),
    account: appIdSchema,
    mode: tokenModeSchema,
    lender: z.optional(z.string()),
    secret: z.string(),
  }),
]);
export type RefreshRequest = z.infer<typeof refreshRequestSchema>;
