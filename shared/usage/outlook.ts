import { chinaDayEnd } from '../wechat/quota-day.ts';

const daySeconds = 86_400;

/**
 * When so many calls of today reach their limit, in Unix seconds, if they go on as since the day began; undefined where
 * that is not today. Reached already: `now`.
 */
export function quotaGoneAt(calls: number, limit: number | undefined, now: number): number | undefined {
  if (limit === undefined || calls === 0) return undefined;
  if (calls >= limit) return now;
  const end = chinaDayEnd(now);
  const seconds = now - (end - daySeconds);
  // In the first second there is no rate yet.
  if (seconds === 0) return undefined;
  const goneAt = now + Math.ceil(((limit - calls) * seconds) / calls);
  return goneAt < end ? goneAt : undefined;
}
