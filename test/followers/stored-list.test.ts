import { afterEach, describe, expect, test } from '@jest/globals';
import { accountItemKey, keyOf as keyOfPerson } from '../../shared/followers/mirror/follower-item.ts';
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

const oneLost = { state: 'done', run: { errors: 1, lastError: { code: 'list_lost' } } };

describe('a stored list', () => {
  test('of which a part is gone is read anew, and the mirror is compared with the new one', async () => {
    const made = await start();
    const { finish, memory, follow, listed, mirrored } = made;
    await listWhole(made);
    const [chunk = {}] = itemsIn(made, '#list-7');
    await memory.table().delete(keyOf(chunk));
    const [gone = ''] = await listed();
    await follow(gone, false);
    for (let count = 0; count < 20; count += 1) await follow(undefined, true);
    expect(await finish()).toMatchObject(oneLost);
    expect(mirrored()).toEqual(await listed());
  });

  test('that is read anew counts from then on: who left with the first one and is in the second follows', async () => {
    const made = await start();
    const { begin, work, finish, memory, follow, listed, mirrored, account, clock } = made;
    await made.syncAll();
    await clock.advance(day);
    const back = mirrored().find((openid) => keyOfPerson(account.appId, openid).shard.endsWith('#0')) ?? '';
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
