import * as z from 'zod/mini';
import { credentialHistorySchema, historyOf } from '../../../shared/credentials/history.ts';
import { credentialKinds } from '../../../shared/credentials/credential.ts';
import { readCredential } from '../../../shared/credentials/read-credential.ts';
import { findAccount } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName } from '../schemas.ts';

/** The token of an account and its tickets, as far as somebody has asked for them: their life, and the ones before. */
export const accountHistory = adminCommand({
  name: 'account.history',
  input: { account: accountName },
  result: z.object({
    now: z.number(),
    /** Automatic mints that each may make in a day. */
    mintBudget: z.number(),
    credentials: z.array(credentialHistorySchema),
  }),
  run: async (parts, { account }) => {
    const { clock, tables } = parts;
    const { appId, mintBudget } = await findAccount(parts, account);
    const now = clock.now();
    const credentials = await Promise.all(
      credentialKinds.map(async (kind) => {
        const stored = await readCredential(tables.credentials, kind, appId);
        return stored.revision === 0 ? [] : [historyOf(kind, stored, now)];
      }),
    );
    return { now, mintBudget, credentials: credentials.flat() };
  },
});
