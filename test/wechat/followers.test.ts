import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { getFollower, getFollowers, listFollowers } from '../../shared/wechat/followers.ts';
import { parseGlobalAccessToken } from '../../shared/wechat/tokens.ts';
import { clientFor, failureOf, http, json, RawServer } from './raw-server.ts';

const token = parseGlobalAccessToken('84_A');

let server: RawServer;
beforeAll(async () => {
  server = await RawServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

describe('the list of followers', () => {
  async function list(answer: unknown, after?: string) {
    server.willReply(json(answer));
    return clientFor(server).send(listFollowers(token, after === undefined ? {} : { after }));
  }

  test('starts without next_openid', async () => {
    await list({ total: 0, count: 0, next_openid: '' });
    expect(server.request).toMatchObject({
      method: 'GET',
      path: '/cgi-bin/user/get',
      query: 'access_token=84_A',
    });
  });

  test('goes on after an openid', async () => {
    await list({ total: 0, count: 0, next_openid: '' }, 'o2');
    expect(server.request.query).toBe('access_token=84_A&next_openid=o2');
  });

  test('has a page in the middle', async () => {
    expect(await list({ total: 5, count: 2, data: { openid: ['o1', 'o2'] }, next_openid: 'o2' })).toEqual({
      total: 5,
      count: 2,
      openids: ['o1', 'o2'],
      nextOpenid: 'o2',
      end: false,
    });
  });

  test('ends with a page that has no data', async () => {
    expect(await list({ total: 770270, count: 0, next_openid: '' }, 'o2')).toEqual({
      total: 770270,
      count: 0,
      openids: [],
      end: true,
    });
  });

  test('ends with an empty list, too', async () => {
    const page = await list({ total: 2, count: 0, data: { openid: [] }, next_openid: 'o2' });
    expect(page.end).toBe(true);
  });

  test('has nothing after a page without next_openid', async () => {
    expect(await list({ total: 1, count: 1, data: { openid: ['o1'] }, next_openid: '' })).toEqual({
      total: 1,
      count: 1,
      openids: ['o1'],
      end: true,
    });
  });

  test('ends where a page points at itself', async () => {
    const page = await list({ total: 5, count: 1, data: { openid: ['o2'] }, next_openid: 'o2' }, 'o2');
    expect(page).toMatchObject({ openids: ['o2'], end: true });
  });

  test('passes over what is no openid', async () => {
    const openids = ['o1', 'a b', 'x'.repeat(65), 'o#2', null, 7, ['o2'], { openid: 'o2' }, 'o3'];
    const page = await list({ total: 5, count: 9, data: { openid: openids }, next_openid: 'o3' });
    expect(page).toMatchObject({ openids: ['o1', 'o3'], nextOpenid: 'o3' });
  });

  test('names nobody twice and no empty openid', async () => {
    const page = await list({
      total: 5,
      count: 4,
      data: { openid: ['', 'o1', 'o2', 'o1'] },
      next_openid: 'o1',
    });
    expect(page).toMatchObject({ count: 4, openids: ['o1', 'o2'] });
  });

  test('has nobody on a page whose openids are null', async () => {
    const page = await list({ total: 2, count: 0, data: { openid: null }, next_openid: '' });
    expect(page).toMatchObject({ openids: [], end: true });
  });

  test('names the place where no list of openids is', async () => {
    server.willReply(json({ total: 2, count: 2, data: { openid: 'o1,o2' }, next_openid: 'o2' }));
    expect(await failureOf(clientFor(server).send(listFollowers(token)))).toMatchObject({
      reason: 'unexpected_shape',
      path: 'data.openid',
    });
  });

  test.each(['o2 ', 'o2/../o3', '\u{1F600}', 'x'.repeat(65)])(
    'goes on after its last openid where next_openid is none: %j',
    async (next_openid) => {
      const page = await list({ total: 5, count: 2, data: { openid: ['o1', 'o2'] }, next_openid });
      expect(page).toMatchObject({ openids: ['o1', 'o2'], nextOpenid: 'o2', end: false });
    },
  );

  test('has no total below nothing, by which a list would be whole that is not', async () => {
    server.willReply(json({ total: -1, count: 1, data: { openid: ['o1'] }, next_openid: '' }));
    expect(await failureOf(clientFor(server).send(listFollowers(token)))).toMatchObject({ path: 'total' });
  });
});

describe('a follower', () => {
  async function get(answer: unknown) {
    server.willReply(json(answer));
    return clientFor(server).send(getFollower(token, { openid: 'o1' }));
  }

  test('is asked for by openid', async () => {
    await get({ subscribe: 0, openid: 'o1' });
    expect(server.request).toMatchObject({
      method: 'GET',
      path: '/cgi-bin/user/info',
      query: 'access_token=84_A&openid=o1',
    });
  });

  test('is asked for in a language', async () => {
    server.willReply(json({ subscribe: 0, openid: 'o1' }));
    await clientFor(server).send(getFollower(token, { openid: 'o1', lang: 'en' }));
    expect(server.request.query).toBe('access_token=84_A&openid=o1&lang=en');
  });

  test('of today has no name, picture or place', async () => {
    expect(
      await get({
        subscribe: 1,
        openid: 'o1',
        nickname: '',
        sex: 0,
        language: 'zh_CN',
        city: '',
        province: '',
        country: '',
        headimgurl: '',
        subscribe_time: 1641364601,
        unionid: 'u1',
        remark: '',
        groupid: 0,
        tagid_list: [],
        subscribe_scene: 'ADD_SCENE_SEARCH',
        qr_scene: 0,
        qr_scene_str: '',
      }),
    ).toEqual({
      openid: 'o1',
      subscribe: true,
      sex: 0,
      language: 'zh_CN',
      subscribeTime: 1641364601,
      unionid: 'u1',
      groupid: 0,
      tagidList: [],
      subscribeScene: 'ADD_SCENE_SEARCH',
      qrScene: 0,
    });
  });

  test('of old has everything', async () => {
    expect(
      await get({
        subscribe: 1,
        openid: 'o1',
        nickname: 'Band',
        sex: '1',
        headimgurl: 'http://thirdwx.qlogo.cn/mmopen/x/0',
        unionid: ' u1',
        remark: 'friend',
        tagid_list: [128, 2],
        qr_scene: 98765,
        qr_scene_str: 'shop',
      }),
    ).toEqual({
      openid: 'o1',
      subscribe: true,
      nickname: 'Band',
      sex: 1,
      headimgurl: 'https://thirdwx.qlogo.cn/mmopen/x/0',
      unionid: 'u1',
      remark: 'friend',
      tagidList: [128, 2],
      qrScene: 98765,
      qrSceneStr: 'shop',
    });
  });

  test.each([
    [
      { subscribe: 0, openid: 'o1', tagid_list: [] },
      { openid: 'o1', subscribe: false, tagidList: [] },
    ],
    [
      { subscribe: 0, openid: 'o1', unionid: 'u1' },
      { openid: 'o1', subscribe: false, unionid: 'u1' },
    ],
    [
      { subscribe: 0, openid: 'o1', nickname: null },
      { openid: 'o1', subscribe: false },
    ],
  ])('who left comes as %j', async (answer, follower) => {
    expect(await get(answer)).toEqual(follower);
  });

  test('keeps the control characters of a name', async () => {
    server.willReply(http('{"subscribe":1,"openid":"o1","nickname":"a\u0001b\nc"}'));
    expect(await clientFor(server).send(getFollower(token, { openid: 'o1' }))).toMatchObject({
      nickname: 'a\u0001b\nc',
    });
  });

  test.each([
    ['tags that are none', { tagid_list: [1, {}] }],
    ['tags that are no list', { tagid_list: {} }],
    ['a remark that is a number', { remark: 7 }],
    ['a remark of 1,025 characters', { remark: 'x'.repeat(1025) }],
    ['a time that is none', { subscribe_time: 'yesterday' }],
    ['a time before 1970', { subscribe_time: -1 }],
    ['a time of eleven digits', { subscribe_time: 10_000_000_000 }],
    ['a unionid that is an object', { unionid: {} }],
    ['a unionid of nothing but blanks', { unionid: ' \t' }],
    ['a picture that is only a size', { headimgurl: '/0' }],
    ['a script for a picture', { headimgurl: 'javascript:alert(1)' }],
    ['several of them', { qr_scene: [], qr_scene_str: 1, language: false }],
  ])('with %s has all that is right', async (_, odd) => {
    const right = { subscribe: 1, openid: 'o1', subscribe_scene: 'ADD_SCENE_SEARCH' };
    expect(await get({ ...right, ...odd })).toEqual({
      openid: 'o1',
      subscribe: true,
      subscribeScene: 'ADD_SCENE_SEARCH',
    });
  });

  test('is never another one than was asked for', async () => {
    server.willReply(json({ subscribe: 1, openid: 'o2', unionid: 'u2' }));
    expect(await failureOf(clientFor(server).send(getFollower(token, { openid: 'o1' })))).toMatchObject({
      reason: 'unexpected_shape',
      path: 'openid',
    });
  });

  test('has no half characters, which no store takes', async () => {
    server.willReply(http(String.raw`{"subscribe":1,"openid":"o1","remark":"a\ud83d"}`));
    expect(await clientFor(server).send(getFollower(token, { openid: 'o1' }))).toMatchObject({
      remark: 'a\uFFFD',
    });
  });

  test.each([
    [{ subscribe: 1 }, 'openid'],
    [{ openid: 'o1' }, 'subscribe'],
    [{ openid: 'o1', subscribe: {} }, 'subscribe'],
    [{ openid: 'o 1', subscribe: 1 }, 'openid'],
  ])('%j is none', async (answer, path) => {
    server.willReply(json(answer));
    expect(await failureOf(clientFor(server).send(getFollower(token, { openid: 'o1' })))).toMatchObject({
      reason: 'unexpected_shape',
      path,
    });
  });
});

describe('a batch of followers', () => {
  test('is asked for as documented', async () => {
    server.willReply(json({ user_info_list: [] }));
    await clientFor(server).send(getFollowers(token, { openids: ['o1', 'o2'], lang: 'zh_TW' }));
    expect(server.request).toMatchObject({
      method: 'POST',
      path: '/cgi-bin/user/info/batchget',
      query: 'access_token=84_A',
      body: '{"user_list":[{"openid":"o1","lang":"zh_TW"},{"openid":"o2","lang":"zh_TW"}]}',
    });
  });

  test('leaves the language out where none is asked for', async () => {
    server.willReply(json({ user_info_list: [] }));
    await clientFor(server).send(getFollowers(token, { openids: ['o1'] }));
    expect(server.request.body).toBe('{"user_list":[{"openid":"o1"}]}');
  });

  test('gives the followers it got', async () => {
    server.willReply(
      json({
        user_info_list: [
          { subscribe: 1, openid: 'o2', subscribe_time: 5 },
          { subscribe: 0, openid: 'o1' },
        ],
      }),
    );
    expect(await clientFor(server).send(getFollowers(token, { openids: ['o1', 'o2'] }))).toEqual([
      { openid: 'o2', subscribe: true, subscribeTime: 5 },
      { openid: 'o1', subscribe: false },
    ]);
  });

  test('names the follower that is wrong', async () => {
    server.willReply(json({ user_info_list: [{ subscribe: 1, openid: 'o1' }, { subscribe: 1 }] }));
    expect(
      await failureOf(clientFor(server).send(getFollowers(token, { openids: ['o1', 'o2'] }))),
    ).toMatchObject({ path: 'user_info_list[1].openid' });
  });

  test.each([[0], [101]])('is not made of %d openids', (count) => {
    const openids = Array.from({ length: count }, (_, i) => `o${i}`);
    expect(() => getFollowers(token, { openids })).toThrow(RangeError);
  });

  test('is made of up to 100 openids', () => {
    const openids = Array.from({ length: 100 }, (_, i) => `o${i}`);
    expect(getFollowers(token, { openids }).body).toMatchObject({
      user_list: openids.map((openid) => ({ openid })),
    });
  });
});
