import { beforeEach, describe, expect, test } from '@jest/globals';
import { checkUserToken, type Grant } from '../../shared/wechat/authorization.ts';
import { WeChatApiError, WeChatUnreachableError } from '../../shared/wechat/errors.ts';
import { parseUserAccessToken } from '../../shared/wechat/tokens.ts';
import { memoryTables } from '../kit/memory-table.ts';
import { account, noted, rig, type Rig } from './rig.ts';

const openid = 'oUser';
const check = '/sns/auth';
const refresh = '/sns/oauth2/refresh_token';
const ok = { errcode: 0 };
const month = 30 * 86_400;
const refreshed = (about: object = {}) => ({
  access_token: 'second',
  expires_in: 7200,
  refresh_token: 'refresh',
  openid,
  scope: 'snsapi_userinfo',
  ...about,
});
const unreachable = (api = refresh) => {
  throw new WeChatUnreachableError({ api, reason: 'empty_body' });
};

let parts: Rig;
let now: number;
let operations: string[];
beforeEach(async () => {
  const tables = memoryTables();
  const { table, calls } = noted(tables.users);
  operations = calls;
  parts = rig({ ...tables, users: table });
  now = parts.clock.now();
  parts.wechat.on(check, ok);
  parts.wechat.on(refresh, refreshed());
  await login();
});

async function login(about: Partial<Grant> = {}, more: { session?: string; unionid?: string } = {}) {
  const grant: Grant = {
    accessToken: parseUserAccessToken('first'),
    expiresIn: 7200,
    refreshToken: 'refresh',
    openid,
    scopes: ['snsapi_userinfo'],
    isSnapshotUser: false,
    ...about,
  };
  return parts.grants.put(account.appId, grant, {
    exchangedAt: now,
    profile: undefined,
    unionid: undefined,
    session: 'session',
    ...more,
  });
}

const call = () => parts.grants.callAs(account, openid, (token) => checkUserToken(token, { openid }));
/** The same, and what it wrote to the table, whatever became of it. */
async function writesOfCall() {
  operations.length = 0;
  await call().catch(() => undefined);
  return operations.filter((operation) => operation !== 'get');
}
/** The tokens that calls were made with. */
const used = () =>
  parts.wechat.calls.filter(({ api }) => api === check).map(({ query }) => query['access_token']);
const refreshes = () => parts.wechat.calls.filter(({ api }) => api === refresh).length;
const stored = async () => {
  const grant = await parts.store.stored(account.appId, openid);
  if (!grant) throw new Error('no grant');
  return grant;
};
const opened = async (attribute: 'accessToken' | 'refreshToken') =>
  parts.sealing.open((await stored())[attribute], { account: account.appId, openid, attribute });
const needed = (scope: string, more: object = {}) => ({
  code: 'authorization_needed',
  detail: 'Send the user to authorizeUrl, with a return_to of your own.',
  extras: {
    authorizeUrl: `https://keyring.example/v1/accounts/${account.appId}/oauth/authorize?scope=${scope}&return_to=https%3A%2F%2Fwww.example.com%2F`,
    ...more,
  },
});
const toldOf = (errcode: number) => ({ errcode, rid: '1-2-3' });

describe('a login', () => {
  test('is stored sealed, for 30 days from the exchange', async () => {
    const grant = await login({ scopes: ['snsapi_userinfo', 'x'] }, { session: 's', unionid: 'u' });
    expect(grant).toMatchObject({
      accessTokenExpiresAt: now + 7200,
      grantedAt: now,
      removeAt: now + month,
      scopes: ['snsapi_userinfo', 'x'],
      sessions: ['session', 's'],
      unionid: 'u',
      openid,
    });
    expect(await opened('accessToken')).toBe('first');
    expect(await opened('refreshToken')).toBe('refresh');
    expect(grant.accessToken).not.toContain('first');
  });
});

describe('a call in a user’s name', () => {
  test('takes the token that stands', async () => {
    expect(await call()).toBe(true);
    expect(used()).toEqual(['first']);
    expect(refreshes()).toBe(0);
  });

  test('needs an authorization where there is no grant', async () => {
    parts.clock.time = now + month;
    await expect(call()).rejects.toMatchObject(needed('snsapi_userinfo'));
  });

  test('gets WeChat’s other refusals as they are', async () => {
    parts.wechat.on(check, 45009);
    await expect(call()).rejects.toMatchObject({ errcode: 45009 });
    expect(used()).toEqual(['first']);
    expect(refreshes()).toBe(0);
  });

  test('gets what is no answer of WeChat as it is', async () => {
    parts.wechat.on(check, () => unreachable(check));
    await expect(call()).rejects.toMatchObject({ reason: 'empty_body' });
    expect(refreshes()).toBe(0);
  });

  test('whose token WeChat rejects is made once more with a new one', async () => {
    parts.wechat.on(check, 40001, ok);
    expect(await call()).toBe(true);
    expect(used()).toEqual(['first', 'second']);
    expect(await stored()).toMatchObject({ generation: 2 });
  });

  test('is not made a third time', async () => {
    parts.wechat.on(check, 40001);
    await expect(call()).rejects.toMatchObject({ errcode: 40001 });
    expect(used()).toEqual(['first', 'second']);
    expect(refreshes()).toBe(1);
  });

  test('does not refresh a rejected token that another has refreshed meanwhile', async () => {
    parts.wechat.on(check, async () => {
      await login({ accessToken: parseUserAccessToken('of-a-login') });
      parts.wechat.on(check, ok);
      throw new WeChatApiError({
        api: check,
        errcode: 40001,
        errmsg: '',
        secrets: [],
      });
    });
    expect(await call()).toBe(true);
    expect(used()).toEqual(['first', 'of-a-login']);
    expect(refreshes()).toBe(0);
  });

  test.each([
    ['snsapi_userinfo', ['snsapi_userinfo']],
    ['snsapi_base', ['snsapi_base']],
  ])('whose grant is gone at WeChat deletes it, and needs one of %s', async (scope, scopes) => {
    await parts.tables.users.delete({ pk: `${account.appId}#${openid}`, sk: 'grant' });
    await login({ scopes });
    parts.wechat.on(check, 42007);
    await expect(call()).rejects.toMatchObject(needed(scope, toldOf(42007)));
    expect(await parts.store.stored(account.appId, openid)).toBeUndefined();
  });
});

describe('a token', () => {
  test('is refreshed in its last minute, not before', async () => {
    parts.clock.time = now + 7200 - 61;
    await call();
    expect(refreshes()).toBe(0);
    parts.clock.time = now + 7200 - 60;
    await call();
    expect(refreshes()).toBe(1);
    expect(used()).toEqual(['first', 'second']);
  });

  test('that was refreshed keeps the end of the grant with the same refresh token', async () => {
    parts.clock.time = now + 7200;
    await call();
    expect(await stored()).toMatchObject({
      generation: 2,
      accessTokenExpiresAt: now + 14_400,
      removeAt: now + month,
    });
    expect(await stored()).not.toHaveProperty('leaseOwner');
    expect(parts.wechat.calls[0]?.query).toMatchObject({ appid: account.appId, refresh_token: 'refresh' });
    expect(await opened('accessToken')).toBe('second');
    expect(await opened('refreshToken')).toBe('refresh');
    expect(parts.log.lines).toEqual([]);
  });

  test('that was refreshed with another refresh token begins 30 days anew', async () => {
    parts.wechat.on(refresh, refreshed({ refresh_token: 'other' }));
    parts.clock.time = now + 7200;
    await call();
    expect(await stored()).toMatchObject({ removeAt: now + 7200 + month });
    expect(await opened('refreshToken')).toBe('other');
  });

  test('of another user, in answer to a refresh, is not taken', async () => {
    parts.wechat.on(refresh, refreshed({ openid: 'oOther' }));
    parts.clock.time = now + 7200;
    await expect(call()).rejects.toThrow('WeChat refreshed the grant of another user.');
    expect(await stored()).toMatchObject({ generation: 1, retryAt: now + 7210 });
    expect(parts.log.lines).toEqual([]);
  });

  test('that is replaced while it is refreshed stays replaced, and is used', async () => {
    parts.clock.time = now + 7200;
    parts.wechat.on(refresh, async () => {
      now = parts.clock.now();
      await login({ accessToken: parseUserAccessToken('of-a-login') });
      return refreshed();
    });
    await call();
    expect(used()).toEqual(['of-a-login']);
    expect(parts.log.lines).toEqual([
      {
        level: 'warn',
        message: 'A grant was replaced while it was refreshed.',
        fields: { account: account.appId },
      },
    ]);
  });
});

describe('a refresh whose lease goes to a process with a clock that is ahead', () => {
  /** WeChat's answer to the refresh, which comes when the lease is another's. */
  const robbed = (answer: () => unknown) => async () => {
    await parts.store.acquire(account.appId, await stored(), parts.clock.now() + 300);
    return answer();
  };

  test('is of use to who made it, and is not stored', async () => {
    parts.wechat.on(refresh, robbed(refreshed));
    parts.clock.time = now + 7200;
    expect(await call()).toBe(true);
    expect(used()).toEqual(['second']);
    expect(await stored()).toMatchObject({ generation: 1 });
  });

  test('is of use to who made it for a token that WeChat had rejected', async () => {
    parts.wechat.on(check, 40001, ok);
    parts.wechat.on(refresh, robbed(refreshed));
    expect(await call()).toBe(true);
    expect(used()).toEqual(['first', 'second']);
  });

  test('says that the grant is gone, where WeChat has said so', async () => {
    const gone = () => {
      throw new WeChatApiError({ api: refresh, errcode: 40030, errmsg: 'no, rid: 1-2-3', secrets: [] });
    };
    parts.wechat.on(refresh, robbed(gone));
    parts.clock.time = now + 7200;
    await expect(call()).rejects.toMatchObject(needed('snsapi_userinfo', toldOf(40030)));
    expect(used()).toEqual([]);
  });
});

describe('a refresh that fails', () => {
  const note = {
    level: 'warn',
    message: 'A grant could not be refreshed.',
    fields: { account: account.appId, code: 'wechat_empty_body' },
  };

  test('leaves a token in use that is good for a little while', async () => {
    parts.wechat.on(refresh, unreachable);
    parts.clock.time = now + 7199;
    expect(await call()).toBe(true);
    expect(used()).toEqual(['first']);
    expect(parts.log.lines).toEqual([note]);
    expect(await stored()).toMatchObject({ retryAt: now + 7209 });
    expect(await stored()).not.toHaveProperty('leaseOwner');
  });

  test('is told where the token is over', async () => {
    parts.wechat.on(refresh, unreachable);
    parts.clock.time = now + 7200;
    await expect(call()).rejects.toMatchObject({ reason: 'empty_body' });
    expect(used()).toEqual([]);
  });

  test('is told where WeChat has rejected the token', async () => {
    parts.wechat.on(refresh, unreachable);
    parts.wechat.on(check, 40001);
    await expect(call()).rejects.toMatchObject({ reason: 'empty_body' });
    expect(used()).toEqual(['first']);
  });

  test('is not tried again for ten seconds', async () => {
    parts.wechat.on(refresh, unreachable);
    parts.clock.time = now + 7200;
    await expect(call()).rejects.toMatchObject({ reason: 'empty_body' });
    parts.wechat.on(refresh, refreshed());
    parts.clock.time = now + 7209;
    await expect(call()).rejects.toMatchObject({
      code: 'wechat_unreachable',
      detail: "The user's token could not be refreshed.",
      extras: { retryAfter: 10 },
    });
    expect(parts.clock.now()).toBe(now + 7209);
    expect(refreshes()).toBe(1);
    parts.clock.time = now + 7210;
    expect(await call()).toBe(true);
  });

  test('writes nothing during the pause', async () => {
    parts.wechat.on(refresh, unreachable);
    parts.clock.time = now + 7200;
    expect(await writesOfCall()).toEqual(['update', 'update']);
    parts.clock.time = now + 7209;
    expect(await writesOfCall()).toEqual([]);
  });

  test('because WeChat refuses it otherwise leaves the grant', async () => {
    parts.wechat.on(refresh, 45009);
    parts.clock.time = now + 7200;
    await expect(call()).rejects.toMatchObject({ errcode: 45009 });
    expect(await stored()).toMatchObject({ generation: 1, retryAt: now + 7210 });
  });

  test('leaves a token in use during the pause', async () => {
    parts.wechat.on(refresh, unreachable);
    parts.clock.time = now + 7190;
    await call();
    parts.clock.time = now + 7195;
    expect(await call()).toBe(true);
    expect(refreshes()).toBe(1);
  });

  test('because the grant is gone deletes it', async () => {
    parts.wechat.on(refresh, 40030);
    parts.clock.time = now + 7200;
    await expect(call()).rejects.toMatchObject(needed('snsapi_userinfo', toldOf(40030)));
    expect(await parts.store.stored(account.appId, openid)).toBeUndefined();
    expect(parts.log.lines).toEqual([
      {
        level: 'info',
        message: 'A grant has ended at WeChat.',
        fields: { account: account.appId, errcode: 40030 },
      },
    ]);
  });

  test('because the grant is gone tells no rid where WeChat gave none', async () => {
    parts.wechat.on(refresh, () => {
      throw new WeChatApiError({ api: refresh, errcode: 40030, errmsg: '', secrets: [] });
    });
    parts.clock.time = now + 7200;
    const error: unknown = await call().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ extras: { errcode: 40030 } });
    expect(error).not.toHaveProperty('extras.rid');
  });

  test('because the grant is gone is the cause of what is told', async () => {
    parts.wechat.on(refresh, 40030);
    parts.clock.time = now + 7200;
    await expect(call()).rejects.toMatchObject({ cause: { name: 'WeChatApiError', errcode: 40030 } });
  });

  test('because the grant is gone leaves one that a login has brought since', async () => {
    parts.clock.time = now + 7200;
    parts.wechat.on(refresh, async () => {
      now = parts.clock.now();
      await login({ accessToken: parseUserAccessToken('of-a-login') });
      throw new WeChatApiError({ api: refresh, errcode: 40030, errmsg: '', secrets: [] });
    });
    expect(await call()).toBe(true);
    expect(used()).toEqual(['of-a-login']);
  });
});

describe('while another refreshes', () => {
  async function leased(until: number) {
    await parts.tables.users.update(
      { pk: `${account.appId}#${openid}`, sk: 'grant' },
      { set: { leaseOwner: 'another', leaseUntil: until } },
    );
  }

  test('a token that is good for a little while is used', async () => {
    parts.clock.time = now + 7199;
    await leased(now + 7210);
    expect(await call()).toBe(true);
    expect(used()).toEqual(['first']);
    expect(parts.clock.now()).toBe(now + 7199);
  });

  test('its end is waited for, a fifth of a second at a time', async () => {
    parts.clock.time = now + 7200;
    await leased(now + 7220);
    const waits: number[] = [];
    parts.clock.onSleep = async (seconds) => {
      waits.push(seconds);
      if (waits.length < 3) return;
      const { store } = parts;
      await store.commit(
        { key: { pk: `${account.appId}#${openid}`, sk: 'grant' }, owner: 'another' },
        {
          accessToken: await parts.sealing.seal('of-another', {
            account: account.appId,
            openid,
            attribute: 'accessToken',
          }),
          accessTokenExpiresAt: now + 14_000,
          refreshToken: (await stored()).refreshToken,
          generation: 2,
          removeAt: now + month,
        },
      );
    };
    expect(await call()).toBe(true);
    expect(waits).toEqual([0.2, 0.2, 0.2]);
    expect(used()).toEqual(['of-another']);
    expect(refreshes()).toBe(0);
  });

  test('nobody waits longer than nine seconds', async () => {
    parts.clock.time = now + 7200;
    await leased(now + 7220);
    await expect(call()).rejects.toMatchObject({ code: 'wechat_unreachable' });
    expect(parts.clock.time).toBeGreaterThanOrEqual(now + 7209);
    expect(parts.clock.time).toBeLessThan(now + 7209.5);
    expect(refreshes()).toBe(0);
  });

  test('who waits writes nothing', async () => {
    parts.clock.time = now + 7200;
    await leased(now + 7220);
    expect(await writesOfCall()).toEqual([]);
    expect(parts.clock.now()).toBe(now + 7209);
  });

  test('who waits for the last second of the lease writes when it is over: the lease and the tokens', async () => {
    parts.clock.time = now + 7200;
    await leased(now + 7200);
    expect(await writesOfCall()).toEqual(['update', 'update']);
  });

  test('the lease is free one second after its end', async () => {
    parts.clock.time = now + 7200;
    await leased(now + 7200);
    expect(await call()).toBe(true);
    expect(parts.clock.now()).toBe(now + 7201);
    expect(refreshes()).toBe(1);
  });
});
