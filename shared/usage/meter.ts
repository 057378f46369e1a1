import type { Account } from '../accounts/accounts.ts';
import { chinaDay, chinaDayEnd, quotaBeliefSeconds, quotaMinuteSeconds } from '../wechat/quota-day.ts';
import type { Clock } from '../platform/clock.ts';
import { errorName } from '../platform/error-name.ts';
import { KeyringError } from '../platform/errors.ts';
import type { Log } from '../platform/log.ts';
import type { SendOptions, WeChatClient } from '../wechat/client.ts';
import { WeChatApiError } from '../wechat/errors.ts';
import type { AnyCall } from '../wechat/passed-call.ts';
import type { AppId } from '../wechat/tokens.ts';
import { countedAs, dailyLimit } from './limits.ts';
import type { DayUsage, QuotaMark, UsageStore } from './usage-store.ts';

/** What is known of one account's day, and what has not been written yet. */
interface Day {
  readonly appId: AppId;
  readonly day: string;
  known: DayUsage;
  pending: Map<string, number>;
  /** What has been learnt since, by quota: an API, or what WeChat limits apart within one. */
  readonly learnt: Map<string, QuotaMark>;
  writtenAt: number;
  readAt: number;
}

/** A count that forbids a call is read anew when it is older. */
const rereadSeconds = 60;
/** Counts are written at the latest with the first call after so long, */
const writeEverySeconds = 10;
/** or once so many are waiting as make up this share of the API's daily limit: a scarce API is counted at once. */
const writeShare = 1 / 500;

/** How one call is sent and counted. */
export interface MeterOptions extends SendOptions {
  /** A person asks, so the call goes to WeChat whatever is known here: its console sets quotas back and tells nobody. */
  readonly byHand?: boolean;
}

/**
 * Sends calls and counts them by API and China day. A call that would go over a daily limit, or whose quota WeChat
 * has said is used up, is refused here with `wechat_quota`: WeChat may count the refused call, too. Both are believed
 * for ten minutes. Then one call tries whether WeChat takes it, and if it does, the others follow.
 */
export class UsageMeter {
  readonly #wechat: WeChatClient;
  readonly #store: UsageStore;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #days = new Map<AppId, { readonly day: string; readonly loading: Promise<Day> }>();
  /** Days that are over, with counts that could not be written yet. */
  readonly #unwritten = new Set<Day>();
  /** Until when a quota is left alone after a per-minute limit, by account and quota. */
  readonly #paused = new Map<string, number>();
  /** Counts that are being written while the call that they are of has been answered already. */
  readonly #writing = new Set<Promise<void>>();

  constructor(wechat: WeChatClient, store: UsageStore, clock: Clock, log: Log) {
    this.#wechat = wechat;
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Sends the call for the account. One that must be over by a certain time does not wait for its count to be written:
   * `written` does. Throws `wechat_quota`, and what the client throws.
   */
  async send<T>(
    account: Account,
    call: AnyCall<T>,
    { byHand = false, ...options }: MeterOptions = {},
  ): Promise<T> {
    const { api, quota = api } = call;
    const { day, isTry } = byHand
      ? { day: await this.#day(account.appId), isTry: false }
      : await this.#admitted(account, quota);
    try {
      const answer = await this.#wechat.send(call, options);
      if (isBeyondQuota(account, quota, day)) day.learnt.set(quota, 'granted');
      return answer;
    } catch (error) {
      const now = this.#clock.now();
      if (error instanceof WeChatApiError && error.kind === 'quota_day') day.learnt.set(quota, now);
      // It has learnt nothing of the quota, so the next try need not wait for ten minutes.
      else if (isTry) day.learnt.set(quota, now - quotaBeliefSeconds + quotaMinuteSeconds);
      if (error instanceof WeChatApiError && error.kind === 'quota_minute') {
        this.#paused.set(`${account.appId} ${quota}`, now + quotaMinuteSeconds);
      }
      throw error;
    } finally {
      const name = countedAs(api, { known: day.known.calls, pending: day.pending });
      day.pending.set(name, (day.pending.get(name) ?? 0) + 1);
      const writing = this.#noted(this.#writeIfDue(account, api, day));
      if (options.until === undefined) await writing;
    }
  }

  /** Begins to read what the account's next call needs to know. */
  prepare(appId: AppId): void {
    this.#day(appId).catch(() => undefined);
  }

  /** Waits until the counts of all calls so far have been written as far as they are due. */
  async written(): Promise<void> {
    await Promise.all(this.#writing);
  }

  #noted(writing: Promise<void>): Promise<void> {
    const noted = writing.finally(() => this.#writing.delete(noted));
    this.#writing.add(noted);
    return noted;
  }

  /**
   * The account's day, if it has a call of that quota left, or if this call is to try whether it has. Throws
   * `wechat_quota`.
   */
  async #admitted(account: Account, quota: string): Promise<{ day: Day; isTry: boolean }> {
    const now = this.#clock.now();
    const pausedUntil = this.#paused.get(`${account.appId} ${quota}`) ?? 0;
    if (now < pausedUntil) {
      throw quotaError(`WeChat limits ${quota} by the minute.`, pausedUntil - now, 45011);
    }
    const day = await this.#day(account.appId);
    if (!isBeyondQuota(account, quota, day)) return { day, isTry: false };
    // Another process may have learnt more, or somebody may have had the quota cleared.
    if (now - day.readAt >= rereadSeconds) {
      day.known = await this.#store.read(account.appId, day.day);
      day.readAt = now;
      if (!isBeyondQuota(account, quota, day)) return { day, isTry: false };
    }
    const since = usedUpSince(quota, day) ?? now;
    const isTry = now >= since + quotaBeliefSeconds;
    if (isTry || since === now) {
      // Told to all, so that one call tries and the others wait for what it learns.
      day.learnt.set(quota, now);
      await this.#write(day);
    }
    if (isTry) return { day, isTry };
    const retryAt = Math.min(since + quotaBeliefSeconds, chinaDayEnd(now));
    throw quotaError(`Today's calls to ${quota} are used up, as far as is known.`, retryAt - now);
  }

  /** Callers that come while the day is being read share it. */
  #day(appId: AppId): Promise<Day> {
    const day = chinaDay(this.#clock.now());
    const known = this.#days.get(appId);
    if (known?.day === day) return known.loading;
    // What has been counted by the end of a day is written then: no call of that day comes to do it.
    if (known) {
      const nothing = () => undefined;
      void this.#noted(known.loading.then((over) => this.#write(over), nothing));
    }
    const loading = this.#load(appId, day);
    this.#days.set(appId, { day, loading });
    loading.catch(() => this.#days.delete(appId));
    return loading;
  }

  async #load(appId: AppId, day: string): Promise<Day> {
    const known = await this.#store.read(appId, day);
    const now = this.#clock.now();
    return { appId, day, known, pending: new Map(), learnt: new Map(), writtenAt: 0, readAt: now };
  }

  async #writeIfDue(account: Account, api: string, day: Day): Promise<void> {
    const now = this.#clock.now();
    const limit = dailyLimit(account, api) ?? Number.POSITIVE_INFINITY;
    const isScarce = (day.pending.get(api) ?? 0) >= Math.max(1, limit * writeShare);
    const isOver = day.day !== chinaDay(now);
    if (!isScarce && !isOver && day.learnt.size === 0 && now - day.writtenAt < writeEverySeconds) return;
    await Promise.all([day, ...this.#unwritten].map((each) => this.#write(each)));
  }

  async #write(day: Day): Promise<void> {
    const now = this.#clock.now();
    const { appId, pending: calls } = day;
    const learnt = new Map(day.learnt);
    if (calls.size === 0 && learnt.size === 0) return;
    day.pending = new Map();
    day.writtenAt = now;
    this.#unwritten.delete(day);
    try {
      day.known = await this.#store.add(appId, day.day, now, { calls, learnt });
      day.readAt = now;
      for (const [name, mark] of learnt) if (day.learnt.get(name) === mark) day.learnt.delete(name);
    } catch (error) {
      // An answer of WeChat must not be lost for the sake of a count.
      this.#log.warn('Usage could not be written; it will be with the next call.', {
        account: appId,
        error: errorName(error),
      });
      for (const [name, count] of calls) day.pending.set(name, (day.pending.get(name) ?? 0) + count);
      if (day.day !== chinaDay(now)) this.#unwritten.add(day);
    }
  }
}

/** What was learnt last about a quota. */
function markOf(quota: string, { known, learnt }: Day): QuotaMark | undefined {
  return learnt.get(quota) ?? known.marks.get(quota);
}

/** Since when a quota is taken for used up, in Unix seconds. */
function usedUpSince(quota: string, day: Day): number | undefined {
  const mark = markOf(quota, day);
  return typeof mark === 'number' ? mark : undefined;
}

/** Whether WeChat has said that the quota is used up, or the count says so and WeChat has granted no more. */
function isBeyondQuota(account: Account, quota: string, day: Day): boolean {
  const mark = markOf(quota, day);
  if (mark !== undefined) return mark !== 'granted';
  const limit = dailyLimit(account, quota) ?? Number.POSITIVE_INFINITY;
  return (day.known.calls.get(quota) ?? 0) + (day.pending.get(quota) ?? 0) >= limit;
}

/** The errcode is what WeChat has said of the quota before, or would say. */
function quotaError(detail: string, retryAfter: number, errcode = 45009): KeyringError {
  return new KeyringError('wechat_quota', detail, { retryAfter, errcode });
}
