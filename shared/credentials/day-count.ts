import { chinaDay } from '../wechat/quota-day.ts';

/** A count of one of WeChat's days. */
export interface DayCount {
  readonly day: string;
  readonly count: number;
}

/** A day that is still to come by this clock has begun by another's, and its count goes on. */
export function countedToday(counted: DayCount | undefined, now: number): number {
  return counted !== undefined && counted.day >= chinaDay(now) ? counted.count : 0;
}

/** The count with one more. */
export function oneMore(counted: DayCount | undefined, now: number): DayCount {
  const today = chinaDay(now);
  const day = counted !== undefined && counted.day > today ? counted.day : today;
  return { day, count: countedToday(counted, now) + 1 };
}
