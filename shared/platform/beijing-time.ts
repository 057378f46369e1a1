const beijingOffsetSeconds = 8 * 3600;

/** A time in Unix seconds, for people: `2026-11-29 14:49:05 Beijing time`, by which WeChat counts its days. */
export function beijingTime(seconds: number): string {
  return `${beijingClock(seconds)} Beijing time`;
}

/** The same where its name stands elsewhere, such as above a column: `2026-11-29 14:49:05`. */
export function beijingClock(seconds: number): string {
  const text = new Date((seconds + beijingOffsetSeconds) * 1000).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 19)}`;
}

/** How long something takes, for people: `45 s`, `86 min`, `5 h`, `3 days`. */
export function duration(seconds: number): string {
  if (seconds >= 48 * 3600) return `${Math.round(seconds / 86_400)} days`;
  if (seconds >= 5400) return `${Math.round(seconds / 3600)} h`;
  return seconds >= 90 ? `${Math.round(seconds / 60)} min` : `${Math.max(0, Math.round(seconds))} s`;
}

/** The same as {@link beijingTime}, and how far away that is: `… Beijing time (in 86 min)`, or `(5 h ago)`. */
export function beijingTimeFrom(seconds: number, now: number): string {
  const away = seconds > now ? `in ${duration(seconds - now)}` : `${duration(now - seconds)} ago`;
  return `${beijingTime(seconds)} (${away})`;
}
