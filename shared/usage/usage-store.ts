import * as z from 'zod/mini';
import type { Item, Table } from '../platform/table.ts';

/** An account's calls to WeChat on one China day. */
export interface DayUsage {
  /** Calls by API. */
  readonly calls: ReadonlyMap<string, number>;
  /** APIs whose quota WeChat itself said is used up. */
  readonly spent: ReadonlySet<string>;
}

const keepSeconds = 14 * 86_400;
const spentPrefix = 'spent ';

/**
 * The usage ledger: one item a day and account in the Credentials table, one attribute for each API. It has partitions
 * of its own, so that who counts calls need not be allowed to write where the tokens are.
 */
export class UsageStore {
  readonly #table: Table;

  constructor(credentials: Table) {
    this.#table = credentials;
  }

  async read(account: string, day: string): Promise<DayUsage> {
    return parse(await this.#table.get(keyOf(account, day)));
  }

  /** Forgets the day, after WeChat has set its quotas back. */
  async forget(account: string, day: string): Promise<void> {
    await this.#table.delete(keyOf(account, day));
  }

  /**
   * Adds to the day's counts, and notes of which APIs the quota is used up or is not any more, in one write. Returns the
   * day's usage, with what others have added.
   */
  async add(
    account: string,
    day: string,
    now: number,
    { calls, spent }: { calls: ReadonlyMap<string, number>; spent: ReadonlyMap<string, boolean> },
  ): Promise<DayUsage> {
    const marks = [...spent].map(([api, isSpent]): [string, number] => [spentPrefix + api, isSpent ? 1 : 0]);
    const set = { ...Object.fromEntries(marks), removeAt: now + keepSeconds };
    return parse(await this.#table.add(keyOf(account, day), calls, set));
  }
}

function keyOf(account: string, day: string) {
  return { appId: `usage#${account}`, kind: day };
}

function parse(item: Item | undefined): DayUsage {
  const calls = new Map<string, number>();
  const spent = new Set<string>();
  for (const [name, value] of Object.entries(item ?? {})) {
    if (name.startsWith('/')) calls.set(name, z.parse(z.number(), value));
    else if (name.startsWith(spentPrefix) && value !== 0) spent.add(name.slice(spentPrefix.length));
  }
  return { calls, spent };
}
