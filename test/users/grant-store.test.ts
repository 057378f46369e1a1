import { beforeEach, describe, expect, test } from '@jest/globals';
import { endingGrants } from '../../shared/users/ending-grants.ts';
import type { NewGrant } from '../../shared/users/grant-store.ts';
import { account as registered, rig } from './rig.ts';

const { appId: account } = registered;
const { store, clock, tables } = rig();
let openid: string;
let count = 0;
beforeEach(() => {
  openid = `o${count++}`;
});

function newGrant(about: Partial<NewGrant> = {}): NewGrant {
  const now = clock.now();
  return {
    accessToken: 'sealed',
    accessTokenExpiresAt: now + 7200,
    refreshToken: 'sealed',
    scopes: ['snsapi_userinfo'],
    grantedAt: now,
    removeAt: now + 30 * 86_400,
    unionid: undefined,
    profile: undefined,
    ...about,
  };
}

describe('a lease on a grant', () => {
  test('is had by one of many', async () => {
    const seen = await store.grant(account, openid, newGrant(), 'session');
    const now = clock.now();
    const leases = await Promise.all(Array.from({ length: 30 }, () => store.acquire(account, seen, now)));
    expect(leases.filter((lease) => lease !== undefined)).toHaveLength(1);
  });

  test('is free again when its time is over, and then the late holder changes nothing', async () => {
    const seen = await store.grant(account, openid, newGrant(), 'session');
    const now = clock.now();
    const late = await store.acquire(account, seen, now);
    const next = await store.acquire(account, seen, now + 21);
    if (!late || !next) throw new Error('no lease');
    const refreshed = { ...newGrant({ accessToken: 'newer' }), generation: 2 };
    expect(await store.commit(late, refreshed)).toBe(false);
    expect(await store.remove(late)).toBe(false);
    expect(await store.commit(next, refreshed)).toBe(true);
  });

  test('is lost to a login, whose grant then stays', async () => {
    const seen = await store.grant(account, openid, newGrant(), 'session');
    const lease = await store.acquire(account, seen, clock.now());
    if (!lease) throw new Error('no lease');
    await store.grant(account, openid, newGrant({ accessToken: 'of the login' }), 'session');
    expect(await store.remove(lease)).toBe(false);
    expect(await store.fail(lease, 0)).toBe(false);
    expect(await store.read(account, openid)).toMatchObject({ accessToken: 'of the login', generation: 2 });
  });

  test('brings nothing back that was erased', async () => {
    const seen = await store.grant(account, openid, newGrant(), 'session');
    const lease = await store.acquire(account, seen, clock.now());
    if (!lease) throw new Error('no lease');
    expect(await store.removeUnchanged(account, seen)).toBe(true);
    expect(await store.commit(lease, { ...newGrant(), generation: 2 })).toBe(false);
    expect(await store.putProfile(account, seen, { profile: { fetchedAt: 1 } })).toBe(false);
    await store.endSessions(account, openid);
    expect(await tables.users.get({ pk: `${account}#${openid}`, sk: 'grant' })).toBeUndefined();
  });
});

describe('a grant that was erased and followed by another login’s', () => {
  async function erasedAndBack() {
    const former = await store.grant(account, openid, newGrant({ refreshToken: 'former' }), 'session');
    await store.removeUnchanged(account, former);
    const next = await store.grant(account, openid, newGrant({ scopes: ['snsapi_base'] }), 'session');
    expect(next.generation).toBe(former.generation);
    return { former, next };
  }

  test('does not hand its tokens on: who read them before gets no lease on the new one', async () => {
    const { former, next } = await erasedAndBack();
    expect(await store.acquire(account, former, clock.now())).toBeUndefined();
    expect(await store.read(account, openid)).toEqual(next);
  });

  test('does not hand its profile on', async () => {
    const { former, next } = await erasedAndBack();
    const profile = { nickname: 'former', fetchedAt: clock.now() };
    expect(await store.putProfile(account, former, { profile })).toBe(false);
    expect(await store.read(account, openid)).toEqual(next);
  });

  test('does not take the new one with it when WeChat ends it late', async () => {
    const { former, next } = await erasedAndBack();
    expect(await store.removeGeneration(account, former)).toBe(false);
    expect(await store.removeUnchanged(account, former)).toBe(false);
    expect(await store.read(account, openid)).toEqual(next);
  });
});

describe('logins of one user at once', () => {
  test('end with one grant, of the wider scope, and all their sessions', async () => {
    const logins = ['snsapi_base', 'snsapi_userinfo', 'snsapi_base', 'snsapi_userinfo'];
    const grants = await Promise.all(
      logins.map((scope, n) => store.grant(account, openid, newGrant({ scopes: [scope] }), `session ${n}`)),
    );
    const stands = await store.read(account, openid);
    expect(stands).toMatchObject({ scopes: ['snsapi_userinfo'] });
    expect(stands?.sessions.toSorted()).toEqual(['session 0', 'session 1', 'session 2', 'session 3']);
    expect(new Set(grants.map(({ grantId }) => grantId)).size).toBe(1);
  });
});

describe('the sessions of a grant', () => {
  const login = (session: string) =>
    store.grant(account, openid, newGrant({ scopes: ['snsapi_base'] }), session);

  test('are the latest 20', async () => {
    for (let n = 0; n < 23; n++) await login(`session ${n}`);
    const { sessions = [] } = (await store.read(account, openid)) ?? {};
    expect(sessions).toEqual(Array.from({ length: 20 }, (_, n) => `session ${n + 3}`));
  });

  test('that end at once, one by one, all end, and no other does', async () => {
    for (let n = 0; n < 4; n++) await login(`session ${n}`);
    const ended = await Promise.all([0, 1, 2].map((n) => store.endSessions(account, openid, `session ${n}`)));
    expect(ended).toEqual([['session 0'], ['session 1'], ['session 2']]);
    expect(await store.read(account, openid)).toMatchObject({ sessions: ['session 3'] });
  });

  test('that come while a lease is held stay when the tokens are stored', async () => {
    const seen = await store.grant(account, openid, newGrant(), 'session');
    const lease = await store.acquire(account, seen, clock.now());
    if (!lease) throw new Error('no lease');
    await login('silent');
    expect(await store.commit(lease, { ...newGrant({ accessToken: 'newer' }), generation: 2 })).toBe(true);
    expect(await store.read(account, openid)).toMatchObject({
      accessToken: 'newer',
      sessions: ['session', 'silent'],
    });
  });
});

describe('the grants that end soon', () => {
  test('are found over several pages, each once', async () => {
    const now = clock.now();
    const { users } = tables;
    const names = Array.from({ length: 25 }, (_, n) => `oMany${n}`);
    for (const name of names) {
      await store.grant(account, name, newGrant({ removeAt: now + 100 }), 'session');
    }
    const found: string[] = [];
    let from: string | undefined;
    let pages = 0;
    do {
      // No time to go on after the first page.
      const range = { until: now + 200, from, seconds: 0 };
      const page = await endingGrants({ users, clock }, account, range);
      found.push(...page.grants.map((grant) => grant.openid));
      from = page.next;
      pages++;
    } while (from !== undefined);
    expect(found.toSorted()).toEqual(names.toSorted());
    expect(pages).toBeGreaterThan(1);
  });
});
