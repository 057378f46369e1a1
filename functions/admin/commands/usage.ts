import * as z from 'zod/mini';
import type { Account } from '../../../shared/accounts/accounts.ts';
import { isOfDropIn } from '../../../shared/accounts/api-keys.ts';
import { usageOwner } from '../../../shared/usage/key-usage.ts';
import { dailyLimit } from '../../../shared/usage/limits.ts';
import { chinaDay } from '../../../shared/wechat/quota-day.ts';
import { findAccount } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import type { AdminParts } from '../parts.ts';
import { accountName } from '../schemas.ts';

/** The calls to WeChat of one day in China. */
export const usage = adminCommand({
  name: 'usage',
  input: { account: accountName, day: z.optional(z.iso.date()), by: z.optional(z.literal('key')) },
  result: z.object({
    usage: z.object({
      day: z.string(),
      calls: z.record(z.string(), z.number()),
      /** Of the APIs that were called, as far as they have one. */
      limits: z.record(z.string(), z.number()),
      /** Asked for by key: of the calls those that went through the drop-in, for each of its keys. */
      keys: z.optional(
        z.array(
          z.object({
            keyId: z.string(),
            name: z.string(),
            calls: z.record(z.string(), z.number()),
            dailyLimit: z.optional(z.number()),
          }),
        ),
      ),
    }),
  }),
  run: async (parts, command) => {
    const account = await findAccount(parts, command.account);
    const day = command.day ?? chinaDay(parts.clock.now());
    const { calls } = await parts.usage.read(account.appId, day);
    const limits = [...calls.keys()].flatMap((api) => {
      const limit = dailyLimit(account, api);
      return limit === undefined ? [] : [[api, limit] as const];
    });
    return {
      usage: {
        day,
        calls: Object.fromEntries(calls),
        limits: Object.fromEntries(limits),
        ...(command.by === 'key' && { keys: await byKey(parts, account, day) }),
      },
    };
  },
});

async function byKey(parts: AdminParts, account: Account, day: string) {
  const keys = (await parts.keys.list()).filter((key) => isOfDropIn(key, account));
  return Promise.all(
    keys.map(async ({ keyId, name, dailyLimit }) => {
      const { calls } = await parts.usage.read(usageOwner(account, { keyId }), day);
      return { keyId, name, calls: Object.fromEntries(calls), dailyLimit };
    }),
  );
}
