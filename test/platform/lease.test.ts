import { beforeEach, describe, expect, test } from '@jest/globals';
import { tableSchemas } from '../../local/aws/dynamodb.ts';
import { Leases, type Lease, type LeaseTable } from '../../shared/platform/lease.ts';
import { MemoryTable } from '../kit/memory-table.ts';

const now = 1_800_000_000;
const key = { appId: 'wx0123456789abcdef', kind: 'work' };

let table: LeaseTable;
let leases: Leases;

beforeEach(() => {
  table = new MemoryTable(tableSchemas.credentials).table();
  leases = new Leases(table);
});

async function taken(options: Partial<Parameters<Leases['take']>[1]> = {}): Promise<Lease> {
  const lease = await leases.take(key, { now, until: now + 20, ...options });
  if (!lease) throw new Error('The lease was not free.');
  return lease;
}

/** The answer to each write is lost, and the SDK repeats it. */
function deaf(): Leases {
  return new Leases({
    ...table,
    update: async (...given) => (await table.update(...given)) && table.update(...given),
    delete: async (...given) => (await table.delete(...given)) && table.delete(...given),
  });
}

describe('a lease', () => {
  test('is taken by one of many', async () => {
    const all = await Promise.all(
      Array.from({ length: 10 }, () => leases.take(key, { now, until: now + 20 })),
    );
    expect(all.filter((lease) => lease !== undefined)).toHaveLength(1);
  });

  test('is not free in its last second, and free after it', async () => {
    await taken();
    expect(await leases.take(key, { now: now + 20, until: now + 40 })).toBeUndefined();
    expect(await leases.take(key, { now: now + 21, until: now + 41 })).toBeDefined();
  });

  test('is not taken where the item is not as it was seen', async () => {
    const condition = { expression: '#revision = :seen', values: { seen: 1 } };
    expect(await leases.take(key, { now, until: now + 20, condition })).toBeUndefined();
    expect(await table.get(key)).toBeUndefined();
  });

  test('is taken away from its holder on request', async () => {
    const first = await taken();
    const second = await leases.take(key, { until: now + 20 });
    expect(second?.owner).not.toBe(first.owner);
    expect(await leases.extend(first, { set: { value: 'late' } })).toBe(false);
  });

  test('has what is written with it on record', async () => {
    await taken({ set: { checks: 4 } });
    expect(await table.get(key)).toMatchObject({ checks: 4, leaseUntil: now + 20 });
  });

  test('is free at once when it is given back', async () => {
    const lease = await taken();
    expect(await leases.release(lease, { set: { value: 'v' } })).toBe(true);
    expect(await table.get(key)).toEqual({ ...key, value: 'v', releasedBy: lease.owner });
    await taken();
  });

  test('that could not be deleted is looked at, and nothing else of its item', async () => {
    const lease = await taken();
    const read: unknown[] = [];
    const get: LeaseTable['get'] = (...given) => {
      read.push(given);
      return table.get(...given);
    };
    await leases.take(key, { until: now + 20 });
    expect(await new Leases({ ...table, get }).delete(lease)).toBe(false);
    expect(read).toEqual([[key, ['leaseOwner']]]);
  });

  test('goes with its item', async () => {
    const lease = await taken();
    expect(await leases.delete(lease)).toBe(true);
    expect(await table.get(key)).toBeUndefined();
  });
});

describe('who has lost the lease', () => {
  let lost: Lease;
  beforeEach(async () => {
    lost = await taken();
    await leases.take(key, { now: now + 21, until: now + 41, set: { value: 'theirs' } });
  });

  test.each([
    ['extends nothing', () => leases.extend(lost, { set: { value: 'ours' } })],
    ['releases nothing', () => leases.release(lost, { set: { value: 'ours' } })],
    ['deletes nothing', () => leases.delete(lost)],
  ])('%s', async (_, write) => {
    expect(await write()).toBe(false);
    expect(await table.get(key)).toMatchObject({ value: 'theirs', leaseUntil: now + 41 });
  });
});

describe('who does not hear of its own write', () => {
  test('has taken the lease', async () => {
    const lease = await deaf().take(key, { now, until: now + 20 });
    expect(await table.get(key)).toMatchObject({ leaseOwner: lease?.owner });
  });

  test('has extended the lease', async () => {
    const lease = await taken();
    expect(await deaf().extend(lease, { set: { leaseUntil: now + 40 } })).toBe(true);
    expect(await table.get(key)).toMatchObject({ leaseUntil: now + 40 });
  });

  test('has given the lease back', async () => {
    const lease = await taken();
    expect(await deaf().release(lease, { set: { value: 'v' } })).toBe(true);
  });

  test('has deleted the item', async () => {
    const lease = await taken();
    expect(await deaf().delete(lease)).toBe(true);
  });

  test('does not take the release of another for its own', async () => {
    const lost = await taken();
    await leases.release(await taken({ now: now + 21 }), {});
    expect(await leases.release(lost, {})).toBe(false);
  });
});
