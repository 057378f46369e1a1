import * as z from 'zod/mini';
import { tokenModeSchema } from '../../../shared/accounts/accounts.ts';
import { anyLocalhost } from '../../../shared/http/allowed-address.ts';
import { KeyringError } from '../../../shared/platform/errors.ts';
import { accountsResult, findAccount, refreshNow, reportAccounts } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName, domainFileSchema, limitSchemas, nameSchema, originSchema } from '../schemas.ts';

/** Changes the settings of an account that are named. */
export const accountSet = adminCommand({
  name: 'account.set',
  input: {
    account: accountName,
    name: z.optional(nameSchema),
    mode: z.optional(tokenModeSchema),
    /** In place of those there are. */
    allowedOrigins: z.optional(z.array(originSchema)),
    /** Beside those there are. */
    domainFiles: z.optional(z.array(domainFileSchema)),
    ...limitSchemas,
  },
  result: accountsResult,
  run: async (parts, { account: nameOrAppId, domainFiles = [], ...changes }) => {
    const { accounts, log } = parts;
    const { appId, lender, allowedOrigins } = await findAccount(parts, nameOrAppId);
    if (changes.mode !== undefined && lender !== undefined) {
      throw new KeyringError('account_borrowed', `The mode is that of ${lender}.`);
    }
    for (const id of domainFiles) await accounts.addDomainFile(id, appId);
    // Only the local stack gives it, and no command can: none takes it away.
    const kept = allowedOrigins.filter((origin) => origin === anyLocalhost);
    await accounts.change(appId, {
      ...changes,
      ...(changes.allowedOrigins && { allowedOrigins: [...changes.allowedOrigins, ...kept] }),
    });
    log.info('The settings of an account were changed.', { account: appId });
    // A token of the other mode is a different one, so the change shows at once whether it works.
    return changes.mode === undefined ? reportAccounts(parts, appId) : refreshNow(parts, appId);
  },
});
