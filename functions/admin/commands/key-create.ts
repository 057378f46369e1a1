import * as z from 'zod/mini';
import { apiKeySchema, generalScopes, scopeSchema, type Scope } from '../../../shared/accounts/api-keys.ts';
import { adminCommand } from '../command.ts';
import { findAccounts, registrationsOf, requireDropInForLimits } from '../key-report.ts';
import { countSchema, keyAccountsSchema, keyPathsSchema, nameSchema } from '../schemas.ts';

const isGeneral = (scope: Scope) => generalScopes.some((general) => general === scope);

/** Makes an API key. The answer is the one place where it is shown. */
export const keyCreate = adminCommand({
  name: 'key.create',
  input: {
    name: nameSchema,
    scopes: z.array(scopeSchema).check(
      z.minLength(1),
      z.refine(
        (scopes) => scopes.every(isGeneral) || !scopes.some(isGeneral),
        'are of one kind: a key for the drop-in travels in URLs, and opens nothing else',
      ),
    ),
    accounts: keyAccountsSchema,
    /** Of a key for the drop-in. */
    paths: z.optional(keyPathsSchema),
    dailyLimit: z.optional(countSchema),
  },
  result: z.object({ key: z.string(), apiKey: apiKeySchema }),
  run: async (parts, { name, scopes, accounts: asked, paths, dailyLimit }) => {
    requireDropInForLimits(scopes, { paths, dailyLimit });
    const named = await findAccounts(parts, asked);
    const { key, apiKey } = await parts.keys.create(
      {
        ...{ name, scopes, accounts: registrationsOf(named) },
        ...(paths && { paths }),
        ...(dailyLimit !== undefined && { dailyLimit }),
      },
      parts.clock.now(),
    );
    const accounts = named === '*' ? named : named.map(({ appId }) => appId);
    parts.log.info('An API key was made.', { keyId: apiKey.keyId, scopes, accounts });
    return { key, apiKey: { ...apiKey, accounts } };
  },
});
