import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startKit, type Kit } from '../kit/kit.ts';

let kit: Kit;
let openids: string[];
beforeAll(async () => {
  kit = await startKit({ tables: 'memory', followers: 25_000, pace: 20 });
  openids = await listAll();
});
afterAll(() => kit.close());
beforeEach(() => kit.control('calls', undefined, 'DELETE'));

async function listAll(limit?: string): Promise<string[]> {
  const all: string[] = [];
  let cursor: string | undefined;
  do {
    const { body } = await kit.call('listFollowers', {
      key: kit.apiKey,
      query: { ...(cursor && { cursor }), ...(limit && { limit }) },
    });
    const page = body as { openids: string[]; next?: string };
    all.push(...page.openids);
    cursor = page.next;
  } while (cursor);
  return all;
}

describe('followers', () => {
  test('lists an account of 25,000 through all pages, each openid once', () => {
    expect(openids).toHaveLength(25_000);
    expect(new Set(openids).size).toBe(25_000);
  });

  test('gives pages of the size asked for', async () => {
    const { body } = await kit.call('listFollowers', { key: kit.apiKey, query: { limit: '7' } });
    expect(body).toEqual({ total: 25_000, openids: openids.slice(0, 7), next: openids[6] });
  });

  test.each([
    ['limit=0', 'invalid_parameter', 'limit'],
    ['limit=10001', 'invalid_parameter', 'limit'],
    ['limit=1.5', 'invalid_parameter', 'limit'],
    ['limit=', 'invalid_parameter', 'limit'],
    ['limit=ten', 'invalid_parameter', 'limit'],
    ['limit=1&limit=2', 'repeated_parameter', 'limit'],
    ['offset=3', 'unknown_parameter', 'offset'],
    ['cursor=%2e%2e%2f', 'invalid_parameter', 'cursor'],
    ['cursor=oNobodyHasThisOpenid', 'cursor_unknown', 'cursor'],
  ])('refuses ?%s with %s', async (query, code, parameter) => {
    const answer = await kit.call('listFollowers', { key: kit.apiKey, query });
    expect(answer).toMatchObject({ status: 400, body: { code, parameter } });
  });
});

describe('without a sync that has ended', () => {
  test.each(['order=newest', 'tag=2', 'scene=ADD_SCENE_SEARCH', 'has_profile=true', 'include=profile'])(
    '?%s is 409 mirror_not_ready, which says what to do',
    async (query) => {
      const answer = await kit.call('listFollowers', { key: kit.apiKey, query });
      expect(answer).toMatchObject({ status: 409, body: { code: 'mirror_not_ready' } });
      expect(answer.body).toHaveProperty('detail', expect.stringContaining('followers sync'));
    },
  );

  test('there are no counts', async () => {
    const answer = await kit.call('countFollowers', { key: kit.apiKey });
    expect(answer).toMatchObject({ status: 409, body: { code: 'mirror_not_ready' } });
  });

  test('a cursor from WeChat does not go on in an order', async () => {
    const query = { cursor: openids[6] ?? '', order: 'newest' };
    const answer = await kit.call('listFollowers', { key: kit.apiKey, query });
    expect(answer).toMatchObject({ status: 400, body: { code: 'cursor_unknown', parameter: 'cursor' } });
  });

  test('somebody who follows is listed at once, and is not at once after leaving', async () => {
    const list = async () => {
      const { body } = await kit.call('listFollowers', {
        key: kit.apiKey,
        query: { cursor: openids.at(-1) ?? '' },
      });
      return (body as { openids: string[] }).openids;
    };
    const change = (subscribe: boolean) =>
      kit.control('users', { appid: kit.account, openid: 'oJustNow', subscribe });
    await change(true);
    expect(await list()).toEqual(['oJustNow']);
    await change(false);
    expect(await list()).toEqual([]);
  });
});

describe('one follower', () => {
  test('has what WeChat tells, without the fields it leaves empty', async () => {
    const openid = openids[0] ?? '';
    const { status, body } = await kit.call('getFollower', { key: kit.apiKey, path: { openid } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ openid, subscribed: true });
    expect(body).not.toHaveProperty('nickname');
    expect(body).not.toHaveProperty('avatar');
  });

  test('is 404 openid_unknown with WeChat’s errcode and rid for an openid of no account', async () => {
    const answer = await kit.call('getFollower', {
      key: kit.apiKey,
      path: { openid: 'oNobodyHasThisOpenid' },
    });
    expect(answer).toMatchObject({ status: 404, body: { code: 'openid_unknown', errcode: 40003 } });
    expect(answer.body).toHaveProperty('rid', expect.stringMatching(/^[0-9a-f]+-[0-9a-f]+-[0-9a-f]+$/));
  });

  test('is 400 invalid_parameter for an openid of a wrong shape, without a call to WeChat', async () => {
    const answer = await kit.call('getFollower', { key: kit.apiKey, path: { openid: 'a b' } });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_parameter', parameter: 'openid' } });
    expect(await kit.callsTo('/cgi-bin/user/info')).toBe(0);
  });
});

describe('a lookup', () => {
  const lookup = (body: unknown, headers = {}) =>
    kit.call('lookupFollowers', { key: kit.apiKey, body, headers });

  test('of 250 openids costs 3 calls to WeChat and keeps the order asked for', async () => {
    const wanted = openids.slice(1000, 1250).reverse();
    const { body } = await lookup({ openids: wanted });
    const { followers, unknown } = body as { followers: { openid: string }[]; unknown: string[] };
    expect(followers.map(({ openid }) => openid)).toEqual(wanted);
    expect(unknown).toEqual([]);
    expect(await kit.callsTo('/cgi-bin/user/info/batchget')).toBe(3);
  });

  test('takes 10,000 openids, as many as the caller of the longest page has', async () => {
    const wanted = openids.slice(0, 10_000);
    const { body } = await lookup({ openids: wanted });
    const { followers } = body as { followers: { openid: string }[] };
    expect(followers.map(({ openid }) => openid)).toEqual(wanted);
    expect(await kit.callsTo('/cgi-bin/user/info/batchget')).toBe(100);
  });

  test('finds the others when WeChat refuses a call for one openid that it does not know', async () => {
    const wanted = [...openids.slice(0, 30), 'oNobodyHasThisOpenid', ...openids.slice(30, 60)];
    const { body } = await lookup({ openids: wanted });
    const { followers, unknown } = body as { followers: unknown[]; unknown: string[] };
    expect(followers).toHaveLength(60);
    expect(unknown).toEqual(['oNobodyHasThisOpenid']);
  });

  test('of too many strangers is 429, with what was found and who is left', async () => {
    const strangers = Array.from({ length: 400 }, (_, number) => `oStranger${number}`);
    const wanted = [...openids.slice(0, 20), ...strangers];
    const answer = await lookup({ openids: wanted });
    expect(answer).toMatchObject({
      status: 429,
      headers: { 'retry-after': '1', 'content-type': 'application/problem+json' },
      body: { code: 'strangers_too_many', partial: { unreadable: [] } },
    });
    const { partial } = answer.body as {
      partial: { followers: { openid: string }[]; unknown: string[]; rest: string[] };
    };
    const { followers, unknown, rest } = partial;
    expect([...followers.map(({ openid }) => openid), ...unknown, ...rest].sort()).toEqual(wanted.toSorted());
    expect(await kit.callsTo('/cgi-bin/user/info/batchget')).toBeLessThanOrEqual(110);
  });

  test('gives nobody the unionid of another where WeChat shifts them behind an unknown openid', async () => {
    const wanted = openids.slice(2300, 2330);
    const [, second = ''] = wanted;
    const right = (await lookup({ openids: wanted })).body as { followers: unknown[] };
    await kit.control('accounts', { appid: kit.account, options: { batchget_unknown: 'shift' } }, 'PATCH');
    const { body } = await lookup({ openids: [second, 'oNobodyElse', ...wanted] });
    await kit.control('accounts', { appid: kit.account, options: { batchget_unknown: 'refuse' } }, 'PATCH');
    const { followers } = body as { followers: { openid: string; unionid?: string }[] };
    expect(followers.find(({ openid }) => openid === 'oNobodyElse')).not.toHaveProperty('unionid');
    const others = followers.filter(({ openid }) => openid !== 'oNobodyElse');
    expect(others).toHaveLength(30);
    expect(right.followers).toEqual(expect.arrayContaining(others));
  });

  test.each([
    ['no JSON', { broken_json: true }],
    ['no follower', { odd_fields: { subscribe: {} } }],
  ])('finds the others where what WeChat says of one is %s', async (_, odd) => {
    const wanted = openids.slice(2000, 2100);
    const [, someone = ''] = wanted;
    await kit.control('users', { appid: kit.account, openid: someone, ...odd });
    const { status, body } = await lookup({ openids: wanted });
    expect(status).toBe(200);
    const { followers, unknown, unreadable } = body as Record<
      'followers' | 'unknown' | 'unreadable',
      unknown[]
    >;
    expect([followers.length, unknown, unreadable]).toEqual([99, [], [someone]]);
    await kit.control('users', { appid: kit.account, openid: someone, broken_json: false, odd_fields: {} });
  });

  test('shows what is right of somebody of whom WeChat says something odd', async () => {
    const wanted = openids.slice(2100, 2200);
    const [, someone = ''] = wanted;
    await kit.control('users', { appid: kit.account, openid: someone, odd_fields: { tagid_list: {} } });
    const { body } = await lookup({ openids: wanted });
    const { followers } = body as { followers: { openid: string; tagIds?: number[] }[] };
    expect(followers).toHaveLength(100);
    expect(followers.find(({ openid }) => openid === someone)).not.toHaveProperty('tagIds');
    expect(await kit.callsTo('/cgi-bin/user/info/batchget')).toBe(1);
  });

  test.each([
    ['text that is not JSON', '{"openids":', 'body_not_json', 400],
    ['an empty body', '', 'body_not_json', 400],
    ['no openids', { openids: [] }, 'invalid_body', 400],
    ['an openid of a wrong shape', { openids: ['a b'] }, 'invalid_body', 400],
    ['something other than an object', '[]', 'invalid_body', 400],
    ['too many openids', { openids: Array.from({ length: 10_001 }, (_, n) => `o${n}`) }, 'invalid_body', 400],
    ['more than 1 MiB', `"${'x'.repeat(1_100_000)}"`, 'body_too_large', 413],
  ])('of %s is refused', async (_, body, code, status) => {
    const answer = await lookup(body, { 'content-type': 'application/json' });
    expect(answer).toMatchObject({ status, body: { code } });
  });

  test('of another media type is refused', async () => {
    const answer = await lookup('openids=o1', { 'content-type': 'application/x-www-form-urlencoded' });
    expect(answer).toMatchObject({ status: 415, body: { code: 'media_type_unsupported' } });
  });
});

describe('when WeChat is in trouble', () => {
  test('an answer that is not WeChat’s is 502 wechat_unreachable', async () => {
    await kit.control('faults', { path: '/cgi-bin/user/info', kind: 'garbage', body: '<html>', times: 3 });
    const answer = await kit.call('getFollower', { key: kit.apiKey, path: { openid: openids[0] ?? '' } });
    expect(answer).toMatchObject({ status: 502, body: { code: 'wechat_unreachable' } });
  });

  test('a token that WeChat rejects early is replaced and the call repeated, once', async () => {
    await kit.control('revoke', { appid: kit.account, what: 'access_token' });
    const answer = await kit.call('getFollower', { key: kit.apiKey, path: { openid: openids[0] ?? '' } });
    expect(answer.status).toBe(200);
    expect(await kit.callsTo('/cgi-bin/user/info')).toBe(2);
  });
});
