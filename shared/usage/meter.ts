import type { Account } from '../accounts/accounts.ts';
import { chinaDay, chinaDayEnd, minuteSeconds } from '../credentials/timing.ts';
import type { Clock } from '../platform/clock.ts';
import { KeyringError } from '../platform/errors.ts';
import type { Log } from '../platform/log.ts';
import type { WeChatCall } from '../wechat/call.ts';
import type { WeChatClient } from '../wechat/client.ts';
import { WeChatApiError } from '../wechat/errors.ts';
import { dailyLimit } from './limits.ts';
import type { DayUsage, UsageStore } from './usage-store.ts';

/** What is known of one account's day, and what has not been written yet. */
interface Day {
  readonly day: string;
  known: DayUsage;
  pending: Map<string, number>;
  /** What WeChat has said since: that an API's quota is used up, or is not. */
  spent: Map<string, boolean>;
  writtenAt: number;
  readAt: number;
}

/** Counts are written at the latest with the first call after so long, */
const writeEverySeconds = 10;
/** or once so many are waiting as make up this share of the API's daily limit: a scarce API is counted at once. */
const writeShare = 1 / 500;

/**
 * Sends calls and counts them by API and China day. A call that would go over a daily limit, or whose quota WeChat
 * has said is used up, is refused here with `wechat_quota`: WeChat may count the refused call, too.
 */
export class UsageMeter {
  readonly #wechat: WeChatClient;
  readonly #store: UsageStore;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #days = new Map<string, { readonly day: string; readonly loading: Promise<Day> }>();
  /** Until when an API is left alone after a per-minute limit, by account and API. */
  readonly #paused = new Map<string, number>();

  constructor(wechat: WeChatClient, store: UsageStore, clock: Clock, log: Log) {
    this.#wechat = wechat;
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Sends the call for the account. One that a person asks for goes to WeChat whatever is known here, for its console
   * sets quotas back and tells nobody. Throws `wechat_quota`, and what the client throws.
   */
  async send<T>(account: Account, call: WeChatCall<T>, { byHand = false } = {}): Promise<T> {
    const day = byHand ? await this.#day(account.account) : await this.#admitted(account, call.api);
    try {
      const answer = await this.#wechat.send(call);
      if (byHand) day.spent.set(call.api, false);
      return answer;
    } catch (error) {
      if (error instanceof WeChatApiError && error.kind === 'quota_day') day.spent.set(call.api, true);
      if (error instanceof WeChatApiError && error.kind === 'quota_minute') {
        this.#paused.set(`${account.account} ${call.api}`, this.#clock.now() + minuteSeconds);
      }
      throw error;
    } finally {
      day.pending.set(call.api, (day.pending.get(call.api) ?? 0) + 1);
      await this.#writeIfDue(account, call.api, day);
    }
  }

  /** The account's day, if it has a call to that API left. Throws `wechat_quota`. */
  async #admitted(account: Account, api: string): Promise<Day> {
    const now = this.#clock.now();
    const pausedUntil = this.#paused.get(`${account.account} ${api}`) ?? 0;
    if (now < pausedUntil) throw quotaError(`WeChat limits ${api} by the minute.`, pausedUntil - now);
    const day = await this.#day(account.account);
    if (!isUsedUp(account, api, day)) return day;
    // Somebody may have had the quota cleared since.
    if (now - day.readAt >= minuteSeconds) {
      day.known = await this.#store.read(account.account, day.day);
      day.spent.clear();
      day.readAt = now;
      if (!isUsedUp(account, api, day)) return day;
    }
    throw quotaError(`Today's calls to ${api} are used up.`, chinaDayEnd(now) - now);
  }

  /** Callers that come while the day is being read share it. */
  #day(account: string): Promise<Day> {
    const day = chinaDay(this.#clock.now());
    const known = this.#days.get(account);
    if (known?.day === day) return known.loading;
    const loading = this.#load(account, day);
    this.#days.set(account, { day, loading });
    loading.catch(() => this.#days.delete(account));
    return loading;
  }

  async #load(account: string, day: string): Promise<Day> {
    const known = await this.#store.read(account, day);
    const now = this.#clock.now();
    return { day, known, pending: new Map(), spent: new Map(), writtenAt: 0, readAt: now };
  }

  async #writeIfDue(account: Account, api: string, day: Day): Promise<void> {
    const now = this.#clock.now();
    const limit = dailyLimit(account, api) ?? Number.POSITIVE_INFINITY;
    const scarce = (day.pending.get(api) ?? 0) >= Math.max(1, limit * writeShare);
    if (!scarce && day.spent.size === 0 && now - day.writtenAt < writeEverySeconds) return;
    const { pending: calls, spent } = day;
    day.pending = new Map();
    day.spent = new Map();
    day.writtenAt = now;
    try {
      day.known = await this.#store.add(account.account, day.day, now, { calls, spent });
      day.readAt = now;
    } catch (error) {
      // An answer of WeChat must not be lost for the sake of a count.
      this.#log.warn('Usage could not be written; it will be with the next call.', {
        account: account.account,
        error: error instanceof Error ? error.name : 'unknown',
      });
      for (const [name, count] of calls) day.pending.set(name, (day.pending.get(name) ?? 0) + count);
      for (const [name, isSpent] of spent) day.spent.set(name, day.spent.get(name) ?? isSpent);
    }
  }
}

function isUsedUp(account: Account, api: string, { known, pending, spent }: Day): boolean {
  const limit = dailyLimit(account, api) ?? Number.POSITIVE_INFINITY;
  const count = (known.calls.get(api) ?? 0) + (pending.get(api) ?? 0);
  return (spent.get(api) ?? known.spent.has(api)) || count >= limit;
}

function quotaError(detail: string, retryAfter: number): KeyringError {
  return new KeyringError('wechat_quota', detail, { retryAfter });
}
