import { beforeEach, describe, expect, test } from '@jest/globals';
import { serviceBusy } from '../../shared/platform/errors.ts';
import { eraseUser } from '../../shared/users/erase-user.ts';
import type { Grants } from '../../shared/users/grants.ts';
import { finishLogin, type Return } from '../../shared/users/login.ts';
import { WeChatUnreachableError } from '../../shared/wechat/errors.ts';
import { account, appSecret, rig, type Rig } from './rig.ts';

const openid = 'oUser';
const browserId = 'browser';
const returnTo = 'https://www.example.com/';
const exchange = '/sns/oauth2/access_token';
const userinfo = '/sns/userinfo';
const granted = (about: object = {}) => ({
  access_token: 'token',
  expires_in: 7200,
  refresh_token: 'refresh',
  openid,
  scope: 'snsapi_userinfo',
  ...about,
});

let parts: Rig;
let now: number;
let state: string;
beforeEach(async () => {
  parts = rig();
  now = parts.clock.now();
  state = await parts.attempts.start(
    { account: account.appId, scope: 'snsapi_userinfo', returnTo },
    browserId,
  );
  parts.wechat.on(exchange, granted());
  parts.wechat.on(userinfo, { openid, unionid: 'u', nickname: '小明', headimgurl: 'https://x/132' });
});

const finish = (about: Partial<Return> = {}) =>
  finishLogin(parts, account, { code: 'code', state, browserId, ...about });
const exchanges = () => parts.wechat.calls.filter(({ api }) => api === exchange);
const grantOf = () => parts.store.read(account.appId, openid);
const profileOf = () => parts.profiles.stored(account.appId, openid);
/** The attempts, with a method that fails. */
const failingAt = (method: 'claim' | 'finish', fault: Error) =>
  new Proxy(parts.attempts, {
    get: (target, name) => {
      if (name === method) return () => Promise.reject(fault);
      const value = Reflect.get(target, name) as (...given: unknown[]) => unknown;
      return value.bind(target);
    },
  });
const unreachable = (api: string) => () => {
  throw new WeChatUnreachableError({ api, reason: 'empty_body' });
};

describe('a login', () => {
  test('stores grant and profile, and opens a session', async () => {
    const { outcome, returnTo: to } = await finish();
    expect(to).toBe(returnTo);
    expect(outcome).toEqual({ result: 'granted', cookie: expect.stringContaining('__Host-keyring_') });
    expect(exchanges().map(({ query }) => query)).toEqual([
      { appid: account.appId, secret: appSecret, code: 'code', grant_type: 'authorization_code' },
    ]);
    expect(await grantOf()).toMatchObject({
      grantedAt: now,
      unionid: 'u',
      profile: { nickname: '小明', avatar: 'https://x/132', fetchedAt: now },
      sessions: [expect.any(String)],
    });
    expect(await profileOf()).toMatchObject({
      unionid: 'u',
      nickname: '小明',
      avatar: 'https://x/132',
      consentedAt: now,
    });
    expect(parts.wechat.calls.at(-1)?.query).toMatchObject({ access_token: 'token', openid, lang: 'zh_CN' });
    const cookie = 'cookie' in outcome ? outcome.cookie.split(';')[0] : undefined;
    expect(await parts.sessions.require(account, [cookie ?? ''])).toMatchObject({ openid });
  });

  test('takes the union id of the exchange where the profile has none', async () => {
    parts.wechat.on(exchange, granted({ unionid: 'v' }));
    parts.wechat.on(userinfo, { openid, nickname: '小明' });
    await finish();
    expect(await grantOf()).toMatchObject({ unionid: 'v' });
    expect(await profileOf()).toMatchObject({ unionid: 'v' });
  });

  test('of snsapi_base asks for no profile, and notes no consent', async () => {
    parts.wechat.on(exchange, granted({ scope: 'snsapi_base' }));
    expect(await finish()).toMatchObject({ outcome: { result: 'granted' } });
    expect(parts.wechat.calls).toHaveLength(1);
    expect(await profileOf()).toBeUndefined();
    expect(await grantOf()).not.toHaveProperty('profile');
  });

  test('stands without the profile, and notes the consent', async () => {
    parts.wechat.on(userinfo, unreachable(userinfo));
    expect(await finish()).toMatchObject({ outcome: { result: 'granted' } });
    expect(await profileOf()).toMatchObject({ consentedAt: now });
    expect(await grantOf()).not.toHaveProperty('profile');
    expect(parts.log.lines).toEqual([
      {
        level: 'warn',
        message: 'A profile could not be read after a login.',
        fields: { account: account.appId, code: 'wechat_empty_body' },
      },
    ]);
  });

  test('ends with what is no fault of WeChat', async () => {
    parts.wechat.on(userinfo, () => {
      throw new Error('a bug');
    });
    await expect(finish()).rejects.toThrow('a bug');
    parts.wechat.on(exchange, () => {
      throw new Error('another');
    });
    state = await parts.attempts.start({ account: account.appId, scope: 'snsapi_base', returnTo }, browserId);
    await expect(finish()).rejects.toThrow('another');
  });

  test('of a snapshot user stores nothing', async () => {
    parts.wechat.on(exchange, granted({ is_snapshotuser: 1 }));
    expect(await finish()).toEqual({ outcome: { result: 'snapshot' }, returnTo });
    expect(await grantOf()).toBeUndefined();
    expect(await finish()).toEqual({ outcome: { result: 'snapshot' }, returnTo });
    expect(exchanges()).toHaveLength(1);
  });

  test('whose profile is closed right after the user shared it is a snapshot user’s without the mark', async () => {
    parts.wechat.on(userinfo, 48001);
    expect(await finish()).toEqual({ outcome: { result: 'snapshot' }, returnTo });
    expect(await grantOf()).toBeUndefined();
    expect(await profileOf()).toBeUndefined();
    expect(await finish()).toEqual({ outcome: { result: 'snapshot' }, returnTo });
    expect(exchanges()).toHaveLength(1);
    expect(parts.log.lines).toMatchObject([{ fields: { code: 'wechat_not_permitted' } }]);
  });

  test.each([48004, 50001, 40001])('stands where the profile is refused with %i', async (errcode) => {
    parts.wechat.on(userinfo, errcode);
    expect(await finish()).toMatchObject({ outcome: { result: 'granted' } });
    expect(await profileOf()).toMatchObject({ consentedAt: now });
  });

  test.each<[string, number | (() => never), string]>([
    ['does not know the code', 40029, 'code_refused'],
    ['has had the code', 40163, 'code_refused'],
    ['misses the code', 41008, 'code_refused'],
    ['finds the code too old', 42003, 'code_refused'],
    ['refuses the secret', 40125, 'wechat_refused'],
    ['has had too many calls', 45011, 'wechat_refused'],
    ['is busy', -1, 'wechat_unreachable'],
    ['cannot be reached', unreachable(exchange), 'wechat_unreachable'],
  ])('fails where WeChat %s, for the second arrival, too', async (_, answer, code) => {
    parts.wechat.on(exchange, answer);
    const failed = { outcome: { result: 'failed', code }, returnTo };
    expect(await finish()).toEqual(failed);
    expect(parts.log.lines).toEqual([
      {
        level: 'warn',
        message: 'A code could not be exchanged.',
        fields: {
          account: account.appId,
          code: expect.stringMatching(/^wechat_/),
          reason: expect.stringContaining(exchange),
        },
      },
    ]);
    expect(await finish()).toEqual(failed);
    expect(exchanges()).toHaveLength(1);
  });

  test('is another browser’s to nobody', async () => {
    await expect(finish({ browserId: 'other' })).rejects.toMatchObject({ code: 'state_foreign' });
    expect(exchanges()).toHaveLength(0);
  });
});

describe('the second arrival of a code', () => {
  test('gets the first one’s session, without another exchange', async () => {
    const first = await finish();
    expect(await finish()).toEqual(first);
    expect(exchanges()).toHaveLength(1);
    expect(parts.clock.now()).toBe(now);
  });

  test('gets it where the first one’s last write was done, and its answer was lost', async () => {
    const put: Grants['put'] = async (...given) => {
      await parts.grants.put(...given);
      throw new Error('no answer');
    };
    const grants = new Proxy(parts.grants, {
      get: (target, name) => (name === 'put' ? put : (Reflect.get(target, name) as unknown)),
    });
    await expect(
      finishLogin({ ...parts, grants }, account, { code: 'code', state, browserId }),
    ).rejects.toThrow('no answer');
    expect(await finish()).toEqual({
      outcome: { result: 'granted', cookie: expect.stringContaining('__Host-keyring_') },
      returnTo,
    });
  });

  test('is told at once that the session is over', async () => {
    const { outcome } = await finish();
    const cookie = 'cookie' in outcome ? (outcome.cookie.split(';')[0] ?? '') : '';
    await parts.sessions.close(account, [cookie]);
    await expect(finish()).rejects.toMatchObject({ code: 'state_used' });
    expect(parts.clock.time).toBe(now);
    expect(exchanges()).toHaveLength(1);
  });

  test.each<[string, () => Promise<unknown>]>([
    [
      'everywhere',
      () => parts.store.endSessions(account.appId, openid).then((all) => parts.sessions.remove(all)),
    ],
    ['by an erasure', () => eraseUser({ ...parts, grants: parts.store }, account.appId, openid)],
  ])('is told at once that the session was ended %s', async (_, end) => {
    await finish();
    await end();
    await expect(finish()).rejects.toMatchObject({ code: 'state_used' });
    expect(parts.clock.time).toBe(now);
  });

  test('is told so of a session that is stored and counts no more, unless it has just been opened', async () => {
    await finish();
    await parts.store.endSessions(account.appId, openid);
    parts.clock.time = now + 5;
    await expect(finish()).rejects.toMatchObject({ code: 'state_used' });
    expect(parts.clock.time).toBe(now + 5);
    parts.clock.time = now + 4;
    await expect(finish()).rejects.toMatchObject({ code: 'state_used' });
    expect(parts.clock.time).toBeGreaterThanOrEqual(now + 5);
    expect(parts.clock.time).toBeLessThan(now + 5.2);
  });

  test('is told at once that the first has failed', async () => {
    parts.wechat.on(exchange, () => {
      throw new Error('a bug');
    });
    await expect(finish()).rejects.toThrow('a bug');
    expect(await finish()).toEqual({ outcome: { result: 'failed', code: 'login_unfinished' }, returnTo });
    expect(parts.clock.time).toBe(now);
  });

  test('waits where not even that could be noted', async () => {
    parts.wechat.on(exchange, () => {
      throw new Error('a bug');
    });
    const attempts = failingAt('finish', new Error('no write'));
    await expect(
      finishLogin({ ...parts, attempts }, account, { code: 'code', state, browserId }),
    ).rejects.toThrow('a bug');
    await expect(finish()).rejects.toMatchObject({ code: 'login_unfinished' });
  });

  test('with another code is refused, and the code is not exchanged', async () => {
    await finish();
    await expect(finish({ code: 'other' })).rejects.toMatchObject({ code: 'state_used' });
    expect(exchanges()).toHaveLength(1);
  });

  describe('with another code, in a browser that is logged in,', () => {
    let cookies: string[];
    beforeEach(async () => {
      const { outcome } = await finish();
      cookies = ['cookie' in outcome ? (outcome.cookie.split(';')[0] ?? '') : ''];
    });
    const again = (about: Partial<Return> = {}) => finish({ code: 'other', cookies, ...about });

    test('is led on where the code is of the same user, and nothing is stored', async () => {
      const before = await grantOf();
      parts.wechat.on(exchange, granted({ access_token: 'newer', refresh_token: 'newer' }));
      expect(await again()).toEqual({ outcome: { result: 'granted' }, returnTo });
      expect(await grantOf()).toEqual(before);
      expect(await parts.sessions.require(account, cookies)).toMatchObject({ openid });
    });

    test.each<[string, object | number]>([
      ['is another’s', granted({ openid: 'oAnother' })],
      ['is a snapshot user’s', granted({ is_snapshotuser: 1 })],
      ['is not accepted', 40029],
    ])('is refused where the code %s', async (_, answer) => {
      parts.wechat.on(exchange, answer as Record<string, unknown>);
      await expect(again()).rejects.toMatchObject({ code: 'state_used' });
      expect(await parts.sessions.require(account, cookies)).toMatchObject({ openid });
    });

    test('is refused in another browser', async () => {
      await expect(again({ browserId: 'other' })).rejects.toMatchObject({ code: 'state_foreign' });
      expect(exchanges()).toHaveLength(1);
    });

    test.each([new Error('no table'), serviceBusy('no time')])(
      'is not led on where the claim fails with %s',
      async (fault) => {
        const attempts = failingAt('claim', fault);
        const back = { code: 'other', state, browserId, cookies };
        await expect(finishLogin({ ...parts, attempts }, account, back)).rejects.toBe(fault);
        expect(exchanges()).toHaveLength(1);
      },
    );

    test('is refused once the session is over', async () => {
      await parts.sessions.close(account, cookies);
      await expect(again()).rejects.toMatchObject({ code: 'state_used' });
      expect(exchanges()).toHaveLength(1);
    });
  });

  test('waits for the first one’s end', async () => {
    await parts.attempts.claim(account.appId, state, browserId, 'code');
    const { claim } = await parts.attempts.claim(account.appId, state, browserId, 'code');
    const waits: number[] = [];
    parts.clock.onSleep = async (seconds) => {
      waits.push(seconds);
      if (waits.length === 2) await parts.attempts.finish(state, claim, { result: 'snapshot' });
    };
    expect(await finish()).toEqual({ outcome: { result: 'snapshot' }, returnTo });
    expect(waits).toEqual([0.15, 0.15]);
  });

  test('gives up after ten seconds', async () => {
    await parts.attempts.claim(account.appId, state, browserId, 'code');
    await expect(finish()).rejects.toMatchObject({ code: 'login_unfinished', extras: { retryAfter: 5 } });
    expect(parts.clock.time).toBeGreaterThanOrEqual(now + 10);
    expect(parts.clock.time).toBeLessThan(now + 10.2);
  });

  test('gives up half a minute after the first arrival', async () => {
    await parts.attempts.claim(account.appId, state, browserId, 'code');
    parts.clock.time = now + 25;
    await expect(finish()).rejects.toMatchObject({ code: 'login_unfinished' });
    expect(parts.clock.time).toBeGreaterThanOrEqual(now + 30);
    expect(parts.clock.time).toBeLessThan(now + 30.2);
  });
});
