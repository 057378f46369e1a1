import * as z from 'zod/mini';
import type { Item, Table } from '../platform/table.ts';
import { chinaDay } from '../wechat/quota-day.ts';

/**
 * What is known of a quota: when it was last seen to be used up (Unix seconds), or that WeChat has granted a
 * call since, so that what is counted here does not matter that day.
 */
export type QuotaMark = number | 'granted';

/** An account's calls to WeChat on one China day. */
export interface DayUsage {
  /** Calls by API. */
  readonly calls: ReadonlyMap<string, number>;
  /** By API, or what WeChat limits apart within one, where that has been used up at some time of the day. */
  readonly marks: ReadonlyMap<string, QuotaMark>;
}

const daySeconds = 86_400;
const keepSeconds = 14 * daySeconds;
/** Of an attribute with the Unix time of a mark; 0 stands for `granted`. */
const markPrefix = 'spent ';

/**
 * The usage ledger, by owner: an appid, or one with a key's id for the calls of that key (key-usage.ts). One item a day and
 * owner in the Credentials table, one attribute for each API. It has partitions
 * of its own, so that who counts calls need not be allowed to write where the tokens are.
 */
export class UsageStore {
  readonly #table: Table;

  constructor(credentials: Table) {
    this.#table = credentials;
  }

  async read(owner: string, day: string): Promise<DayUsage> {
    return parse(await this.#table.get(keyOf(owner, day)));
  }

  /** Forgets the day, after WeChat has set its quotas back. */
  async forget(owner: string, day: string): Promise<void> {
    await this.#table.delete(keyOf(owner, day));
  }

  /**
   * Adds to the day's counts, and notes what has been learnt of quotas, in one write. Returns the day's usage, with what
   * others have added.
   */
  async add(
    owner: string,
    day: string,
    now: number,
    { calls, learnt }: { calls: ReadonlyMap<string, number>; learnt: ReadonlyMap<string, QuotaMark> },
  ): Promise<DayUsage> {
    const marks = [...learnt].map(([api, mark]): [string, number] => [
      markPrefix + api,
      mark === 'granted' ? 0 : mark,
    ]);
    const set = { ...Object.fromEntries(marks), removeAt: now + keepSeconds };
    return parse(await this.#table.add(keyOf(owner, day), calls, set));
  }
}

function keyOf(owner: string, day: string) {
  return { appId: partitionOf(owner), kind: day };
}

function partitionOf(owner: string): string {
  return `usage#${owner}`;
}

function parse(item: Item | undefined): DayUsage {
  const calls = new Map<string, number>();
  const marks = new Map<string, QuotaMark>();
  for (const [name, value] of Object.entries(item ?? {})) {
    if (name.startsWith('/')) calls.set(name, z.parse(z.number(), value));
    else if (name.startsWith(markPrefix)) {
      const at = z.parse(z.number(), value);
      marks.set(name.slice(markPrefix.length), at === 0 ? 'granted' : at);
    }
  }
  return { calls, marks };
}

/** An owner's calls by API of the last `days` days in China up to the one of `now`, the oldest first; all are there. */
export async function lastDaysOf(
  credentials: Table,
  owner: string,
  { now, days }: { now: number; days: number },
): Promise<{ day: string; calls: Record<string, number> }[]> {
  const items = await credentials.query('appId', partitionOf(owner));
  const stored = new Map(items.map((item) => [item['kind'], item]));
  return Array.from({ length: days }, (_, nth) => {
    const day = chinaDay(now - (days - 1 - nth) * daySeconds);
    return { day, calls: Object.fromEntries(parse(stored.get(day)).calls) };
  });
}
