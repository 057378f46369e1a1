import * as z from 'zod/mini';
import { registrationOf } from '../../../shared/accounts/accounts.ts';
import { apiKeySchema, scopeSchema } from '../../../shared/accounts/api-keys.ts';
import { findAccount } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName, nameSchema } from '../schemas.ts';

/** Makes an API key. The answer is the one place where it is shown. */
export const keyCreate = adminCommand({
  name: 'key.create',
  input: {
    name: nameSchema,
    scopes: z.array(scopeSchema).check(z.minLength(1)),
    accounts: z.union([z.literal('*'), z.array(accountName).check(z.minLength(1))]),
  },
  result: z.object({ key: z.string(), apiKey: apiKeySchema }),
  run: async (parts, { name, scopes, accounts: asked }) => {
    const named =
      asked === '*' ? asked : await Promise.all(asked.map((account) => findAccount(parts, account)));
    const { key, apiKey } = await parts.keys.create(
      { name, scopes, accounts: named === '*' ? named : named.map(registrationOf) },
      parts.clock.now(),
    );
    const accounts = named === '*' ? named : named.map(({ appId }) => appId);
    parts.log.info('An API key was made.', { keyId: apiKey.keyId, scopes, accounts });
    return { key, apiKey: { ...apiKey, accounts } };
  },
});
