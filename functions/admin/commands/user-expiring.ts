import * as z from 'zod/mini';
import { endingGrants } from '../../../shared/users/ending-grants.ts';
import { findAccount } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName, expiryDaysSchema } from '../schemas.ts';

/** How long one answer may go on reading the Users table. */
const scanSeconds = 15;

const endingGrantSchema = z.object({
  openid: z.string(),
  scopes: z.array(z.string()),
  grantedAt: z.number(),
  expiresAt: z.number(),
});

export type EndingGrant = z.infer<typeof endingGrantSchema>;

/** Whose grants end within some days. */
export const userExpiring = adminCommand({
  name: 'user.expiring',
  input: {
    account: accountName,
    days: expiryDaysSchema,
    /** `next` of the answer before. */
    from: z.optional(
      z.string().check(z.regex(/^[A-Za-z0-9_-]{1,500}$/, 'is what the answer before gave as next')),
    ),
  },
  /** `next` where the rest of the table is still to be read. */
  result: z.object({ expiring: z.array(endingGrantSchema), next: z.optional(z.string()) }),
  run: async (parts, { account: nameOrAppId, days, from }) => {
    const { clock, tables } = parts;
    const { appId } = await findAccount(parts, nameOrAppId);
    const range = { until: clock.now() + days * 86_400, from, seconds: scanSeconds };
    const { grants, next } = await endingGrants({ users: tables.users, clock }, appId, range);
    return { expiring: grants.map(({ removeAt, ...grant }) => ({ ...grant, expiresAt: removeAt })), next };
  },
});
