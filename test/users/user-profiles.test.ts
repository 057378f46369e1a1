import { beforeEach, describe, expect, test } from '@jest/globals';
import { WeChatUnreachableError } from '../../shared/wechat/errors.ts';
import { parseUserAccessToken } from '../../shared/wechat/tokens.ts';
import { account, rig, type Rig } from './rig.ts';

const openid = 'oUser';
const userinfo = '/sns/userinfo';
const day = 86_400;

let parts: Rig;
let now: number;
beforeEach(() => {
  parts = rig();
  now = parts.clock.now();
  parts.wechat.on(userinfo, { openid, nickname: 'new', headimgurl: 'https://x/new' });
  parts.wechat.on('/sns/oauth2/refresh_token', () => ({
    access_token: 'second',
    expires_in: 7200,
    refresh_token: 'other',
    openid,
    scope: 'snsapi_userinfo',
  }));
});

async function login({ scope = 'snsapi_userinfo', hasProfile = true } = {}) {
  await parts.grants.put(
    account.appId,
    {
      accessToken: parseUserAccessToken('token'),
      expiresIn: 10 * day,
      refreshToken: 'refresh',
      openid,
      scopes: [scope],
      isSnapshotUser: false,
    },
    {
      exchangedAt: now,
      profile: hasProfile ? { nickname: 'old', fetchedAt: now } : undefined,
      unionid: 'u',
      session: 'session',
    },
  );
  await parts.profiles.put(account.appId, { openid, consentedAt: now, nickname: 'old' });
}

const get = (refresh = false) => parts.userProfiles.get(account, openid, { refresh });
const wall = () => parts.profiles.stored(account.appId, openid);
const unreachable = () => {
  throw new WeChatUnreachableError({ api: userinfo, reason: 'empty_body' });
};

describe('a user’s profile', () => {
  test('is what is stored, for a day', async () => {
    await login();
    parts.clock.time = now + day - 1;
    expect(await get()).toMatchObject({ profile: { nickname: 'old', fetchedAt: now } });
    expect(parts.wechat.calls).toEqual([]);
  });

  test('is fetched anew after a day, and stored for the wall, too', async () => {
    await login();
    parts.clock.time = now + day;
    const profile = { nickname: 'new', avatar: 'https://x/new', fetchedAt: now + day };
    expect(await get()).toMatchObject({ profile, unionid: 'u' });
    expect(await parts.store.read(account.appId, openid)).toMatchObject({ profile, unionid: 'u' });
    expect(await wall()).toMatchObject({
      nickname: 'new',
      avatar: 'https://x/new',
      unionid: 'u',
      consentedAt: now,
    });
  });

  test('is fetched anew when that is asked for', async () => {
    await login();
    expect(await get(true)).toMatchObject({ profile: { nickname: 'new' } });
  });

  test('is fetched where there is none yet', async () => {
    await login({ hasProfile: false });
    expect(await get()).toMatchObject({ profile: { nickname: 'new' } });
  });

  test('brings the union id that WeChat tells', async () => {
    await login();
    parts.wechat.on(userinfo, { openid, unionid: 'v' });
    expect(await get(true)).toMatchObject({ unionid: 'v' });
    expect(await wall()).toMatchObject({ unionid: 'v' });
  });

  test('is not there under snsapi_base, and not asked for', async () => {
    await login({ scope: 'snsapi_base', hasProfile: false });
    expect(await get(true)).not.toHaveProperty('profile');
    expect(parts.wechat.calls).toEqual([]);
  });

  test('needs a grant', async () => {
    await expect(get()).rejects.toMatchObject({ code: 'authorization_needed' });
  });

  test('comes with the grant’s end, which the call may have moved', async () => {
    await login();
    parts.clock.time = now + 10 * day;
    expect(await get()).toMatchObject({ removeAt: now + 40 * day, generation: 2 });
  });

  test('is kept of nobody who was erased meanwhile', async () => {
    await login();
    parts.wechat.on(userinfo, async () => {
      const grant = await parts.store.stored(account.appId, openid);
      if (grant) await parts.store.removeUnchanged(account.appId, grant);
      return { openid, nickname: 'new' };
    });
    await expect(get(true)).rejects.toMatchObject({ code: 'authorization_needed' });
    expect(await wall()).toMatchObject({ nickname: 'old' });
  });

  test('is not put on the wall of somebody who is not on it', async () => {
    await login();
    await parts.profiles.remove(account.appId, openid);
    await get(true);
    expect(await wall()).toBeUndefined();
  });
});

describe('while WeChat cannot be reached', () => {
  test('an older profile serves, and it is noted', async () => {
    await login();
    parts.wechat.on(userinfo, unreachable);
    parts.clock.time = now + day;
    expect(await get()).toMatchObject({ profile: { nickname: 'old' } });
    expect(parts.log.lines).toEqual([
      {
        level: 'warn',
        message: 'A profile could not be read anew.',
        fields: { account: account.appId, code: 'wechat_empty_body' },
      },
    ]);
  });

  test('an older profile serves also when the token cannot be refreshed', async () => {
    await login();
    await parts.tables.users.update(
      { pk: `${account.appId}#${openid}`, sk: 'grant' },
      { set: { retryAt: now + 10 * day + 100 } },
    );
    parts.clock.time = now + 10 * day;
    expect(await get()).toMatchObject({ profile: { nickname: 'old' } });
    expect(parts.log.lines).toMatchObject([{ fields: { code: 'wechat_unreachable' } }]);
  });

  test('it is said where a new one was asked for, or there is no older one', async () => {
    await login();
    parts.wechat.on(userinfo, unreachable);
    await expect(get(true)).rejects.toMatchObject({ reason: 'empty_body' });
    await parts.tables.users.delete({ pk: `${account.appId}#${openid}`, sk: 'grant' });
    await login({ hasProfile: false });
    await expect(get()).rejects.toMatchObject({ reason: 'empty_body' });
  });

  test('nothing else is glossed over', async () => {
    await login();
    parts.clock.time = now + day;
    parts.wechat.on(userinfo, () => {
      throw new Error('a bug');
    });
    await expect(get()).rejects.toThrow('a bug');
    parts.wechat.on(userinfo, 42007);
    await expect(get()).rejects.toMatchObject({ code: 'authorization_needed' });
  });
});
