import { WeChatError } from './errors.ts';

const chinaOffset = 8 * 3600;
const clearsPerMonth = 10;

/** Number of the day in China (UTC+8) that an instant falls on. */
export function chinaDay(now: number): number {
  return Math.floor((now + chinaOffset) / 86_400);
}

function chinaMonth(now: number): string {
  return new Date((now + chinaOffset) * 1000).toISOString().slice(0, 7);
}

/** How often each API of one account may be called. A path that is absent has no limit. */
export interface QuotaLimits {
  readonly daily: ReadonlyMap<string, number>;
  readonly minute: ReadonlyMap<string, number>;
}

interface Count {
  period: number;
  used: number;
}

/** Counts one account's calls per API, by China day and by minute. */
export class Quota {
  readonly #daily = new Map<string, Count>();
  readonly #minute = new Map<string, Count>();
  #clears = { month: '', used: 0 };

  /**
   * Refuses a call that is over a limit. Nothing is counted here: see `charge`.
   * @throws {WeChatError} 45011 over the minute's limit, 45009 over the day's
   */
  check(path: string, limits: QuotaLimits, now: number): void {
    const minute = limits.minute.get(path);
    if (minute !== undefined && used(this.#minute, path, Math.floor(now / 60)) >= minute) {
      throw new WeChatError(45011);
    }
    const daily = limits.daily.get(path);
    if (daily !== undefined && this.usedToday(path, now) >= daily) throw new WeChatError(45009);
  }

  /** Counts a call; `weight` is more than one where an API counts entries. */
  charge(path: string, now: number, weight = 1): void {
    add(this.#minute, path, Math.floor(now / 60), weight);
    add(this.#daily, path, chinaDay(now), weight);
  }

  /** Calls of an API counted today (China). */
  usedToday(path: string, now: number): number {
    return used(this.#daily, path, chinaDay(now));
  }

  /**
   * Sets the day's counts back to zero, as clear_quota does: at most ten times a month.
   * @throws {WeChatError} 48006 when the month's ten are used up
   */
  clear(now: number): void {
    const month = chinaMonth(now);
    if (this.#clears.month !== month) this.#clears = { month, used: 0 };
    if (this.#clears.used >= clearsPerMonth) throw new WeChatError(48006);
    this.#clears.used += 1;
    this.#daily.clear();
  }
}

function used(counts: ReadonlyMap<string, Count>, path: string, period: number): number {
  const count = counts.get(path);
  return count?.period === period ? count.used : 0;
}

function add(counts: Map<string, Count>, path: string, period: number, weight: number): void {
  counts.set(path, { period, used: used(counts, path, period) + weight });
}
