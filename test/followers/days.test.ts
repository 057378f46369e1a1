import { beforeEach, describe, expect, test } from '@jest/globals';
import { tableSchemas } from '../../local/aws/dynamodb.ts';
import { readFigures } from '../../shared/figures/read-figures.ts';
import { noteList } from '../../shared/followers/mirror/counts.ts';
import { keyOf, runIdOf } from '../../shared/followers/mirror/follower-item.ts';
import { chunksOf, cut } from '../../shared/followers/mirror/list-chunks.ts';
import { Mirror, type FollowEvent } from '../../shared/followers/mirror/mirror.ts';
import { addPage, putChunk } from '../../shared/followers/mirror/stored-list.ts';
import type { Table } from '../../shared/platform/table.ts';
import { chinaDay } from '../../shared/wechat/quota-day.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { MemoryTable } from '../kit/memory-table.ts';
import { randomOf } from './rig.ts';

/** What the mirror counts by the day, whatever order and number its events come in. */

const account = parseAppId('wx0123456789abcdef');
const openid = 'oSomebody';
/** Noon in China. */
const now = Date.parse('2026-11-30T12:00:00+08:00') / 1000;
const day = 86_400;

let table: Table;
let mirror: Mirror;
beforeEach(() => {
  table = new MemoryTable(tableSchemas.followers).table();
  mirror = new Mirror(table);
});

const apply = (event: FollowEvent['event'], createdAt: number) =>
  mirror.applyEvent(account, { openid, event, createdAt });
const told = (about: { subscribe?: boolean; subscribeScene?: string } = {}) => ({
  openid,
  subscribe: true,
  subscribeTime: now,
  subscribeScene: 'ADD_SCENE_SEARCH',
  ...about,
});

/** Who joined and left by day: `[['2026-11-30', 1, 0]]`. */
async function days(): Promise<[string, number, number][]> {
  const figures = await readFigures(table, account, { now: now + 30 * day, days: 366 });
  return figures.flatMap(({ day: name, joined, left }): [string, number, number][] =>
    joined === 0 && left === 0 ? [] : [[name, joined, left]],
  );
}

async function scenes(): Promise<Record<string, number> | undefined> {
  const figures = await readFigures(table, account, { now, days: 366 });
  return figures.find((one) => one.day === '2026-11-30')?.scenes;
}

describe('who joins and leaves', () => {
  test('is counted on the day of the event, however late it comes', async () => {
    await apply('subscribe', now);
    await apply('unsubscribe', now + day);
    await apply('subscribe', now + 9 * day);
    expect(await days()).toEqual([
      ['2026-11-30', 1, 0],
      ['2026-12-01', 0, 1],
      ['2026-12-09', 1, 0],
    ]);
  });

  test('is counted once, however often the events come', async () => {
    for (let times = 0; times < 3; times += 1) await apply('subscribe', now);
    expect(await days()).toEqual([['2026-11-30', 1, 0]]);
    for (let times = 0; times < 3; times += 1) await apply('unsubscribe', now + 5);
    expect(await days()).toEqual([['2026-11-30', 1, 1]]);
  });

  test('adds up to who follows then, in whatever order and number the events come', async () => {
    const events: [FollowEvent['event'], number][] = [
      ['subscribe', now],
      ['unsubscribe', now + 10],
      ['subscribe', now + 20],
      ['unsubscribe', now + day],
      ['subscribe', now + 2 * day],
    ];
    const random = randomOf(7);
    for (let round = 0; round < 100; round += 1) {
      table = new MemoryTable(tableSchemas.followers).table();
      mirror = new Mirror(table);
      const some = events.filter(() => random() < 0.8);
      for (const [event, at] of [...some, ...some].sort(() => random() - 0.5)) await apply(event, at);
      const { subscribed } = (await table.get(keyOf(account, openid))) ?? {};
      const net = (await days()).reduce((sum, [, joined, left]) => sum + joined - left, 0);
      expect(net).toBe(subscribed === true ? 1 : 0);
    }
  });

  test('is counted where details tell that somebody follows no more', async () => {
    await apply('subscribe', now);
    await mirror.putDetails(account, told({ subscribe: false }), now + day);
    expect(await days()).toEqual([
      ['2026-11-30', 1, 0],
      ['2026-12-01', 0, 1],
    ]);
  });

  test('by a late event that a newer list contradicts is not counted', async () => {
    await apply('subscribe', now);
    // The list becomes whole while the event is being applied.
    const listed = now + 1000;
    const chunks = cut([openid], { isWhole: true }).segments.flatMap(chunksOf);
    const run = runIdOf(listed, 'run');
    for (const chunk of chunks) await putChunk(table, account, run, chunk);
    const storedList = await addPage(table, account, { run, before: undefined, chunks });
    const racing: Table = {
      ...table,
      change: async (...given) => {
        const before = await table.change(...given);
        const [{ openid: whose }] = given;
        if (whose === openid) await noteList(table, account, { listedAt: listed, storedList });
        return before;
      },
    };
    await new Mirror(racing).applyEvent(account, { openid, event: 'unsubscribe', createdAt: now + 10 });
    expect(await table.get(keyOf(account, openid))).toMatchObject({ subscribed: true });
    expect(await days()).toEqual([['2026-11-30', 1, 0]]);
  });
});

describe('how somebody came', () => {
  test('is counted on the day when they joined, once, with the first details', async () => {
    await apply('subscribe', now);
    expect(await scenes()).toEqual({});
    for (const at of [now + day, now + 2 * day, now + 40 * day]) await mirror.putDetails(account, told(), at);
    expect(await scenes()).toEqual({ ADD_SCENE_SEARCH: 1 });
    expect(await table.get(keyOf(account, openid))).not.toHaveProperty('joinedOn');
  });

  test('is not counted of somebody whom only the first sync has found', async () => {
    await mirror.join(account, openid, { listedAt: now, isKnown: false });
    await mirror.putDetails(account, told(), now);
    expect(await days()).toEqual([]);
    expect(await scenes()).toBeUndefined();
  });

  test('is not counted of a follow that was over before it was known', async () => {
    await apply('subscribe', now);
    await apply('unsubscribe', now + 1);
    await mirror.putDetails(account, told(), now + 2);
    expect(await scenes()).toEqual({});
  });

  test('is counted anew of somebody who comes back', async () => {
    for (const [at, subscribeScene] of [
      [now, 'ADD_SCENE_SEARCH'],
      [now + 100, 'ADD_SCENE_QR_CODE'],
    ] as const) {
      await apply('subscribe', at);
      await mirror.putDetails(account, { ...told({ subscribeScene }), subscribeTime: at }, at + 1);
      await apply('unsubscribe', at + 50);
    }
    expect(await scenes()).toEqual({ ADD_SCENE_SEARCH: 1, ADD_SCENE_QR_CODE: 1 });
    expect(await days()).toEqual([[chinaDay(now), 2, 2]]);
  });

  test('stays uncounted where WeChat does not tell', async () => {
    await apply('subscribe', now);
    const { subscribeScene, ...untold } = told();
    expect(subscribeScene).toBe('ADD_SCENE_SEARCH');
    await mirror.putDetails(account, untold, now + 1);
    expect(await scenes()).toEqual({});
  });
});
