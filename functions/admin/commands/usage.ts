import * as z from 'zod/mini';
import { chinaDay } from '../../../shared/wechat/quota-day.ts';
import { findAccount } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName } from '../schemas.ts';

/** The calls to WeChat of one day in China. */
export const usage = adminCommand({
  name: 'usage',
  input: { account: accountName, day: z.optional(z.iso.date()) },
  result: z.object({ usage: z.object({ day: z.string(), calls: z.record(z.string(), z.number()) }) }),
  run: async (parts, command) => {
    const { account } = await findAccount(parts, command.account);
    const day = command.day ?? chinaDay(parts.clock.now());
    return { usage: { day, calls: Object.fromEntries((await parts.usage.read(account, day)).calls) } };
  },
});
