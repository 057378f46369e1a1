import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { Change, Condition, Key, Table } from './table.ts';

/** What a lease needs of a table: single items and conditional writes. */
export type LeaseTable = Pick<Table, 'get' | 'update' | 'delete'>;

/** The attributes of a lease, beside whatever else an item has. Times in Unix seconds. */
export const leaseShape = {
  leaseOwner: z.optional(z.string()),
  leaseUntil: z.optional(z.number()),
  /** Who gave it back last. */
  releasedBy: z.optional(z.string()),
};
const leaseSchema = z.object(leaseShape);

/** The attributes of who holds an item now. Who removes them takes the lease away. */
export const holderAttributes = ['leaseOwner', 'leaseUntil'] as const;

/** The right to work on one item, alone, until it is given back, or is past and somebody else takes it. */
export interface Lease {
  readonly key: Key;
  /** Drawn by lot for each lease. */
  readonly owner: string;
}

/**
 * The leases on the items of a table. Each step is one conditional write, so of several that race one takes effect.
 *
 * A write whose answer was lost may have happened. The SDK repeats it, and the repetition fails on what the first one
 * wrote. So a worker that is refused looks whether it was its own: by the owner, or the last owner, of the lease.
 */
export class Leases {
  readonly #table: LeaseTable;

  constructor(table: LeaseTable) {
    this.#table = table;
  }

  /**
   * Takes the lease `until` then if it is free and the condition holds, and makes the rest of the change with it;
   * undefined if not. Without `now` whoever holds it loses it.
   */
  async take(
    key: Key,
    {
      now,
      until,
      set,
      remove = [],
      condition,
    }: { until: number; now?: number | undefined } & Pick<Change, 'set' | 'remove' | 'condition'>,
  ): Promise<Lease | undefined> {
    const lease = { key, owner: randomUUID() };
    const conditions = [...(now === undefined ? [] : [isFree(now)]), ...(condition ? [condition] : [])];
    const taken = await this.#table.update(key, {
      set: { ...set, leaseOwner: lease.owner, leaseUntil: until },
      remove,
      ...(conditions.length > 0 && { condition: allOf(conditions) }),
    });
    return taken || (await this.#read(key)).leaseOwner === lease.owner ? lease : undefined;
  }

  /** Writes to the item and keeps the lease: for longer, where the change sets `leaseUntil`. False when it was lost. */
  async extend(lease: Lease, change: Omit<Change, 'condition'>): Promise<boolean> {
    return this.#table.update(lease.key, { ...change, condition: isOwnedBy(lease) });
  }

  /** Writes to the item and gives the lease back. False when it was lost: then nothing is written. */
  async release(lease: Lease, { set = {}, remove = [] }: Pick<Change, 'set' | 'remove'>): Promise<boolean> {
    const released = await this.#table.update(lease.key, {
      set: { ...set, releasedBy: lease.owner },
      remove: [...holderAttributes, ...remove],
      condition: isOwnedBy(lease),
    });
    return released || (await this.#read(lease.key)).releasedBy === lease.owner;
  }

  /** Deletes the item with its lease. False when the lease was lost. */
  async delete(lease: Lease): Promise<boolean> {
    const deleted = await this.#table.delete(lease.key, isOwnedBy(lease));
    return deleted || (await this.#table.get(lease.key, ['leaseOwner'])) === undefined;
  }

  async #read(key: Key): Promise<z.infer<typeof leaseSchema>> {
    return z.parse(leaseSchema, (await this.#table.get(key, Object.keys(leaseShape))) ?? {});
  }
}

/** Nobody holds the item, or its holder's time is over. */
export function isFree(now: number): Condition {
  return {
    expression: '(attribute_not_exists(#leaseUntil) OR #leaseUntil < :leaseNow)',
    values: { leaseNow: now },
  };
}

/** The fence: who has lost the lease changes nothing any more. */
function isOwnedBy({ owner }: Lease): Condition {
  return { expression: '#leaseOwner = :leaseOwner', values: { leaseOwner: owner } };
}

/** Holds where each of the conditions does. Their values need names of their own. */
export function allOf(conditions: readonly Condition[]): Condition {
  return {
    expression: conditions.map(({ expression }) => expression).join(' AND '),
    values: Object.fromEntries(conditions.flatMap(({ values = {} }) => Object.entries(values))),
  };
}
