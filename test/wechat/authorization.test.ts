import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  authorizeUrl,
  checkUserToken,
  exchangeCode,
  getUserProfile,
  refreshGrant,
} from '../../shared/wechat/authorization.ts';
import { parseAppId, parseUserAccessToken } from '../../shared/wechat/tokens.ts';
import { clientFor, failureOf, http, json, RawServer } from './raw-server.ts';

const appId = parseAppId('wxba5fad812f8e6fb9');
const userToken = parseUserAccessToken('84_U');

let server: RawServer;
beforeAll(async () => {
  server = await RawServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

describe('the authorization URL', () => {
  const request = {
    openUrl: 'https://open.weixin.qq.com',
    appId,
    redirectUri: 'https://keyring.example/v1/oauth/callback?a=1&b=你',
    scope: 'snsapi_userinfo',
    state: 'Abc123',
  } as const;

  test('has the parameters in the documented order, the redirect encoded once, and the fragment', () => {
    expect(authorizeUrl(request)).toBe(
      'https://open.weixin.qq.com/connect/oauth2/authorize?appid=wxba5fad812f8e6fb9' +
        '&redirect_uri=https%3A%2F%2Fkeyring.example%2Fv1%2Foauth%2Fcallback%3Fa%3D1%26b%3D%E4%BD%A0' +
        '&response_type=code&scope=snsapi_userinfo&state=Abc123&connect_redirect=1#wechat_redirect',
    );
  });

  test('can force the consent dialog and the snapshot decision', () => {
    expect(authorizeUrl({ ...request, forcePopup: true, forceSnapShot: false })).toContain(
      '&state=Abc123&forcePopup=true&forceSnapShot=false&connect_redirect=1#wechat_redirect',
    );
  });

  test('can be that of a simulator', () => {
    expect(authorizeUrl({ ...request, openUrl: 'http://localhost:8788/' })).toMatch(
      /^http:\/\/localhost:8788\/connect\/oauth2\/authorize\?appid=/u,
    );
  });

  test('has no state of 129 characters', () => {
    expect(authorizeUrl({ ...request, state: 'a'.repeat(128) })).toContain('a'.repeat(128));
    expect(() => authorizeUrl({ ...request, state: 'a'.repeat(129) })).toThrow(RangeError);
  });

  test.each([[''], ['a-b'], ['a b'], ['a&b=c'], ['ä']])('has no state %j', (state) => {
    expect(() => authorizeUrl({ ...request, state })).toThrow(RangeError);
  });
});

describe('a code', () => {
  const exchange = exchangeCode({ appId, secret: 'SECRET', code: 'CODE' });
  const granted = { access_token: '84_U', expires_in: 7200, refresh_token: '84_R', openid: 'o1' };

  test('is exchanged as documented', async () => {
    server.willReply(json({ ...granted, scope: 'snsapi_base' }));
    await clientFor(server).send(exchange);
    expect(server.request).toMatchObject({
      method: 'GET',
      path: '/sns/oauth2/access_token',
      query: `appid=${appId}&secret=SECRET&code=CODE&grant_type=authorization_code`,
    });
  });

  test('gives a grant, although the answer says it is text/plain', async () => {
    const body = JSON.stringify({ ...granted, scope: 'snsapi_userinfo', unionid: 'u1' });
    server.willReply(http(body, { headers: { 'content-type': 'text/plain' } }));
    expect(await clientFor(server).send(exchange)).toEqual({
      accessToken: '84_U',
      expiresIn: 7200,
      refreshToken: '84_R',
      openid: 'o1',
      scopes: ['snsapi_userinfo'],
      unionid: 'u1',
      isSnapshotUser: false,
    });
  });

  test('gives no grant to what is no openid', async () => {
    server.willReply(json({ ...granted, scope: 'snsapi_base', openid: 'o 1' }));
    expect(await failureOf(clientFor(server).send(exchange))).toMatchObject({ path: 'openid' });
  });

  test('gives a grant of two hours at the most, whatever WeChat says', async () => {
    server.willReply(json({ ...granted, scope: 'snsapi_base', expires_in: 9_007_199_254_740_991 }));
    expect(await clientFor(server).send(exchange)).toMatchObject({ expiresIn: 7200 });
  });

  test.each([1, '1', 2])('of a snapshot page says so: %j', async (mark) => {
    server.willReply(json({ ...granted, scope: 'snsapi_userinfo', is_snapshotuser: mark }));
    expect(await clientFor(server).send(exchange)).toMatchObject({ isSnapshotUser: true });
  });

  test.each([{}, 7, '', ' \n'])('gives a grant even if the unionid is none: %j', async (unionid) => {
    server.willReply(json({ ...granted, scope: 'snsapi_base', unionid }));
    const grant = await clientFor(server).send(exchange);
    expect(grant).toMatchObject({ openid: 'o1' });
    expect(grant).not.toHaveProperty('unionid');
  });

  test('gives no grant if it is not clear whether the user is a virtual one', async () => {
    server.willReply(json({ ...granted, scope: 'snsapi_userinfo', is_snapshotuser: 'maybe' }));
    expect(await failureOf(clientFor(server).send(exchange))).toMatchObject({ path: 'is_snapshotuser' });
  });

  test.each([
    ['snsapi_base,snsapi_userinfo,', ['snsapi_base', 'snsapi_userinfo']],
    ['snsapi_base, ', ['snsapi_base']],
    ['', []],
    [undefined, []],
  ])('grants the scopes of %j', async (scope, scopes) => {
    server.willReply(json({ ...granted, scope }));
    expect(await clientFor(server).send(exchange)).toMatchObject({ scopes });
  });

  test.each([['access_token'], ['expires_in'], ['refresh_token'], ['openid']])(
    'gives no grant without %s',
    async (field) => {
      server.willReply(json({ ...granted, [field]: undefined }));
      expect(await failureOf(clientFor(server).send(exchange))).toMatchObject({
        reason: 'unexpected_shape',
        path: field,
      });
    },
  );
});

describe('a grant', () => {
  test('is renewed without the AppSecret', async () => {
    server.willReply(
      json({
        access_token: '84_V',
        expires_in: 7200,
        refresh_token: '84_R',
        openid: 'o1',
        scope: 'snsapi_base',
      }),
    );
    expect(await clientFor(server).send(refreshGrant({ appId, refreshToken: '84_R' }))).toEqual({
      accessToken: '84_V',
      expiresIn: 7200,
      refreshToken: '84_R',
      openid: 'o1',
      scopes: ['snsapi_base'],
    });
    expect(server.request).toMatchObject({
      method: 'GET',
      path: '/sns/oauth2/refresh_token',
      query: `appid=${appId}&grant_type=refresh_token&refresh_token=84_R`,
    });
  });
});

describe('a user profile', () => {
  test('is asked for as documented', async () => {
    server.willReply(json({ openid: 'o1' }));
    await clientFor(server).send(getUserProfile(userToken, { openid: 'o1', lang: 'zh_CN' }));
    expect(server.request).toMatchObject({
      method: 'GET',
      path: '/sns/userinfo',
      query: 'access_token=84_U&openid=o1&lang=zh_CN',
    });
  });

  test('has what the user shows, and nothing for what is emptied', async () => {
    server.willReply(
      json({
        openid: 'o1',
        nickname: '乐队',
        sex: 0,
        province: '',
        city: '',
        country: '',
        headimgurl: 'https://thirdwx.qlogo.cn/mmopen/x/132',
        privilege: ['chinaunicom'],
        unionid: 'u1',
      }),
    );
    expect(await clientFor(server).send(getUserProfile(userToken, { openid: 'o1' }))).toEqual({
      openid: 'o1',
      nickname: '乐队',
      sex: 0,
      headimgurl: 'https://thirdwx.qlogo.cn/mmopen/x/132',
      privilege: ['chinaunicom'],
      unionid: 'u1',
    });
  });

  test.each([
    ['privileges that are no list', { privilege: {} }, { nickname: '乐队' }],
    ['a nickname that is a number', { nickname: 7 }, {}],
    ['a picture that is an object', { headimgurl: {} }, { nickname: '乐队' }],
    ['a picture that is only a size', { headimgurl: '/0' }, { nickname: '乐队' }],
    ['a unionid that is a number', { unionid: 7 }, { nickname: '乐队' }],
    ['a unionid of nothing but blanks', { unionid: '  ' }, { nickname: '乐队' }],
  ])('with %s has all that is right', async (_, odd, right) => {
    server.willReply(json({ openid: 'o1', nickname: '乐队', ...odd }));
    expect(await clientFor(server).send(getUserProfile(userToken, { openid: 'o1' }))).toEqual({
      openid: 'o1',
      ...right,
      privilege: [],
    });
  });

  test("is never another user's", async () => {
    server.willReply(json({ openid: 'o2', nickname: '乐队' }));
    expect(
      await failureOf(clientFor(server).send(getUserProfile(userToken, { openid: 'o1' }))),
    ).toMatchObject({ reason: 'unexpected_shape', path: 'openid' });
  });

  test('has no privileges where none are named', async () => {
    server.willReply(json({ openid: 'o1', nickname: '', headimgurl: '', sex: '2' }));
    expect(await clientFor(server).send(getUserProfile(userToken, { openid: 'o1' }))).toEqual({
      openid: 'o1',
      sex: 2,
      privilege: [],
    });
  });
});

describe("a user's token", () => {
  test('is good where WeChat answers errcode 0', async () => {
    server.willReply(json({ errcode: 0, errmsg: 'ok' }));
    expect(await clientFor(server).send(checkUserToken(userToken, { openid: 'o1' }))).toBe(true);
    expect(server.request).toMatchObject({ path: '/sns/auth', query: 'access_token=84_U&openid=o1' });
  });

  test('is not good where WeChat answers another', async () => {
    server.willReply(json({ errcode: 40003, errmsg: 'invalid openid, rid: 654e20fe-255cb46d-7fc880f7' }));
    expect(
      await failureOf(clientFor(server).send(checkUserToken(userToken, { openid: 'o1' }))),
    ).toMatchObject({
      name: 'WeChatApiError',
      errcode: 40003,
      rid: '654e20fe-255cb46d-7fc880f7',
    });
  });
});
