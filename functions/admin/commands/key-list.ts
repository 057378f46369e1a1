import * as z from 'zod/mini';
import { apiKeySchema, isFor } from '../../../shared/accounts/api-keys.ts';
import { adminCommand } from '../command.ts';

/** Lists the API keys, without the keys themselves, and by appid the accounts that each may be used for now. */
export const keyList = adminCommand({
  name: 'key.list',
  input: {},
  result: z.object({
    keys: z.array(
      z.extend(apiKeySchema, {
        /** The last day in China on which it was used; absent where no use is on record, which is kept for 400 days. */
        lastUsedOn: z.optional(z.string()),
      }),
    ),
  }),
  run: async ({ accounts, keys, keyUses }) => {
    const [registered, made, used] = await Promise.all([accounts.list(), keys.list(), keyUses.lastDays()]);
    const shown = (of: (typeof made)[number]['accounts']) =>
      of === '*' ? of : registered.filter((account) => isFor(of, account)).map(({ appId }) => appId);
    return {
      keys: made.map((key) => ({
        ...key,
        accounts: shown(key.accounts),
        lastUsedOn: used.get(key.keyId),
      })),
    };
  },
});
