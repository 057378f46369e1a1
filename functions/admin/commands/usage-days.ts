import * as z from 'zod/mini';
import { isOfDropIn } from '../../../shared/accounts/api-keys.ts';
import { usageOwner } from '../../../shared/usage/key-usage.ts';
import { dailyLimit, quotaGoneAt } from '../../../shared/usage/limits.ts';
import { lastDaysOf } from '../../../shared/usage/usage-store.ts';
import { chinaDay } from '../../../shared/wechat/quota-day.ts';
import { findAccount } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName, usageDaysSchema } from '../schemas.ts';

const callsSchema = z.record(z.string(), z.number());
const daysSchema = z.array(z.object({ day: z.string(), calls: callsSchema }));

/**
 * The calls to WeChat of the last days in China by API, and by the keys of the drop-in; the oldest day comes first, and
 * today last. All days are there.
 */
export const usageDays = adminCommand({
  name: 'usage.days',
  input: { account: accountName, days: usageDaysSchema },
  result: z.object({
    now: z.number(),
    today: z.string(),
    days: daysSchema,
    /** A day's calls at the APIs that were called, as far as they have a limit. */
    limits: callsSchema,
    /** When those limits are reached today, in Unix seconds, at the rate of today; only where that is today. */
    goneAt: callsSchema,
    keys: z.array(
      z.object({
        keyId: z.string(),
        name: z.string(),
        /** Calls a day in China to all APIs together. */
        dailyLimit: z.optional(z.number()),
        /** As above, of the key's limit. */
        goneAt: z.optional(z.number()),
        days: daysSchema,
      }),
    ),
  }),
  run: async (parts, { account: nameOrAppId, days: count }) => {
    const account = await findAccount(parts, nameOrAppId);
    const { clock, tables } = parts;
    const now = clock.now();
    const last = { now, days: count };
    const days = await lastDaysOf(tables.credentials, account.appId, last);
    const apis = [...new Set(days.flatMap(({ calls }) => Object.keys(calls)))];
    const limits = apis.flatMap((api) => {
      const limit = dailyLimit(account, api);
      return limit === undefined ? [] : [{ api, limit }];
    });
    const today = days.at(-1)?.calls ?? {};
    const keys = (await parts.keys.list()).filter((key) => isOfDropIn(key, account));
    return {
      now,
      today: chinaDay(now),
      days,
      limits: Object.fromEntries(limits.map(({ api, limit }) => [api, limit])),
      goneAt: Object.fromEntries(
        limits.flatMap(({ api, limit }) => {
          const goneAt = quotaGoneAt(today[api] ?? 0, limit, now);
          return goneAt === undefined ? [] : [[api, goneAt]];
        }),
      ),
      keys: await Promise.all(
        keys.map(async (key) => {
          const { keyId, name, dailyLimit: limit } = key;
          const ofKey = await lastDaysOf(tables.credentials, usageOwner(account, key), last);
          const callsToday = Object.values(ofKey.at(-1)?.calls ?? {}).reduce((all, calls) => all + calls, 0);
          return {
            ...{ keyId, name, dailyLimit: limit },
            goneAt: quotaGoneAt(callsToday, limit, now),
            days: ofKey,
          };
        }),
      ),
    };
  },
});
