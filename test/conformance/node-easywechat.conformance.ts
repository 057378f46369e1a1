import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { OfficialAccount, type OfficialAccountConfig } from 'node-easywechat';
import AccessToken from 'node-easywechat/dist/OfficialAccount/AccessToken.js';

import { signJsSdk } from '../../shared/wechat/jssdk.ts';

import {
  appid,
  followerCount,
  followPages,
  type Platform,
  redirectUri,
  secret,
  startPlatform,
} from './platform.ts';

let platform: Platform;
let folder: string;

beforeEach(async () => {
  platform = await startPlatform();
  folder = await mkdtemp(join(tmpdir(), 'conformance-'));
});

afterEach(async () => {
  await platform.close();
  await rm(folder, { recursive: true });
});

/** `http` is its own setting for axios, and `cache` the name of the folder below which it keeps tokens in files. */
function account(config: OfficialAccountConfig = {}, cache = 'cache'): OfficialAccount {
  return new OfficialAccount({
    app_id: appid,
    secret,
    http: { baseURL: platform.url, proxy: false },
    file_cache: { path: join(folder, cache), dirMode: 0o700, fileMode: 0o600, ext: '.json' },
    oauth: { scope: 'snsapi_userinfo', redirect_url: redirectUri },
    ...config,
  });
}

/** Its own class of tokens has methods that the type of `getAccessToken` leaves out. */
function tokenOf(app: OfficialAccount): AccessToken {
  const token = app.getAccessToken();
  if (!(token instanceof AccessToken)) throw new Error('not the token class of the client');
  return token;
}

/** Web authorization has the host in its code; `setHttpOptions` is its own way to pass options to axios. */
function oauthOf(app: OfficialAccount) {
  return app.getOAuth().setHttpOptions({ httpsAgent: platform.agent, proxy: false });
}

test('gets a token that the platform accepts', async () => {
  expect(await platform.refusal(await account().getAccessToken().getToken())).toBe(0);
});

test('finds the token in its cache the next time', async () => {
  const first = await account().getAccessToken().getToken();
  const second = await account().getAccessToken().getToken();

  expect(second).toBe(first);
  expect(await platform.calls('/cgi-bin/token')).toBe(1);
});

test('gets a new token after the end of the old one', async () => {
  const token = account().getAccessToken();
  const first = await token.getToken();
  platform.pass(7201);
  const second = await token.getToken();

  expect(await platform.refusal(first)).toBe(42001);
  expect(await platform.refusal(second)).toBe(0);
});

test('shares the stable token with another process', async () => {
  const first = await account({ use_stable_access_token: true }, 'one').getAccessToken().getToken();
  const second = await account({ use_stable_access_token: true }, 'two').getAccessToken().getToken();

  expect(await platform.calls('/cgi-bin/stable_token')).toBe(2);
  expect(second).toBe(first);
  expect(await platform.refusal(second)).toBe(0);
});

test('forces a new stable token, and the old one lives on for five minutes', async () => {
  const token = tokenOf(account({ use_stable_access_token: true }));
  const first = await token.getToken();
  const second = await token.getStableAccessToken(true);

  expect(second).not.toBe(first);
  expect(await platform.refusal(second)).toBe(0);
  platform.pass(299);
  expect(await platform.refusal(first)).toBe(0);
  platform.pass(1);
  expect(await platform.refusal(first)).toBe(40001);
});

test('pages through 25,000 followers and meets each openid once', async () => {
  const client = account().getClient();
  const pages = await followPages(async (cursor) => {
    const response = await client.get('/cgi-bin/user/get', { params: { next_openid: cursor } });
    return response.toObject();
  });

  expect(pages.map(({ length }) => length)).toEqual([10_000, 10_000, 5000]);
  expect(new Set(pages.flat()).size).toBe(followerCount);
});

test('reads the info of a follower', async () => {
  const [openid = ''] = await platform.openids(1);
  const response = await account()
    .getClient()
    .get('/cgi-bin/user/info', { params: { openid, lang: 'en' } });

  expect(response.toObject()).toMatchObject({
    subscribe: 1,
    openid,
    language: 'en',
    nickname: '',
    headimgurl: '',
  });
});

test('reads the info of 100 followers in one call', async () => {
  const openids = await platform.openids(100);
  const body = { user_list: openids.map((openid) => ({ openid, lang: 'zh_CN' })) };
  const response = await account().getClient().postJson('/cgi-bin/user/info/batchget', body);

  expect(response.toObject()).toEqual({
    user_info_list: openids.map((openid) => expect.objectContaining({ subscribe: 1, openid })),
  });
});

test('gets the jsapi ticket', async () => {
  expect(await account().getTicket().getTicket()).toBe(await platform.ticket('jsapi'));
});

test('signs a JS-SDK config that holds for the ticket of the platform', async () => {
  const url = 'https://site.example/wall?page=2&name=%E5%B0%8F';
  const nonce = 'Wm3WZYTPz0wzccnW';
  const timestamp = 1_750_000_000;
  const config = await account().getTicket().configSignature(url, nonce, timestamp);

  expect(config).toMatchObject({
    appId: appid,
    nonceStr: nonce,
    timestamp,
    signature: signJsSdk({ ticket: await platform.ticket('jsapi'), url, nonce, timestamp }),
  });
});

test('passes on the 40001 for a revoked token', async () => {
  const app = account();
  await app.getAccessToken().getToken();
  await platform.revoke('access_token');
  const response = await app.getClient().get('/cgi-bin/user/get');

  expect(response.toObject()).toMatchObject({
    errcode: 40001,
    errmsg: expect.stringMatching(/^invalid credential, access_token is invalid or not latest/u),
  });
});

test('works again after a revoked token once it is told to refresh', async () => {
  const app = account();
  await app.getAccessToken().getToken();
  await platform.revoke('access_token');
  await tokenOf(app).refresh();
  const response = await app.getClient().get('/cgi-bin/user/get');

  expect(response.toObject()).toMatchObject({ total: followerCount });
});

test('reports 40125 for a wrong AppSecret', async () => {
  const wrong = account({ secret: 'f'.repeat(32) });

  await expect(wrong.getAccessToken().getToken()).rejects.toThrow(
    /^Failed to get access_token: \{"errcode":40125,"errmsg":"invalid appsecret/u,
  );
});

test('logs a user in by a code', async () => {
  const { openid, nickname, headimgurl } = await platform.user({ nickname: '小明 🌸' });
  const user = await oauthOf(account()).userFromCode(await platform.code(openid));

  expect(user.getRaw()).toMatchObject({ openid, privilege: [] });
  expect([user.getId(), user.getNickname(), user.getAvatar()]).toEqual([openid, nickname, headimgurl]);
});

test('gets the tokens of a user by a code', async () => {
  const { openid } = await platform.user({});
  const grant = await oauthOf(account()).tokenFromCode(await platform.code(openid));

  expect(grant).toEqual({
    access_token: expect.any(String),
    refresh_token: expect.any(String),
    expires_in: 7200,
    openid,
    scope: 'snsapi_userinfo',
    unionid: expect.any(String),
  });
});

test('learns only the openid by snsapi_base', async () => {
  const { openid } = await platform.user({ nickname: '小明 🌸' });
  const user = await oauthOf(account())
    .scopes('snsapi_base')
    .userFromCode(await platform.code(openid, 'snsapi_base'));

  expect([user.getId(), user.getNickname()]).toEqual([openid, null]);
});

test('reports 40163 for a code used a moment ago', async () => {
  const { openid } = await platform.user({});
  const code = await platform.code(openid);
  await oauthOf(account()).tokenFromCode(code);

  await expect(oauthOf(account()).tokenFromCode(code)).rejects.toThrow(
    /^Authorize Failed: \{"errcode":40163,"errmsg":"code been used, rid: /u,
  );
});

test('reports 40029 for a code older than five minutes', async () => {
  const { openid } = await platform.user({});
  const code = await platform.code(openid);
  platform.pass(300);

  await expect(oauthOf(account()).tokenFromCode(code)).rejects.toThrow(
    /^Authorize Failed: \{"errcode":40029,"errmsg":"invalid code, rid: /u,
  );
});

// The platform refuses such a link: https://github.com/ik0r/passport-weixin/issues/6 is one report of it.
test('makes an authorize link that is refused, as its scope stands before response_type', async () => {
  const link = oauthOf(account()).withState('abc').redirect();
  const { location, page } = await platform.open(link);

  expect(link).toMatch(
    /&scope=snsapi_userinfo&response_type=code&connect_redirect=1&state=abc#wechat_redirect$/u,
  );
  expect(location).toBeNull();
  expect(page).toContain('in this order: appid, redirect_uri, response_type, scope, state');
});
