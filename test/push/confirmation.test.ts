import { beforeEach, describe, expect, test } from '@jest/globals';
import { AccountDirectory, Accounts } from '../../shared/accounts/accounts.ts';
import type { AccountCalls } from '../../shared/credentials/account-calls.ts';
import { keyOf } from '../../shared/followers/mirror/follower-item.ts';
import { Confirmation } from '../../shared/push/confirmation.ts';
import { pushMessage, type UserEvent } from '../../shared/push/push-message.ts';
import { parseAppId, parseGlobalAccessToken, parseUserAccessToken } from '../../shared/wechat/tokens.ts';
import { account, rig, type Rig } from '../users/rig.ts';
import { opened } from './sender.ts';

const { appId } = account;
const openid = 'oUser';
const removed = parseAppId('wx00000000000000dd');
const userInfo = '/cgi-bin/user/info';
const profile = '/sns/userinfo';
const auth = '/sns/auth';
const refresh = '/sns/oauth2/refresh_token';

let parts: Rig;
let confirmation: Confirmation;
beforeEach(async () => {
  parts = rig();
  const accounts = new Accounts(parts.tables.credentials);
  await accounts.add(account);
  const calls: Pick<AccountCalls, 'send'> = {
    send: (_, build) => parts.wechat.send(build(parseGlobalAccessToken('global'))),
  };
  const { grants, store, clock } = parts;
  const { followers } = parts.tables;
  confirmation = new Confirmation({
    accounts: new AccountDirectory(accounts, clock),
    ...{ calls, grants, store, followers },
  });
});

function event(Event: string, ofAccount = appId): UserEvent {
  const now = parts.clock.now();
  const fields = { MsgType: 'event', Event, FromUserName: openid, CreateTime: String(now) };
  return { ...pushMessage(ofAccount, opened(fields, { isBodySigned: false }), now), openid };
}

const askedOf = () => parts.wechat.calls.map(({ api }) => api);

describe('that somebody left', () => {
  const hasLeft = () => confirmation.hasLeft(event('unsubscribe'));

  async function mirrored(about: object): Promise<void> {
    await parts.tables.followers.put({ ...keyOf(appId, openid), ...about });
  }

  test('is so where the mirror knows a follower who follows no more at WeChat', async () => {
    await mirrored({ subscribed: true });
    parts.wechat.on(userInfo, { openid, subscribe: 0 });
    expect(await hasLeft()).toBe(true);
    expect(parts.wechat.calls).toMatchObject([{ api: userInfo, query: { access_token: 'global', openid } }]);
  });

  test('is not so where they follow at WeChat', async () => {
    await mirrored({ subscribed: true });
    parts.wechat.on(userInfo, { openid, subscribe: 1 });
    expect(await hasLeft()).toBe(false);
  });

  test.each([
    ['knows no such person', undefined],
    ['knows that they do not follow', { subscribed: false, changedAt: 1 }],
    ['knows what they share, and not whether they follow', { nickname: '小明', consentedAt: 1 }],
  ])('is not so where the mirror %s', async (_, about) => {
    if (about) await mirrored(about);
    expect(await hasLeft()).toBe(false);
    expect(askedOf()).toEqual([]);
  });

  test('is so where the mirror has noted it by the same event', async () => {
    await mirrored({ subscribed: false, changedAt: parts.clock.now() });
    expect(await hasLeft()).toBe(true);
    expect(askedOf()).toEqual([]);
  });

  test('is not so because of the time alone', async () => {
    await mirrored({ subscribed: true, changedAt: parts.clock.now() });
    parts.wechat.on(userInfo, { openid, subscribe: 1 });
    expect(await hasLeft()).toBe(false);
  });

  test.each([
    ['is so where WeChat does not know them any more', 40003, true],
    ['is not so where the account may not ask', 48001, false],
  ])('%s', async (_, errcode, expected) => {
    await mirrored({ subscribed: true });
    parts.wechat.on(userInfo, errcode);
    expect(await hasLeft()).toBe(expected);
  });

  test.each([
    ['WeChat is busy', -1],
    ['the quota is used up', 45009],
  ])('stays open while %s', async (_, errcode) => {
    await mirrored({ subscribed: true });
    parts.wechat.on(userInfo, errcode);
    await expect(hasLeft()).rejects.toMatchObject({ errcode });
  });

  test('stays open where something fails that is not WeChat', async () => {
    await mirrored({ subscribed: true });
    parts.wechat.on(userInfo, () => {
      throw new TypeError('odd');
    });
    await expect(hasLeft()).rejects.toThrow('odd');
  });

  test('is so of an account that was removed', async () => {
    expect(await confirmation.hasLeft(event('unsubscribe', removed))).toBe(true);
  });
});

describe('that somebody withdrew what they granted', () => {
  const hasWithdrawn = () => confirmation.hasWithdrawn(event('user_authorization_revoke'));

  async function granted(scopes: readonly string[], { expiresIn = 7200 } = {}): Promise<void> {
    const now = parts.clock.now();
    await parts.grants.put(
      appId,
      {
        openid,
        scopes,
        accessToken: parseUserAccessToken('user-token'),
        refreshToken: 'refresh-token',
        expiresIn,
        isSnapshotUser: false,
      },
      { exchangedAt: now, profile: undefined, unionid: undefined, session: 'session' },
    );
  }

  test('is not so while WeChat gives the profile', async () => {
    await granted(['snsapi_userinfo']);
    parts.wechat.on(profile, { openid, nickname: '小明' });
    expect(await hasWithdrawn()).toBe(false);
    expect(parts.wechat.calls).toMatchObject([
      { api: profile, query: { access_token: 'user-token', openid } },
    ]);
  });

  test('is so where the token cannot be refreshed any more', async () => {
    await granted(['snsapi_userinfo'], { expiresIn: 30 });
    parts.wechat.on(refresh, 42007);
    expect(await hasWithdrawn()).toBe(true);
  });

  test('is so where WeChat does not give the profile for that scope any more', async () => {
    await granted(['snsapi_userinfo']);
    parts.wechat.on(profile, 48001);
    expect(await hasWithdrawn()).toBe(true);
  });

  test('is asked about with the token alone where the grant has never opened the profile', async () => {
    await granted(['snsapi_base']);
    parts.wechat.on(auth, { errcode: 0 });
    expect(await hasWithdrawn()).toBe(false);
    expect(parts.wechat.calls).toMatchObject([{ api: auth, query: { access_token: 'user-token', openid } }]);
  });

  test('is so where WeChat does not accept that token for the user', async () => {
    await granted(['snsapi_base']);
    parts.wechat.on(auth, 40003);
    expect(await hasWithdrawn()).toBe(true);
  });

  test('is not known where nothing is stored to ask with', async () => {
    expect(await hasWithdrawn()).toBe(false);
    expect(askedOf()).toEqual([]);
  });

  test('stays open while WeChat is busy', async () => {
    await granted(['snsapi_userinfo']);
    parts.wechat.on(profile, -1);
    await expect(hasWithdrawn()).rejects.toMatchObject({ errcode: -1 });
  });

  test('stays open while the token cannot be refreshed for another reason', async () => {
    await granted(['snsapi_userinfo'], { expiresIn: 30 });
    await parts.tables.users.update(
      { pk: `${appId}#${openid}`, sk: 'grant' },
      { set: { retryAt: parts.clock.now() + 10, accessTokenExpiresAt: 0 } },
    );
    await expect(hasWithdrawn()).rejects.toMatchObject({ code: 'wechat_unreachable' });
  });

  test('is so of an account that was removed', async () => {
    const about = event('user_authorization_revoke', removed);
    expect(await confirmation.hasWithdrawn(about)).toBe(true);
  });
});
