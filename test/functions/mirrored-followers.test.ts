import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { tablesOf } from '../../functions/parts.ts';
import { Accounts } from '../../shared/accounts/accounts.ts';
import { Checkpoints } from '../../shared/followers/sync/checkpoint.ts';
import { beginRun } from '../../shared/followers/sync/schedule.ts';
import { keyOf } from '../../shared/followers/mirror/follower-item.ts';
import { Profiles } from '../../shared/followers/mirror/profiles.ts';
import { keep, keepCounts, openidOf, type Person } from '../followers/rows.ts';
import { startKit, type Kit, type Response } from '../kit/kit.ts';

/** Nobody here is known to the simulator, so whatever an answer tells of them comes from the mirror. */
const firstFollow = 1_700_000_000;
const people: Person[] = Array.from({ length: 30 }, (_, number) => ({
  openid: openidOf(number),
  subscribedAt: firstFollow + number,
  detailAt: firstFollow + 100,
  tagIds: number % 10 === 0 ? [2] : [],
  subscribeScene: number < 5 ? 'ADD_SCENE_QR_CODE' : 'ADD_SCENE_SEARCH',
  ...(number % 15 === 7 && { nickname: `Ann ${number}`, avatar: `https://example.com/${number}/132` }),
}));
const newestFirst = people.map(({ openid }) => openid).reverse();

let kit: Kit;
let known: string[];
beforeAll(async () => {
  kit = await startKit({ tables: 'memory' });
  known = (await list()).openids;
  await keep(tablesOf(kit.runtime).followers, kit.account, people);
});
afterAll(() => kit.close());
beforeEach(async () => {
  await keepCounts(kit, { subscribed: 30, withProfile: 2, tags: { 2: 3 } });
  await kit.control('calls', undefined, 'DELETE');
});

interface ListPage {
  total: number;
  openids: string[];
  followers?: unknown[];
  next?: string;
}

function call(query: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
  return kit.call('listFollowers', { key: kit.apiKey, query, headers });
}

async function list(query: Record<string, string> = {}): Promise<ListPage> {
  const { status, body } = await call(query);
  expect(status).toBe(200);
  return body as ListPage;
}

async function listAll(query: Record<string, string>): Promise<string[]> {
  const all: string[] = [];
  let next: string | undefined;
  do {
    const page = await list({ ...query, ...(next !== undefined && { cursor: next }) });
    all.push(...page.openids);
    ({ next } = page);
  } while (next !== undefined);
  return all;
}

async function callsToWeChat(): Promise<number> {
  const calls = (await kit.control('calls')) as Record<string, number>;
  return Object.values(calls).reduce((sum, count) => sum + count, 0);
}

describe('a list from the mirror', () => {
  test('has everyone once and the total, without a call to WeChat', async () => {
    const all = await listAll({ limit: '7' });
    expect(all.sort()).toEqual(people.map(({ openid }) => openid));
    expect(await list({ limit: '7' })).toHaveProperty('total', 30);
    expect(await callsToWeChat()).toBe(0);
  });

  test.each([
    ['order=newest', newestFirst],
    ['order=oldest', [...newestFirst].reverse()],
    ['tag=2', [openidOf(20), openidOf(10), openidOf(0)]],
    ['scene=ADD_SCENE_QR_CODE&order=oldest', [0, 1, 2, 3, 4].map(openidOf)],
    ['has_profile=true', [openidOf(22), openidOf(7)]],
    ['has_profile=true&tag=2', []],
  ])('?%s', async (query, openids) => {
    expect(await listAll({ limit: '4', ...Object.fromEntries(new URLSearchParams(query)) })).toEqual(openids);
  });

  test('has the followers themselves where they are asked for', async () => {
    const { openids, followers } = await list({ include: 'profile', has_profile: 'true', limit: '1' });
    expect(openids).toEqual([openidOf(22)]);
    expect(followers).toEqual([
      {
        openid: openidOf(22),
        subscribed: true,
        subscribedAt: firstFollow + 22,
        nickname: 'Ann 22',
        avatar: 'https://example.com/22/132',
        profileFrom: 'consent',
        tagIds: [],
        subscribeScene: 'ADD_SCENE_SEARCH',
      },
    ]);
  });

  test('goes on where a page from WeChat ended, at WeChat', async () => {
    const { openids } = await list({ cursor: known[9] ?? '' });
    expect(openids).toEqual(known.slice(10));
  });

  test('goes on in the mirror when that has become too old for a new list', async () => {
    const { next = '' } = await list({ order: 'newest', limit: '10' });
    await keepCounts(kit, { syncedAt: 1 });
    expect(await list({ order: 'newest', limit: '10', cursor: next })).toMatchObject({
      openids: newestFirst.slice(10, 20),
    });
  });

  test.each([
    ['of another order', { order: 'oldest' }],
    ['that somebody made up', { order: 'newest', cursor: 'm1.b0Fubg.AAAAAAAAAAAAAAAAAAAAAA' }],
  ])('is refused for a cursor %s', async (_, query) => {
    const { next = '' } = await list({ order: 'newest', limit: '10' });
    const answer = await call({ cursor: next, ...query });
    expect(answer).toMatchObject({ status: 400, body: { code: 'cursor_unknown', parameter: 'cursor' } });
  });

  test.each([
    ['order=random', 'order'],
    ['tag=two', 'tag'],
    ['scene=%2F', 'scene'],
    ['has_profile=1', 'has_profile'],
    ['include=secrets', 'include'],
    ['include=profile&limit=1001', 'limit'],
  ])('refuses ?%s', async (query, parameter) => {
    const answer = await kit.call('listFollowers', { key: kit.apiKey, query });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_parameter', parameter } });
  });

  test('filters by tag only when details are known', async () => {
    await keepCounts(kit, { detailsAt: undefined });
    expect(await call({ tag: '2' })).toMatchObject({ status: 409, body: { code: 'mirror_not_ready' } });
    expect(await call({ has_profile: 'true' })).toMatchObject({ status: 200 });
  });
});

describe('a mirror whose last sync is more than three days ago', () => {
  beforeEach(() => keepCounts(kit, { syncedAt: kit.clock.now() - 3 * 86_400 }));

  test('gives way to WeChat in a plain list', async () => {
    expect(await list()).toMatchObject({ total: known.length, openids: known });
  });

  test('is not used for an order', async () => {
    expect(await call({ order: 'newest' })).toMatchObject({
      status: 409,
      body: { code: 'mirror_not_ready' },
    });
  });

  test('says so with its counts', async () => {
    const { body } = await kit.call('countFollowers', { key: kit.apiKey });
    expect(body).toMatchObject({ current: false });
  });
});

describe('a mirror of an account of which no event ever came', () => {
  beforeEach(() => keepCounts(kit, { eventAt: undefined }));

  test('gives way to WeChat in a plain list, which has whoever came a moment ago', async () => {
    expect(await list()).toMatchObject({ total: known.length, openids: known });
  });

  test('is used for an order', async () => {
    expect(await list({ order: 'newest' })).toMatchObject({ openids: newestFirst });
  });
});

describe('a mirror whose next sync takes days', () => {
  const checkpoint = () => ({ shard: `${kit.account}#sync`, openid: 'checkpoint' });
  afterEach(() => tablesOf(kit.runtime).followers.delete(checkpoint()));
  const current = async () => {
    const { body } = await kit.call('countFollowers', { key: kit.apiKey });
    return (body as { current: boolean }).current;
  };
  const begin = async (days: number) => {
    const { credentials, followers } = tablesOf(kit.runtime);
    const account = await new Accounts(credentials).get(kit.account);
    if (!account) throw new Error('The account is not registered.');
    await keepCounts(kit, { syncedAt: kit.clock.now() - days * 86_400 });
    await beginRun(new Checkpoints(followers), account, { now: kit.clock.now() });
    return new Checkpoints(followers);
  };

  test('stands for WeChat meanwhile', async () => {
    await begin(5);
    expect(await current()).toBe(true);
  });

  test('does so for 30 days at the most', async () => {
    await begin(30);
    expect(await current()).toBe(false);
  });

  test('does not while the operator has the sync paused', async () => {
    const checkpoints = await begin(5);
    await checkpoints.pause(kit.account, kit.clock.now());
    expect(await current()).toBe(false);
  });
});

describe('the counts', () => {
  test('are gone with the account, and not back with it', async () => {
    const removed = await startKit({ tables: 'memory' });
    await keepCounts(removed);
    const { account, secret } = removed;
    await removed.admin({ command: 'account.remove', account });
    const about = { name: 'Back', mode: 'stable' } as const;
    await removed.admin({
      command: 'account.add',
      account,
      secret,
      ...about,
      allowedOrigins: [],
      domainFiles: [],
    });
    await removed.clock.advance(60);
    const answer = await removed.call('countFollowers', { key: removed.apiKey });
    await removed.close();
    expect(answer).toMatchObject({ status: 409, body: { code: 'mirror_not_ready' } });
  });

  test('are those of the sync, read without a scan', async () => {
    const { body } = await kit.call('countFollowers', { key: kit.apiKey });
    const { syncedAt, detailsAt, ...counted } = body as { syncedAt: number; detailsAt: number };
    expect(counted).toEqual({ total: 30, withProfile: 2, tags: { 2: 3 }, scenes: {}, current: true });
    // The clock goes on.
    const ages = [syncedAt, detailsAt].map((at) => kit.clock.now() - at);
    expect(ages.every((seconds) => seconds >= 0 && seconds < 60)).toBe(true);
  });
});

describe('one follower', () => {
  const get = (openid: string, query: Record<string, string> = {}) =>
    kit.call('getFollower', { key: kit.apiKey, path: { openid }, query });

  test('comes from the mirror', async () => {
    expect(await get(openidOf(7))).toMatchObject({
      status: 200,
      body: { nickname: 'Ann 7', subscribed: true },
    });
    expect(await callsToWeChat()).toBe(0);
  });

  test.each([
    ['whom the mirror does not know', undefined, {}],
    ['for whom refresh=true is asked', {}, { refresh: 'true' }],
    ['in another language', {}, { lang: 'en' }],
    ['whose details are still to come', { detailAt: undefined }, {}],
    ['whose openid WeChat refused once', { refusedAt: 1 }, {}],
    ['who has left', { subscribed: false }, {}],
  ])('%s comes from WeChat', async (_, row, query) => {
    const openid = known[0] ?? '';
    const { followers } = tablesOf(kit.runtime);
    if (row) await keep(followers, kit.account, [{ openid, detailAt: 1, remark: 'mirrored', ...row }]);
    const { status, body } = await get(openid, query);
    await followers.delete(keyOf(kit.account, openid));
    expect(status).toBe(200);
    expect(body).not.toHaveProperty('remark');
    expect(await kit.callsTo('/cgi-bin/user/info')).toBe(1);
  });
});

describe('a lookup', () => {
  const lookup = (openids: string[], extra = {}) =>
    kit.call('lookupFollowers', { key: kit.apiKey, body: { openids, ...extra } });

  test('asks WeChat only for those whom the mirror does not know, and keeps the order', async () => {
    const wanted = [openidOf(3), known[0] ?? '', openidOf(1), 'oNobodyHasThisOpenid'];
    const { body } = await lookup(wanted);
    const { followers, unknown } = body as { followers: { openid: string }[]; unknown: string[] };
    expect(followers.map(({ openid }) => openid)).toEqual(wanted.slice(0, 3));
    expect(unknown).toEqual(wanted.slice(3));
  });

  test('asks about those apart whom the mirror has not met', async () => {
    const met = known.slice(0, 10).map((openid) => ({ openid }));
    const { followers } = tablesOf(kit.runtime);
    await keep(followers, kit.account, met);
    const { body } = await lookup([...known.slice(0, 12), 'oNobodyElse']);
    for (const { openid } of met) await followers.delete(keyOf(kit.account, openid));
    expect((body as { followers: unknown[] }).followers).toHaveLength(12);
    expect(await kit.callsTo('/cgi-bin/user/info/batchget')).toBe(4);
  });

  test('of mirrored followers takes no call to WeChat', async () => {
    await lookup(newestFirst);
    expect(await callsToWeChat()).toBe(0);
  });

  test('asks WeChat for everyone with refresh', async () => {
    const { body } = await lookup([known[0] ?? '', openidOf(1)], { refresh: true });
    expect(body).toMatchObject({ unknown: [openidOf(1)] });
  });

  test('whose answer would not fit is 413 answer_too_large, and says what to do', async () => {
    const wordy = Array.from({ length: 400 }, (_, number) => ({
      openid: openidOf(1000 + number),
      detailAt: 1,
      remark: '"'.repeat(6000),
    }));
    await keep(tablesOf(kit.runtime).followers, kit.account, wordy);
    const answer = await lookup(wordy.map(({ openid }) => openid));
    expect(answer).toMatchObject({ status: 413, body: { code: 'answer_too_large' } });
    expect((await lookup(wordy.slice(0, 200).map(({ openid }) => openid))).status).toBe(200);
  });
});

describe('the wall', () => {
  const wall = async (limit: string) => {
    const { body } = await kit.call('listAvatars', { key: kit.apiKey, query: { limit, size: '46' } });
    return body as string[];
  };

  test('shows those who share first and then the newest, without a call to WeChat', async () => {
    const urls = await wall('6');
    expect(urls.slice(0, 2).sort()).toEqual(['https://example.com/22/46', 'https://example.com/7/46']);
    expect(urls.slice(2).every((url) => url.includes('/v1/placeholders/'))).toBe(true);
    expect(new Set(urls).size).toBe(6);
    expect(await callsToWeChat()).toBe(0);
  });

  test.each([['/0'], ['javascript:alert(1)//132'], ['data:text/html,x/132']])(
    'shows a generated picture in the place of %s, which was stored once',
    async (avatar) => {
      const { followers } = tablesOf(kit.runtime);
      const key = keyOf(kit.account, openidOf(22));
      const before = await followers.get(key);
      await followers.update(key, { set: { avatar } });
      const urls = await wall('6');
      await followers.update(key, { set: { avatar: before?.['avatar'] } });
      expect(urls.filter((url) => !url.startsWith('https://'))).toEqual([]);
      expect(urls.filter((url) => url.includes('example.com/22'))).toEqual([]);
    },
  );

  test('asks WeChat about somebody who shares and whom the mirror has not met', async () => {
    const { followers } = tablesOf(kit.runtime);
    const shared = { nickname: 'New', avatar: 'https://example.com/new/132', consentedAt: kit.clock.now() };
    const openid = known[3] ?? '';
    const { shard } = keyOf(kit.account, openid);
    await followers.put({ shard, openid, profiledShard: shard, ...shared });
    const found = await wall('3');
    const calls = await kit.callsTo('/cgi-bin/user/info/batchget');
    await followers.delete({ shard, openid });
    const urls = ['new', '22', '7'].map((name) => `https://example.com/${name}/46`);
    expect([found[0], ...found.slice(1).sort()]).toEqual(urls);
    expect(calls).toBe(1);
  });

  describe('after more logins of people who do not follow than it shows', () => {
    const visitors = [0, 1, 2].map((number) => `oVisitorWhoDoesNotFollow000${number}`);
    beforeAll(async () => {
      const { followers } = tablesOf(kit.runtime);
      for (const openid of visitors) {
        const about = { nickname: 'Visitor', avatar: 'https://example.com/visitor/132' };
        await kit.control('users', { appid: kit.account, openid, subscribe: false });
        const consentedAt = kit.clock.now();
        await new Profiles(followers).put(kit.account, { openid, ...about, consentedAt });
      }
    });
    afterAll(async () => {
      const { followers } = tablesOf(kit.runtime);
      for (const openid of visitors) await followers.delete(keyOf(kit.account, openid));
    });

    test('still shows all followers who share before those who do not', async () => {
      const urls = await wall('3');
      const shared = ['https://example.com/22/46', 'https://example.com/7/46'];
      expect([urls.length, urls.slice(0, 2).sort()]).toEqual([3, shared]);
    });

    test('asks WeChat about them once in 10 minutes', async () => {
      await wall('2');
      await kit.clock.advance(600);
      await kit.control('calls', undefined, 'DELETE');
      await wall('2');
      await wall('3');
      await wall('2');
      // Once about two of them, and then about the third.
      expect(await kit.callsTo('/cgi-bin/user/info/batchget')).toBe(2);
    });

    test('without a mirror has as many followers as it should', async () => {
      await keepCounts(kit, { syncedAt: 1 });
      const urls = await wall('3');
      expect(urls.filter((url) => url.includes('/v1/placeholders/'))).toHaveLength(3);
      // Those who share, and as many as there is room for after that.
      expect(await kit.callsTo('/cgi-bin/user/info/batchget')).toBe(2);
    });
  });

  test('needs nobody else when enough share', async () => {
    expect(await wall('1')).toEqual([expect.stringMatching(/^https:..example.com.(22|7).46$/)]);
  });
});

describe('an answer that the caller has already', () => {
  const routes = [
    ['listFollowers', { query: { order: 'newest' } }],
    ['countFollowers', {}],
    ['getFollower', { path: { openid: openidOf(1) } }],
    ['listAvatars', {}],
  ] as const;

  test.each(routes)('of %s is 304 without a body, for whoever may see it only', async (name, request) => {
    const first = await kit.call(name, { key: kit.apiKey, ...request });
    const etag = String(first.headers['etag']);
    expect(first.headers).toMatchObject({ 'cache-control': 'private, no-cache' });
    for (const tag of [etag, `"other", W/${etag}`, '*']) {
      const second = await kit.call(name, { key: kit.apiKey, ...request, headers: { 'if-none-match': tag } });
      expect(second).toMatchObject({
        status: 304,
        body: '',
        headers: { etag, 'cache-control': 'private, no-cache' },
      });
    }
    const without = await kit.call(name, { ...request, headers: { 'if-none-match': etag } });
    expect(without.status).toBe(401);
  });

  test('has another tag when it is another', async () => {
    const before = await call({ order: 'newest' });
    await keepCounts(kit, { subscribed: 31 });
    const after = await call({ order: 'newest' }, { 'if-none-match': String(before.headers['etag']) });
    expect(after.status).toBe(200);
    expect(after.headers['etag']).not.toBe(before.headers['etag']);
  });

  test('is never a problem', async () => {
    const { headers, status } = await call({ order: 'never' }, { 'if-none-match': '*' });
    expect(status).toBe(400);
    expect(headers).toMatchObject({ 'cache-control': 'no-store' });
    expect(headers).not.toHaveProperty('etag');
  });
});
