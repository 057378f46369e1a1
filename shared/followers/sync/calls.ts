import * as z from 'zod/mini';
import type { Account } from '../../accounts/accounts.ts';
import type { AccountCalls } from '../../credentials/account-calls.ts';
import { chinaDay, chinaDayEnd, quotaBeliefSeconds, quotaMinuteSeconds } from '../../wechat/quota-day.ts';
import type { Clock } from '../../platform/clock.ts';
import { KeyringError } from '../../platform/errors.ts';
import type { Table } from '../../platform/table.ts';
import { dailyLimit } from '../../usage/limits.ts';
import type { WeChatCall } from '../../wechat/call.ts';
import { errorCode } from '../../wechat/error-code.ts';
import { WeChatApiError, WeChatUnreachableError } from '../../wechat/errors.ts';
import type { GlobalAccessToken } from '../../wechat/tokens.ts';
import { accountItemKey } from '../mirror/follower-item.ts';
import { openidsPerMessage } from './details-queue.ts';

/** The APIs that a sync calls, and what their calls are counted as. */
export const syncApis = {
  list: '/cgi-bin/user/get',
  details: '/cgi-bin/user/info/batchget',
} as const;
export type SyncApi = keyof typeof syncApis;

/** The share of a day's quota that syncs may spend, where the account's settings do not say. */
export const usualSharePercent = 40;
/** A page of WeChat's list has so many openids, unless it is one of the last. */
export const openidsPerPage = 10_000;
const attempts = 3;
const firstWaitSeconds = 0.5;

const spentSchema = z.object({
  day: z.string(),
  list: z._default(z.number(), 0),
  details: z._default(z.number(), 0),
});

/** What syncs have spent today, and the most they may. */
export interface SyncSpending {
  /** The day in China. */
  readonly day: string;
  readonly list: { readonly calls: number; readonly most: number };
  readonly details: { readonly calls: number; readonly most: number };
}

/** The calls to an API that an account's syncs may make on one day. */
function maxCalls(account: Account, api: SyncApi): number {
  const limit = dailyLimit(account, syncApis[api]) ?? Number.MAX_SAFE_INTEGER;
  return Math.max(1, Math.floor((limit * (account.syncShare ?? usualSharePercent)) / 100));
}

/** Over how many days, today among them, a sync of so many followers is spread by the share of each day's quota. */
export function daysOfSync(
  account: Account,
  { people, details }: { people: number; details: boolean },
): number {
  const daysOf = (api: SyncApi, calls: number) => Math.ceil(calls / maxCalls(account, api));
  const ofList = daysOf('list', Math.floor(people / openidsPerPage) + 1);
  return details ? daysTogether(ofList, daysOf('details', people / openidsPerMessage)) : ofList;
}

/** How many days the list and the details take together: those of the details begin on the last day of the list. */
export function daysTogether(ofList: number, ofDetails: number): number {
  return ofList + Math.max(1, ofDetails) - 1;
}

/**
 * Sends the calls of syncs, and sees to it that they spend no more than the account's share of each day's quota: a call
 * is taken from the share, in one item for all processes, before it is made.
 */
export class SyncCalls {
  readonly #table: Table;
  readonly #calls: AccountCalls;
  readonly #clock: Clock;
  readonly #random: () => number;

  /** `calls` must not repeat a call on its own: what it repeats is not counted. */
  constructor(followers: Table, calls: AccountCalls, clock: Clock, random: () => number = Math.random) {
    this.#table = followers;
    this.#calls = calls;
    this.#clock = clock;
    this.#random = random;
  }

  /**
   * Sends a call, up to three times while WeChat is busy or not to be reached. Throws `wechat_quota` once the share is
   * spent, and what the call throws.
   */
  async send<T>(
    account: Account,
    api: SyncApi,
    build: (token: GlobalAccessToken) => WeChatCall<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      await this.#take(account, api);
      let sent = 0;
      try {
        return await this.#calls.send(account, (token) => {
          sent += 1;
          return build(token);
        });
      } catch (error) {
        if (attempt === attempts || !passesSoon(error)) throw error;
      } finally {
        // A rejected token makes it two calls, a missing one none.
        if (sent !== 1) await this.#add(account, api, sent - 1);
      }
      await this.#clock.sleep(this.#random() * firstWaitSeconds * 2 ** (attempt - 1));
    }
  }

  async #take(account: Account, api: SyncApi): Promise<void> {
    const key = accountItemKey(account.appId, 'spent');
    const now = this.#clock.now();
    const day = chinaDay(now);
    for (;;) {
      const taken = await this.#table.update(key, {
        add: { [api]: 1 },
        condition: {
          expression: `#day = :day AND (attribute_not_exists(#${api}) OR #${api} < :most)`,
          values: { day, most: maxCalls(account, api) },
        },
      });
      if (taken) return;
      const item = await this.#table.get(key);
      if (item && z.parse(spentSchema, item).day >= day) break;
      await this.#table.put(
        { ...key, day, list: 0, details: 0 },
        { expression: 'attribute_not_exists(#day) OR #day < :day', values: { day } },
      );
    }
    throw new KeyringError('wechat_quota', "The syncs' share of today's calls is spent.", {
      retryAfter: chinaDayEnd(now) - now,
    });
  }

  async #add(account: Account, api: SyncApi, count: number): Promise<void> {
    const day = chinaDay(this.#clock.now());
    await this.#table.update(accountItemKey(account.appId, 'spent'), {
      add: { [api]: count },
      condition: { expression: '#day = :day', values: { day } },
    });
  }
}

/** What the account's syncs have spent today. */
export async function readSpending(followers: Table, account: Account, now: number): Promise<SyncSpending> {
  const item = await followers.get(accountItemKey(account.appId, 'spent'));
  const spent = item && z.parse(spentSchema, item);
  const day = chinaDay(now);
  const callsOf = (api: SyncApi) => ({
    calls: spent?.day === day ? spent[api] : 0,
    most: maxCalls(account, api),
  });
  return { day, list: callsOf('list'), details: callsOf('details') };
}

/** Until when a quota or a share of it is taken for used up, if that is what the error says. In Unix seconds. */
export function quotaUntil(error: unknown, now: number): number | undefined {
  if (error instanceof KeyringError && error.code === 'wechat_quota') {
    return now + (error.extras.retryAfter ?? quotaMinuteSeconds);
  }
  if (!(error instanceof WeChatApiError)) return undefined;
  if (error.kind === 'quota_day') return now + quotaBeliefSeconds;
  return error.kind === 'quota_minute' ? now + quotaMinuteSeconds : undefined;
}

/** A word for what went wrong, for people and logs: no message, which may name an openid. */
export function faultCode(error: unknown): string {
  if (error instanceof WeChatApiError) return `${error.code} (${error.errcode})`;
  return errorCode(error);
}

function passesSoon(error: unknown): boolean {
  if (error instanceof WeChatApiError) return error.kind === 'busy';
  return error instanceof WeChatUnreachableError && error.retryable;
}
