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

/** The usage ledger: one item a day and account in the Credentials table, one attribute for each API. */
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

  /** Adds to the day's counts in one write. Returns the day's usage, with what others have added. */
  async add(
    account: string,
    day: string,
    now: number,
    { calls, spent }: { calls: ReadonlyMap<string, number>; spent: ReadonlySet<string> },
  ): Promise<DayUsage> {
    const increments = new Map(calls);
    for (const api of spent) increments.set(spentPrefix + api, 1);
    return parse(await this.#table.add(keyOf(account, day), increments, { removeAt: now + keepSeconds }));
  }
}

function keyOf(account: string, day: string) {
  return { appId: account, kind: `usage#${day}` };
}

function parse(item: Item | undefined): DayUsage {
  const calls = new Map<string, number>();
  const spent = new Set<string>();
  for (const [name, value] of Object.entries(item ?? {})) {
    if (name.startsWith('/')) calls.set(name, z.parse(z.number(), value));
    else if (name.startsWith(spentPrefix)) spent.add(name.slice(spentPrefix.length));
  }
  return { calls, spent };
}
