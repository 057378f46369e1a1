import { afterEach, describe, expect, test } from '@jest/globals';
import { inspect } from 'node:util';
import { countsKey, followerCountsSchema } from '../../shared/followers/mirror/counts.ts';
import { accountItemKey } from '../../shared/followers/mirror/follower-item.ts';
import { Checkpoints } from '../../shared/followers/sync/checkpoint.ts';
import type { Gate } from '../kit/memory-table.ts';
import { until } from '../kit/until.ts';
import { leaseIsOver, startRig, type Rig } from './rig.ts';

let rig: Rig | undefined;
afterEach(() => rig?.close());

async function start(...given: Parameters<typeof startRig>): Promise<Rig> {
  return (rig = await startRig(...given));
}

const day = 86_400;

/** Every item as text, by its key. */
function itemsOf(memory: Rig['memory']): Map<string, string> {
  return new Map(
    memory
      .items()
      .map((item) => [`${String(item['shard'])} ${String(item['openid'])}`, inspect(item)] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

describe('a sync', () => {
  test('of 10,001 followers mirrors all of them with details, and counts them', async () => {
    const { syncAll, calls, mirrored, listed, people, memory } = await start({ followers: 10_001 });
    expect(await syncAll()).toMatchObject({
      state: 'done',
      run: { listed: 10_001, joined: 10_001, left: 0, details: { queued: 10_001, done: 10_001 } },
    });
    expect(await calls()).toEqual({ list: 3, details: 101 });
    expect(mirrored()).toEqual(await listed());
    expect(people().filter(({ detailAt, subscribedAt }) => !detailAt || !subscribedAt)).toEqual([]);
    const counts = followerCountsSchema.parse(memory.items().find(({ openid }) => openid === 'counts'));
    expect(counts).toMatchObject({ subscribed: 10_001, withProfile: 0, detailsAt: expect.any(Number) });
    expect(Object.values(counts.scenes).reduce((sum, count) => sum + count)).toBe(10_001);
  });

  test('finds who has joined and who has left since the last one, and asks about the new ones only', async () => {
    const { syncAll, follow, calls, mirrored, listed, people, clock } = await start({ followers: 500 });
    await syncAll();
    const [gone = ''] = mirrored();
    await clock.advance(day);
    await follow(gone, false);
    const come = await follow(undefined, true);
    await calls();
    expect(await syncAll()).toMatchObject({ state: 'done', run: { joined: 1, left: 1 } });
    expect(mirrored()).toEqual(await listed());
    expect(mirrored()).toContain(come);
    expect((await calls()).details).toBe(1);
    // Nothing but the openid and the time stays of who left.
    expect(people().find(({ openid }) => openid === gone)).toEqual({
      shard: expect.any(String),
      openid: gone,
      subscribed: false,
      removeAt: expect.any(Number),
      leftAt: expect.any(Number),
      unseenAt: expect.any(Number),
    });
  });

  test('forgets after a week that somebody has left', async () => {
    const { syncAll, follow, people, mirrored, clock } = await start({ followers: 10 });
    await syncAll();
    const [gone = ''] = mirrored();
    await clock.advance(day);
    await follow(gone, false);
    await syncAll();
    await clock.advance(6 * day);
    await syncAll();
    expect(people()).toHaveLength(10);
    await clock.advance(2 * day);
    await syncAll();
    expect(people()).toHaveLength(9);
  });

  test('goes on over short pages, and ends with the empty one only', async () => {
    const { syncAll, calls, mirrored, listed } = await start({ followers: 95, pageSize: 10 });
    await syncAll();
    expect((await calls()).list).toBe(11);
    expect(mirrored()).toEqual(await listed());
  });

  test('asks for the details of everyone anew within 40 days, and then each 30, as many each night', async () => {
    const { syncAll, status, clock, people } = await start({ followers: 600 });
    await syncAll();
    const asked: number[] = [];
    for (let night = 1; night <= 70; night += 1) {
      await clock.advance(day);
      await syncAll();
      asked.push((await status()).run?.details.done ?? 0);
    }
    const sum = (from: number, to: number) => asked.slice(from, to).reduce((all, one) => all + one, 0);
    expect(sum(0, 9)).toBe(0);
    // Of two days that a person has, a night more or less apart, both or neither can be among 30 nights.
    for (const all of [sum(10, 40), sum(40, 70)]) expect(Math.abs(all - 600)).toBeLessThan(40);
    // The mean is 20.
    expect(Math.max(...asked)).toBeLessThan(45);
    const now = clock.now();
    expect(people().filter(({ detailAt = 0 }) => detailAt < now - 30 * day)).toEqual([]);
  });

  test('brings a mirror in line that an earlier version has stamped, and whose run was in the middle', async () => {
    const { begin, finish, follow, memory, account, clock, mirrored, listed, syncAll } = await start({
      followers: 500,
      account: { sync: 'list' },
    });
    await syncAll();
    const table = memory.table();
    for (const { shard, openid } of memory.items().filter(({ shard }) => /#\d$/.test(String(shard)))) {
      const key = { shard: String(shard), openid: String(openid) };
      await table.update(key, { set: { seenRun: '1803866400-0a04f911c954' } });
    }
    for (const item of memory.items().filter(({ shard }) => String(shard).includes('#list'))) {
      await table.delete({ shard: String(item['shard']), openid: String(item['openid']) });
    }
    await table.update(countsKey(account.appId), { remove: ['listedAt', 'storedList'] });
    await clock.advance(day);
    const [gone = ''] = mirrored();
    await follow(gone, false);
    await follow(undefined, true);
    await begin();
    await table.update(accountItemKey(account.appId, 'checkpoint'), {
      set: { phase: 'leavers', listed: 500, pages: 2, cursor: gone },
      remove: ['storedList', 'listEnd', 'isCompared'],
    });
    expect(await finish()).toMatchObject({ state: 'done', run: { joined: 1, left: 1, listed: 500 } });
    expect(mirrored()).toEqual(await listed());
  });

  test('that is gone on with in the middle of the list misses nobody between two pages', async () => {
    const { begin, work, finish, calls, mirrored, listed } = await start({
      followers: 25_000,
      account: { sync: 'list' },
    });
    await begin();
    for (let page = 1; page <= 2; page += 1) {
      let steps = 0;
      await work(() => ++steps <= 1);
    }
    expect(await finish()).toMatchObject({ state: 'done', run: { joined: 25_000 } });
    expect((await calls()).list).toBe(4);
    expect(mirrored()).toEqual(await listed());
  });

  test('writes nothing of people, and of the list a page each, where nothing has changed', async () => {
    const { syncAll, memory, clock } = await start({ followers: 25_000, account: { sync: 'list' } });
    await syncAll();
    const before = itemsOf(memory);
    await clock.advance(day);
    const { operations } = memory;
    expect(await syncAll()).toMatchObject({ state: 'done', run: { listed: 25_000, joined: 0, left: 0 } });
    const changed = [...itemsOf(memory)].filter(([key, item]) => before.get(key) !== item);
    // Three pages with people and one without; the checkpoint, the counts, the quota, and how far details are; and how
    // many followers there are that day.
    expect(changed.map(([key]) => key.split(' ')[0])).toEqual([
      'wx0123456789abcdef#days',
      ...Array.from({ length: 4 }, () => 'wx0123456789abcdef#list'),
      ...Array.from({ length: 4 }, () => 'wx0123456789abcdef#sync'),
    ]);
    expect(memory.operations - operations).toBeLessThan(100);
  });

  test('keeps of WeChat’s list what the newest one needs, however often people come and go', async () => {
    const { syncAll, follow, memory, clock, mirrored } = await start({
      followers: 3000,
      account: { sync: 'list' },
    });
    const kept = () => memory.items().filter(({ shard }) => String(shard).includes('#list')).length;
    await syncAll();
    const first = kept();
    for (const gone of mirrored().slice(0, 5)) {
      await clock.advance(day);
      await follow(gone, false);
      await syncAll();
    }
    expect(kept() - first).toBeLessThan(5);
  });

  test('reads the list anew where a part of what it stored is gone', async () => {
    const { begin, work, finish, memory, listed, mirrored, status } = await start({
      followers: 3000,
      pageSize: 1000,
      account: { sync: 'list' },
    });
    await begin();
    let steps = 0;
    await work(() => ++steps <= 5);
    expect((await status()).run?.phase).toBe('comparing');
    const [chunk] = memory.items().filter(({ shard }) => String(shard).endsWith('#list-7'));
    await memory.table().delete({ shard: String(chunk?.['shard']), openid: String(chunk?.['openid']) });
    expect(await finish()).toMatchObject({
      state: 'done',
      run: { errors: 1, lastError: { code: 'list_lost' } },
    });
    expect(mirrored()).toEqual(await listed());
  });

  test('asks for no details where the account wants the list only', async () => {
    const { syncAll, calls, mirrored } = await start({ followers: 120, account: { sync: 'list' } });
    expect(await syncAll()).toMatchObject({ state: 'done' });
    expect(await calls()).toEqual({ list: 2, details: 0 });
    expect(mirrored()).toHaveLength(120);
  });

  test('writes to all partitions alike', async () => {
    const { syncAll, people } = await start({ followers: 4000, account: { sync: 'list' } });
    await syncAll();
    const sizes = [...Map.groupBy(people(), ({ shard }) => shard).values()].map(({ length }) => length);
    expect(sizes).toHaveLength(8);
    expect(Math.max(...sizes)).toBeLessThan(600);
  });

  test('of an account without followers ends well', async () => {
    const { syncAll } = await start({ followers: 0 });
    expect(await syncAll()).toMatchObject({ state: 'done', run: { listed: 0 } });
  });
});

describe('two syncs of one account', () => {
  test('do not run at once: the second does nothing', async () => {
    const { begin, processOf, account, calls, clock, status } = await start({
      followers: 300,
      pageSize: 100,
    });
    await begin();
    const first = processOf().sync.work(account, () => true);
    const second = processOf().sync.work(account, () => true);
    await Promise.all([first, second, clock.advance(0)]);
    expect((await calls()).list).toBe(4);
    expect((await status()).run).toMatchObject({ listed: 300, errors: 0 });
  });

  test('of which one froze in the middle: the other goes on, and the first stops when it wakes up', async () => {
    const { begin, processOf, account, finish, status, follow, mirrored, listed, clock } = await start({
      followers: 3000,
      pageSize: 1000,
    });
    const openids = await listed();
    await begin();
    let thaw: () => void = () => undefined;
    const frozen = new Promise<void>((resolve) => (thaw = resolve));
    let left = 1500;
    const gate: Gate = async (operate) => {
      left -= 1;
      if (left < 0) await frozen;
      return operate();
    };
    const sleeper = processOf(gate).sync.work(account, () => true);
    await until('the process is frozen', () => left < 0);
    await clock.advance(leaseIsOver);
    for (const openid of openids.slice(0, 20)) await follow(openid, false);
    expect(await finish()).toMatchObject({ state: 'done' });
    // Whom the frozen one had seen already left unnoticed; the next sync finds them.
    await clock.advance(day);
    await begin();
    expect(await finish()).toMatchObject({ state: 'done' });
    const before = mirrored();
    expect(before).toEqual(await listed());
    thaw();
    await sleeper;
    // What was in flight cannot be called back; the next sync sets it right.
    expect(mirrored().length - before.length).toBeLessThanOrEqual(20);
    expect((await status()).run?.listed).toBe(2980);
    await clock.advance(day);
    await begin();
    await finish();
    expect(mirrored()).toEqual(await listed());
  });

  test('cannot both be begun', async () => {
    const { begin } = await start({ followers: 10 });
    expect((await Promise.all([begin(), begin()])).toSorted()).toEqual(['begun', 'under way']);
  });
});

describe("a share of each day's quota", () => {
  test('of the list is all that is spent, and the sync goes on the next day', async () => {
    const { begin, finish, status, calls, clock, mirrored, listed } = await start({
      followers: 1000,
      pageSize: 100,
      account: { dailyLimits: { '/cgi-bin/user/get': 10 } },
    });
    await begin();
    const perDay: number[] = [];
    while ((await finish()).state !== 'done') {
      if (perDay.length > 10) throw new Error('The sync does not end.');
      expect(await status()).toMatchObject({ state: 'waiting', run: { waitingFor: 'quota' } });
      perDay.push((await calls()).list);
      const { run, now } = await status();
      await clock.advance((run?.resumeAt ?? now) - now);
    }
    perDay.push((await calls()).list);
    expect(perDay).toEqual([4, 4, 3]);
    expect(mirrored()).toEqual(await listed());
  });

  test('of details is all that is spent, and the rest is fetched the next day', async () => {
    const { begin, finish, status, calls, clock, people } = await start({
      followers: 1000,
      account: { dailyLimits: { '/cgi-bin/user/info/batchget': 10 } },
    });
    await begin();
    expect(await finish()).toMatchObject({ state: 'waiting', run: { waitingFor: 'quota' } });
    expect((await calls()).details).toBe(4);
    const perDay: number[] = [];
    for (let days = 0; days < 2; days += 1) {
      const { run, now } = await status();
      await clock.advance((run?.resumeAt ?? now) - now);
      await finish();
      perDay.push((await calls()).details);
    }
    expect(perDay).toEqual([4, 2]);
    expect((await status()).state).toBe('done');
    expect(people().filter(({ detailAt }) => detailAt === undefined)).toEqual([]);
  });
});

describe('a pause', () => {
  test('stops a sync after the page it is in, until it is resumed', async () => {
    const { begin, work, finish, status, memory, account, clock, mirrored } = await start({
      followers: 500,
      pageSize: 100,
    });
    const checkpoints = new Checkpoints(memory.table());
    await begin();
    let pages = 0;
    await work(() => ++pages <= 2);
    await checkpoints.pause(account.appId, clock.now());
    expect(await finish()).toMatchObject({ state: 'paused', run: { pages: 2 } });
    expect(await begin()).toBe('paused');
    await checkpoints.resume(account.appId);
    expect(await finish()).toMatchObject({ state: 'done' });
    expect((await status()).pausedAt).toBeUndefined();
    expect(mirrored()).toHaveLength(500);
  });
});

describe('an answer that cannot be right', () => {
  const emptyList = { path: '/cgi-bin/user/get', kind: 'garbage', times: 1 };

  test('such as an empty list of many followers makes nobody leave', async () => {
    const { syncAll, control, mirrored, status, clock } = await start({ followers: 400 });
    await syncAll();
    await clock.advance(day);
    await control('faults', { ...emptyList, body: '{"total":400,"count":0,"next_openid":""}' });
    expect(await syncAll()).toMatchObject({
      state: 'failed',
      run: { lastError: { code: 'list_incomplete' } },
    });
    expect(mirrored()).toHaveLength(400);
    await clock.advance(day);
    await control('faults', { ...emptyList, body: '{"total":0,"count":0,"next_openid":""}' });
    await syncAll();
    expect((await status()).run?.lastError?.code).toBe('list_shrunk');
    expect(mirrored()).toHaveLength(400);
  });

  test('is believed if the operator says so', async () => {
    const { syncAll, control, mirrored, clock } = await start({ followers: 400 });
    await syncAll();
    await clock.advance(day);
    await control('faults', { ...emptyList, body: '{"total":0,"count":0,"next_openid":""}' });
    expect(await syncAll(true)).toMatchObject({ state: 'done', run: { left: 400 } });
    expect(mirrored()).toEqual([]);
  });

  test('such as a page that leads to itself is not read for ever', async () => {
    const { syncAll, control } = await start({ followers: 5 });
    const page = '{"total":1,"count":1,"data":{"openid":["oOne"]},"next_openid":"oOne"}';
    await control('faults', { ...emptyList, body: page, times: 5 });
    expect(await syncAll()).toMatchObject({ state: 'done', run: { pages: 2 } });
  });

  test('such as ever more people is not read for ever', async () => {
    const { begin, finish, control } = await start({ followers: 5 });
    await begin();
    for (const page of [1, 2, 3]) {
      const openid = Array.from({ length: 10_000 }, (_, nth) => `oPage${page}-${nth}`);
      const body = JSON.stringify({ total: 3, count: 10_000, data: { openid }, next_openid: openid.at(-1) });
      await control('faults', { ...emptyList, body });
    }
    expect(await finish()).toMatchObject({
      state: 'failed',
      run: { pages: 2, lastError: { code: 'list_endless' } },
    });
  });

  test('is none that has all who were there at first, though many have come since', async () => {
    const { begin, finish, control } = await start({ followers: 5, account: { sync: 'list' } });
    const openid = Array.from({ length: 10 }, (_, nth) => `oOf10-${nth}`);
    const first = { total: 10, count: 10, data: { openid }, next_openid: openid.at(-1) };
    await begin();
    await control('faults', { ...emptyList, body: JSON.stringify(first) });
    await control('faults', { ...emptyList, body: '{"total":99,"count":0,"next_openid":""}' });
    expect(await finish()).toMatchObject({ state: 'done', run: { listed: 10, total: 99 } });
  });

  test('is none of a few people of whom most have left', async () => {
    const { syncAll, follow, mirrored, listed, clock } = await start({ followers: 9 });
    await syncAll();
    for (const gone of mirrored().slice(0, 8)) await follow(gone, false);
    await clock.advance(day);
    expect(await syncAll()).toMatchObject({ state: 'done', run: { left: 8 } });
    expect(mirrored()).toEqual(await listed());
  });
});
