import type { Language } from './language.ts';

const beijingOffsetSeconds = 8 * 3600;

/** A time in Unix seconds, for people: `2026-11-29 14:49:05 Beijing time`, by which WeChat counts its days. */
export function beijingTime(seconds: number, language: Language = 'en'): string {
  const clock = beijingClock(seconds);
  return language === 'zh' ? `北京时间 ${clock}` : `${clock} Beijing time`;
}

/** The same where its name stands elsewhere, such as above a column: `2026-11-29 14:49:05`. */
export function beijingClock(seconds: number): string {
  const text = new Date((seconds + beijingOffsetSeconds) * 1000).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 19)}`;
}

const units = {
  en: { days: 'days', hours: 'h', minutes: 'min', seconds: 's' },
  zh: { days: '天', hours: '小时', minutes: '分钟', seconds: '秒' },
} as const;

/** How long something takes, for people: `45 s`, `86 min`, `5 h`, `3 days`. */
export function duration(seconds: number, language: Language = 'en'): string {
  const unit = units[language];
  if (seconds >= 48 * 3600) return `${Math.round(seconds / 86_400)} ${unit.days}`;
  if (seconds >= 5400) return `${Math.round(seconds / 3600)} ${unit.hours}`;
  if (seconds >= 90) return `${Math.round(seconds / 60)} ${unit.minutes}`;
  return `${Math.max(0, Math.round(seconds))} ${unit.seconds}`;
}

/** The same as {@link beijingTime}, and how far away that is: `… Beijing time (in 86 min)`, or `(5 h ago)`. */
export function beijingTimeFrom(seconds: number, now: number, language: Language = 'en'): string {
  if (language === 'zh') {
    const away = `${duration(Math.abs(seconds - now), 'zh')}${seconds > now ? '后' : '前'}`;
    return `${beijingTime(seconds, 'zh')}（${away}）`;
  }
  const away = seconds > now ? `in ${duration(seconds - now)}` : `${duration(now - seconds)} ago`;
  return `${beijingTime(seconds)} (${away})`;
}
