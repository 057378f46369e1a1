import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  createTables,
  startDynamoDb,
  tableSchemas,
  type LocalDynamoDb,
  type TableNames,
} from '../../local/aws/dynamodb.ts';
import { countsKey } from '../../shared/followers/mirror/counts.ts';
import { keyOf, shardsOf } from '../../shared/followers/mirror/follower-item.ts';
import { Mirror } from '../../shared/followers/mirror/mirror.ts';
import { Profiles } from '../../shared/followers/mirror/profiles.ts';
import { DynamoDbTable } from '../../shared/platform/dynamodb-table.ts';
import type { Change, Condition, Item, Key, PageQuery, Table } from '../../shared/platform/table.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { randomOf } from '../followers/rig.ts';
import { clientConfig } from '../local/clients.ts';
import { MemoryTable } from './memory-table.ts';

const names = { credentials: 'Credentials', users: 'Users', followers: 'Followers' };

let dynamoDb: LocalDynamoDb;
let client: DynamoDBClient;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
  client = new DynamoDBClient(clientConfig(dynamoDb.url));
  await createTables(client, names);
});
afterAll(async () => {
  client.destroy();
  await dynamoDb.close();
});

/** What an operation gave, or that it was refused: the words of an error are each table's own. */
async function outcomeOf(operation: Promise<unknown>): Promise<unknown> {
  try {
    return { gave: await operation };
  } catch {
    return 'invalid';
  }
}

type Play = (table: Table) => Promise<unknown>;

/** Plays the same on both tables, and returns what both gave. */
async function onBoth(which: keyof TableNames, play: Play): Promise<unknown> {
  const expected = await play(new DynamoDbTable(client, names[which]));
  expect(await play(new MemoryTable(tableSchemas[which]).table())).toEqual(expected);
  return expected;
}

/** Keys of their own for each play: the embedded tables are the same for all. */
let plays = 0;
const newPartition = () => `wx${String((plays += 1)).padStart(16, '0')}`;

const item = {
  value: 1,
  text: 'b',
  flag: true,
  list: [1, 'a'],
  map: { a: 1 },
  bytes: new Uint8Array([1, 2]),
};

describe('a condition has the same truth on the table in memory as on the embedded DynamoDB', () => {
  test.each<[expression: string, values: Item, truth: boolean | 'invalid']>([
    ['attribute_exists(#value)', {}, true],
    ['attribute_exists(#none)', {}, false],
    ['attribute_not_exists(#none)', {}, true],
    ['#value = :v', { v: 1 }, true],
    ['#value = :v', { v: '1' }, false],
    ['#flag = :v', { v: true }, true],
    ['#map = :v', { v: { a: 2 } }, false],
    ['#bytes = :v', { v: Buffer.from([1, 2]) }, true],
    ['#none = :v', { v: 1 }, false],
    ['#value <> :v', { v: 1 }, false],
    ['#none <> :v', { v: 1 }, true],
    ['#value < :v', { v: 1 }, false],
    ['#value <= :v', { v: 1 }, true],
    ['#value > :v', { v: 1 }, false],
    ['#value >= :v', { v: 1 }, true],
    ['#value >= :v', { v: 'a' }, false],
    ['#none >= :v', { v: 1 }, false],
    ['#text > :v', { v: 'B' }, true],
    ['#text < :v', { v: 'ä' }, true],
    ['begins_with(#text, :v)', { v: 'b' }, true],
    ['begins_with(#value, :v)', { v: 'b' }, false],
    ['NOT #value = :v', { v: 1 }, false],
    ['NOT #value = :v OR #text = :w', { v: 1, w: 'b' }, true],
    ['NOT #value = :v AND #text = :w', { v: 1, w: 'b' }, false],
    ['#text = :w OR #value = :w AND #value = :v', { v: 1, w: 'b' }, true],
    ['(#text = :w OR #value = :w) AND #value = :w', { w: 'b' }, false],
    ['(attribute_exists(#value))', {}, true],
    // What DynamoDB finds invalid, whether or not the item is reached by it.
    ['#value = :v', {}, 'invalid'],
    ['#value = :v', { v: undefined }, 'invalid'],
    ['#value = :v', { v: 1, unused: 2 }, 'invalid'],
    ['#value = :v AND', { v: 1 }, 'invalid'],
    ['(#value = :v', { v: 1 }, 'invalid'],
    ['#value = :v)', { v: 1 }, 'invalid'],
    ['#value == :v', { v: 1 }, 'invalid'],
    ['#value != :v', { v: 1 }, 'invalid'],
    ['((#value = :v))', { v: 1 }, 'invalid'],
    ['#value = :v AND ((#text = :v))', { v: 1 }, 'invalid'],
    ['attribute_exists(:v)', { v: 1 }, 'invalid'],
    ['exists(#value)', {}, 'invalid'],
    ['begins_with(#text, :v)', { v: 1 }, 'invalid'],
    ['', {}, 'invalid'],
  ])('%s with %p: %p', async (expression, values, truth) => {
    const key = { appId: newPartition(), kind: 'condition' };
    const outcome = await onBoth('credentials', async (table) => {
      await table.put({ ...key, ...item });
      return outcomeOf(table.put({ ...key, ...item }, { expression, values }));
    });
    expect(outcome).toEqual(truth === 'invalid' ? 'invalid' : { gave: truth });
  });
});

/** Checked against DynamoDB's documents alone. */
describe('where the embedded DynamoDB errs, the table in memory does as DynamoDB', () => {
  const table = new MemoryTable(tableSchemas.followers).table();
  const key = { shard: 'wx#0', openid: 'oSomebody' };
  beforeAll(() => table.put({ ...key, ...item, face: '😀' }));

  test.each<[expression: string, values: Item, truth: boolean]>([
    ['#list = :v', { v: [1, 'a'] }, true],
    ['#list = :v', { v: [1, 'b'] }, false],
    ['#map = :v', { v: { a: 1, b: undefined } }, true],
    ['#face > :v', { v: '\uffee' }, true],
  ])('%s with %p: %p', async (expression, values, truth) => {
    expect(await table.put({ ...key, ...item, face: '😀' }, { expression, values })).toBe(truth);
  });

  test.each<[what: string, refused: (table: Table) => Promise<unknown>]>([
    ['the order of a boolean', (on) => on.delete(key, { expression: '#value < :v', values: { v: true } })],
    [
      'the order of a map, where the item is not reached by it',
      (on) => on.delete(key, { expression: '#no = :w AND #value < :v', values: { v: { a: 1 }, w: 1 } }),
    ],
    ['an empty key of an index', (on) => on.put({ ...key, followedShard: '' })],
    [
      'a page of a partition without a name',
      (on) => on.queryPage({ sortKey: 'openid', limit: 1, partition: { attribute: 'shard', value: '' } }),
    ],
    [
      'a page after an empty key',
      (on) =>
        on.queryPage({
          sortKey: 'openid',
          after: '',
          limit: 1,
          partition: { attribute: 'shard', value: 's' },
        }),
    ],
  ])('and refuses %s', async (_, refused) => {
    await expect(refused(table)).rejects.toThrow();
    expect(await table.get(key)).toMatchObject(item);
  });
});

describe('a write gives and leaves the same in the table in memory as in the embedded DynamoDB', () => {
  test.each<[what: string, valid: boolean, change: Change]>([
    ['sets', true, { set: { value: 2, more: { list: [1, undefined, 2], none: undefined } } }],
    ['sets what is missing', true, { setOnce: { value: 2, more: 3 } }],
    ['adds', true, { add: { value: 2, count: -1 } }],
    ['removes', true, { remove: ['value', 'none'] }],
    ['does all of it', true, { set: { text: 'c' }, setOnce: { n: 1 }, add: { value: 1 }, remove: ['flag'] }],
    ['keeps what is undefined as it is', true, { set: { value: undefined, text: 'c' } }],
    ['sets text without letters, bytes, a set and nothing', true, { set: { a: '', b: item.bytes, c: null } }],
    ['keeps a set', true, { set: { names: new Set(['a', 'b']) } }],
    ['changes nothing', false, {}],
    ['changes nothing but what is undefined', false, { set: { value: undefined } }],
    ['sets and removes one attribute', false, { set: { value: 2 }, remove: ['value'] }],
    ['sets one attribute in two ways', false, { set: { value: 2 }, setOnce: { value: 3 } }],
    ['sets and adds to one attribute', false, { set: { value: 2 }, add: { value: 1 } }],
    ['removes one attribute twice', false, { remove: ['value', 'value'] }],
    ['changes the partition key', false, { set: { appId: 'other' } }],
    ['removes the sort key', false, { remove: ['kind'] }],
    ['adds to a text', false, { add: { text: 1 } }],
    [
      'adds to a text that it may not change',
      true,
      { add: { text: 1 }, condition: { expression: 'attribute_exists(#none)' } },
    ],
    ['names an attribute by what is no word', false, { set: { 'a-b': 1 } }],
    ['sets what is no number', false, { set: { value: Number.NaN } }],
    ['sets an empty set', false, { set: { value: new Set() } }],
    [
      'has a condition with an unused value',
      false,
      { set: { a: 1 }, condition: { expression: 'attribute_exists(#value)', values: { v: 1 } } },
    ],
    ['has an invalid condition', false, { set: { a: 1 }, condition: { expression: '#value' } }],
  ])('that %s', async (_, valid, change) => {
    const partition = newPartition();
    const outcome = await onBoth('credentials', async (table) => {
      const there = { appId: partition, kind: 'there' };
      const missing = { appId: partition, kind: 'missing' };
      await table.put({ ...there, ...item });
      const outcomes = [
        await outcomeOf(table.change(there, change, 'before')),
        await outcomeOf(table.update(there, change)),
        await outcomeOf(table.change(there, change, 'after')),
        await outcomeOf(table.update(missing, change)),
      ];
      return { outcomes, left: [await table.get(there), await table.get(missing)] };
    });
    const { outcomes } = outcome as { outcomes: unknown[] };
    if (!valid) expect(outcomes.slice(0, 3)).toEqual(['invalid', 'invalid', 'invalid']);
    else expect(outcomes).not.toContain('invalid');
  });

  test.each<[what: string, key: Key]>([
    ['lacks its sort key', { appId: 'wx' }],
    ['has an empty sort key', { appId: 'wx', kind: '' }],
    ['has an attribute too many', { appId: 'wx', kind: 'a', more: 'b' }],
    ['is of another table', { pk: 'wx', sk: 'a' }],
  ])('unless the key %s', async (_, key) => {
    const outcomes = await onBoth('credentials', async (table) => [
      await outcomeOf(table.get(key)),
      await outcomeOf(table.getMany([key])),
      await outcomeOf(table.update(key, { set: { a: 1 } })),
      await outcomeOf(table.delete(key)),
    ]);
    expect(outcomes).toEqual(['invalid', 'invalid', 'invalid', 'invalid']);
  });

  test('that puts, adds or deletes', async () => {
    const key = { appId: newPartition(), kind: 'a' };
    const absent = { expression: 'attribute_not_exists(#appId)' };
    const held = await onBoth('credentials', async (table) => [
      await table.put({ ...key, value: 1, gone: undefined }, absent),
      await table.put({ ...key, value: 2 }, absent),
      await table.get(key),
      await table.add(
        key,
        new Map([
          ['a/b c', 2],
          ['value', 1],
        ]),
        { day: 'x' },
      ),
      await outcomeOf(table.add(key, new Map(), { day: 'x' })),
      await outcomeOf(table.add(key, new Map([['value', 1]]), {})),
      await outcomeOf(table.add(key, new Map([['day', 1]]), { value: 1 })),
      await outcomeOf(table.put({ appId: 'wx', value: 1 })),
      await table.delete(key, absent),
      await table.delete(key, { expression: '#value = :v', values: { v: 2 } }),
      await table.delete(key),
      await table.get(key),
      await table.delete(key),
    ]);
    expect(held).toMatchObject(
      Object.assign([...(held as unknown[])], [true, false, { value: 1 }, { value: 2 }]),
    );
  });

  test('unless a key of an index is of another type', async () => {
    const key = { shard: newPartition(), openid: 'a' };
    const outcomes = await onBoth('followers', async (table) => [
      await outcomeOf(table.put({ ...key, followedAt: 1 })),
      await outcomeOf(table.update(key, { set: { consentedAt: '1' } })),
      await table.get(key),
    ]);
    expect(outcomes).toEqual(['invalid', 'invalid', undefined]);
  });
});

describe('a read gives the same in the table in memory as in the embedded DynamoDB', () => {
  const rows = ['b', 'a', 'ä', 'Z', 'é', '€', '😀', '\uffee'].map((openid, index) => ({
    openid,
    followedAt: String(index % 3) + openid,
    consentedAt: index % 5 === 4 ? undefined : index,
    nickname: `n${index}`,
    seenRun: 'not in an index',
  }));

  async function keep(table: Table, shard: string): Promise<void> {
    for (const row of rows) await table.put({ shard, followedShard: shard, profiledShard: shard, ...row });
    await table.put({ shard, openid: 'alone' });
  }

  test.each<[what: string, query: Omit<PageQuery, 'partition'> & { attribute?: string }]>([
    ['the first of a partition', { sortKey: 'openid', limit: 3 }],
    ['all of a partition', { sortKey: 'openid', limit: 100 }],
    ['as many as there are', { sortKey: 'openid', limit: rows.length + 1 }],
    ['those after one', { sortKey: 'openid', after: 'a', limit: 4 }],
    ['those after one that is not there', { sortKey: 'openid', after: 'aa', limit: 4 }],
    ['the last', { sortKey: 'openid', descending: true, limit: 3 }],
    ['those before one', { sortKey: 'openid', descending: true, after: 'ä', limit: 3 }],
    ['an index', { index: 'followed', attribute: 'followedShard', sortKey: 'followedAt', limit: 5 }],
    [
      'an index from the end',
      { index: 'followed', attribute: 'followedShard', sortKey: 'followedAt', descending: true, limit: 5 },
    ],
    [
      'an index after one',
      { index: 'followed', attribute: 'followedShard', sortKey: 'followedAt', after: '1Z', limit: 50 },
    ],
    [
      'an index before one',
      {
        index: 'profiled',
        attribute: 'profiledShard',
        sortKey: 'followedAt',
        after: '1Z',
        descending: true,
        limit: 50,
      },
    ],
    [
      'an index by number',
      { index: 'sharing', attribute: 'profiledShard', sortKey: 'consentedAt', limit: 4 },
    ],
  ])('of a page: %s', async (_, { attribute = 'shard', ...query }) => {
    const shard = newPartition();
    const page = await onBoth('followers', async (table) => {
      await keep(table, shard);
      return table.queryPage({ ...query, partition: { attribute, value: shard } });
    });
    expect(page).toMatchObject({ items: expect.arrayContaining([expect.anything()]) as unknown });
  });

  test.each<[what: string, query: PageQuery]>([
    ['without a limit', { sortKey: 'openid', limit: 0, partition: { attribute: 'shard', value: 's' } }],
    ['by another attribute', { sortKey: 'openid', limit: 1, partition: { attribute: 'openid', value: 's' } }],
    [
      'after another attribute',
      { sortKey: 'followedAt', after: 'a', limit: 1, partition: { attribute: 'shard', value: 's' } },
    ],
    [
      "of an index by the table's key",
      { index: 'followed', sortKey: 'followedAt', limit: 1, partition: { attribute: 'shard', value: 's' } },
    ],
    [
      'after a text where the key is a number',
      {
        index: 'sharing',
        sortKey: 'consentedAt',
        after: '1',
        limit: 1,
        partition: { attribute: 'profiledShard', value: 's' },
      },
    ],
  ])('which is invalid %s', async (_, query) => {
    expect(await onBoth('followers', (table) => outcomeOf(table.queryPage(query)))).toBe('invalid');
  });

  test('of an index that is not there is told from what is invalid', async () => {
    const partition = { attribute: 'shard', value: 's' };
    const query = { index: 'none', sortKey: 'openid', limit: 1, partition };
    const fault = (table: Table) => table.queryPage(query).catch((error: unknown) => String(error));
    expect(await onBoth('followers', fault)).toBe('IndexMissingError: There is no index none to read from.');
  });

  test('of partitions, single items, batches and the whole table', async () => {
    const shard = newPartition();
    const key = { shard, openid: 'b' };
    const known = rows.map(({ openid }) => ({ shard, openid }));
    const byOpenid = (items: readonly Item[]) =>
      [...items].sort((one, other) => (String(one['openid']) < String(other['openid']) ? -1 : 1));
    const given = await onBoth('followers', async (table) => {
      await keep(table, shard);
      const scanned = await table.scanPage(
        { expression: 'begins_with(#shard, :of) AND #openid > :after', values: { of: shard, after: 'a' } },
        ['openid', 'nickname', 'none'],
      );
      return [
        await table.query('shard', shard),
        await table.query('shard', shard, 2),
        await table.query('shard', 'nobody'),
        await table.get(key),
        await table.get(key, ['nickname', 'none']),
        await table.get({ ...key, openid: 'none' }, ['nickname']),
        byOpenid(await table.getMany([...known, { shard, openid: 'none' }])),
        await table.getMany([]),
        byOpenid(scanned.items),
        scanned.next,
        await outcomeOf(table.query('openid', shard)),
        await outcomeOf(table.query('shard', shard, 0)),
        await outcomeOf(table.get(key, ['nickname', 'nickname'])),
        await outcomeOf(table.getMany([key, key])),
        await outcomeOf(table.getMany(Array.from({ length: 101 }, (_, n) => ({ shard, openid: `o${n}` })))),
        await outcomeOf(table.scanPage({ expression: '#openid = :v' }, ['openid'])),
        await outcomeOf(table.scanPage({ expression: 'attribute_exists(#openid)' }, [])),
      ];
    });
    expect((given as unknown[]).slice(-7)).toEqual(Array.from({ length: 7 }, () => 'invalid'));
  });

  test('of the whole table, a megabyte at a time', async () => {
    const pages = await onBoth('users', async (table) => {
      const names = Array.from({ length: 30 }, (_, number) => `u${number}`);
      for (const sk of names) await table.put({ pk: 'pages', sk, padding: 'x'.repeat(100_000) });
      const found: unknown[] = [];
      let count = 0;
      let after: Key | undefined;
      do {
        const page = await table.scanPage(
          { expression: '#pk = :of', values: { of: 'pages' } },
          ['sk'],
          after,
        );
        found.push(...page.items.map(({ sk }) => sk));
        after = page.next as Key | undefined;
        count += 1;
      } while (after);
      expect(found.toSorted()).toEqual(names.toSorted());
      return count;
    });
    expect(pages).toBe(3);
  });

  test('which no change of what was given, written or returned gets into', async () => {
    const key = { appId: newPartition(), kind: 'a' };
    const left = await onBoth('credentials', async (table) => {
      const given = { ...key, list: [1], map: { a: [1] } };
      await table.put(given);
      given.list.push(2);
      const returned = await table.get(key);
      (returned?.['map'] as { a: number[] }).a.push(3);
      const set = { more: [1] };
      const changed = await table.change(key, { set }, 'after');
      set.more.push(2);
      (changed?.['more'] as number[]).push(3);
      return table.get(key);
    });
    expect(left).toEqual({ ...key, list: [1], map: { a: [1] }, more: [1] });
  });
});

const attribute = fc.constantFrom('leaseOwner', 'leaseUntil', 'revision', 'value');
const value = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constantFrom('a', 'b', 'ä', '2', '', '\uffee'));

interface Tree {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Random conditions. `:?` stands for the next value. */
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    attribute.map((name): Tree => ({ text: `attribute_not_exists(#${name})`, values: [] })),
    attribute.map((name): Tree => ({ text: `attribute_exists(#${name})`, values: [] })),
    fc
      .tuple(attribute, fc.constantFrom('=', '<>'), fc.oneof(value, fc.boolean()))
      .map(([name, operator, given]): Tree => ({ text: `#${name} ${operator} :?`, values: [given] })),
    fc
      .tuple(attribute, fc.constantFrom('<', '<=', '>', '>='), value)
      .map(([name, operator, given]): Tree => ({ text: `#${name} ${operator} :?`, values: [given] })),
    fc
      .tuple(attribute, fc.constantFrom('a', '', '2'))
      .map(([name, given]): Tree => ({ text: `begins_with(#${name}, :?)`, values: [given] })),
    tie('tree').map(({ text, values }): Tree => ({ text: `NOT ${text}`, values })),
    fc.tuple(tie('tree'), fc.constantFrom('AND', 'OR'), tie('tree')).map(([one, word, other]): Tree => ({
      text: `${one.text} ${word} ${other.text}`,
      values: [...one.values, ...other.values],
    })),
    tie('tree').map(({ text, values }): Tree => ({ text: `(${text})`, values })),
  ),
}));

const condition = tree.map(({ text, values }): Condition => {
  let count = 0;
  const expression = text.replaceAll(':?', () => `:v${count++}`);
  return { expression, values: Object.fromEntries(values.map((given, index) => [`v${index}`, given])) };
});

const change = fc.record(
  {
    set: fc.dictionary(attribute, fc.option(value, { nil: undefined }), { maxKeys: 3 }),
    setOnce: fc.dictionary(attribute, value, { maxKeys: 1 }),
    add: fc.dictionary(attribute, fc.integer({ min: -2, max: 2 }), { maxKeys: 1 }),
    remove: fc.uniqueArray(attribute, { maxLength: 2 }),
    condition,
  },
  { requiredKeys: [] },
);

test('any changes, one after the other, have the same answers and leave the same item', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
      const key = { appId: newPartition(), kind: 'access_token' };
      await onBoth('credentials', async (table) => {
        const steps: unknown[] = [];
        for (const given of changes as Change[]) {
          steps.push([given, await outcomeOf(table.change(key, given, 'after')), await table.get(key)]);
        }
        return steps;
      });
    }),
    { numRuns: 150, seed: 20260731 },
  );
});

test('any condition has the same truth for any item', async () => {
  const given = fc.dictionary(attribute, value, { maxKeys: 4 });
  await fc.assert(
    fc.asyncProperty(given, condition, async (attributes, random) => {
      const key = { appId: newPartition(), kind: 'access_token' };
      await onBoth('credentials', async (table) => {
        await table.put({ ...key, ...attributes });
        return [random, await outcomeOf(table.delete(key, random))];
      });
    }),
    { numRuns: 300, seed: 20260801 },
  );
});

test('whatever the mirror and the profiles write has the same answers and leaves the same items', async () => {
  const { results } = (await onBoth('followers', mirrorDeeds)) as { results: unknown[] };
  expect(results).toHaveLength(400);
});

/** The same random deeds on any table: what each answered, and what stands there in the end. */
async function mirrorDeeds(on: Table) {
  const [account, now] = [parseAppId('wx0123456789abcdef'), 1_800_000_000];
  const random = randomOf(7);
  const pick = <T>(...from: [T, ...T[]]): T => from[Math.floor(random() * from.length)] ?? from[0];
  const [deeds, shared] = [new Mirror(on), new Profiles(on)];
  await on.put({ ...countsKey(account), run: 'r', subscribed: 0, withProfile: 0 });
  const results: unknown[] = [];
  for (let turn = 0; turn < 400; turn += 1) {
    const who = `o${Math.floor(random() * 6)}`;
    const at = now + Math.floor(random() * 40) * 20;
    const deed = pick('event', 'join', 'leave', 'details', 'refuse', 'consent', 'forget');
    const yes = random() < 0.5;
    const told = { openid: who, subscribe: random() < 0.8, subscribeTime: at, tagidList: [1, 2] };
    const event = { openid: who, event: yes ? 'subscribe' : 'unsubscribe', createdAt: at } as const;
    const deedsBy: Record<typeof deed, () => Promise<unknown>> = {
      event: () => deeds.applyEvent(account, event),
      join: () => deeds.join(account, who, { listedAt: at, isKnown: yes }),
      leave: () => deeds.leave(keyOf(account, who), { listedAt: at, at: at + 10 }),
      details: () => deeds.putDetails(account, told, at),
      refuse: () => deeds.refuse(account, who, at),
      consent: () => shared.put(account, { openid: who, nickname: yes ? 'Ann' : undefined, consentedAt: at }),
      forget: () => shared.forget(account, who, at),
    };
    const result = await deedsBy[deed]();
    results.push([deed, result]);
  }
  const items = await Promise.all(
    [...shardsOf(account), `${account}#sync`].map((shard) =>
      on.queryPage({ partition: { attribute: 'shard', value: shard }, sortKey: 'openid', limit: 100 }),
    ),
  );
  return { results, items };
}
