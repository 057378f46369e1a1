import * as z from 'zod/mini';
import { registrationOf } from '../../../shared/accounts/accounts.ts';
import { apiKeySchema, generalScopes, scopeSchema, type Scope } from '../../../shared/accounts/api-keys.ts';
import { KeyringError } from '../../../shared/platform/errors.ts';
import { findAccount } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName, countSchema, keyPathSchema, nameSchema } from '../schemas.ts';

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
    accounts: z.union([z.literal('*'), z.array(accountName).check(z.minLength(1))]),
    /** Of a key for the drop-in. */
    paths: z.optional(z.array(keyPathSchema).check(z.minLength(1), z.maxLength(50))),
    dailyLimit: z.optional(countSchema),
  },
  result: z.object({ key: z.string(), apiKey: apiKeySchema }),
  run: async (parts, { name, scopes, accounts: asked, paths, dailyLimit }) => {
    if ((paths ?? dailyLimit) !== undefined && !scopes.includes('dropin:proxy')) {
      throw new KeyringError(
        'invalid_body',
        'Paths and a daily limit are for keys with the scope dropin:proxy.',
      );
    }
    const named =
      asked === '*' ? asked : await Promise.all(asked.map((account) => findAccount(parts, account)));
    const { key, apiKey } = await parts.keys.create(
      {
        ...{ name, scopes, accounts: named === '*' ? named : named.map(registrationOf) },
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
