import { beforeEach, describe, expect, test } from '@jest/globals';
import type { StoredGrant } from '../../shared/users/grant.ts';
import { GrantStore, type NewGrant } from '../../shared/users/grant-store.ts';
import { account as registered, before, rig, type Rig } from './rig.ts';

const { appId: account } = registered;
const openid = 'oUser';

let parts: Rig;
let store: GrantStore;
let now: number;
beforeEach(() => {
  parts = rig();
  ({ store } = parts);
  now = parts.clock.now();
});

function newGrant(about: Partial<NewGrant> = {}): NewGrant {
  return {
    accessToken: 'sealed',
    accessTokenExpiresAt: now + 7200,
    refreshToken: 'sealed',
    scopes: ['snsapi_userinfo'],
    grantedAt: now,
    removeAt: now + 1000,
    unionid: undefined,
    profile: undefined,
    ...about,
  };
}

async function leased() {
  const seen = await store.grant(account, openid, newGrant(), 'session');
  const lease = await store.acquire(account, seen, now);
  if (!lease) throw new Error('no lease');
  return { seen, lease };
}

const row = () => parts.tables.users.get({ pk: `${account}#${openid}`, sk: 'grant' });
/** The store as a process has it to which something happens right before its next write. */
const storeWith = (method: 'update' | 'get', act: () => Promise<unknown>) =>
  new GrantStore(before(parts.tables.users, method, act), parts.clock);

describe('a grant', () => {
  test('is stored with what the login brought', async () => {
    const grant = await store.grant(account, openid, newGrant({ unionid: 'u' }), 'session');
    expect(grant).toEqual({
      ...newGrant({ unionid: 'u' }),
      openid,
      grantId: expect.stringMatching(/^[0-9a-f]{64}$/),
      generation: 1,
      sessions: ['session'],
      sessionChanges: 1,
    });
    expect(await store.read(account, openid)).toEqual({ ...grant, profile: undefined });
    expect(await row()).toMatchObject({ removeAt: now + 1000 });
  });

  test('is over when its time is', async () => {
    await store.grant(account, openid, newGrant(), 'session');
    parts.clock.time = now + 999;
    expect(await store.read(account, openid)).toBeDefined();
    parts.clock.time = now + 1000;
    expect(await store.read(account, openid)).toBeUndefined();
    expect(await store.stored(account, openid)).toBeDefined();
  });

  test('that has ended leaves the next one nothing but its numbers', async () => {
    const former = await store.grant(
      account,
      openid,
      newGrant({ unionid: 'u', profile: { fetchedAt: now } }),
      'former',
    );
    parts.clock.time = now + 1000;
    const next = await store.grant(account, openid, newGrant({ removeAt: now + 5000 }), 'next');
    expect(next).toMatchObject({ sessions: ['next'], generation: 2, sessionChanges: 2 });
    expect(next.grantId).not.toBe(former.grantId);
    expect(await row()).not.toHaveProperty('unionid');
    expect(await row()).not.toHaveProperty('profile');
  });

  test('keeps union id and profile where a later login brings none', async () => {
    const profile = { nickname: 'a', fetchedAt: now };
    const former = await store.grant(account, openid, newGrant({ unionid: 'u', profile }), 'session');
    const next = await store.grant(account, openid, newGrant({ accessToken: 'newer' }), 'session');
    expect(next).toMatchObject({ unionid: 'u', profile, accessToken: 'newer', generation: 2 });
    expect(next.grantId).toBe(former.grantId);
    expect(await row()).toMatchObject({ unionid: 'u', profile });
  });

  test('takes the union id and the profile of a later login', async () => {
    await store.grant(account, openid, newGrant({ unionid: 'u', profile: { fetchedAt: 1 } }), 'session');
    const next = await store.grant(
      account,
      openid,
      newGrant({ unionid: 'v', profile: { fetchedAt: 2 } }),
      'session',
    );
    expect(next).toMatchObject({ unionid: 'v', profile: { fetchedAt: 2 } });
  });

  test('of snsapi_userinfo stands after a silent login, which only adds its session', async () => {
    const former = await store.grant(account, openid, newGrant(), 'one');
    const silent = newGrant({ scopes: ['snsapi_base'], accessToken: 'silent' });
    const next = await store.grant(account, openid, silent, 'two');
    expect(next).toEqual({
      ...former,
      profile: undefined,
      unionid: undefined,
      sessions: ['one', 'two'],
      sessionChanges: 2,
    });
    expect(next).toMatchObject({ accessToken: 'sealed', generation: 1 });
    expect(await store.read(account, openid)).toEqual(next);
  });

  test('of snsapi_base is replaced by a silent login', async () => {
    await store.grant(account, openid, newGrant({ scopes: ['snsapi_base'] }), 'session');
    const silent = newGrant({ scopes: ['snsapi_base'], accessToken: 'silent' });
    expect(await store.grant(account, openid, silent, 'one')).toMatchObject({
      accessToken: 'silent',
      generation: 2,
    });
  });

  test('of snsapi_userinfo that has ended is replaced by a silent login', async () => {
    await store.grant(account, openid, newGrant(), 'session');
    parts.clock.time = now + 1000;
    const silent = newGrant({ scopes: ['snsapi_base'], removeAt: now + 5000 });
    expect(await store.grant(account, openid, silent, 'one')).toMatchObject({ scopes: ['snsapi_base'] });
  });

  test('ends who held the lease and the pause after a failure', async () => {
    const { lease } = await leased();
    await store.fail(lease, now + 10);
    await store.grant(account, openid, newGrant(), 'session');
    for (const member of ['leaseOwner', 'leaseUntil', 'retryAt'])
      expect(await row()).not.toHaveProperty(member);
  });

  test('lists a session once, the newest last, and the latest 20', async () => {
    const sessions = Array.from({ length: 21 }, (_, n) => `s${n}`);
    for (const session of [...sessions, 's5']) await store.grant(account, openid, newGrant(), session);
    const expected = [...sessions.slice(1).filter((session) => session !== 's5'), 's5'];
    expect((await store.read(account, openid))?.sessions).toEqual(expected);
  });

  test.each([
    ['another login', ['snsapi_userinfo']],
    ['a silent login', ['snsapi_base']],
  ])('of %s is stored after another has come in between', async (_, scopes) => {
    await store.grant(account, openid, newGrant(), 'one');
    const late = storeWith('update', () => store.grant(account, openid, newGrant(), 'between'));
    await late.grant(account, openid, newGrant({ scopes }), 'late');
    expect((await store.read(account, openid))?.sessions).toEqual(['one', 'between', 'late']);
  });

  test('that is the first does not write over another first', async () => {
    const late = storeWith('update', () => store.grant(account, openid, newGrant(), 'between'));
    expect(await late.grant(account, openid, newGrant(), 'late')).toMatchObject({
      sessions: ['between', 'late'],
      generation: 2,
    });
  });

  test('that changes all the time is given up after eight tries', async () => {
    await store.grant(account, openid, newGrant(), 'session');
    let tries = 0;
    const unlucky = new GrantStore(
      {
        get: (key: never) => parts.tables.users.get(key),
        update: () => Promise.resolve(++tries > 8),
      } as unknown as Rig['tables']['users'],
      parts.clock,
    );
    await expect(unlucky.grant(account, openid, newGrant(), 's')).rejects.toThrow(
      'A grant changed all the time while it was to be stored.',
    );
    expect(tries).toBe(8);
    await store.grant(account, openid, newGrant(), 's');
    tries = 0;
    await expect(unlucky.endSessions(account, openid)).rejects.toThrow(
      'A grant changed all the time while sessions were to be ended.',
    );
    expect(tries).toBe(8);
  });
});

describe('a lease', () => {
  test('is written with its end, 20 seconds on, and holds until that is past', async () => {
    const { seen, lease } = await leased();
    expect(await row()).toMatchObject({ leaseOwner: lease.owner, leaseUntil: now + 20 });
    expect(await store.acquire(account, seen, now + 20)).toBeUndefined();
    expect(await store.acquire(account, seen, now + 21)).toBeDefined();
  });

  test('is not given before the time to try again', async () => {
    const { seen, lease } = await leased();
    expect(await store.fail(lease, now + 10)).toBe(true);
    expect(await row()).not.toHaveProperty('leaseOwner');
    expect(await row()).not.toHaveProperty('leaseUntil');
    expect(await store.acquire(account, seen, now + 9)).toBeUndefined();
    expect(await store.acquire(account, seen, now + 10)).toBeDefined();
  });

  test.each([
    ['another generation', (seen: StoredGrant) => ({ ...seen, generation: seen.generation + 1 })],
    ['another grant', (seen: StoredGrant) => ({ ...seen, grantId: 'other' })],
  ])('is not given to who saw %s', async (_, other) => {
    const seen = await store.grant(account, openid, newGrant(), 'session');
    expect(await store.acquire(account, other(seen), now)).toBeUndefined();
    expect(await store.acquire(account, seen, now)).toBeDefined();
  });

  test('is not given for a grant that is gone', async () => {
    const seen = await store.grant(account, openid, newGrant(), 'session');
    await store.removeUnchanged(account, seen);
    expect(await store.acquire(account, seen, now)).toBeUndefined();
    expect(await row()).toBeUndefined();
  });

  test('whose answer was lost is found again when the write is repeated', async () => {
    const seen = await store.grant(account, openid, newGrant(), 'session');
    const { users } = parts.tables;
    // As the SDK does: the first write is done, the second one answers.
    const repeating = new Proxy(users, {
      get: (target, name) =>
        name === 'update'
          ? async (...given: Parameters<typeof users.update>) => {
              await target.update(...given);
              return target.update(...given);
            }
          : (Reflect.get(target, name) as unknown),
    });
    const lease = await new GrantStore(repeating, parts.clock).acquire(account, seen, now);
    expect(lease?.owner).toBe((await row())?.['leaseOwner']);
    if (!lease) throw new Error('no lease');
    expect(await store.fail(lease, 0)).toBe(true);
  });

  test('gives way to the tokens of its refresh', async () => {
    const { seen, lease } = await leased();
    await store.fail(lease, now);
    const again = await store.acquire(account, seen, now);
    if (!again) throw new Error('no lease');
    const next = {
      accessToken: 'n',
      accessTokenExpiresAt: 1,
      refreshToken: 'r',
      generation: 2,
      removeAt: now + 2,
    };
    expect(await store.commit(again, next)).toBe(true);
    expect(await row()).toMatchObject(next);
    for (const member of ['leaseOwner', 'leaseUntil', 'retryAt'])
      expect(await row()).not.toHaveProperty(member);
    // As the SDK repeats a write whose answer was lost: it is known as its own, and does nothing twice.
    expect(await store.commit(again, { ...next, generation: 3 })).toBe(true);
    expect(await row()).toMatchObject({ generation: 2 });
  });

  test('that is held removes the grant, and nobody else’s does', async () => {
    const { lease } = await leased();
    expect(await store.remove({ ...lease, owner: 'other' })).toBe(false);
    expect(await store.commit({ ...lease, owner: 'other' }, { ...newGrant(), generation: 2 })).toBe(false);
    expect(await store.fail({ ...lease, owner: 'other' }, 0)).toBe(false);
    expect(await store.remove(lease)).toBe(true);
    expect(await row()).toBeUndefined();
  });
});

describe('a grant goes without a lease', () => {
  test.each([
    ['generation', { generation: 7 }],
    ['grant', { grantId: 'other' }],
  ])('as long as it is the same %s', async (_, other) => {
    const seen = await store.grant(account, openid, newGrant(), 'session');
    expect(await store.removeGeneration(account, { ...seen, ...other })).toBe(false);
    expect(await store.removeUnchanged(account, { ...seen, ...other })).toBe(false);
    expect(await store.removeGeneration(account, seen)).toBe(true);
    expect(await row()).toBeUndefined();
  });

  test('where its sessions have not changed, if that is asked', async () => {
    const seen = await store.grant(account, openid, newGrant(), 'session');
    expect(await store.removeUnchanged(account, { ...seen, sessionChanges: 7 })).toBe(false);
    expect(await store.removeUnchanged(account, seen)).toBe(true);
    expect(await row()).toBeUndefined();
  });
});

describe('a newer profile', () => {
  test('is stored with the union id', async () => {
    const seen = await store.grant(account, openid, newGrant(), 'session');
    const news = { profile: { nickname: 'b', fetchedAt: 3 }, unionid: 'u' };
    expect(await store.putProfile(account, seen, news)).toBe(true);
    expect(await row()).toMatchObject(news);
    expect(await store.putProfile(account, { openid, grantId: 'other' }, { profile: { fetchedAt: 4 } })).toBe(
      false,
    );
    expect(await row()).toMatchObject(news);
  });
});

describe('sessions', () => {
  test('end one by one or all together, and which is said', async () => {
    for (const session of ['a', 'b', 'c']) await store.grant(account, openid, newGrant(), session);
    expect(await store.endSessions(account, openid, 'b')).toEqual(['b']);
    expect(await row()).toMatchObject({ sessions: ['a', 'c'], sessionChanges: 4 });
    expect(await store.endSessions(account, openid, 'b')).toEqual([]);
    expect(await row()).toMatchObject({ sessionChanges: 4 });
    expect(await store.endSessions(account, openid)).toEqual(['a', 'c']);
    expect(await row()).toMatchObject({ sessions: [], sessionChanges: 5 });
  });

  test('of nobody are none', async () => {
    expect(await store.endSessions(account, openid)).toEqual([]);
    expect(await row()).toBeUndefined();
  });

  test('end also where another login comes in between, and that one stays', async () => {
    await store.grant(account, openid, newGrant(), 'a');
    const late = storeWith('update', () => store.grant(account, openid, newGrant(), 'b'));
    expect(await late.endSessions(account, openid, 'a')).toEqual(['a']);
    expect(await row()).toMatchObject({ sessions: ['b'] });
  });
});
