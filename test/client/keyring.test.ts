import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Keyring, KeyringError } from '../../client/index.ts';
import { startStack, type LocalStack } from '../../local/stack.ts';
import { logIn } from '../fuzz/login.ts';

const quiet = () => undefined;
let stack: LocalStack;
let backEnd: Keyring;
let openids: string[];

beforeAll(async () => {
  stack = await startStack({
    ports: { api: 0, simulator: 0, aws: 0 },
    log: { info: quiet, warn: quiet, error: quiet },
    followers: 7,
  });
  backEnd = new Keyring({ baseUrl: stack.api, apiKey: stack.apiKey });
  openids = await Array.fromAsync(backEnd.openids());
});
afterAll(() => stack.close());

/** A page's visitor, as a server asks on their behalf. */
async function visitor(openid: string): Promise<Keyring> {
  return new Keyring({ baseUrl: stack.api, cookie: await logIn(stack, openid) });
}

describe('a back end with an API key', () => {
  test('gets the token, and another for one that it reports', async () => {
    const token = await backEnd.token();
    expect(token.expires_in).toBeGreaterThan(0);
    expect(await backEnd.reportToken('an-older-one')).toMatchObject({
      access_token: token.access_token,
      replaced: true,
    });
  });

  test('reads each follower once, over several pages', async () => {
    const pages = await Array.fromAsync(backEnd.followerPages({ limit: 3 }));
    // WeChat's own list ends with an empty page.
    expect(pages.map((page) => page.openids.length)).toEqual([3, 3, 1, 0]);
    expect(pages.flatMap((page) => page.openids)).toEqual(openids);
    expect(new Set(openids).size).toBe(7);
  });

  test('asks for no page that it does not want', async () => {
    let asked = 0;
    const counting = new Keyring({
      baseUrl: stack.api,
      apiKey: stack.apiKey,
      fetch: (request) => {
        asked += 1;
        return fetch(request);
      },
    });
    for await (const openid of counting.openids({ limit: 2 })) {
      if (openid === openids[1]) break;
    }
    expect(asked).toBe(1);
  });

  test('reads followers with their details, one by one or many by openid', async () => {
    const [openid = ''] = openids;
    expect(await backEnd.follower(openid, { lang: 'en' })).toMatchObject({ openid, subscribed: true });
    const { followers, unknown } = await backEnd.lookup({ openids: [openid, 'oNobodyHasThisOpenid'] });
    expect(followers).toMatchObject([{ openid }]);
    expect(unknown).toEqual(['oNobodyHasThisOpenid']);
  });

  test('reads the calls to WeChat, a ticket, and how the service is', async () => {
    expect(await backEnd.ticket('jsapi')).toMatchObject({ ticket: expect.any(String) });
    expect((await backEnd.usage()).apis).not.toEqual([]);
    expect(await backEnd.health()).toMatchObject({ status: 'ok' });
  });

  test('is told by a stable code why it is refused', async () => {
    const refused = new Keyring({ baseUrl: stack.api, apiKey: 'wk_nobody' }).token();
    await expect(refused).rejects.toBeInstanceOf(KeyringError);
    await expect(refused).rejects.toMatchObject({
      code: 'key_unknown',
      message: 'key_unknown: The API key is not known.',
      status: 401,
      needsLogin: false,
      problem: { requestId: expect.any(String) },
    });
  });

  test('learns which parameter was wrong', async () => {
    const refused = backEnd.follower(openids[0] ?? '', { lang: 'fr' as 'en' });
    await expect(refused).rejects.toMatchObject({
      code: 'invalid_parameter',
      problem: { parameter: 'lang' },
    });
  });

  test('asks about the account that it names', async () => {
    const elsewhere = new Keyring({ baseUrl: `${stack.api}/`, apiKey: stack.apiKey, account: 'nobody' });
    await expect(elsewhere.token()).rejects.toMatchObject({ code: 'account_unknown' });
  });
});

describe('a visitor with a session', () => {
  test('is known, sees pictures, and is not known any more after logging out', async () => {
    const [openid = ''] = openids;
    const keyring = await visitor(openid);
    expect(await keyring.me()).toMatchObject({ openid, scope: ['snsapi_userinfo'] });
    expect(await keyring.avatars({ limit: 2, size: '64' })).toHaveLength(2);
    await keyring.logout();
    await expect(keyring.me()).rejects.toMatchObject({ code: 'session_expired', needsLogin: true });
  });

  test('can end the sessions of all browsers', async () => {
    const [, openid = ''] = openids;
    const [here, there] = [await visitor(openid), await visitor(openid)];
    await here.logout({ everywhere: true });
    await expect(there.me()).rejects.toMatchObject({ code: 'session_expired' });
  });

  test('can have all that is kept deleted', async () => {
    const keyring = await visitor(openids[2] ?? '');
    expect((await keyring.deleteMe()).removed).toMatchObject({ grants: 1, sessions: 1 });
    await expect(keyring.me()).rejects.toMatchObject({ needsLogin: true });
  });

  test('who is nobody is asked to log in', async () => {
    const nobody = new Keyring({ baseUrl: stack.api });
    await expect(nobody.me()).rejects.toMatchObject({ code: 'session_missing', needsLogin: true });
  });

  test('logs in at an address that leads back to the page', async () => {
    const returnTo = `${stack.api}/?a=b&c=d`;
    const url = new Keyring({ baseUrl: `${stack.api}/` }).loginUrl({ returnTo, scope: 'snsapi_base' });
    expect(new URL(url).searchParams.get('return_to')).toBe(returnTo);
    const answer = await fetch(url, { redirect: 'manual' });
    expect(answer.status).toBe(302);
    expect(answer.headers.get('location')).toContain('scope=snsapi_base');
  });

  test('logs in at an address without what is undefined', () => {
    const unset = { scope: undefined } as unknown as Parameters<Keyring['loginUrl']>[0];
    const url = new Keyring({ baseUrl: stack.api }).loginUrl({ returnTo: `${stack.api}/`, ...unset });
    expect([...new URL(url).searchParams.keys()]).toEqual(['return_to']);
  });

  test('logs in at an address that leads back to the page as it is, its route behind the # too', () => {
    const href = 'https://www.example.com/shop?a=b#/orders/7';
    Object.assign(globalThis, { location: { href } });
    try {
      const url = new URL(new Keyring({ baseUrl: stack.api, account: 'a/b' }).loginUrl());
      expect(url.pathname).toBe('/v1/accounts/a%2Fb/oauth/authorize');
      expect(url.searchParams.get('return_to')).toBe(href);
    } finally {
      Reflect.deleteProperty(globalThis, 'location');
    }
  });

  test('needs an address to come back to where there is no page', () => {
    expect(() => new Keyring({ baseUrl: stack.api }).loginUrl()).toThrow(TypeError);
  });
});

describe('the JS-SDK', () => {
  const settings = { jsApiList: ['scanQRCode'], url: 'http://localhost:5173/shop?a=b#top' };

  /** A JS-SDK that ends as `outcome` says, and notes what it was configured with. */
  function sdk(outcome: 'ready' | 'error' | 'silent') {
    const configured: unknown[] = [];
    const then: Record<string, (reason: { errMsg: string }) => void> = {};
    return {
      configured,
      ready: (call: () => void) => void (then['ready'] = call),
      error: (call: (reason: { errMsg: string }) => void) => void (then['error'] = call),
      config: (given: unknown) => {
        configured.push(given);
        const reason = { errMsg: 'config:invalid signature' };
        if (outcome === 'error') then['error']?.(reason);
        // WeChat's own calls it after a failure, too.
        if (outcome !== 'silent') then['ready']?.(reason);
      },
    };
  }

  test('is set up in one call, with a signature for the address without its fragment', async () => {
    const wx = sdk('ready');
    const asked: string[] = [];
    const keyring = new Keyring({
      baseUrl: stack.api,
      fetch: (request) => {
        asked.push(request.url);
        return fetch(request);
      },
    });
    const more = { openTagList: ['wx-open-launch-app'], debug: true };
    await keyring.configureWx(wx, { ...settings, ...more });
    expect(wx.configured).toEqual([
      {
        appId: stack.account,
        timestamp: expect.any(Number),
        nonceStr: expect.any(String),
        signature: expect.stringMatching(/^[0-9a-f]{40}$/),
        jsApiList: ['scanQRCode'],
        ...more,
      },
    ]);
    expect(asked.map((url) => new URL(url).searchParams.get('url'))).toEqual([
      'http://localhost:5173/shop?a=b',
    ]);
  });

  test('that WeChat refuses is an error with what WeChat says', async () => {
    const keyring = new Keyring({ baseUrl: stack.api });
    await expect(keyring.configureWx(sdk('error'), settings)).rejects.toMatchObject({
      code: 'wx_config_failed',
      message: 'wx_config_failed: config:invalid signature',
    });
  });

  test('that is set up twice at once fails for both', async () => {
    // WeChat's own keeps all that wait for it to be ready, and the last alone that wants to hear of a failure.
    const ready: (() => void)[] = [];
    let failed: ((reason: { errMsg: string }) => void) | undefined;
    let configured = 0;
    const wx = {
      ready: (call: () => void) => void ready.push(call),
      error: (call: (reason: { errMsg: string }) => void) => void (failed = call),
      config: () => {
        configured += 1;
        if (configured < 2) return;
        failed?.({ errMsg: 'config:invalid signature' });
        for (const call of ready) call();
      },
    };
    const keyring = new Keyring({ baseUrl: stack.api });
    const ends = await Promise.allSettled([
      keyring.configureWx(wx, settings),
      keyring.configureWx(wx, settings),
    ]);
    expect(ends).toMatchObject(Array(2).fill({ reason: { code: 'wx_config_failed' } }));
  });

  test('that never answers, as outside of WeChat, is an error, too', async () => {
    const keyring = new Keyring({ baseUrl: stack.api });
    const setUp = keyring.configureWx(sdk('silent'), { ...settings, timeoutMs: 1 });
    await expect(setUp).rejects.toMatchObject({
      code: 'wx_not_ready',
      message: 'wx_not_ready: The JS-SDK did not answer in time. It answers only in WeChat.',
    });
  });

  test('of a page elsewhere gets no signature', async () => {
    const wx = sdk('ready');
    const elsewhere = { ...settings, url: 'https://elsewhere.example.com/' };
    await expect(new Keyring({ baseUrl: stack.api }).configureWx(wx, elsewhere)).rejects.toMatchObject({
      code: 'url_not_allowed',
    });
    expect(wx.configured).toEqual([]);
  });
});
