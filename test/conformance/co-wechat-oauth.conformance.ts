import { afterEach, beforeEach, expect, test } from '@jest/globals';
import OAuth from 'co-wechat-oauth';

import { appid, type Platform, redirectUri, secret, startPlatform } from './platform.ts';

const month = 30 * 86_400;

let platform: Platform;
let oauth: OAuth;

beforeEach(async () => {
  platform = await startPlatform();
  // The hosts are in its code; `setOpts` is its own way to pass options, `agent` among them, to its HTTP library.
  oauth = new OAuth(appid, secret);
  oauth.setOpts({ agent: platform.agent });
});

afterEach(() => platform.close());

/** Someone who has logged in through this client. */
async function loggedIn() {
  const user = await platform.user({ nickname: '小明 🌸' });
  const { data } = await oauth.getAccessToken(await platform.code(user.openid));
  return { user, grant: data };
}

test('makes a link for snsapi_base that leads straight back with code and state', async () => {
  const { origin, hash, location } = await platform.open(
    oauth.getAuthorizeURL(redirectUri, 'abc', 'snsapi_base'),
  );

  expect(origin + hash).toBe('https://open.weixin.qq.com#wechat_redirect');
  expect(location).toMatch(/^https:\/\/site\.example\/back\?from=wechat&code=[0-9A-Za-z]{32}&state=abc$/u);
});

test('makes a link for snsapi_userinfo that opens the consent page', async () => {
  const { location, page } = await platform.open(
    oauth.getAuthorizeURL(redirectUri, 'abc', 'snsapi_userinfo'),
  );

  expect(location).toBeNull();
  expect(page).toContain('id="allow"');
});

test('logs a user in who allows it on the consent page', async () => {
  const { openid } = await platform.user({ nickname: '小明 🌸' });
  const back = new URL(
    await platform.allow(oauth.getAuthorizeURL(redirectUri, 'abc', 'snsapi_userinfo'), openid),
  );

  expect(back.searchParams.get('state')).toBe('abc');
  expect(await oauth.getUserByCode(back.searchParams.get('code') ?? '')).toMatchObject({
    openid,
    nickname: '小明 🌸',
  });
});

test('exchanges a code', async () => {
  const { user, grant } = await loggedIn();

  expect(grant).toMatchObject({
    openid: user.openid,
    unionid: user.unionid,
    scope: 'snsapi_userinfo',
    expires_in: 7200,
  });
});

test('is told that a visitor of a snapshot page is one', async () => {
  const { openid } = await platform.user({ snapshot: true });
  const { data } = await oauth.getAccessToken(await platform.code(openid));

  expect(data.is_snapshotuser).toBe(1);
  expect(data.openid).not.toBe(openid);
});

test('reads the nickname and picture of a consenting user', async () => {
  const { user } = await loggedIn();

  expect(await oauth.getUser(user.openid)).toMatchObject({
    openid: user.openid,
    nickname: user.nickname,
    headimgurl: user.headimgurl,
    unionid: user.unionid,
    privilege: [],
  });
});

test('finds the token of a user good', async () => {
  const { user, grant } = await loggedIn();

  expect(await oauth.verifyToken(user.openid, grant.access_token)).toEqual({ errcode: 0, errmsg: 'ok' });
});

test('gets the same access token from a refresh while it lives', async () => {
  const { grant } = await loggedIn();
  const { data } = await oauth.refreshAccessToken(grant.refresh_token);

  expect(data).toMatchObject({ access_token: grant.access_token, refresh_token: grant.refresh_token });
});

test('gets another access token from a refresh after the first has run out', async () => {
  const { user, grant } = await loggedIn();
  platform.pass(7200);
  const { data } = await oauth.refreshAccessToken(grant.refresh_token);

  expect(data.access_token).not.toBe(grant.access_token);
  expect(data).toMatchObject({ openid: user.openid, refresh_token: grant.refresh_token });
});

test('refreshes by itself when it reads a user two hours later', async () => {
  const { user } = await loggedIn();
  platform.pass(7200);

  expect(await oauth.getUser(user.openid)).toMatchObject({ nickname: user.nickname });
  expect(await platform.calls('/sns/oauth2/refresh_token')).toBe(1);
});

test('reports 42002 for a refresh after 30 days', async () => {
  const { user } = await loggedIn();
  platform.pass(month);

  await expect(oauth.getUser(user.openid)).rejects.toMatchObject({ name: 'WeChatAPIError', code: 42002 });
});

test('is not given more than 30 days by refreshing', async () => {
  const { user } = await loggedIn();
  platform.pass(month / 2);
  await oauth.getUser(user.openid);
  platform.pass(month / 2);

  await expect(oauth.getUser(user.openid)).rejects.toMatchObject({ code: 42002 });
});

test('reports 40163 for a code used a moment ago', async () => {
  const { openid } = await platform.user({});
  const code = await platform.code(openid);
  await oauth.getAccessToken(code);

  await expect(oauth.getAccessToken(code)).rejects.toMatchObject({
    name: 'WeChatAPIError',
    code: 40163,
    message: expect.stringMatching(/^code been used, rid: /u),
  });
});

test('reports 40029 for a code older than five minutes', async () => {
  const { openid } = await platform.user({});
  const code = await platform.code(openid);
  platform.pass(300);

  await expect(oauth.getAccessToken(code)).rejects.toMatchObject({
    name: 'WeChatAPIError',
    code: 40029,
    message: expect.stringMatching(/^invalid code, rid: /u),
  });
});

test('reports 48001 for the profile of a user who was asked for snsapi_base', async () => {
  const { openid } = await platform.user({});
  await oauth.getAccessToken(await platform.code(openid, 'snsapi_base'));

  await expect(oauth.getUser(openid)).rejects.toMatchObject({ name: 'WeChatAPIError', code: 48001 });
});

test('reports 40001 for a user whose token was revoked', async () => {
  const { user } = await loggedIn();
  await platform.revoke('user', user.openid);

  await expect(oauth.getUser(user.openid)).rejects.toMatchObject({ name: 'WeChatAPIError', code: 40001 });
});
