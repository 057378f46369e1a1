import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Sessions, sessionIdOf } from '../../shared/users/sessions.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { account, before, rig, type Rig } from './rig.ts';

const openid = 'oUser';
const day = 86_400;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

let parts: Rig;
let sessions: Sessions;
let now: number;
beforeEach(() => {
  parts = rig();
  ({ sessions } = parts);
  now = parts.clock.now();
});

/** Opens a session as a login does. */
async function open(id: string, of = account, who = openid) {
  const { session, cookie } = await sessions.open(of, id, who);
  await parts.store.grant(
    of.appId,
    who,
    {
      accessToken: 'sealed',
      accessTokenExpiresAt: now + 7200,
      refreshToken: 'sealed',
      scopes: ['snsapi_base'],
      grantedAt: now,
      removeAt: now + 400 * day,
      unionid: undefined,
      profile: undefined,
    },
    session,
  );
  return { session, cookie };
}

const cookies = (id: string) => [`__Host-keyring_${account.appId}=${id}`];
const row = (id: string) => parts.tables.users.get({ pk: `session#${sha256(id)}`, sk: 'session' });
const isOpen = async (id: string, of = account) => typeof (await sessions.standing(of, id)) === 'object';

describe('a session', () => {
  test('is stored by the hash of its id, and names nobody', async () => {
    const { session, cookie } = await open('id');
    expect(session).toBe(sha256('id'));
    expect(cookie).toBe(
      `__Host-keyring_${account.appId}=id; Path=/; Max-Age=${30 * day}; Secure; HttpOnly; SameSite=Lax`,
    );
    const stored = await row('id');
    expect(stored).toEqual({
      pk: `session#${session}`,
      sk: 'session',
      account: account.appId,
      user: expect.any(String),
      createdAt: now,
      usedAt: now,
      removeAt: now + 7 * day,
    });
    expect(JSON.stringify(stored)).not.toContain(openid);
    expect(await sessions.require(account, cookies('id'))).toMatchObject({ openid });
    expect(await sessions.standing(account, 'id')).toEqual({ cookie });
  });

  test('that an earlier release stored still names its user', async () => {
    const { session } = await open('id');
    // What the first release wrote for this id, account and openid.
    const user = 'AMTNuV4k6dBgPnkbeuZ0XgGnGFCeMveiZCrXNEejZPyQ';
    await parts.tables.users.update({ pk: `session#${session}`, sk: 'session' }, { set: { user } });
    expect(await sessions.require(account, cookies('id'))).toMatchObject({ openid });
  });

  test('is over for good when its account is removed and registered again', async () => {
    const [first, second] = ['one', 'two'].map((incarnation) => ({ ...account, incarnation }));
    await open('id', first);
    expect(await row('id')).toMatchObject({ account: `${account.appId}:one` });
    expect(await isOpen('id', first)).toBe(true);
    // The user is back: the grant lists both.
    await open('another', second);
    expect(await isOpen('another', second)).toBe(true);
    expect(await isOpen('id', second)).toBe(false);
    expect(await isOpen('id', account)).toBe(false);
  });

  test('from before accounts had registrations is over when the account is registered again', async () => {
    await open('id');
    expect(await isOpen('id')).toBe(true);
    expect(await isOpen('id', { ...account, incarnation: 'one' })).toBe(false);
  });

  test('that is ended leaves no row but one that says so, for as long as its code may come again', async () => {
    const { session } = await open('id');
    expect(await sessions.standing(account, 'none')).toBe('not yet');
    await sessions.close(account, cookies('id'));
    expect(await row('id')).toBeUndefined();
    expect(await parts.tables.users.get({ pk: `ended#${session}`, sk: 'ended' })).toEqual({
      pk: `ended#${session}`,
      sk: 'ended',
      removeAt: now + 600,
    });
    expect(await sessions.standing(account, 'id')).toBe('over');
  });

  test('that nobody has to end leaves no such row', async () => {
    await sessions.close(account, cookies('none'));
    expect(await parts.tables.users.get({ pk: `ended#${sha256('none')}`, sk: 'ended' })).toBeUndefined();
  });

  test('counts only as long as the user’s grant lists it', async () => {
    await open('id');
    await parts.store.endSessions(account.appId, openid, sha256('id'));
    await open('another');
    expect(await row('id')).toBeDefined();
    expect(await isOpen('id')).toBe(false);
    await expect(sessions.require(account, cookies('id'))).rejects.toMatchObject({ code: 'session_expired' });
  });

  test('counts among others of the same user', async () => {
    for (const id of ['a', 'b', 'c']) await open(id);
    for (const id of ['a', 'b', 'c']) expect(await isOpen(id)).toBe(true);
  });

  test('is over without a grant', async () => {
    await open('id');
    await parts.tables.users.delete({ pk: `${account.appId}#${openid}`, sk: 'grant' });
    expect(await isOpen('id')).toBe(false);
  });

  test('of one account is none of another', async () => {
    await open('id');
    expect(await isOpen('id', { ...account, appId: parseAppId('wxeeeeeeeeeeeeeeee') })).toBe(false);
  });

  test('is missing without a cookie, or with an empty one', async () => {
    for (const none of [undefined, [], cookies(''), ['other=1']]) {
      await expect(sessions.require(account, none)).rejects.toMatchObject({ code: 'session_missing' });
    }
    await expect(sessions.require(account, cookies('id'))).rejects.toMatchObject({ code: 'session_expired' });
  });
});

describe('a session ends', () => {
  test('when it was not used for a week', async () => {
    await open('id');
    parts.clock.time = now + 7 * day - 1;
    expect(await isOpen('id')).toBe(true);
    parts.clock.time = now + 7 * day;
    expect(await isOpen('id')).toBe(false);
  });

  test('when it is 30 days old, however often it is used', async () => {
    await open('id');
    for (let n = 1; n < 30; n++) {
      parts.clock.time = now + n * day;
      await sessions.require(account, cookies('id'));
    }
    parts.clock.time = now + 30 * day - 1;
    await sessions.require(account, cookies('id'));
    expect(await row('id')).toMatchObject({ removeAt: now + 30 * day });
    parts.clock.time = now + 30 * day;
    expect(await isOpen('id')).toBe(false);
  });

  test('as the account’s settings say, those of now', async () => {
    const { cookie } = await open('id', { ...account, sessionIdleSeconds: 500, sessionSeconds: 1000 });
    expect(cookie).toContain('Max-Age=1000;');
    expect(await row('id')).toMatchObject({ removeAt: now + 500 });
    parts.clock.time = now + 99;
    expect(await isOpen('id', { ...account, sessionIdleSeconds: 99 })).toBe(false);
    expect(await isOpen('id', { ...account, sessionIdleSeconds: 100 })).toBe(true);
    expect(await isOpen('id', { ...account, sessionSeconds: 99 })).toBe(false);
    expect(await isOpen('id', { ...account, sessionSeconds: 100 })).toBe(true);
    parts.clock.time = now + 500;
    expect(await isOpen('id')).toBe(false);
  });
});

describe('the last use', () => {
  test.each([
    ['an hour', account, 3600],
    ['a tenth of a short idle limit', { ...account, sessionIdleSeconds: 600 }, 60],
  ])('is noted after %s, not before', async (_, of, seconds) => {
    await open('id', of);
    parts.clock.time = now + seconds - 1;
    await sessions.require(of, cookies('id'));
    expect(await row('id')).toMatchObject({ usedAt: now });
    parts.clock.time = now + seconds;
    await sessions.require(of, cookies('id'));
    const idle = of.sessionIdleSeconds ?? 7 * day;
    expect(await row('id')).toMatchObject({
      usedAt: now + seconds,
      removeAt: now + seconds + idle,
      createdAt: now,
    });
  });

  test('brings no session back that was logged out meanwhile', async () => {
    await open('id');
    parts.clock.time = now + 3600;
    const key = { pk: `session#${sha256('id')}`, sk: 'session' };
    const late = new Sessions(
      before(parts.tables.users, 'update', () => parts.tables.users.delete(key)),
      parts.store,
      parts.clock,
    );
    expect(await late.require(account, cookies('id'))).toMatchObject({ openid });
    expect(await row('id')).toBeUndefined();
  });
});

describe('logging out', () => {
  const forgotten = `__Host-keyring_${account.appId}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax`;

  test('ends this session and no other', async () => {
    await open('a');
    await open('b');
    expect(await sessions.close(account, cookies('a'))).toBe(forgotten);
    expect(await row('a')).toBeUndefined();
    expect(await parts.store.read(account.appId, openid)).toMatchObject({ sessions: [sha256('b')] });
    expect(await isOpen('b')).toBe(true);
  });

  test.each([
    ['no cookie', undefined],
    ['a session that nobody knows', cookies('unknown')],
  ])('with %s changes nothing', async (_, sent) => {
    await open('a');
    expect(await sessions.close(account, sent)).toBe(forgotten);
    expect(await isOpen('a')).toBe(true);
  });

  test('of another account’s session changes nothing', async () => {
    await open('a');
    const other = { ...account, appId: parseAppId('wxeeeeeeeeeeeeeeee') };
    await sessions.close(other, [`__Host-keyring_${other.appId}=a`]);
    expect(await isOpen('a')).toBe(true);
  });

  test('everywhere ends all of them', async () => {
    for (const id of ['a', 'b']) await open(id);
    expect(await sessions.closeAll(account, cookies('a'))).toBe(forgotten);
    for (const id of ['a', 'b']) expect(await row(id)).toBeUndefined();
    expect(await parts.store.read(account.appId, openid)).toMatchObject({ sessions: [] });
    await expect(sessions.closeAll(account, cookies('a'))).rejects.toMatchObject({ code: 'session_expired' });
  });
});

describe('rows', () => {
  test('are removed by hash, and those that were there are counted', async () => {
    for (const id of ['a', 'b']) await open(id);
    expect(await sessions.remove([sha256('a'), sha256('none'), sha256('b')])).toBe(2);
    expect(await row('a')).toBeUndefined();
  });

  test('tell when sessions were opened and used, and when they end', async () => {
    await open('a');
    expect(await sessions.times([sha256('none'), sha256('a')])).toEqual([
      { createdAt: now, usedAt: now, removeAt: now + 7 * day },
    ]);
  });
});

describe('the id of a session', () => {
  const login = { browserId: 'b', claim: 'c', code: 'd' };

  test('is the same for the same browser, claim and code, and for no other', () => {
    expect(sessionIdOf(login)).toMatch(/^[0-9a-f]{64}$/);
    expect(sessionIdOf({ ...login })).toBe(sessionIdOf(login));
    for (const member of ['browserId', 'claim', 'code']) {
      expect(sessionIdOf({ ...login, [member]: 'other' })).not.toBe(sessionIdOf(login));
    }
    expect(sessionIdOf({ browserId: 'b', claim: 'c.d', code: 'e' })).not.toBe(
      sessionIdOf({ browserId: 'b', claim: 'c', code: 'e' }),
    );
  });
});
