import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { tableSchemas } from '../../local/aws/dynamodb.ts';
import { followedAtText, keyOf, type FollowerItem } from '../../shared/followers/mirror/follower-item.ts';
import { mirrorPage, type FollowerList } from '../../shared/followers/mirror/listing.ts';
import { cursorOf } from '../../shared/followers/mirror/page-cursor.ts';
import { type AppId, parseAppId } from '../../shared/wechat/tokens.ts';
import { MemoryTable } from '../kit/memory-table.ts';
import { keep, openidOf, type Person } from './rows.ts';

const table = new MemoryTable(tableSchemas.followers).table();
const listing = { page: mirrorPage.bind(undefined, table) };

/** Each run has an account of its own in the one table. */
let accounts = 0;
function newAccount(): AppId {
  accounts += 1;
  return parseAppId(`wx${String(accounts).padStart(16, '0')}`);
}

async function pages(
  account: AppId,
  list: FollowerList,
  limit: number,
  between: (page: number) => Promise<void> = () => Promise.resolve(),
): Promise<FollowerItem[][]> {
  const all: FollowerItem[][] = [];
  let cursor: string | undefined;
  do {
    const { followers, next } = await listing.page(account, list, { cursor, limit });
    all.push([...followers]);
    cursor = next;
    if (next !== undefined) await between(all.length);
  } while (cursor !== undefined);
  return all;
}

const openids = (people: readonly { openid: string }[]) => people.map(({ openid }) => openid);

const person = fc.record(
  {
    openid: fc.integer({ min: 0, max: 10_000 }).map(openidOf),
    subscribedAt: fc.integer({ min: 1_600_000_000, max: 1_600_000_020 }),
    nickname: fc.constantFrom('王小明', 'Ann'),
    tagIds: fc.subarray([2, 5, 7]),
    subscribeScene: fc.constantFrom('ADD_SCENE_SEARCH', 'ADD_SCENE_QR_CODE'),
  },
  { requiredKeys: ['openid'] },
);
const crowd = fc.uniqueArray(person, { selector: ({ openid }) => openid, minLength: 1, maxLength: 60 });
const limits = fc.integer({ min: 1, max: 25 });
const orders = fc.constantFrom('newest', 'oldest', undefined);

function inOrder(people: readonly Person[], order: FollowerList['order']): string[] {
  const place = ({ openid, subscribedAt }: Person) =>
    order === undefined
      ? keyOf(parseAppId('wx0123456789abcdef'), openid).shard + openid
      : followedAtText(subscribedAt, openid);
  const sorted = [...people].sort((a, b) => (place(a) < place(b) ? -1 : 1));
  return openids(order === 'newest' ? sorted.reverse() : sorted);
}

describe('a listing', () => {
  test('is what sorting everyone gives, whatever the page', async () => {
    await fc.assert(
      fc.asyncProperty(crowd, limits, orders, async (people, limit, order) => {
        const account = newAccount();
        await keep(table, account, people);
        const found = await pages(account, { order }, limit);
        expect(openids(found.flat())).toEqual(inOrder(people, order));
        // Nothing is left out and nothing is passed over, so all pages but the last are full.
        expect(found.slice(0, -1).every((page) => page.length === limit)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test('shows whoever stays exactly once while others come and go between pages', async () => {
    await fc.assert(
      fc.asyncProperty(
        crowd,
        crowd,
        limits,
        orders,
        fc.infiniteStream(fc.nat()),
        async (stay, others, limit, order, random) => {
          const account = newAccount();
          const staying = new Set(openids(stay));
          const passing = others.filter(({ openid }) => !staying.has(openid));
          await keep(table, account, [...stay, ...passing.filter((_, index) => index % 2 === 0)]);
          const change = async () => {
            const one = passing[(random.next().value ?? 0) % passing.length];
            if (!one) return;
            if ((random.next().value ?? 0) % 2 === 0) await keep(table, account, [one]);
            else await table.delete(keyOf(account, one.openid));
          };
          const found = openids((await pages(account, { order }, limit, change)).flat());
          expect(found.filter((openid) => staying.has(openid))).toEqual(inOrder(stay, order));
          if (order === undefined) expect(new Set(found).size).toBe(found.length);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('without an order keeps everyone in place while their times become known', async () => {
    const account = newAccount();
    const people = Array.from({ length: 40 }, (_, number) => ({ openid: openidOf(number) }));
    await keep(table, account, people);
    const found = await pages(account, {}, 7, (page) =>
      keep(
        table,
        account,
        people.map((known, number) => ({ ...known, subscribedAt: 1_600_000_000 + ((number * page) % 31) })),
      ),
    );
    expect(openids(found.flat()).sort()).toEqual(openids(people));
  });

  test('passes by those who left, and those who share a profile but do not follow', async () => {
    const account = newAccount();
    await keep(table, account, [{ openid: 'oStays' }]);
    await table.put({ ...keyOf(account, 'oLeft'), subscribed: false, changedAt: 1 });
    const shares = keyOf(account, 'oShares');
    await table.put({ ...shares, nickname: 'Ann', consentedAt: 1, profiledShard: shares.shard });
    const lists = [{}, { order: 'newest' }, { order: 'newest', hasProfile: true }] as const;
    const found = await Promise.all(lists.map((list) => pages(account, list, 10)));
    expect(found.map((all) => openids(all.flat()))).toEqual([['oStays'], ['oStays'], []]);
  });

  test('ends with the page that has the last follower', async () => {
    const account = newAccount();
    await keep(table, account, [{ openid: 'oA' }, { openid: 'oB' }]);
    for (const order of ['newest', 'oldest', undefined] as const) {
      expect(await listing.page(account, { order }, { limit: 2 })).not.toHaveProperty('next');
    }
  });

  test('of nobody is one empty page', async () => {
    expect(await pages(newAccount(), { order: 'newest' }, 10)).toEqual([[]]);
  });
});

describe('a filter', () => {
  const filter = fc.record(
    {
      tag: fc.constantFrom(2, 5, 9),
      scene: fc.constantFrom('ADD_SCENE_SEARCH', 'ADD_SCENE_OTHERS'),
      hasProfile: fc.boolean(),
    },
    { requiredKeys: [] },
  );

  test('lets through exactly those whom it describes', async () => {
    await fc.assert(
      fc.asyncProperty(crowd, limits, orders, filter, async (people, limit, order, wanted) => {
        const account = newAccount();
        await keep(table, account, people);
        const passing = people.filter(
          ({ tagIds = [], subscribeScene, nickname }) =>
            (wanted.tag === undefined || tagIds.includes(wanted.tag)) &&
            (wanted.scene === undefined || subscribeScene === wanted.scene) &&
            (wanted.hasProfile === undefined || wanted.hasProfile === (nickname !== undefined)),
        );
        const found = await pages(account, { order, ...wanted }, limit);
        expect(openids(found.flat())).toEqual(inOrder(passing, order));
      }),
      { numRuns: 30 },
    );
  });

  test('that few pass makes short pages that go on, and none that read without end', async () => {
    const account = newAccount();
    const people = Array.from({ length: 50 }, (_, number) => ({
      openid: openidOf(number),
      subscribedAt: 1_600_000_000 + number,
      tagIds: number % 25 === 0 ? [2] : [],
    }));
    await keep(table, account, people);
    const sizes: number[] = [];
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const request = { cursor, limit: 2, maxPassedOver: 8 };
      const page = await listing.page(account, { order: 'oldest', tag: 2 }, request);
      sizes.push(page.followers.length);
      found.push(...openids(page.followers));
      cursor = page.next;
    } while (cursor !== undefined);
    expect(found).toEqual([openidOf(0), openidOf(25)]);
    expect(sizes).toEqual([1, 0, 1, 0, 0]);
  });

  test('for shared profiles reads no more than there are', async () => {
    const account = newAccount();
    const others = Array.from({ length: 30 }, (_, number) => ({ openid: openidOf(number) }));
    await keep(table, account, [...others, { openid: 'oSharing', avatar: 'https://example.com/a/132' }]);
    const request = { limit: 1, maxPassedOver: 0 };
    const page = await listing.page(account, { order: 'newest', hasProfile: true }, request);
    expect(openids(page.followers)).toEqual(['oSharing']);
    expect(page).not.toHaveProperty('next');
  });
});

describe('a cursor', () => {
  const list = { order: 'newest', tag: 2 } as const;
  let account: AppId;
  let cursor: string;
  beforeAll(async () => {
    account = newAccount();
    const people = [1, 2, 3].map((number) => ({ openid: openidOf(number), tagIds: [2] }));
    await keep(table, account, people);
    ({ next: cursor = '' } = await listing.page(account, list, { limit: 1 }));
  });
  const refused = expect.objectContaining({ code: 'cursor_unknown' });

  test('goes on in the list that it came from', async () => {
    const { followers } = await listing.page(account, list, { cursor, limit: 1 });
    expect(openids(followers)).toEqual([openidOf(2)]);
  });

  test.each<[string, FollowerList]>([
    ['the other order', { ...list, order: 'oldest' }],
    ['no order', { tag: 2 }],
    ['another tag', { ...list, tag: 3 }],
    ['no filter', { order: 'newest' }],
    ['one more filter', { ...list, hasProfile: true }],
  ])('is refused with %s', async (_, other) => {
    await expect(listing.page(account, other, { cursor, limit: 1 })).rejects.toEqual(refused);
  });

  test('is refused without a position, which its digest does not need a secret for', async () => {
    const empty = cursorOf([account, 'newest', 2, undefined, undefined], '');
    await expect(listing.page(account, list, { cursor: empty, limit: 1 })).rejects.toEqual(refused);
  });

  test('is refused for another account', async () => {
    await expect(listing.page(newAccount(), list, { cursor, limit: 1 })).rejects.toEqual(refused);
  });

  test('is refused after any change of a character', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(cursor.length - 1),
        fc.constantFrom('A', 'b', '0', '_', '.'),
        async (place, sign) => {
          fc.pre(cursor[place] !== sign);
          const forged = cursor.slice(0, place) + sign + cursor.slice(place + 1);
          await expect(listing.page(account, list, { cursor: forged, limit: 1 })).rejects.toEqual(refused);
        },
      ),
      { numRuns: 60 },
    );
  });

  test.each([
    'm1.',
    'm1..',
    'm1.AAAA',
    'm2.AAAA.AAAAAAAAAAAAAAAAAAAAAA',
    '',
    'm1.AAAA.AAAAAAAAAAAAAAAAAAAAAA',
  ])('is refused when it is %j', async (forged) => {
    await expect(listing.page(account, list, { cursor: forged, limit: 1 })).rejects.toEqual(refused);
  });
});
