import * as z from 'zod/mini';
import { dayFiguresSchema, readFigures } from '../../../shared/figures/read-figures.ts';
import { chinaDay } from '../../../shared/wechat/quota-day.ts';
import { findAccount } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName, daysOfYearSchema } from '../schemas.ts';

/**
 * What was counted on the last days in China: followers, who joined and left, logins and pushes. The oldest day comes
 * first, and today last; days before the first one of which something is kept are left out.
 */
export const accountDays = adminCommand({
  name: 'account.days',
  input: { account: accountName, days: daysOfYearSchema },
  result: z.object({ today: z.string(), days: z.array(dayFiguresSchema) }),
  run: async (parts, { account, days }) => {
    const { clock, tables } = parts;
    const { appId } = await findAccount(parts, account);
    const now = clock.now();
    return { today: chinaDay(now), days: await readFigures(tables.followers, appId, { now, days }) };
  },
});
