import { afterEach, expect, test } from '@jest/globals';
import type { Account } from '../../shared/accounts/accounts.ts';
import { accountItemKey, type FollowerItem } from '../../shared/followers/mirror/follower-item.ts';
import { Profiles } from '../../shared/followers/mirror/profiles.ts';
import { deleteFollowers, Removals } from '../../shared/followers/mirror/removal.ts';
import type { Log } from '../../shared/platform/log.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import type { Gate } from '../kit/memory-table.ts';
import { mortal, randomOf, startRig, type Rig } from './rig.ts';
import { keep, openidOf } from './rows.ts';

let rig: Rig | undefined;
afterEach(() => rig?.close());

const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
/** When nothing can still be written that began before the removal. */
const settled = 1200;
const nobody = () => Promise.resolve(undefined);

/** A mirror as a sync leaves it. */
async function mirrored(followers: number): Promise<Rig> {
  rig = await startRig({ followers, account: { sync: 'list' } });
  await rig.syncAll();
  return rig;
}

/** What `account remove` does to the table. */
async function remove({ account, clock, memory }: Rig): Promise<void> {
  const table = memory.table();
  await new Removals(table).note(account.appId, clock.now());
  for (const name of ['counts', 'checkpoint']) await table.delete(accountItemKey(account.appId, name));
}

/** One call of the function. */
async function deletes(
  { account, clock, memory }: Rig,
  {
    gate,
    get = nobody,
    shouldContinue = () => true,
    log = quiet,
  }: {
    gate?: Gate;
    get?: () => Promise<Account | undefined>;
    shouldContinue?: () => boolean;
    log?: Log;
  } = {},
): Promise<void> {
  const parts = { followers: memory.table(gate), accounts: { get }, clock, log };
  await deleteFollowers(parts, account.appId, shouldContinue);
}

/** The last call. */
async function settle(made: Rig): Promise<void> {
  await made.clock.advance(settled);
  await deletes(made);
}

test('deletes everyone and all that is kept about the account, and nothing of another', async () => {
  const made = await mirrored(3000);
  const other = parseAppId('wxeeeeeeeeeeeeeeee');
  const people = [1, 2, 3].map((number) => ({ openid: openidOf(number), nickname: '小明' }));
  await keep(made.memory.table(), other, people);
  const others = made.memory.items().filter(({ shard }) => String(shard).startsWith(other));
  expect(made.people()).toHaveLength(3003);
  await remove(made);
  await deletes(made);
  expect(made.people().filter(({ shard }) => !shard.startsWith('removals'))).toHaveLength(3);
  await settle(made);
  expect(made.memory.items()).toEqual(others);
});

test('says how many items it has deleted, once it is over', async () => {
  const made = await mirrored(40);
  const said: unknown[] = [];
  const log: Log = { ...quiet, info: (message, fields) => said.push([message, fields]) };
  await remove(made);
  await deletes(made, { log });
  expect(said).toEqual([]);
  await made.clock.advance(settled);
  await deletes(made, { log });
  // Beside 40 people and WeChat's list of them, in 8 chunks and 2 pages, what was spent of the quota, how far the
  // details were, and a day's figures.
  const about = { account: made.account.appId, removed: { items: 53 } };
  expect(said).toEqual([['The followers of a removed account are deleted.', about]]);
});

test.each([1, 2])('goes on after each of 20 kills, wherever they strike (seed %i)', async (seed) => {
  const random = randomOf(seed);
  const made = await mirrored(5000);
  await remove(made);
  let kills = 0;
  for (let call = 0; call < 60 && made.memory.items().length > 0; call += 1) {
    const { gate, isDead } = mortal(kills < 20 ? 1 + Math.floor(random() * 300) : 1e9, random);
    await deletes(made, { gate });
    if (isDead()) kills += 1;
    await made.clock.advance(300);
  }
  expect(kills).toBe(20);
  expect(made.memory.items()).toEqual([]);
});

test('goes on where the time of a function was over', async () => {
  const made = await mirrored(3000);
  await remove(made);
  let pages = 0;
  await deletes(made, { shouldContinue: () => (pages += 1) <= 1 });
  const left = made.people().length;
  expect(left).toBeGreaterThan(1000);
  expect(left).toBeLessThan(3000);
  await deletes(made);
  await settle(made);
  expect(made.memory.items()).toEqual([]);
});

test('lets only one process work at a time', async () => {
  const made = await mirrored(10);
  await remove(made);
  const before = made.people().length;
  let meanwhile = 0;
  await deletes(made, {
    get: async () => {
      await deletes(made);
      meanwhile ||= made.people().length;
      return undefined;
    },
  });
  expect(meanwhile).toBe(before);
});

test('leaves nothing of a sync that was under way, nor of an event that was', async () => {
  const made = (rig = await startRig({ followers: 300, account: { sync: 'list' } }));
  await made.begin();
  let operations = 0;
  let removed: Promise<void> | undefined;
  const { sync, mirror } = made.processOf(async (operate) => {
    operations += 1;
    if (operations === 100) {
      removed = remove(made).then(() => deletes(made));
    }
    await removed;
    return operate();
  });
  await sync.work(made.account, () => true);
  await mirror.applyEvent(made.account.appId, {
    openid: openidOf(1),
    event: 'unsubscribe',
    createdAt: made.clock.now(),
  });
  expect(made.people().length).toBeGreaterThan(10);
  await settle(made);
  expect(made.memory.items()).toEqual([]);
});

test('takes nothing from an account that is registered again meanwhile of what it has written', async () => {
  const made = await mirrored(6);
  const { account, clock, memory } = made;
  const appid = account.appId;
  const [joined = '', followed = '', shared = '', ...others] = made.mirrored();
  await made.processOf().mirror.applyEvent(appid, {
    openid: joined,
    event: 'unsubscribe',
    createdAt: clock.now(),
  });
  await clock.advance(3600);
  await remove(made);
  await clock.advance(10);
  const removedAt = clock.now();
  let asked = 0;
  const get = async () => {
    asked += 1;
    if (asked > 1) return { ...account, createdAt: removedAt };
    // Registered a moment after this, when the page was read.
    const { mirror } = made.processOf();
    const now = clock.now();
    await mirror.join(appid, joined, { listedAt: now, isKnown: true });
    await mirror.applyEvent(appid, { openid: followed, event: 'subscribe', createdAt: now });
    await new Profiles(memory.table()).put(appid, { openid: shared, nickname: '小明', consentedAt: now });
    return undefined;
  };
  await deletes(made, { get });
  const left = made.people().map(({ openid }: FollowerItem) => openid);
  expect(left.sort()).toEqual([joined, followed, shared].sort());
  expect(others).toHaveLength(3);
});

test('is over for an account that is registered again, which keeps the rest', async () => {
  const made = await mirrored(50);
  await remove(made);
  await made.clock.advance(10);
  const get = () => Promise.resolve({ ...made.account, createdAt: made.clock.now() });
  await deletes(made, { get });
  expect(made.memory.items().filter(({ shard }) => shard === 'removals')).toEqual([]);
  await settle(made);
  expect(made.mirrored()).toEqual(await made.listed());
});

test('waits for an account that is just being removed to be gone', async () => {
  const made = await mirrored(50);
  await remove(made);
  await deletes(made, { get: () => Promise.resolve(made.account) });
  expect(made.mirrored()).toHaveLength(50);
  await settle(made);
  expect(made.mirrored()).toEqual([]);
});

test.each([
  ['an account whose removal failed', -1],
  ['an account that was registered again in the same second', 0],
])('is over after some minutes for %s', async (_, createdAfter) => {
  const made = await mirrored(50);
  await remove(made);
  const createdAt = made.clock.now() + createdAfter;
  const get = () => Promise.resolve({ ...made.account, createdAt });
  const noted = () => made.memory.items().filter(({ shard }) => shard === 'removals');
  await deletes(made, { get });
  expect(noted()).toHaveLength(1);
  await made.clock.advance(300);
  await deletes(made, { get });
  expect(noted()).toEqual([]);
  expect(made.mirrored()).toHaveLength(50);
});

test('begins anew for an account that is removed once more', async () => {
  const made = await mirrored(10);
  await remove(made);
  await deletes(made, {
    get: async () => {
      // Somebody else has registered and removed it while this process stood still.
      await remove(made);
      return { ...made.account, createdAt: made.clock.now() + 1 };
    },
  });
  expect(made.mirrored()).toHaveLength(10);
  await deletes(made);
  await settle(made);
  expect(made.memory.items()).toEqual([]);
});
