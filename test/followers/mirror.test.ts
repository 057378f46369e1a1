import { beforeEach, describe, expect, test } from '@jest/globals';
import { tableSchemas } from '../../local/aws/dynamodb.ts';
import { countsKey, noteList } from '../../shared/followers/mirror/counts.ts';
import { followerItemSchema, keyOf, runIdOf } from '../../shared/followers/mirror/follower-item.ts';
import { chunksOf, cut } from '../../shared/followers/mirror/list-chunks.ts';
import { Mirror, type FollowEvent } from '../../shared/followers/mirror/mirror.ts';
import { Profiles } from '../../shared/followers/mirror/profiles.ts';
import { addPage, putChunk } from '../../shared/followers/mirror/stored-list.ts';
import type { Table } from '../../shared/platform/table.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { MemoryTable } from '../kit/memory-table.ts';
import { randomOf } from './rig.ts';

const account = parseAppId('wx0123456789abcdef');
const openid = 'oSomebody';
const now = 1_800_000_000;

let memory: MemoryTable;
let table: Table;
let mirror: Mirror;
let profiles: Profiles;
beforeEach(() => {
  memory = new MemoryTable(tableSchemas.followers);
  table = memory.table();
  mirror = new Mirror(table);
  profiles = new Profiles(table);
});

const stored = () => table.get(keyOf(account, openid));
const apply = (event: FollowEvent['event'], createdAt: number) =>
  mirror.applyEvent(account, { openid, event, createdAt });
/** A sync finds the person in a list that it began to read then. Whether they follow now. */
const list = async (listedAt: number) => {
  await storeList(listedAt, [openid]);
  return (await mirror.join(account, openid, { listedAt, isKnown: false })) !== undefined;
};
/** A sync misses the person in such a list. Whether they have left by that. */
const miss = async (listedAt: number) => {
  await storeList(listedAt, []);
  const left = await mirror.leave(keyOf(account, openid), { listedAt, at: listedAt + 300 });
  return left !== undefined;
};
/** What the listing phase leaves behind, at its end. */
async function storeList(listedAt: number, openids: readonly string[]): Promise<void> {
  const run = runIdOf(listedAt, 'run');
  const chunks = cut(openids, { isWhole: true }).segments.flatMap(chunksOf);
  for (const chunk of chunks) await putChunk(table, account, run, chunk);
  const storedList = await addPage(table, account, { run, before: undefined, chunks });
  await noteList(table, account, { listedAt, storedList });
}

describe('events', () => {
  const events: [FollowEvent['event'], number][] = [
    ['subscribe', now],
    ['unsubscribe', now + 10],
    ['subscribe', now + 20],
    ['unsubscribe', now + 30],
  ];

  test.each([events, events.slice(0, 3)])(
    'in any order and number leave the latest state',
    async (...given) => {
      const random = randomOf(given.length);
      const [, latest = 0] = given.at(-1) ?? [];
      for (let round = 0; round < 50; round += 1) {
        table = new MemoryTable(tableSchemas.followers).table();
        mirror = new Mirror(table);
        const shuffled = [...given, ...given].sort(() => random() - 0.5);
        for (const [event, createdAt] of shuffled) await apply(event, createdAt);
        expect(await stored()).toMatchObject({ subscribed: given.length === 3, changedAt: latest });
      }
    },
  );

  test('to unsubscribe are forgotten after a week, unless the person follows or logs in again', async () => {
    await apply('unsubscribe', now);
    expect(await stored()).toMatchObject({ removeAt: now + 7 * 86_400 });
    await apply('subscribe', now + 1);
    expect(await stored()).not.toHaveProperty('removeAt');
    await apply('unsubscribe', now + 2);
    await profiles.noteConsent(account, openid, now + 3);
    expect(await stored()).not.toHaveProperty('removeAt');
    await apply('unsubscribe', now + 4);
    await profiles.put(account, { openid, nickname: 'Lin', consentedAt: now + 5 });
    expect(await stored()).not.toHaveProperty('removeAt');
  });

  test('of one second count as an unsubscribe, in both orders', async () => {
    for (const order of [
      ['subscribe', 'unsubscribe'],
      ['unsubscribe', 'subscribe'],
    ] as const) {
      table = new MemoryTable(tableSchemas.followers).table();
      mirror = new Mirror(table);
      for (const event of order) await apply(event, now);
      expect(await stored()).toMatchObject({ subscribed: false });
    }
  });

  test('to subscribe put somebody into the index by time, and to unsubscribe leave nothing but the time', async () => {
    await apply('subscribe', now);
    expect(await stored()).toMatchObject({
      subscribedAt: now,
      followedShard: keyOf(account, openid).shard,
      followedAt: `${now}#${openid}`,
    });
    await profiles.put(account, { openid, nickname: 'Ann', unionid: 'oUnion', consentedAt: now });
    await apply('unsubscribe', now + 5);
    expect(await stored()).toEqual({
      ...keyOf(account, openid),
      subscribed: false,
      changedAt: now + 5,
      removeAt: expect.any(Number),
    });
  });

  test('that are late do not undo what came after, but take what was shared before', async () => {
    await apply('subscribe', now + 20);
    await profiles.put(account, { openid, nickname: 'Ann', consentedAt: now });
    expect(await apply('unsubscribe', now + 10)).toBe(false);
    expect(await stored()).toMatchObject({ subscribed: true });
    expect(await profiles.get(account, openid)).toBeUndefined();
  });

  test('to unsubscribe leave what was shared since', async () => {
    await apply('subscribe', now);
    await profiles.put(account, { openid, nickname: 'Ann', unionid: 'oUnion', consentedAt: now + 11 });
    expect(await apply('unsubscribe', now + 10)).toBe(true);
    expect(await stored()).toMatchObject({ subscribed: false, changedAt: now + 10, unionid: 'oUnion' });
    expect(await stored()).not.toHaveProperty('removeAt');
    expect(await profiles.get(account, openid)).toMatchObject({ nickname: 'Ann' });
  });

  test.each(['subscribe', 'unsubscribe'] as const)(
    'to %s count when they come again, and not after a later one',
    async (event) => {
      expect(await apply(event, now)).toBe(true);
      expect(await apply(event, now)).toBe(true);
      await apply(event, now + 1);
      expect(await apply(event, now)).toBe(false);
    },
  );

  test('move the counts, once each', async () => {
    await table.put({ ...countsKey(account), run: 'r', subscribed: 7, withProfile: 3 });
    await apply('subscribe', now);
    await apply('subscribe', now);
    await apply('subscribe', now + 1);
    expect(await table.get(countsKey(account))).toMatchObject({ subscribed: 8, withProfile: 3 });
    await profiles.put(account, { openid, nickname: 'Ann', consentedAt: now });
    await apply('unsubscribe', now + 9);
    await apply('unsubscribe', now + 9);
    expect(await table.get(countsKey(account))).toMatchObject({ subscribed: 7, withProfile: 2 });
  });
});

describe('an event and a sync', () => {
  test('an unsubscribe after the page was asked for wins over the page', async () => {
    await apply('subscribe', now - 900);
    await apply('unsubscribe', now + 1);
    expect(await list(now)).toBe(false);
    expect(await stored()).toMatchObject({ subscribed: false });
  });

  test('an unsubscribe long before the page does not: the person has come back', async () => {
    await apply('unsubscribe', now - 600);
    expect(await list(now)).toBe(true);
    expect(await stored()).toMatchObject({ subscribed: true });
  });

  test('an unsubscribe that comes after a later run saw the person changes nothing', async () => {
    await list(now);
    expect(await apply('unsubscribe', now - 600)).toBe(false);
    expect(await stored()).toMatchObject({ subscribed: true });
    expect(await apply('unsubscribe', now + 5)).toBe(true);
  });

  test('an unsubscribe older than a list that lacks the person is left to the sync, which lets them leave', async () => {
    await apply('subscribe', now - 900);
    await storeList(now, []);
    expect(await apply('unsubscribe', now - 600)).toBe(false);
    expect(await miss(now)).toBe(true);
    expect(await stored()).toMatchObject({ subscribed: false });
  });

  test('a subscribe older than a list that lacks the person, whom the mirror never met, makes no follower', async () => {
    expect(await miss(now)).toBe(false);
    expect(await apply('subscribe', now - 600)).toBe(false);
    expect(await apply('unsubscribe', now - 500)).toBe(true);
    expect(await stored()).toMatchObject({ subscribed: false });
  });

  test('a subscribe older than a list that has the person tells when they followed', async () => {
    await list(now);
    expect(await apply('subscribe', now - 600)).toBe(true);
    expect(await stored()).toMatchObject({ subscribed: true, subscribedAt: now - 600 });
  });

  test('an unsubscribe that the list undoes is not undone where a newer one comes meanwhile', async () => {
    await apply('subscribe', now - 900);
    let operations = 0;
    const slow = new Mirror(
      memory.table(async (operate) => {
        operations += 1;
        if (operations === 2) await list(now);
        // Found in the list, and read once more.
        if (operations === 8) await apply('unsubscribe', now + 1);
        return operate();
      }),
    );
    await slow.applyEvent(account, { openid, event: 'unsubscribe', createdAt: now - 600 });
    expect(operations).toBeGreaterThanOrEqual(8);
    expect(await stored()).toMatchObject({ subscribed: false, changedAt: now + 1 });
  });

  test('a subscribe of a follower, older than the newest list, looks nobody up in it', async () => {
    await list(now);
    await noteList(table, account, { listedAt: now, storedList: 'one that is not there' });
    expect(await apply('subscribe', now - 600)).toBe(true);
  });

  test('an unsubscribe of somebody whom the sync took for gone looks nobody up in the newest list', async () => {
    await list(now - 86_400);
    await miss(now);
    await noteList(table, account, { listedAt: now, storedList: 'one that is not there' });
    expect(await apply('unsubscribe', now - 600)).toBe(true);
  });

  test('an unsubscribe that comes again after a newer list counts still, where the list lacks the person', async () => {
    await apply('subscribe', now - 900);
    await apply('unsubscribe', now - 600);
    await miss(now);
    expect(await apply('unsubscribe', now - 600)).toBe(true);
    expect(await stored()).toMatchObject({ subscribed: false });
  });

  describe.each([
    ['has the person', true],
    ['lacks the person', false],
  ])('while a newer list becomes whole that %s', (_, isListed) => {
    /**
     * Applies an event, before whose operation of that number the sync does all that it does. Then its function may die;
     * the event comes again. Or the answer of that operation is lost, so that it is done twice.
     */
    async function race(
      event: FollowEvent['event'],
      { at, then }: { at: number; then: 'lives' | 'dies' | 'repeats' },
    ): Promise<void> {
      let operations = 0;
      const slow = new Mirror(
        memory.table(async (operate) => {
          operations += 1;
          if (operations === at) {
            await (isListed ? list(now) : miss(now));
            if (then === 'repeats') operate();
          }
          if (operations > at && then === 'dies') throw new Error('The function has died.');
          return operate();
        }),
      );
      const late = { openid, event, createdAt: now - 600 } as const;
      await slow.applyEvent(account, late).catch(() => undefined);
      if (then === 'dies') await mirror.applyEvent(account, late);
    }

    test.each(['lives', 'dies', 'repeats'] as const)(
      'an unsubscribe that is being applied leaves them as the list says (the function %s)',
      async (then) => {
        await apply('subscribe', now - 900);
        await race('unsubscribe', { at: 2, then });
        expect(await stored()).toMatchObject({ subscribed: isListed });
      },
    );

    describe.each([2, 3])('before operation %i of a subscribe', (at) => {
      test.each(['lives', 'dies', 'repeats'] as const)(
        'of a stranger, it leaves them as the list says (the function %s)',
        async (then) => {
          await race('subscribe', { at, then });
          expect((await stored())?.['subscribed'] === true).toBe(isListed);
        },
      );

      test.each(['lives', 'dies', 'repeats'] as const)(
        'of a follower, it leaves them as the list says (the function %s)',
        async (then) => {
          await apply('subscribe', now - 900);
          await race('subscribe', { at, then });
          expect(await stored()).toMatchObject({ subscribed: isListed });
        },
      );

      test('of a follower, it leaves the counts to the sync', async () => {
        await apply('subscribe', now - 900);
        await table.put({ ...countsKey(account), run: 'r', subscribed: 7, withProfile: 3 });
        await race('subscribe', { at, then: 'lives' });
        expect(await table.get(countsKey(account))).toMatchObject({ subscribed: 7, withProfile: 3 });
      });
    });
  });

  test('a subscribe that is older than the newest list does not bring back whom the sync lets leave meanwhile', async () => {
    await apply('subscribe', now - 900);
    await storeList(now, []);
    let operations = 0;
    const slow = new Mirror(
      memory.table(async (operate) => {
        operations += 1;
        if (operations === 3) await mirror.leave(keyOf(account, openid), { listedAt: now, at: now });
        return operate();
      }),
    );
    expect(await slow.applyEvent(account, { openid, event: 'subscribe', createdAt: now - 600 })).toBe(false);
    expect(await stored()).toMatchObject({ subscribed: false });
  });

  test('a subscribe after the run began keeps the run from taking the person for gone', async () => {
    await apply('subscribe', now + 30);
    expect(await miss(now)).toBe(false);
    expect(await stored()).toMatchObject({ subscribed: true });
  });

  test('a subscribe before the run began does not', async () => {
    await apply('subscribe', now - 600);
    expect(await miss(now)).toBe(true);
    // Not even if it comes again then.
    expect(await apply('subscribe', now - 600)).toBe(false);
    expect(await stored()).toMatchObject({ subscribed: false });
  });

  test.each([
    ['since', 30],
    ['less than a minute before', -59],
  ])(
    'a subscribe that comes after the run took the person for gone, but was made %s, counts',
    async (_, later) => {
      await list(now - 86_400);
      expect(await miss(now)).toBe(true);
      expect(await apply('subscribe', now + later)).toBe(true);
      expect(await stored()).toMatchObject({ subscribed: true, subscribedAt: now + later });
    },
  );

  test.each([
    ['nothing had been told', undefined],
    ['an older event had come', now - 900],
  ])('an unsubscribe while a sync joins somebody of whom %s wins', async (_, earlier) => {
    await profiles.noteConsent(account, openid, 1);
    if (earlier !== undefined) await apply('unsubscribe', earlier);
    let operations = 0;
    const slow = new Mirror(
      memory.table(async (operate) => {
        operations += 1;
        if (operations === 3) await apply('unsubscribe', now + 1);
        return operate();
      }),
    );
    expect(await slow.join(account, openid, { listedAt: now, isKnown: false })).toBeUndefined();
    expect(await stored()).toMatchObject({ subscribed: false });
  });

  test('who left by what details told since the list was begun does not join', async () => {
    await list(now - 86_400);
    await mirror.putDetails(account, { openid, subscribe: false }, now + 30);
    expect(await list(now)).toBe(false);
  });

  test('an unsubscribe of somebody whom a sync took for gone leaves nothing but its time', async () => {
    await list(now - 86_400);
    await miss(now);
    await apply('unsubscribe', now + 5);
    expect(await stored()).toEqual({
      ...keyOf(account, openid),
      subscribed: false,
      changedAt: now + 5,
      removeAt: expect.any(Number),
    });
  });

  test('details that were asked for earlier do not replace later ones', async () => {
    await list(now);
    await mirror.putDetails(account, { openid, subscribe: true, remark: 'new' }, now + 10);
    expect(await mirror.putDetails(account, { openid, subscribe: true, remark: 'old' }, now + 5)).toBe(false);
    expect(await stored()).toMatchObject({ remark: 'new', detailAt: now + 10 });
  });

  test('a refusal of details is noted of followers only', async () => {
    await mirror.refuse(account, openid, now);
    expect(await stored()).toBeUndefined();
    await apply('unsubscribe', now);
    await mirror.refuse(account, openid, now);
    expect(await stored()).not.toHaveProperty('refusedAt');
  });

  test('details do not move the time of a follow that an event told of later', async () => {
    await apply('subscribe', now);
    await mirror.putDetails(
      account,
      { openid, subscribe: true, subscribeTime: now - 500, remark: 'x' },
      now + 1,
    );
    expect(await stored()).toMatchObject({ subscribedAt: now, followedAt: `${now}#${openid}`, remark: 'x' });
    await mirror.putDetails(account, { openid, subscribe: true, subscribeTime: now }, now + 2);
    expect(await stored()).not.toHaveProperty('remark');
  });
});

describe('somebody who left more than a week ago', () => {
  const before = now - 7 * 86_400;
  const leaver = async () => {
    await list(now - 9 * 86_400);
    await miss(now - 8 * 86_400);
    return followerItemSchema.parse(await stored());
  };

  test('is forgotten', async () => {
    await mirror.forgetLeaver(await leaver(), before);
    expect(await stored()).toBeUndefined();
  });

  test.each([
    ['follows again', () => apply('subscribe', now)],
    ['shares a profile', () => profiles.put(account, { openid, nickname: 'Ann', consentedAt: now })],
    ['has left again', () => list(now - 86_400).then(() => miss(now))],
    ['has left again by an event', () => apply('unsubscribe', now)],
  ])('is not, who %s since they were read', async (_, change) => {
    const read = await leaver();
    await change();
    await mirror.forgetLeaver(read, before);
    expect(await stored()).toBeDefined();
  });
});

describe('consent', () => {
  test('stays with somebody who follows no more where it was given just now', async () => {
    await list(now - 86_400);
    await profiles.put(account, { openid, nickname: 'Ann', consentedAt: now });
    await miss(now);
    expect(await profiles.get(account, openid)).toMatchObject({ nickname: 'Ann' });
  });

  test('forgotten leaves a follower, and nobody else', async () => {
    await list(now);
    await profiles.put(account, { openid, nickname: 'Ann', consentedAt: now });
    await profiles.forget(account, openid, now);
    expect(await profiles.get(account, openid)).toBeUndefined();
    expect(await stored()).toMatchObject({ subscribed: true });
    await profiles.put(account, { openid: 'oVisitor', nickname: 'Ben', consentedAt: now });
    await profiles.forget(account, 'oVisitor', now);
    expect(await table.get(keyOf(account, 'oVisitor'))).toBeUndefined();
  });
});

describe('consent that was given anew', () => {
  test.each(['a follower', 'somebody else'])('is not forgotten with an older one, of %s', async (who) => {
    if (who === 'a follower') await list(now);
    await profiles.put(account, { openid, nickname: 'Ann', consentedAt: now + 1 });
    expect(await profiles.forget(account, openid, now)).toBe(false);
    expect(await profiles.get(account, openid)).toMatchObject({ nickname: 'Ann' });
    expect(await profiles.forget(account, openid, now + 1)).toBe(true);
    expect(await profiles.get(account, openid)).toBeUndefined();
  });
});
