import { afterAll, describe, expect, test } from '@jest/globals';
import { tablesOf } from '../../functions/parts.ts';
import { tableSchemas } from '../../local/aws/dynamodb.ts';
import { addFigures, figureOf, movesOf, noteCounted } from '../../shared/figures/day-figures.ts';
import { readFigures, type DayFigures } from '../../shared/figures/read-figures.ts';
import type { Table } from '../../shared/platform/table.ts';
import { chinaDay } from '../../shared/wechat/quota-day.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { startKit } from '../kit/kit.ts';
import { MemoryTable } from '../kit/memory-table.ts';

const appId = parseAppId('wx0123456789abcdef');
/** Noon in China. */
const now = Date.parse('2026-11-30T12:00:00+08:00') / 1000;
const day = 86_400;

const kit = await startKit();
afterAll(() => kit.close());

const inMemory = () => new MemoryTable(tableSchemas.followers).table();
const add = (table: Table, at: number, moves: { joined?: number; left?: number }) =>
  addFigures(table, appId, chinaDay(at), movesOf(moves));
const read = (table: Table, days = 366) => readFigures(table, appId, { now, days });
const followersOf = (figures: readonly DayFigures[]) => figures.map(({ followers }) => followers);

test('a day without a sync ends with as many followers as the one before, and what has changed since', async () => {
  const table = inMemory();
  await noteCounted(table, appId, { at: now - 3 * day, counted: 100 });
  await add(table, now - 3 * day, { joined: 5 });
  await add(table, now - 2 * day, { joined: 1, left: 4 });
  await noteCounted(table, appId, { at: now, counted: 200 });
  const figures = await read(table);
  expect(figures.map((one) => one.day)).toEqual(['2026-11-27', '2026-11-28', '2026-11-29', '2026-11-30']);
  expect(followersOf(figures)).toEqual([105, 102, 102, 200]);
  expect(figures[1]).toMatchObject({ joined: 1, left: 4 });
  expect(figures[2]).toMatchObject({ joined: 0, left: 0, scenes: {}, logins: {}, pushes: {} });
});

test('what comes late is counted to its own day, and in all days after it before the next count', async () => {
  const table = inMemory();
  await noteCounted(table, appId, { at: now - 3 * day, counted: 100 });
  await add(table, now, { left: 1 });
  await add(table, now - 2 * day, { joined: 2 });
  expect(followersOf(await read(table))).toEqual([100, 102, 102, 101]);
});

test('a count settles what has changed that day before it, and not how many came and went', async () => {
  const table = inMemory();
  await add(table, now, { joined: 7, left: 2 });
  expect(await read(table)).toMatchObject([{ joined: 7, left: 2 }]);
  expect(followersOf(await read(table))).toEqual([undefined]);
  await noteCounted(table, appId, { at: now, counted: 5 });
  await add(table, now, { joined: 1 });
  expect(await read(table)).toMatchObject([{ followers: 6, joined: 8, left: 2 }]);
});

test('only as many days are told as are asked for, each with the right number', async () => {
  const table = inMemory();
  await noteCounted(table, appId, { at: now - 300 * day, counted: 40 });
  await add(table, now, { joined: 1 });
  expect(await read(table, 2)).toMatchObject([
    { day: '2026-11-29', followers: 40 },
    { day: '2026-11-30', followers: 41 },
  ]);
});

test('what is older than a year and five weeks, or of days to come, is not told', async () => {
  const table = inMemory();
  await add(table, 0, { joined: 1 });
  await add(table, now - 401 * day, { joined: 1 });
  await add(table, now + 2 * day, { joined: 1 });
  expect(await read(table)).toEqual([]);
  await add(table, now - day, { joined: 1 });
  expect(await read(table)).toHaveLength(2);
});

test('an item stays for 400 days after its day, however late it is written', async () => {
  const { followers } = tablesOf(kit.runtime);
  await noteCounted(followers, appId, { at: now, counted: 3 });
  const items = async () => (await kit.items('followers')).filter(({ shard }) => shard === `${appId}#days`);
  const endOfDay = Date.parse('2026-12-01T00:00:00+08:00') / 1000;
  const removeAt = endOfDay + 400 * day;
  expect(await items()).toMatchObject([{ counted: 3, removeAt }]);
  await add(followers, now, { joined: 1 });
  await addFigures(followers, appId, chinaDay(now), new Map([[figureOf('login', 'granted'), 1]]));
  expect(await items()).toEqual([
    {
      shard: `${appId}#days`,
      openid: '2026-11-30',
      counted: 3,
      joined: 1,
      moved: 1,
      'login granted': 1,
      removeAt,
    },
  ]);
});

test('what another version counts beside is passed over', async () => {
  const table = inMemory();
  await addFigures(table, appId, chinaDay(now), new Map([['news read', 1]]));
  await add(table, now, { joined: 1 });
  expect(await read(table)).toEqual([
    { day: '2026-11-30', joined: 1, left: 0, scenes: {}, logins: {}, pushes: {} },
  ]);
});

test('of many who count at once none is lost', async () => {
  const { followers } = tablesOf(kit.runtime);
  const at = now - 9 * day;
  await Promise.all(
    Array.from({ length: 40 }, (_, nth) => add(followers, at, nth % 4 ? { joined: 1 } : { left: 1 })),
  );
  expect((await readFigures(followers, appId, { now: at, days: 1 }))[0]).toMatchObject({
    joined: 30,
    left: 10,
  });
});

describe('a figure of a group', () => {
  test.each(['', 'a b', '__proto__', 'x'.repeat(41), '扫码', '1st'])(
    'that is called %p is counted as other',
    (name) => {
      expect(figureOf('scene', name)).toBe('scene other');
    },
  );

  test('keeps the words of WeChat and of the service', async () => {
    const table = inMemory();
    const figures = [
      figureOf('scene', 'ADD_SCENE_PROFILE_LINK'),
      figureOf('login', 'wechat_unreachable'),
      figureOf('push', 'handled'),
    ];
    await addFigures(table, appId, chinaDay(now), new Map(figures.map((figure) => [figure, 2])));
    expect(await read(table)).toMatchObject([
      { scenes: { ADD_SCENE_PROFILE_LINK: 2 }, logins: { wechat_unreachable: 2 }, pushes: { handled: 2 } },
    ]);
  });
});
