import * as z from 'zod/mini';
import { registrationOf, type Account } from '../../shared/accounts/accounts.ts';
import { apiKeySchema, isFor, type ApiKey } from '../../shared/accounts/api-keys.ts';
import { KeyringError } from '../../shared/platform/errors.ts';
import { findAccount } from './account-report.ts';
import type { AdminParts } from './parts.ts';

/** What commands bring that show keys. */
export const keysResult = z.object({
  keys: z.array(
    z.extend(apiKeySchema, {
      /** The last day in China on which it was used; absent where no use is on record, which is kept for 400 days. */
      lastUsedOn: z.optional(z.string()),
    }),
  ),
});

/** The API keys without the keys themselves, and by appid the accounts that each may be used for now. */
export async function reportKeys({
  accounts,
  keys,
  keyUses,
}: AdminParts): Promise<z.output<typeof keysResult>> {
  const [registered, made, used] = await Promise.all([accounts.list(), keys.list(), keyUses.lastDays()]);
  const shown = (of: ApiKey['accounts']) =>
    of === '*' ? of : registered.filter((account) => isFor(of, account)).map(({ appId }) => appId);
  return {
    keys: made.map((key) => ({
      ...key,
      accounts: shown(key.accounts),
      lastUsedOn: used.get(key.keyId),
    })),
  };
}

/** Refuses the limits of the drop-in for a key that calls nothing through it. Throws KeyringError. */
export function requireDropInForLimits(
  scopes: ApiKey['scopes'],
  { paths, dailyLimit }: { readonly paths?: unknown; readonly dailyLimit?: unknown },
): void {
  const isLimited = (paths ?? dailyLimit ?? undefined) !== undefined;
  if (!isLimited || scopes.includes('dropin:proxy')) return;
  throw new KeyringError('invalid_body', 'Paths and a daily limit are for keys with the scope dropin:proxy.');
}

/** The accounts that a key is to be for, by their names or appids. Throws KeyringError for one that is none. */
export async function findAccounts(
  parts: AdminParts,
  names: '*' | readonly string[],
): Promise<'*' | readonly Account[]> {
  return names === '*' ? names : Promise.all(names.map((name) => findAccount(parts, name)));
}

/** The same as the key stores them. */
export function registrationsOf(accounts: '*' | readonly Account[]): ApiKey['accounts'] {
  return accounts === '*' ? accounts : accounts.map(registrationOf);
}

/** What is thrown where no key has the id that was given. */
export function unknownKey(): KeyringError {
  return new KeyringError('key_unknown', 'No key has that id. `key list` shows the ids.');
}
