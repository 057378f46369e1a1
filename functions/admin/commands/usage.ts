import * as z from 'zod/mini';
import { dailyLimit } from '../../../shared/usage/limits.ts';
import { chinaDay } from '../../../shared/wechat/quota-day.ts';
import { findAccount } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName } from '../schemas.ts';

/** The calls to WeChat of one day in China. */
export const usage = adminCommand({
  name: 'usage',
  input: { account: accountName, day: z.optional(z.iso.date()) },
  result: z.object({
    usage: z.object({
      day: z.string(),
      calls: z.record(z.string(), z.number()),
      /** Of the APIs that were called, as far as they have one. */
      limits: z.record(z.string(), z.number()),
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
    return { usage: { day, calls: Object.fromEntries(calls), limits: Object.fromEntries(limits) } };
  },
});
