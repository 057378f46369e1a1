import * as z from 'zod/mini';
import { syncModeSchema, tokenModeSchema, type Account } from '../../shared/accounts/accounts.ts';
import { accountStates } from '../../shared/credentials/account-states.ts';
import { credentialConditions } from '../../shared/credentials/credential-state.ts';
import { failureSchema } from '../../shared/credentials/credential.ts';
import { countedToday } from '../../shared/credentials/day-count.ts';
import { usualSharePercent } from '../../shared/followers/sync/calls.ts';
import { limits } from '../../shared/users/read-sessions.ts';
import { KeyringError, serviceBusy } from '../../shared/platform/errors.ts';
import type { AppId } from '../../shared/wechat/tokens.ts';
import type { AdminParts } from './parts.ts';

/** How an account is, for its operator. Times in Unix seconds. */
const accountReportSchema = z.object({
  account: z.string(),
  name: z.string(),
  mode: tokenModeSchema,
  /** Where its token is borrowed. */
  lender: z.optional(z.string()),
  state: z.enum(credentialConditions),
  /** Until when calls get its token; or since when they get none, where that is known. */
  usableUntil: z.optional(z.number()),
  unusableSince: z.optional(z.number()),
  aliases: z.array(z.string()),
  allowedOrigins: z.array(z.string()),
  /** Their ids, as in MP_verify_<id>.txt. */
  domainFiles: z.array(z.string()),
  /** Where its pushes are forwarded. */
  pushForward: z.optional(z.string()),
  /** Where they are not the usual ones. */
  dailyLimits: z.record(z.string(), z.number()),
  sessionIdleSeconds: z.number(),
  sessionSeconds: z.number(),
  sync: syncModeSchema,
  syncShare: z.number(),
  generation: z.number(),
  mintedAt: z.optional(z.number()),
  expiresAt: z.optional(z.number()),
  refreshAt: z.optional(z.number()),
  /** Automatic mints of today in China, and how many there may be. */
  mintsToday: z.number(),
  mintBudget: z.number(),
  /** When WeChat was found to reject its token before its time though nobody here had replaced it: the last ten at most. */
  earlyEnds: z.optional(z.array(z.number())),
  failure: z.optional(failureSchema),
});
export type AccountReport = z.infer<typeof accountReportSchema>;

/** What a command about accounts brings, and when that was so. */
export const accountsResult = z.object({ now: z.number(), accounts: z.array(accountReportSchema) });

/** Finds an account by its appid or alias. Throws KeyringError `account_unknown`. */
export async function findAccount({ accounts }: AdminParts, nameOrAppId: string): Promise<Account> {
  const account = await accounts.find(nameOrAppId);
  if (!account)
    throw new KeyringError(
      'account_unknown',
      `There is no account ${JSON.stringify(nameOrAppId)}. \`account list\` shows those that there are.`,
    );
  return account;
}

/** How all accounts are, or only the one with this appid. */
export async function reportAccounts(
  { accounts, tokens, clock }: AdminParts,
  only?: string,
): Promise<z.infer<typeof accountsResult>> {
  const now = clock.now();
  const states = (await accountStates(accounts, (appId) => tokens.read(appId), now)).filter(
    ({ account }) => only === undefined || account.appId === only,
  );
  const [aliases, domainFiles] = await Promise.all([accounts.listAliases(), accounts.listDomainFiles()]);
  return {
    now,
    accounts: states.map(({ account, standing, credential, failure }) => ({
      account: account.appId,
      name: account.name,
      mode: account.mode,
      lender: account.lender,
      ...standing,
      aliases: aliases.get(account.appId) ?? [],
      allowedOrigins: account.allowedOrigins,
      domainFiles: domainFiles.get(account.appId) ?? [],
      pushForward: account.pushForward,
      dailyLimits: account.dailyLimits,
      sessionIdleSeconds: limits(account).idle,
      sessionSeconds: limits(account).life,
      sync: account.sync ?? 'details',
      syncShare: account.syncShare ?? usualSharePercent,
      generation: credential.generation,
      mintedAt: credential.mintedAt,
      expiresAt: credential.expiresAt,
      refreshAt: credential.refreshAt,
      mintsToday: countedToday(credential.mints, now),
      mintBudget: account.mintBudget,
      earlyEnds: credential.earlyEnds,
      failure,
    })),
  };
}

/**
 * A refresh by hand. With `isProof` nobody else's counts: it is to show that a new secret or mode works. Throws
 * `service_busy` where it could not be made.
 */
export async function refreshNow(parts: AdminParts, appId: AppId, { isProof = true } = {}) {
  const outcome = await parts.requestRefresh(appId, { reason: 'manual', isProof });
  if (outcome.state === 'usable' && outcome.unchecked !== undefined) {
    throw serviceBusy('Other refreshes of the token were under way all the time. Run `refresh`.');
  }
  return reportAccounts(parts, appId);
}

/** Stores the AppSecret; of an account that is borrowed, the API key instead. */
export async function storeSecret(
  { secrets }: AdminParts,
  { appId, lender }: Pick<Account, 'appId' | 'lender'>,
  secret: string,
): Promise<void> {
  await (lender === undefined
    ? secrets.put(appId, { appSecret: secret })
    : secrets.putLenderKey(appId, secret));
}
