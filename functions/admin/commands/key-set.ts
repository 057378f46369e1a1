import * as z from 'zod/mini';
import { changeKeyLimits } from '../../../shared/accounts/key-limits.ts';
import { adminCommand } from '../command.ts';
import {
  findAccounts,
  keysResult,
  registrationsOf,
  reportKeys,
  requireDropInForLimits,
  unknownKey,
} from '../key-report.ts';
import { countSchema, keyAccountsSchema, keyPathsSchema } from '../schemas.ts';

/** Changes the limits of an API key that are named. The key itself stays, and so does what it may do. */
export const keySet = adminCommand({
  name: 'key.set',
  input: {
    keyId: z.string(),
    /** In place of those there are. */
    accounts: z.optional(keyAccountsSchema),
    /** In place of those there are. `null`: it may call all. */
    paths: z.optional(z.nullable(keyPathsSchema)),
    /** `null`: any number. */
    dailyLimit: z.optional(z.nullable(countSchema)),
  },
  result: keysResult,
  run: async (parts, { keyId, accounts, paths, dailyLimit }) => {
    const { keys, log, tables } = parts;
    const key = (await keys.list()).find((each) => each.keyId === keyId);
    if (!key) throw unknownKey();
    requireDropInForLimits(key.scopes, { paths, dailyLimit });
    const named = accounts && (await findAccounts(parts, accounts));
    const changes = { accounts: named && registrationsOf(named), paths, dailyLimit };
    if (!(await changeKeyLimits(tables.credentials, keyId, changes))) throw unknownKey();
    log.info('The limits of an API key were changed.', { keyId });
    const { keys: all } = await reportKeys(parts);
    return { keys: all.filter((each) => each.keyId === keyId) };
  },
});
