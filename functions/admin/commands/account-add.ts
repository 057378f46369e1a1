import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { tokenModeSchema } from '../../../shared/accounts/accounts.ts';
import { KeyringError } from '../../../shared/platform/errors.ts';
import { appIdSchema } from '../../../shared/wechat/tokens.ts';
import { accountsResult, refreshNow, storeSecret } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import {
  domainFileSchema,
  lenderSchema,
  limitSchemas,
  nameSchema,
  originSchema,
  secretSchema,
} from '../schemas.ts';

const usualMintBudget = 200;

/** Registers an account with a secret that works, and gets its first token. */
export const accountAdd = adminCommand({
  name: 'account.add',
  input: {
    account: appIdSchema,
    name: nameSchema,
    /** The AppSecret, or the API key for the lender. */
    secret: secretSchema,
    /** The deployment to borrow the token from. */
    lender: z.optional(lenderSchema),
    mode: tokenModeSchema,
    allowedOrigins: z.array(originSchema),
    domainFiles: z.array(domainFileSchema),
    ...limitSchemas,
  },
  result: accountsResult,
  run: async (parts, { account: appId, secret, domainFiles, ...settings }) => {
    const { accounts, clock, log } = parts;
    const { mode, lender } = settings;
    if (await accounts.get(appId)) throw new KeyringError('account_exists');
    await parts.trySecret({ appId, mode, lender, secret });
    await storeSecret(parts, { appId, lender }, secret);
    const incarnation = randomUUID();
    await accounts.add({
      ...settings,
      appId,
      // A borrowed token is renewed as a stable one is: it comes back unchanged until the lender has another.
      mode: lender === undefined ? mode : 'stable',
      mintBudget: settings.mintBudget ?? usualMintBudget,
      dailyLimits: settings.dailyLimits ?? {},
      // Syncs would spend the quota of the lender's users, too.
      sync: settings.sync ?? (lender === undefined ? undefined : 'off'),
      createdAt: clock.now(),
      incarnation,
    });
    // Another command may have been faster. One whose own write was repeated finds itself.
    if ((await accounts.get(appId))?.incarnation !== incarnation) throw new KeyringError('account_exists');
    for (const id of domainFiles) await accounts.addDomainFile(id, appId);
    log.info('An account was registered.', { account: appId, mode });
    return refreshNow(parts, appId);
  },
});
