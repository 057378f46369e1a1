const chinaOffsetSeconds = 8 * 3600;
const daySeconds = 86_400;

/** The day in China, by which WeChat counts its quotas: `2026-11-21`. */
export function chinaDay(now: number): string {
  return new Date((now + chinaOffsetSeconds) * 1000).toISOString().slice(0, 10);
}

/** When that day ends, in Unix seconds. */
export function chinaDayEnd(now: number): number {
  return (Math.floor((now + chinaOffsetSeconds) / daySeconds) + 1) * daySeconds - chinaOffsetSeconds;
}

/**
 * WeChat says that the calls of the day are used up. It has said so when they were not, and a person can set the count
 * back, so this is believed for ten minutes and then asked about again, and not believed until tomorrow.
 */
export const quotaBeliefSeconds = 600;

/** For so long a quota of a minute is taken for used up. */
export const quotaMinuteSeconds = 60;
