import type { Account } from '../accounts/accounts.ts';
import type { ApiKey } from '../accounts/api-keys.ts';
import type { Clock } from '../platform/clock.ts';
import { errorName } from '../platform/error-name.ts';
import { KeyringError } from '../platform/errors.ts';
import type { Log } from '../platform/log.ts';
import { chinaDay, chinaDayEnd } from '../wechat/quota-day.ts';
import { countedAs } from './limits.ts';
import type { UsageStore } from './usage-store.ts';

/** What is known of one key's day with an account, and what has not been written yet. */
interface Day {
  readonly owner: string;
  readonly day: string;
  known: ReadonlyMap<string, number>;
  pending: Map<string, number>;
  /** Undefined: it could not be read yet. */
  readAt: number | undefined;
  writtenAt: number;
}

/** A count that forbids a call is read anew when it is older. */
const rereadSeconds = 60;
/** Counts are written with the first call after so long, */
const writeEverySeconds = 10;
/** or once so many are waiting as make up this share of the key's limit. */
const writeShare = 1 / 500;

/** Whose counts those of a key with an account are, in the usage ledger. */
export function usageOwner({ appId }: Pick<Account, 'appId'>, { keyId }: Pick<ApiKey, 'keyId'>): string {
  return `${appId}#${keyId}`;
}

/**
 * Counts the calls of back ends by key, account, API and China day, and refuses those beyond a key's limit. Each process
 * knows its own calls at once and those of others a few seconds later, so a limit can be overrun by as many.
 */
export class KeyUsage {
  readonly #store: UsageStore;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #days = new Map<string, { readonly day: string; readonly loading: Promise<Day> }>();

  constructor(store: UsageStore, clock: Clock, log: Log) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  /** Throws `wechat_quota` where the key has made as many calls for the account today as it may. */
  async admit(account: Account, apiKey: ApiKey): Promise<void> {
    const { dailyLimit } = apiKey;
    if (dailyLimit === undefined) return;
    const day = await this.#day(account, apiKey);
    if (day.readAt === undefined) await this.#read(day);
    if (sum(day) < dailyLimit) return;
    const now = this.#clock.now();
    if (now - (day.readAt ?? 0) >= rereadSeconds) {
      await this.#read(day);
      if (sum(day) < dailyLimit) return;
    }
    throw new KeyringError('wechat_quota', 'The key has used up its calls of today.', {
      retryAfter: chinaDayEnd(now) - now,
    });
  }

  /** Counts a call. Never throws: its answer must not be lost for the sake of a count. */
  async count(account: Account, apiKey: ApiKey, api: string): Promise<void> {
    const day = await this.#day(account, apiKey);
    const name = countedAs(api, day);
    day.pending.set(name, (day.pending.get(name) ?? 0) + 1);
    const now = this.#clock.now();
    const waiting = [...day.pending.values()].reduce((all, calls) => all + calls, 0);
    const isDue = now - day.writtenAt >= writeEverySeconds;
    if (isDue || waiting >= Math.max(1, (apiKey.dailyLimit ?? Infinity) * writeShare)) await this.#write(day);
  }

  /** Callers that come while the day is being read share it. */
  #day(account: Account, apiKey: ApiKey): Promise<Day> {
    const owner = usageOwner(account, apiKey);
    const day = chinaDay(this.#clock.now());
    const known = this.#days.get(owner);
    if (known?.day === day) return known.loading;
    const loading = this.#load(owner, day);
    this.#days.set(owner, { day, loading });
    // What has been counted by the end of a day is written with the first call of the next.
    if (known) return known.loading.then((over) => this.#write(over)).then(() => loading);
    return loading;
  }

  async #load(owner: string, day: string): Promise<Day> {
    const nothing = { known: new Map<string, number>(), pending: new Map<string, number>() };
    const loaded: Day = { owner, day, ...nothing, readAt: undefined, writtenAt: 0 };
    // Who has to know it reads it anew. Who counts writes, and learns it from that.
    await this.#read(loaded).catch(() => undefined);
    return loaded;
  }

  async #read(day: Day): Promise<void> {
    day.known = (await this.#store.read(day.owner, day.day)).calls;
    day.readAt = this.#clock.now();
  }

  async #write(day: Day): Promise<void> {
    const now = this.#clock.now();
    const calls = day.pending;
    if (calls.size === 0) return;
    day.pending = new Map();
    day.writtenAt = now;
    try {
      day.known = (await this.#store.add(day.owner, day.day, now, { calls, learnt: new Map() })).calls;
      day.readAt = now;
    } catch (error) {
      this.#log.warn('Usage could not be written; it will be with the next call.', {
        error: errorName(error),
      });
      for (const [name, count] of calls) day.pending.set(name, (day.pending.get(name) ?? 0) + count);
    }
  }
}

function sum({ known, pending }: Day): number {
  return [...known.values(), ...pending.values()].reduce((all, calls) => all + calls, 0);
}
