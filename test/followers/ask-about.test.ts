import { describe, expect, test } from '@jest/globals';
import { askAbout, type Told } from '../../shared/followers/sync/ask-about.ts';
import { WeChatApiError, WeChatUnreachableError } from '../../shared/wechat/errors.ts';
import type { Follower } from '../../shared/wechat/followers.ts';

const api = '/cgi-bin/user/info/batchget';
const broken = () => new WeChatUnreachableError({ api, reason: 'not_json', status: 200 });
const refusal = (errcode: number) => new WeChatApiError({ api, errcode, errmsg: '', secrets: [] });
const people = (count: number) => Array.from({ length: count }, (_, index) => `o${index}`);

function tell(openids: readonly string[]): Follower[] {
  return openids.map((openid) => ({ openid, subscribe: true }));
}

/** Asks, and says what came of it and how many calls it took. */
async function ask(
  openids: readonly string[],
  answer: (openids: readonly string[]) => readonly Follower[] | Error,
) {
  let calls = 0;
  const all: Told[] = [];
  const asking = askAbout(openids, (some) => {
    calls += 1;
    const answered = answer(some);
    return answered instanceof Error ? Promise.reject(answered) : Promise.resolve(answered);
  });
  for await (const told of asking) all.push(told);
  return {
    calls,
    followers: all.flatMap(({ followers }) => followers.map(({ openid }) => openid)),
    unknown: all.flatMap(({ unknown }) => unknown),
    unreadable: all.flatMap(({ unreadable }) => unreadable),
  };
}

describe('asking about people', () => {
  test('takes one call where all is right', async () => {
    expect(await ask(people(100), tell)).toEqual({
      calls: 1,
      followers: people(100),
      unknown: [],
      unreadable: [],
    });
  });

  test.each([0, 1, 49, 50, 98, 99])(
    'finds the one of 100 who spoils an answer, at place %d',
    async (place) => {
      const odd = `o${place}`;
      const told = await ask(people(100), (some) => (some.includes(odd) ? broken() : tell(some)));
      expect(told).toMatchObject({ unknown: [], unreadable: [odd] });
      expect(told.followers).toEqual(people(100).filter((openid) => openid !== odd));
      expect(told.calls).toBeLessThanOrEqual(15);
    },
  );

  test.each([
    ['beside each other', ['o0', 'o1', 'o2']],
    ['far from each other', ['o3', 'o50', 'o99']],
    ['at the end', ['o97', 'o98', 'o99']],
  ])('finds three of them, %s', async (_, odd) => {
    const told = await ask(people(100), (some) =>
      some.some((openid) => odd.includes(openid)) ? broken() : tell(some),
    );
    expect(told.unreadable).toEqual(odd);
    expect(told.followers).toHaveLength(97);
  });

  test('finds who is unknown, and who is odd beside them', async () => {
    const told = await ask(people(10), (some) => {
      if (some.includes('o3')) return refusal(40003);
      return some.includes('o4') ? broken() : tell(some);
    });
    expect(told).toMatchObject({ unknown: ['o3'], unreadable: ['o4'] });
    expect(told.followers).toHaveLength(8);
  });

  test('asks again about whom an answer leaves out', async () => {
    const told = await ask(people(10), (some) => tell(some.length > 1 ? some.slice(0, 1) : some));
    expect(told).toMatchObject({ followers: people(10), unreadable: [] });
  });

  test('takes for unreadable whom no answer tells of', async () => {
    const told = await ask(people(10), (some) => tell(some.filter((openid) => openid !== 'o7')));
    expect(told).toMatchObject({ unknown: [], unreadable: ['o7'] });
  });

  describe('of whom not everybody follows, any of whom may be unknown,', () => {
    const answer = (odd: readonly string[]) => (some: readonly string[]) =>
      some.map((openid) => ({ openid, subscribe: !odd.includes(openid), unionid: `u ${some.join()}` }));
    const told = async (odd: readonly string[], count = 4) => {
      const asked: string[] = [];
      const all: Follower[] = [];
      const asking = askAbout(people(count), (some) => {
        asked.push(some.join());
        return Promise.resolve(answer(odd)(some));
      });
      for await (const { followers } of asking) all.push(...followers);
      return { asked, unionids: Object.fromEntries(all.map(({ openid, unionid }) => [openid, unionid])) };
    };

    test('takes the unionids of followers from an answer without the others, and of the others none', async () => {
      expect(await told(['o1'])).toEqual({
        asked: ['o0,o1,o2,o3', 'o0,o2,o3'],
        unionids: { o0: 'u o0,o2,o3', o1: undefined, o2: 'u o0,o2,o3', o3: 'u o0,o2,o3' },
      });
    });

    test('asks once where nobody follows', async () => {
      expect(await told(people(4))).toEqual({
        asked: ['o0,o1,o2,o3'],
        unionids: { o0: undefined, o1: undefined, o2: undefined, o3: undefined },
      });
    });

    test('believes the unionid of one who was asked about alone', async () => {
      expect(await told(['o0'], 1)).toEqual({ asked: ['o0'], unionids: { o0: 'u o0' } });
    });
  });

  test('passes over people whom nobody asked about', async () => {
    expect(await ask(people(2), (some) => [...tell(some), ...tell(['oOther'])])).toMatchObject({
      followers: ['o0', 'o1'],
    });
  });

  test.each([1, 2, 12, 100])(
    'of %d, of none of whom an answer can be read, says so and names nobody',
    async (count) => {
      const seen: Told[] = [];
      const asking = askAbout(people(count), () => Promise.reject(broken()));
      const all = async () => {
        for await (const told of asking) seen.push(told);
      };
      await expect(all()).rejects.toMatchObject({ reason: 'not_json' });
      expect(seen.flatMap(({ unreadable }) => unreadable)).toEqual([]);
    },
  );

  test('ends soon where WeChat has ceased to say anything that can be read', async () => {
    let calls = 0;
    const asking = ask(people(100), (some) => {
      calls += 1;
      return calls === 1 ? refusal(40003) : calls === 2 ? tell(some) : broken();
    });
    await expect(asking).rejects.toMatchObject({ reason: 'not_json' });
    expect(calls).toBeLessThan(20);
  });

  test.each([
    ['the quota is used up', () => refusal(45009)],
    ['WeChat cannot be reached', () => new WeChatUnreachableError({ api, reason: 'timeout' })],
  ])('ends at once where %s', async (_, fault) => {
    let calls = 0;
    const asking = ask(people(100), () => {
      calls += 1;
      return fault();
    });
    await expect(asking).rejects.toThrow();
    expect(calls).toBe(1);
  });
});
