import { afterEach, describe, expect, test } from '@jest/globals';
import { countsKey } from '../../shared/followers/mirror/counts.ts';
import { accountItemKey, keyOf as keyOfPerson } from '../../shared/followers/mirror/follower-item.ts';
import { Profiles } from '../../shared/followers/mirror/profiles.ts';
import type { Item, Key } from '../../shared/platform/table.ts';
import { leaseIsOver, startRig, type Rig } from './rig.ts';

let rig: Rig | undefined;
afterEach(() => rig?.close());

const day = 86_400;

/** An account of 3,000 in three pages. */
async function start(): Promise<Rig> {
  return (rig = await startRig({ followers: 3000, pageSize: 1000, account: { sync: 'list' } }));
}

/** What is stored in a partition of the list. */
function itemsIn({ memory }: Rig, partition: string): Item[] {
  return memory.items().filter(({ shard }) => String(shard).endsWith(partition));
}

function keyOf({ shard, openid }: Item): Key {
  return { shard: String(shard), openid: String(openid) };
}

/** Begins a run and stops it once its list is whole. */
async function listWhole({ begin, work, status }: Rig): Promise<void> {
  await begin();
  let steps = 0;
  await work(() => ++steps <= 5);
  expect((await status()).run?.phase).toBe('comparing');
}

/** Whether a person is kept in the partition that is compared first. */
function isInFirst({ account }: Rig, openid: string): boolean {
  return keyOfPerson(account.appId, openid).shard.endsWith('#0');
}

const oneLost = { state: 'done', run: { errors: 1, lastError: { code: 'list_lost' } } };

describe('a stored list', () => {
  test.each([
    ['chunk', '#list-7'],
    ['page', '#list'],
  ])('of which a %s is gone is read anew, and the mirror is compared with the new one', async (_, where) => {
    const made = await start();
    const { finish, memory, follow, listed, mirrored } = made;
    await listWhole(made);
    const [part = {}] = itemsIn(made, where);
    await memory.table().delete(keyOf(part));
    const [gone = ''] = await listed();
    await follow(gone, false);
    for (let count = 0; count < 20; count += 1) await follow(undefined, true);
    expect(await finish()).toMatchObject(oneLost);
    expect(mirrored()).toEqual(await listed());
  });

  test('that is read anew counts from then on: who left with the first one and is in the second follows', async () => {
    const made = await start();
    const { begin, work, finish, memory, follow, listed, mirrored, clock } = made;
    await made.syncAll();
    await clock.advance(day);
    const back = mirrored().find((openid) => isInFirst(made, openid)) ?? '';
    await follow(back, false);
    await begin();
    await clock.advance(60);
    let steps = 0;
    await work(() => ++steps <= 5);
    expect(mirrored()).not.toContain(back);
    const [chunk = {}] = itemsIn(made, '#list-7');
    await memory.table().delete(keyOf(chunk));
    await clock.advance(leaseIsOver);
    await follow(back, true);
    expect(await finish()).toMatchObject(oneLost);
    expect(mirrored()).toEqual(await listed());
  });

  test.each([
    ['chunk', 'bytes that are not packed', '#list-3', { members: new Uint8Array([7, 7, 7]) }],
    ['chunk', 'no members', '#list-3', { members: 'oSomebody' }],
    ['page', 'no digests', '#list', { chunks: 'none' }],
  ])('is read anew where a %s of it has %s', async (_, __, partition, damage) => {
    const made = await start();
    const { syncAll, memory, clock, listed, mirrored, follow } = made;
    await syncAll();
    const [damaged = {}] = itemsIn(made, partition);
    await memory.table().update(keyOf(damaged), { set: damage });
    await clock.advance(day);
    await follow(undefined, true);
    expect((await syncAll()).state).toBe('done');
    expect(mirrored()).toEqual(await listed());
    await clock.advance(day);
    expect(await syncAll()).toMatchObject({ state: 'done', run: { errors: 0 } });
  });

  test('of whom a chunk has other members than its name says lets nobody leave', async () => {
    const made = await start();
    const { finish, memory, listed, mirrored } = made;
    await made.syncAll();
    await made.clock.advance(day);
    await listWhole(made);
    const [one = {}, other = {}] = itemsIn(made, '#list-3');
    await memory.table().update(keyOf(one), { set: { members: other['members'] } });
    expect(await finish()).toMatchObject({ ...oneLost, run: { ...oneLost.run, left: 0 } });
    expect(mirrored()).toEqual(await listed());
  });

  test('that an earlier version did not keep is read from the beginning, in the middle of the listing, too', async () => {
    const made = await start();
    const { syncAll, begin, work, finish, memory, account, clock, listed, mirrored } = made;
    await syncAll();
    await clock.advance(day);
    await begin();
    let steps = 0;
    await work(() => ++steps <= 2);
    for (const partition of ['#list', ...[0, 1, 2, 3, 4, 5, 6, 7].map((shard) => `#list-${shard}`)]) {
      for (const item of itemsIn(made, partition)) await memory.table().delete(keyOf(item));
    }
    const remove = ['storedList', 'listEnd', 'isCompared'];
    await memory.table().update(accountItemKey(account.appId, 'checkpoint'), { remove });
    expect(await finish()).toMatchObject({ state: 'done', run: { listed: 3000, left: 0 } });
    expect(mirrored()).toEqual(await listed());
  });

  test('of an earlier run does not stand for that of a run which an earlier version began', async () => {
    const made = await start();
    const { syncAll, begin, finish, memory, account, clock, follow, listed, mirrored } = made;
    await syncAll();
    await clock.advance(day);
    await follow(undefined, true);
    await begin();
    const key = accountItemKey(account.appId, 'checkpoint');
    await memory.table().update(key, { set: { phase: 'leavers' }, remove: ['isCompared'] });
    expect(await finish()).toMatchObject({ state: 'done', run: { joined: 1 } });
    expect(mirrored()).toEqual(await listed());
  });

  test('has whoever is on two of its pages once', async () => {
    const made = await start();
    await made.begin();
    for (const openids of [['oOne', 'oTwo'], ['oTwo', 'oThree'], []]) {
      const body = JSON.stringify({ total: 3, data: { openid: openids }, next_openid: openids.at(-1) ?? '' });
      await made.control('faults', { path: '/cgi-bin/user/get', kind: 'garbage', body });
    }
    expect(await made.finish()).toMatchObject({ state: 'done', run: { joined: 3 } });
    expect(made.mirrored()).toEqual(['oOne', 'oThree', 'oTwo']);
  });
});

describe('comparing', () => {
  test('joins a thousand at once, and takes nobody behind them for gone', async () => {
    const made = (rig = await startRig({ followers: 12_000, account: { sync: 'list' } }));
    const { syncAll, begin, work, status, finish, memory, mirrored, listed, account, clock } = made;
    await syncAll();
    for (const [nth, openid] of mirrored().entries()) {
      if (nth % 10 > 0) await memory.table().delete(keyOfPerson(account.appId, openid));
    }
    await clock.advance(day);
    await begin();
    let steps = 0;
    await work(() => ++steps <= 4);
    expect((await status()).run).toMatchObject({ phase: 'comparing', joined: 1000 });
    expect(await finish()).toMatchObject({ state: 'done', run: { joined: 10_800, left: 0 } });
    expect(mirrored()).toEqual(await listed());
  });

  test('counts those who stay, and no leaver; and whoever followed since the list was begun', async () => {
    const made = await start();
    const { syncAll, finish, follow, mirrored, memory, account, clock, processOf } = made;
    await syncAll();
    const counts = async () => {
      const { subscribed, withProfile } = (await memory.table().get(countsKey(account.appId))) ?? {};
      return { subscribed, withProfile };
    };
    const [gone = '', sharing = ''] = mirrored().filter((openid) => isInFirst(made, openid));
    for (const openid of [gone, sharing]) await follow(openid, false);
    await new Profiles(memory.table()).put(account.appId, {
      openid: sharing,
      nickname: 'Ann',
      consentedAt: 1,
    });
    await memory.table().update(countsKey(account.appId), { set: { withProfile: 1 } });
    await clock.advance(day);
    await listWhole(made);
    // So far the walk is through the first partition.
    expect(await counts()).toEqual({ subscribed: 2998, withProfile: 0 });
    const event = { openid: 'oNew', event: 'subscribe', createdAt: clock.now() + 30 } as const;
    await processOf().mirror.applyEvent(account.appId, event);
    expect(await finish()).toMatchObject({ state: 'done', run: { left: 2 } });
    expect(await counts()).toEqual({ subscribed: 2999, withProfile: 0 });
  });

  test('stands against events that come later and are older', async () => {
    const made = await start();
    const { syncAll, mirrored, listed, account, clock, processOf } = made;
    const createdAt = clock.now() - 600;
    await syncAll();
    const [follower = ''] = mirrored();
    const { mirror } = processOf();
    await mirror.applyEvent(account.appId, { openid: follower, event: 'unsubscribe', createdAt });
    await mirror.applyEvent(account.appId, { openid: 'oStranger', event: 'subscribe', createdAt });
    expect(mirrored()).toEqual(await listed());
  });

  test('passes over whom an event let leave since the list was begun, and says so', async () => {
    const made = await start();
    const { finish, mirrored, account, clock, processOf } = made;
    await made.syncAll();
    await clock.advance(day);
    await made.begin();
    const [gone = ''] = mirrored();
    const event = { openid: gone, event: 'unsubscribe', createdAt: clock.now() + 30 } as const;
    await processOf().mirror.applyEvent(account.appId, event);
    expect(await finish()).toMatchObject({ state: 'done', run: { passedOver: 1, joined: 0 } });
    expect(mirrored()).not.toContain(gone);
  });

  test('is done once: who looks again for missing details needs no list', async () => {
    const made = (rig = await startRig({ followers: 300 }));
    const { begin, processOf, status, messages, memory, clock, finish } = made;
    await begin();
    await processOf().sync.work(made.account, () => true);
    expect((await status()).run?.phase).toBe('details');
    messages.waiting.splice(0);
    for (const item of itemsIn(made, '#list')) await memory.table().delete(keyOf(item));
    await clock.advance(700);
    expect(await finish()).toMatchObject({ state: 'done', run: { errors: 0, details: { done: 300 } } });
  });
});

describe('a list that WeChat sends back to earlier places again and again', () => {
  test('ends, and the next one is not taken for one that has lost half', async () => {
    const { begin, finish, syncAll, control, clock } = (rig = await startRig({
      followers: 200,
      account: { sync: 'list' },
    }));
    const path = '/cgi-bin/user/get';
    await begin();
    for (let round = 0; round < 2; round += 1) {
      await control('faults', { path, kind: 'slow', ms: 1 });
      await control('faults', { path, kind: 'errcode', errcode: 40003, times: 4 });
    }
    expect((await finish()).state).toBe('done');
    await clock.advance(day);
    expect(await syncAll()).toMatchObject({ state: 'done', run: { listed: 200 } });
  });
});
