import { afterEach, beforeEach, expect, test } from '@jest/globals';
import API from 'co-wechat-api';

import { signCard, signJsSdk } from '../../shared/wechat/jssdk.ts';

import { appid, followerCount, followPages, type Platform, secret, startPlatform } from './platform.ts';

/** An openid of the right form that nobody has. */
const strangeOpenid = `o${'0'.repeat(27)}`;

let platform: Platform;
let api: API;

/** The hosts are in its code; `setOpts` is its own way to pass options, `agent` among them, to its HTTP library. */
function client(...parameters: ConstructorParameters<typeof API>): API {
  const created = new API(...parameters);
  created.setOpts({ agent: platform.agent });
  return created;
}

beforeEach(async () => {
  platform = await startPlatform();
  api = client(appid, secret);
});

afterEach(() => platform.close());

test('gets a token that the platform accepts', async () => {
  const { accessToken } = await api.ensureAccessToken();

  expect(await platform.refusal(accessToken)).toBe(0);
});

test('makes many calls with one token', async () => {
  const [openid = ''] = await platform.openids(1);
  await api.getUser(openid);
  await api.getUser(openid);
  await api.getTicket();

  expect(await platform.calls('/cgi-bin/token')).toBe(1);
});

test('gets a new token ten seconds before the end of the old one', async () => {
  const { accessToken: first } = await api.ensureAccessToken();
  platform.pass(7190);
  const { accessToken: second } = await api.ensureAccessToken();

  expect(second).not.toBe(first);
  expect(await platform.refusal(second)).toBe(0);
});

test('pages through 25,000 followers and meets each openid once', async () => {
  const pages = await followPages((cursor) => api.getFollowers(cursor));

  expect(pages.map(({ length }) => length)).toEqual([10_000, 10_000, 5000]);
  expect(new Set(pages.flat()).size).toBe(followerCount);
});

test('reads the total of followers', async () => {
  expect(await api.getFollowers()).toMatchObject({ total: followerCount, count: 10_000 });
});

test('reads the info of a follower', async () => {
  const [openid = ''] = await platform.openids(1);

  expect(await api.getUser({ openid, lang: 'zh_TW' })).toMatchObject({
    subscribe: 1,
    openid,
    language: 'zh_TW',
    nickname: '',
    headimgurl: '',
    tagid_list: [],
  });
});

test('reads that someone does not follow', async () => {
  const { openid } = await platform.user({ subscribe: false });

  expect(await api.getUser(openid)).toMatchObject({ subscribe: 0, openid });
});

test('reads the info of 100 followers in one call', async () => {
  const openids = await platform.openids(100);
  const { user_info_list: followers } = await api.batchGetUsers(openids);

  expect(followers.map(({ openid }) => openid)).toEqual(openids);
});

test('reports 40032 for a batch of 101', async () => {
  const openids = await platform.openids(101);

  await expect(api.batchGetUsers(openids)).rejects.toMatchObject({
    name: 'WeChatAPIError',
    code: 40032,
    message: expect.stringMatching(/^invalid openid list size rid: /u),
  });
});

test('reports 40003 for an openid that nobody has', async () => {
  await expect(api.getUser(strangeOpenid)).rejects.toMatchObject({ name: 'WeChatAPIError', code: 40003 });
});

test('gets the jsapi ticket', async () => {
  const { ticket } = await api.getTicket();

  expect(ticket).toBe(await platform.ticket('jsapi'));
});

test('signs a JS-SDK config that holds for the ticket of the platform', async () => {
  const url = 'https://site.example/wall?page=2&name=%E5%B0%8F';
  const config = await api.getJsConfig({ debug: false, jsApiList: ['chooseImage'], url });

  expect(config.appId).toBe(appid);
  expect(config.signature).toBe(
    signJsSdk({
      ticket: await platform.ticket('jsapi'),
      url,
      nonce: config.nonceStr,
      timestamp: Number(config.timestamp),
    }),
  );
});

test('signs a card coupon that holds for the ticket of the platform', async () => {
  const card = { card_id: 'pjZ8Yt1XGILfi-FUsewpnnolGgZk', code: '1434008071' };
  const { timestamp, signature } = await api.getCardExt(card);
  const ticket = await platform.ticket('wx_card');

  expect(signature).toBe(signCard([ticket, card.card_id, timestamp, card.code]));
});

test('recovers from a revoked token with one more token', async () => {
  const [openid = ''] = await platform.openids(1);
  await api.getUser(openid);
  await platform.revoke('access_token');

  expect(await api.getUser(openid)).toMatchObject({ subscribe: 1, openid });
  expect(await platform.calls('/cgi-bin/token')).toBe(2);
});

test('recovers from a token that has run out without its noticing', async () => {
  const { accessToken } = await api.ensureAccessToken();
  platform.pass(7200);
  const [openid = ''] = await platform.openids(1);
  const forgetful = client(
    appid,
    secret,
    () => Promise.resolve({ accessToken, expireTime: Number.MAX_SAFE_INTEGER }),
    () => Promise.resolve(),
  );

  expect(await platform.refusal(accessToken)).toBe(42001);
  expect(await forgetful.getUser(openid)).toMatchObject({ subscribe: 1, openid });
});

test('reports 40125 for a wrong AppSecret', async () => {
  const wrong = client(appid, 'f'.repeat(32));

  await expect(wrong.ensureAccessToken()).rejects.toMatchObject({
    name: 'WeChatAPIError',
    code: 40125,
    message: expect.stringMatching(/^invalid appsecret/u),
  });
});

test('reports the address that the allow-list lacks', async () => {
  await platform.close();
  platform = await startPlatform({ ip_allow_list: ['203.0.113.7'] });

  await expect(client(appid, secret).ensureAccessToken()).rejects.toMatchObject({
    code: 40164,
    message: expect.stringMatching(
      /^invalid ip 127\.0\.0\.1 ipv6 ::ffff:127\.0\.0\.1, not in whitelist rid: /u,
    ),
  });
});
