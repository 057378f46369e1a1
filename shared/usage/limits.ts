import type { Account } from '../accounts/accounts.ts';
import { chinaDayEnd } from '../wechat/quota-day.ts';

const daySeconds = 86_400;

/**
 * Calls a day that WeChat allows an ordinary account. Some rise with the number of followers, and the console's
 * number is the one that counts, so an account can have its own.
 * https://developers.weixin.qq.com/doc/service/Message_Management/API_Call_Limits.html
 */
const usualLimits: Readonly<Record<string, number>> = {
  '/cgi-bin/token': 2000,
  '/cgi-bin/stable_token': 500_000,
  '/cgi-bin/user/get': 500,
  '/cgi-bin/user/info': 500_000,
  '/cgi-bin/user/info/batchget': 500_000,
};

/** So many APIs a day are counted apart, and all others together: back ends choose the paths that they call. */
const manyApis = 300;
const otherApis = '/others';

/** What a call is counted as, beside what has been counted that day. */
export function countedAs(
  api: string,
  { known, pending }: { known: ReadonlyMap<string, number>; pending: ReadonlyMap<string, number> },
): string {
  const isCounted = known.has(api) || pending.has(api);
  return isCounted || known.size + pending.size < manyApis ? api : otherApis;
}

/** The account's calls a day at an API; undefined where WeChat names no limit. */
export function dailyLimit(account: Account, api: string): number | undefined {
  return account.dailyLimits[api] ?? usualLimits[api];
}

/**
 * When so many calls of today reach their limit, in Unix seconds, if they go on as since the day began; undefined where
 * that is not today. Reached already: `now`.
 */
export function quotaGoneAt(calls: number, limit: number | undefined, now: number): number | undefined {
  if (limit === undefined || calls === 0) return undefined;
  if (calls >= limit) return now;
  const end = chinaDayEnd(now);
  const seconds = now - (end - daySeconds);
  const goneAt = now + Math.ceil(((limit - calls) * seconds) / calls);
  return goneAt < end ? goneAt : undefined;
}
