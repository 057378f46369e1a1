import { beforeEach, describe, expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import { keyOf } from '../../shared/followers/mirror/follower-item.ts';
import { authorizePath } from '../../shared/users/authorize-path.ts';
import { endingGrants } from '../../shared/users/ending-grants.ts';
import { eraseUser, removedSchema } from '../../shared/users/erase-user.ts';
import { exportedUserSchema, exportUser } from '../../shared/users/export-user.ts';
import { GrantStore } from '../../shared/users/grant-store.ts';
import { type AppId, parseAppId } from '../../shared/wechat/tokens.ts';
import { account as registered, before, rig, type Rig } from './rig.ts';

const { appId: account } = registered;
const openid = 'oUser';

let parts: Rig;
let now: number;
beforeEach(() => {
  parts = rig();
  now = parts.clock.now();
});

async function grant(
  who: string,
  about: { grantedAt?: number; removeAt?: number; of?: AppId; session?: string } = {},
) {
  const { grantedAt = now, removeAt = now + 1000, of = account, session = 'session' } = about;
  return parts.store.grant(
    of,
    who,
    {
      accessToken: 'sealed',
      accessTokenExpiresAt: now + 7200,
      refreshToken: 'sealed',
      scopes: ['snsapi_userinfo'],
      grantedAt,
      removeAt,
      unionid: 'u',
      profile: { nickname: '小明', fetchedAt: now },
    },
    session,
  );
}

async function openSession(id: string) {
  const { session } = await parts.sessions.open(registered, id, openid);
  await grant(openid, { session });
  return session;
}

const userParts = (grants = parts.store) => ({
  grants,
  sessions: parts.sessions,
  profiles: parts.profiles,
});
const share = (about: object = { nickname: '小明' }, consentedAt = now) =>
  parts.profiles.put(account, { openid, consentedAt, ...about });
const nothing = { grants: 0, sessions: 0, profiles: 0, followers: 0 };

describe('erasing a user', () => {
  test('deletes everything, and says what there was', async () => {
    const session = await openSession('a');
    await share();
    expect(await eraseUser(userParts(), account, openid)).toEqual({
      grants: 1,
      sessions: 1,
      profiles: 1,
      followers: 1,
    });
    expect(await parts.store.stored(account, openid)).toBeUndefined();
    expect(await parts.profiles.stored(account, openid)).toBeUndefined();
    expect(await parts.sessions.times([session])).toEqual([]);
    expect(await eraseUser(userParts(), account, openid)).toEqual(nothing);
  });

  test('says what its schema has', async () => {
    await openSession('a');
    const removed = await eraseUser(userParts(), account, openid);
    expect(z.parse(removedSchema, removed)).toEqual(removed);
  });

  test.each([
    ['a nickname', { nickname: 'a' }, 1],
    ['a picture', { avatar: 'https://x/1' }, 1],
    ['neither', {}, 0],
  ])('finds a profile where there was %s', async (_, about, profiles) => {
    await share(about);
    expect(await eraseUser(userParts(), account, openid)).toEqual({ ...nothing, profiles, followers: 1 });
  });

  test('until a time leaves what was granted later, with its sessions', async () => {
    const session = await openSession('a');
    await share();
    expect(await eraseUser(userParts(), account, openid, { until: now - 1 })).toEqual(nothing);
    expect(await parts.store.stored(account, openid)).toBeDefined();
    expect(await parts.sessions.times([session])).toHaveLength(1);
    expect(await parts.profiles.stored(account, openid)).toMatchObject({ nickname: '小明' });
  });

  test('until the second of the grant takes it, and leaves whether they follow', async () => {
    await openSession('a');
    await share();
    await parts.tables.followers.update(keyOf(account, openid), { set: { subscribed: true } });
    expect(await eraseUser(userParts(), account, openid, { until: now })).toEqual({
      grants: 1,
      sessions: 1,
      profiles: 1,
      followers: 0,
    });
    expect(await parts.store.stored(account, openid)).toBeUndefined();
    const follower = await parts.profiles.stored(account, openid);
    expect(follower).toMatchObject({ subscribed: true });
    expect(follower).not.toHaveProperty('nickname');
  });

  test('until a time takes what was shared by a user who has granted nothing', async () => {
    await share();
    expect(await eraseUser(userParts(), account, openid, { until: now })).toEqual({
      ...nothing,
      profiles: 1,
    });
  });

  test('takes a login with it that comes in between', async () => {
    const first = await openSession('a');
    const late = new GrantStore(
      before(parts.tables.users, 'delete', async () => {
        await openSession('b');
      }),
      parts.clock,
    );
    expect(await eraseUser(userParts(late), account, openid)).toMatchObject({ grants: 1, sessions: 2 });
    expect(await parts.store.stored(account, openid)).toBeUndefined();
    expect(await parts.sessions.times([first])).toEqual([]);
  });

  test('is given up after eight logins', async () => {
    await grant(openid);
    let tries = 0;
    const unlucky = new Proxy(parts.store, {
      get: (target, name) =>
        name === 'removeUnchanged'
          ? () => Promise.resolve(++tries > 8)
          : name === 'stored'
            ? target.stored.bind(target)
            : undefined,
    });
    await expect(eraseUser(userParts(unlucky), account, openid)).rejects.toThrow(
      'A user logged in all the time while they were to be erased.',
    );
    expect(tries).toBe(8);
  });
});

describe('exporting a user', () => {
  test('gives everything but tokens and hashes', async () => {
    await openSession('a');
    await share();
    expect(await exportUser(userParts(), account, openid)).toEqual({
      account,
      openid,
      grant: {
        unionid: 'u',
        scopes: ['snsapi_userinfo'],
        grantedAt: now,
        expiresAt: now + 1000,
        accessTokenExpiresAt: now + 7200,
        profile: { nickname: '小明', fetchedAt: now },
      },
      sessions: [{ createdAt: now, usedAt: now, removeAt: now + 7 * 86_400 }],
      follower: await parts.profiles.stored(account, openid),
    });
  });

  test('gives what its schema has', async () => {
    await openSession('a');
    await share();
    const exported = await exportUser(userParts(), account, openid);
    expect(z.parse(exportedUserSchema, exported)).toEqual(exported);
  });

  test.each([
    ['grant', grant, { sessions: [], follower: undefined }],
    ['profile', () => share(), { sessions: [], grant: undefined }],
  ])('gives a %s that stands alone', async (_, make, expected) => {
    await make(openid);
    expect(await exportUser(userParts(), account, openid)).toMatchObject(expected);
  });

  test('gives nothing of a user who is not known', async () => {
    expect(await exportUser(userParts(), account, openid)).toBeUndefined();
  });
});

describe('the grants that end soon', () => {
  const ending = (
    about: { until?: number; from?: string; seconds?: number } = {},
    clock: Pick<Rig['clock'], 'now' | 'sleep'> = parts.clock,
  ) =>
    endingGrants({ users: parts.tables.users, clock }, account, {
      until: now + 100,
      from: undefined,
      seconds: 10,
      ...about,
    });

  test('end later than now and before the time given', async () => {
    for (const [who, removeAt] of Object.entries({
      oNow: now,
      oNext: now + 1,
      oLast: now + 99,
      oThen: now + 100,
    })) {
      await grant(who, { removeAt });
    }
    const { grants, next } = await ending();
    expect(grants).toEqual([
      { openid: 'oNext', scopes: ['snsapi_userinfo'], grantedAt: now, removeAt: now + 1 },
      { openid: 'oLast', scopes: ['snsapi_userinfo'], grantedAt: now, removeAt: now + 99 },
    ]);
    expect(next).toBeUndefined();
  });

  test('are those of the account, and nothing else of it', async () => {
    const other = parseAppId('wxeeeeeeeeeeeeeeee');
    await grant('oOther', { of: other, removeAt: now + 1 });
    const stored = await parts.tables.users.get({ pk: `${other}#oOther`, sk: 'grant' });
    await parts.tables.users.put({ ...stored, pk: `${account}x#oLonger` });
    await parts.tables.users.put({ pk: `${account}#oUser`, sk: 'other', removeAt: now + 1 });
    expect(await ending()).toEqual({ grants: [], next: undefined });
  });

  test('come a page at a time where the time is over, and go on where they stopped', async () => {
    const names = Array.from({ length: 7 }, (_, n) => `o${n}`);
    for (const who of names) await grant(who, { removeAt: now + 1 });
    const first = await ending({ seconds: 0 });
    expect(first.grants.map((found) => found.openid)).toEqual(['o0', 'o1']);
    const rest = await ending({ ...(first.next !== undefined && { from: first.next }) });
    expect(rest.grants.map((found) => found.openid)).toEqual(['o2', 'o3', 'o4', 'o5', 'o6']);
    expect(rest.next).toBeUndefined();
  });

  test('are read for so many seconds', async () => {
    for (let n = 0; n < 9; n++) await grant(`o${n}`, { removeAt: now + 100 });
    let time = now;
    const clock = { now: () => time++, sleep: () => Promise.resolve() };
    const { grants } = await ending({ seconds: 2, until: now + 200 }, clock);
    expect(grants).toHaveLength(4);
  });

  test('are 5,000 at the most, and then a page', async () => {
    const item = { openid: 'o', scopes: [], grantedAt: 0, removeAt: 0 };
    let pages = 0;
    const users = {
      scanPage: () => {
        pages += 1;
        return Promise.resolve({ items: Array<object>(1000).fill(item), next: { pk: 'a', sk: 'b' } });
      },
    } as unknown as Rig['tables']['users'];
    const found = await endingGrants({ users, clock: parts.clock }, account, {
      until: now,
      from: undefined,
      seconds: 10,
    });
    expect(found.grants).toHaveLength(5000);
    expect(pages).toBe(5);
    expect(found.next).toBe(Buffer.from('{"pk":"a","sk":"b"}').toString('base64url'));
  });

  test.each(['x', Buffer.from('{"pk":1}').toString('base64url')])(
    'do not go on at %s, which is no cursor',
    async (from) => {
      await expect(ending({ from })).rejects.toMatchObject({
        code: 'invalid_parameter',
        extras: { parameter: 'from' },
        cause: expect.any(Error),
      });
    },
  );
});

describe('where a login starts', () => {
  test.each([
    ['the address given', registered, 'https://x/y?z', '&return_to=https%3A%2F%2Fx%2Fy%3Fz'],
    ['the first allowed origin', registered, undefined, '&return_to=https%3A%2F%2Fwww.example.com%2F'],
    ['what the caller adds', { ...registered, allowedOrigins: [] }, undefined, ''],
  ])('names %s as its end', (_, of, returnTo, end) => {
    expect(authorizePath(of, 'snsapi_base', returnTo)).toBe(
      `/v1/accounts/${account}/oauth/authorize?scope=snsapi_base${end}`,
    );
  });
});
