import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from './browser.ts';
import { startSite, textOf, Visitors, type Site } from './kit.ts';

const exchange = '/sns/oauth2/access_token';
const refresh = '/sns/oauth2/refresh_token';
const userinfo = '/sns/userinfo';
const nickname = '🌸 Spring 🍃';
const day = 86_400;

let visitors: Visitors;
let site: Site;
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const browser = await launchBrowser();
  visitors = new Visitors(browser);
  closers.push(() => browser.close());
  site = await startSite({ followers: 3 });
  closers.push(() => site.close());
});

afterAll(async () => {
  await Promise.all(closers.map((close) => close()));
});

afterEach(async () => {
  if (closers.length < 2) return; // Nothing was started: that is the fault to read about.
  const complaints = await visitors.leave();
  await site.simulate('DELETE', '/faults');
  expect(complaints).toEqual([]);
});

/** A phone whose WeChat is that person's: authorizations without a dialog are in that name. */
async function phoneOf(openid: string): Promise<BrowserContext> {
  const context = await visitors.come();
  await context.addCookies([{ name: 'sim_user', value: openid, domain: 'localhost', path: '/' }]);
  return context;
}

/** Somebody new, logged in on a phone of their own. */
async function loggedIn(): Promise<{ page: Page; openid: string }> {
  const { openid } = await site.person({ nickname });
  const page = await site.open(await visitors.come());
  await site.logIn(page, openid);
  return { page, openid };
}

/** The status of the call that asks who is logged in, made by the page itself. */
function statusOfMe(page: Page): Promise<number> {
  return page.evaluate("fetch('/v1/accounts/default/me').then(({ status }) => status)");
}

/** The names of the pages that the browser has shown from now on: redirects show nothing. */
function pagesShown(page: Page): string[] {
  const shown: string[] = [];
  page.on('framenavigated', (frame) => shown.push(new URL(frame.url()).pathname));
  return shown;
}

/** Opens a link as a person does who taps one on some page of the account's site. */
async function tapLink(page: Page, href: string): Promise<void> {
  await page.evaluate(`{
    const link = Object.assign(document.createElement('a'), { href: ${JSON.stringify(href)}, id: 'tap' });
    document.body.prepend(Object.assign(link, { textContent: 'tap' }));
  }`);
  await page.click('#tap');
}

/**
 * Taps "allow", and returns the address to which WeChat would lead the browser back. The browser stays where it is.
 * The form's answer is what is held up: browsers let nobody stand in the way of a redirect.
 */
async function stopWayBack(page: Page): Promise<string> {
  const location = new Promise<string>((resolve) => {
    void page.route('**/connect/confirm', async (route) => {
      const answer = await route.fetch({ maxRedirects: 0 });
      // At an answer without content, browsers stay.
      await route.fulfill({ status: 204 });
      resolve(answer.headers()['location'] ?? '');
    });
  });
  await page.click('#allow', { noWaitAfter: true });
  return location;
}

/** The Chinese and the English text of the service's own page, and its code where there is one. */
async function readPage(page: Page) {
  await page.waitForSelector('h1');
  return {
    heading: await page.innerText('h1'),
    text: (await page.locator('p').allInnerTexts()).join('\n'),
    code: await page
      .locator('code')
      .allInnerTexts()
      .then(([code]) => code),
  };
}

async function tapThrough(page: Page): Promise<void> {
  await page.getByRole('link').click();
  await page.click('#allow');
  expect(await textOf(page, '#name')).toBeTruthy();
}

/** Rows that are more than the note of a login under way, and the day's counts, which are of nobody. */
async function lastingRows(): Promise<unknown[]> {
  const [users, followers] = await Promise.all([site.rows('USERS'), site.rows('FOLLOWERS')]);
  return [
    ...users.filter(({ pk }) => typeof pk === 'string' && !pk.startsWith('state#')),
    ...followers.filter(({ shard }) => typeof shard !== 'string' || !shard.endsWith('#days')),
  ];
}

describe('a first login', () => {
  test('asks for consent, shows name and picture, and stores one grant after one exchange', async () => {
    const { openid } = await site.person({ nickname });
    const page = await site.open(await visitors.come());
    const calls = await site.callsDuring(async () => {
      await site.toConsent(page);
      expect(await page.innerText('#consent h1')).toContain('asks for your nickname and picture');
      expect(await site.grantOf(openid)).toBeUndefined();
      await page.selectOption('#user', openid);
      await page.click('#allow');
      expect(await textOf(page, '#name')).toBe(nickname);
    });

    expect(page.url()).toBe(`${site.url}#`);
    expect(await page.getByAltText(`Picture of ${nickname}`).count()).toBe(1);
    expect(calls).toMatchObject({ [exchange]: 1, [userinfo]: 1 });
    expect(await site.grantOf(openid)).toMatchObject({ scopes: ['snsapi_userinfo'], profile: { nickname } });
  });
});

describe('a silent login', () => {
  test('shows no consent page, and finds the name and the grant that are there', async () => {
    const { page, openid } = await loggedIn();
    const grant = await site.grantOf(openid);
    await page.click('#logout');
    await page.waitForSelector('#login');
    expect(await statusOfMe(page)).toBe(401);

    const shown = pagesShown(page);
    const calls = await site.callsDuring(async () => {
      await tapLink(page, site.authorizeUrl({ scope: 'snsapi_base' }));
      expect(await textOf(page, '#name')).toBe(nickname);
    });
    expect(shown).toEqual(['/']);
    expect(calls[exchange]).toBe(1);
    expect(calls[userinfo]).toBeUndefined();
    expect(grant).toBeDefined();
    const { grantedAt, removeAt, refreshToken, scopes, profile } = grant ?? {};
    expect(await site.grantOf(openid)).toMatchObject({ grantedAt, removeAt, refreshToken, scopes, profile });
  });

  test('of somebody new has no name, and one tap on the page adds it', async () => {
    const { openid } = await site.person({ nickname });
    const page = await site.open(await phoneOf(openid));
    await page.waitForSelector('#login');
    const shown = pagesShown(page);
    await tapLink(page, site.authorizeUrl({ scope: 'snsapi_base' }));
    expect(await textOf(page, '#name')).toBe('WeChat user');
    expect(shown).toEqual(['/']);
    expect(await site.grantOf(openid)).toMatchObject({ scopes: ['snsapi_base'] });
    expect(await site.grantOf(openid)).not.toHaveProperty('profile');

    await page.click('#share');
    await page.click('#allow');
    await page.getByRole('heading', { name: nickname }).waitFor();
    expect(await page.locator('#share').count()).toBe(0);
    expect(await site.grantOf(openid)).toMatchObject({ scopes: ['snsapi_userinfo'], profile: { nickname } });
  });

  test('with the dialog forced shows it to whom WeChat would have given a stand-in', async () => {
    const { openid } = await site.person({ nickname, snapshot: true });
    const page = await site.open(await phoneOf(openid));
    await page.waitForSelector('#login');
    await tapLink(page, site.authorizeUrl({ scope: 'snsapi_userinfo', forcePopup: 'true' }));
    await page.click('#allow');
    expect(await textOf(page, '#name')).toBe(nickname);
    expect(await site.grantOf(openid)).toBeDefined();
  });
});

describe('time', () => {
  test("ends the user's token after two hours: one refresh renews it, and the browser notices nothing", async () => {
    const { page, openid } = await loggedIn();
    const before = await site.grantOf(openid);
    await site.advance(2 * 3600);
    const calls = await site.callsDuring(async () => {
      const answers = await Promise.all([
        site.asBackEnd(`/users/${openid}?refresh=true`),
        site.asBackEnd(`/users/${openid}?refresh=true`),
      ]);
      for (const answer of answers) expect(answer).toMatchObject({ status: 200, body: { openid, nickname } });
    });
    expect(calls).toMatchObject({ [refresh]: 1, [userinfo]: 2 });
    const after = await site.grantOf(openid);
    expect(after).toMatchObject({ removeAt: before?.['removeAt'], generation: 2 });

    await page.reload();
    expect(await textOf(page, '#name')).toBe(nickname);
  });

  test('ends the grant after 30 days, though its row is still there, and the page asks for another', async () => {
    const { page, openid } = await loggedIn();
    // A session that is used does not end by itself.
    for (let week = 0; week < 4; week++) {
      await site.advanceUnscheduled(7 * day - 3600);
      await page.reload();
      expect(await textOf(page, '#name')).toBe(nickname);
    }
    await site.advanceUnscheduled(2 * day + 4 * 3600);
    await page.reload();
    expect(await textOf(page, '.farewell')).toBe('Your session has ended. Please log in again.');
    expect(await statusOfMe(page)).toBe(401);

    const gone = await site.grantOf(openid);
    expect(gone).toMatchObject({ openid, profile: { nickname } });
    const calls = await site.callsDuring(async () => {
      expect(await site.asBackEnd(`/users/${openid}?refresh=true`)).toMatchObject({
        status: 401,
        body: { code: 'authorization_needed' },
      });
    });
    expect(calls[refresh]).toBeUndefined();

    await site.logIn(page, openid);
    expect(await textOf(page, '#name')).toBe(nickname);
    const renewed = await site.grantOf(openid);
    expect(Number(renewed?.['grantedAt'])).toBeGreaterThanOrEqual(Number(gone?.['removeAt']));
  });
});

describe('the way back from WeChat', () => {
  test('taken by two tabs at once ends in one login for both, after one exchange', async () => {
    const { openid } = await site.person({ nickname });
    const context = await phoneOf(openid);
    const page = await site.open(context);
    await site.toConsent(page);
    const address = await stopWayBack(page);

    const tabs = [await context.newPage(), await context.newPage()];
    const calls = await site.callsDuring(() => Promise.all(tabs.map((tab) => tab.goto(address))));
    for (const tab of tabs) expect(await textOf(tab, '#name')).toBe(nickname);
    expect(calls[exchange]).toBe(1);
  });

  test('after a silent login leaves nothing of WeChat’s own fragment in the address', async () => {
    const { openid } = await site.person({ nickname });
    const page = await site.open(await phoneOf(openid));
    await tapLink(page, site.authorizeUrl({ scope: 'snsapi_base' }));
    await page.waitForSelector('#profile');
    expect(new URL(page.url()).hash).toBe('');
    expect(page.url()).not.toContain('wechat_redirect');
  });

  test('taken again five minutes later ends in the same login, without an exchange', async () => {
    const { openid } = await site.person({ nickname });
    const context = await phoneOf(openid);
    const page = await site.open(context);
    await site.toConsent(page);
    const address = await stopWayBack(page);
    await page.goto(address);
    expect(await textOf(page, '#name')).toBe(nickname);
    const session = sessionIn(await context.cookies());

    await site.advance(300);
    const calls = await site.callsDuring(() => page.goto(address));
    expect(await textOf(page, '#name')).toBe(nickname);
    expect(calls[exchange]).toBeUndefined();
    expect(sessionIn(await context.cookies())).toBe(session);
  });

  test('with another code is told so politely, and the login that stands goes on', async () => {
    const { openid } = await site.person({ nickname });
    const context = await phoneOf(openid);
    const page = await site.open(context);
    await site.toConsent(page);
    const address = await stopWayBack(page);
    await page.goto(address);
    await page.waitForSelector('#name');

    const calls = await site.callsDuring(() =>
      page.goto(address.replace(/code=\w+/, `code=${'0'.repeat(32)}`)),
    );
    expect(await readPage(page)).toMatchObject({
      heading: '登录请求已被使用\nThis login attempt was already used',
      code: 'state_used',
    });
    // To see whether the code is of the user who is logged in.
    expect(calls[exchange]).toBe(1);
    await page.goto(site.url);
    expect(await textOf(page, '#name')).toBe(nickname);
  });

  test('taken in another browser than the login began in is refused, and nobody is logged in there', async () => {
    const { openid } = await site.person({ nickname });
    const [context, elsewhere] = [await phoneOf(openid), await visitors.come()];
    const page = await site.open(context);
    await site.toConsent(page);
    const address = await stopWayBack(page);

    const stranger = await elsewhere.newPage();
    const calls = await site.callsDuring(() => stranger.goto(address));
    expect(await readPage(stranger)).toMatchObject({ code: 'login_cookie_missing' });
    expect(calls[exchange]).toBeUndefined();
    await stranger.goto(site.url);
    await stranger.waitForSelector('#login');

    await page.goto(address);
    expect(await textOf(page, '#name')).toBe(nickname);
  });

  test('taken by a stranger who has begun a login of their own is refused as well', async () => {
    const { openid } = await site.person({ nickname });
    const [context, elsewhere] = [await phoneOf(openid), await visitors.come()];
    const page = await site.open(context);
    await site.toConsent(page);
    const address = await stopWayBack(page);

    const stranger = await site.open(elsewhere);
    await site.toConsent(stranger);
    await stranger.goto(address);
    expect(await readPage(stranger)).toMatchObject({ code: 'state_foreign' });
    expect(sessionIn(await elsewhere.cookies())).toBeUndefined();
  });
});

describe('a snapshot page', () => {
  test('is asked to use the full service, stores nothing, and leads to a real login', async () => {
    const { openid } = await site.person({ nickname, snapshot: true });
    const context = await phoneOf(openid);
    const page = await site.open(context);
    const before = await lastingRows();
    await page.click('#login-link');
    await page.waitForURL('**/oauth/callback?**');
    const { heading, text } = await readPage(page);
    expect(heading).toBe('请使用完整服务\nPlease use the full service');
    expect(text).toContain('请点击页面下方的“使用完整服务”');
    expect(await lastingRows()).toEqual(before);
    expect(sessionIn(await context.cookies())).toBeUndefined();

    await tapThrough(page);
    expect(await page.innerText('#name')).toBe(nickname);
  });
});

describe('a refusal', () => {
  test('is answered in Chinese and English, stores nothing, and can be thought better of', async () => {
    await site.simulate('PATCH', '/accounts', { appid: site.stack.account, options: { denial: 'redirect' } });
    const page = await site.open(await visitors.come());
    const before = await lastingRows();
    await site.toConsent(page);
    await page.click('#deny');
    await page.waitForURL('**/oauth/callback?**');
    const { heading, text, code } = await readPage(page);
    expect(heading).toBe('你没有授权登录\nYou did not allow the login');
    expect(text).toContain('我们没有保存任何信息');
    expect(text).toContain('nothing was stored');
    expect(code).toBeUndefined();
    expect(await lastingRows()).toEqual(before);
    await tapThrough(page);
  });
});

describe('a fault of WeChat', () => {
  const invalid = '这次登录已失效\nThis login is not valid any more';
  const refused = '微信没有接受登录\nWeChat did not accept the login';
  const unreachable = '暂时无法连接微信\nWeChat cannot be reached at the moment';

  test.each([
    ['code 40029', { kind: 'errcode', errcode: 40029 }, invalid, 'code_refused'],
    ['code 40163', { kind: 'errcode', errcode: 40163 }, invalid, 'code_refused'],
    ['code 45011', { kind: 'errcode', errcode: 45011 }, refused, 'wechat_refused'],
    ['-1', { kind: 'errcode', errcode: -1, after: true }, unreachable, 'wechat_unreachable'],
    ['silence', { kind: 'hang', ms: 60_000 }, unreachable, 'wechat_unreachable'],
    ['a web page', { kind: 'garbage' }, unreachable, 'wechat_unreachable'],
  ])(
    'at the exchange, %s, is told on a page in two languages, whose link logs in',
    async (_, fault, heading, code) => {
      const page = await site.open(await visitors.come());
      await site.toConsent(page);
      await site.simulate('POST', '/faults', { path: exchange, times: 1, ...fault });
      const calls = await site.callsDuring(async () => {
        await page.click('#allow');
        await page.waitForURL('**/oauth/callback?**');
        expect(await readPage(page)).toMatchObject({ heading, code });
      });
      // The exchange is never repeated: even a failed one may have used up the code.
      expect(calls[exchange]).toBe(1);
      await site.simulate('DELETE', '/faults');
      await tapThrough(page);
    },
  );

  test('at the profile does not stop the login', async () => {
    const { openid } = await site.person({ nickname });
    await site.simulate('POST', '/faults', { path: userinfo, kind: 'http', status: 502, times: 5 });
    const page = await site.open(await visitors.come());
    await site.logIn(page, openid);
    expect(await page.innerText('#name')).toBe('WeChat user');
  });
});

describe('an event from WeChat', () => {
  test.each([
    ['that the user has revoked the authorization', 'user_authorization_revoke', { RevokeInfo: '205' }],
    ['that the user has closed the WeChat account', 'user_authorization_cancellation', {}],
  ])('%s ends the session and deletes the grant', async (_, Event, more) => {
    const { page, openid } = await loggedIn();
    await site.push({ FromUserName: 'oPlatform', OpenID: openid, Event, ...more });
    await page.reload();
    expect(await textOf(page, '.farewell')).toBe('Your session has ended. Please log in again.');
    expect(await statusOfMe(page)).toBe(401);
    expect(await site.grantOf(openid)).toBeUndefined();
  });

  test('that the user does not follow any more does the same', async () => {
    const { page, openid } = await loggedIn();
    await site.push({ FromUserName: openid, Event: 'unsubscribe', EventKey: '' });
    await page.reload();
    await page.waitForSelector('.farewell');
    expect(await site.grantOf(openid)).toBeUndefined();
  });

  test('that the user has revoked what is not stored here leaves the login alone', async () => {
    const { page, openid } = await loggedIn();
    const revoked = { Event: 'user_authorization_revoke', RevokeInfo: '201' };
    await site.push({ FromUserName: 'oPlatform', OpenID: openid, ...revoked });
    await page.reload();
    expect(await textOf(page, '#name')).toBe(nickname);
  });
});

describe('logging out', () => {
  test('in one browser leaves the other logged in', async () => {
    const { page, openid } = await loggedIn();
    const other = await site.open(await visitors.come());
    await site.logIn(other, openid);
    await page.click('#logout');
    await page.waitForSelector('#login');
    await other.reload();
    expect(await textOf(other, '#name')).toBe(nickname);
  });

  test('on all devices ends the session of the other browser, and keeps the grant', async () => {
    const { page, openid } = await loggedIn();
    const other = await site.open(await visitors.come());
    await site.logIn(other, openid);
    await page.click('#logout-everywhere');
    expect(await textOf(page, '.farewell')).toBe('You are logged out on all devices.');
    await other.reload();
    expect(await textOf(other, '.farewell')).toBe('Your session has ended. Please log in again.');
    expect(await statusOfMe(other)).toBe(401);
    expect(await site.grantOf(openid)).toMatchObject({ profile: { nickname } });
  });

  test('on all devices that fails says so, and can be tried again', async () => {
    const { page } = await loggedIn();
    await page.context().route('**/oauth/logout?**', (route) => route.abort());
    await page.click('#logout-everywhere');
    expect(await textOf(page, '.account .warning:not(:empty)')).toBe(
      'Logging out did not work. Please try again.',
    );
    await page.context().unroute('**/oauth/logout?**');
    await page.click('#logout-everywhere');
    await page.waitForSelector('#login');
  });
});

describe('deleting the own data', () => {
  test('is done only after a question, and a change of mind leaves everything as it was', async () => {
    const { page, openid } = await loggedIn();
    await page.click('#delete');
    expect(await page.locator(':focus').innerText()).toBe('Delete your data?');
    await page.click('#delete-no');
    expect(await page.locator(':focus').innerText()).toBe('Delete my data');
    await page.reload();
    expect(await textOf(page, '#name')).toBe(nickname);
    expect(await site.grantOf(openid)).toBeDefined();
  });

  test('leaves no row with the openid, and ends the sessions of all browsers', async () => {
    const { page, openid } = await loggedIn();
    const other = await site.open(await visitors.come());
    await site.logIn(other, openid);

    await page.click('#delete');
    await page.click('#delete-yes');
    expect(await textOf(page, '.farewell')).toBe('Your data is deleted.');
    const rows = [...(await site.rows('USERS')), ...(await site.rows('FOLLOWERS'))];
    expect(rows.filter((row) => JSON.stringify(row).includes(openid))).toEqual([]);
    expect(sessionIn(await page.context().cookies())).toBeUndefined();
    expect(await statusOfMe(page)).toBe(401);
    await other.reload();
    expect(await textOf(other, '.farewell')).toBe('Your session has ended. Please log in again.');
  });

  test('that fails says so, and can be tried again', async () => {
    const { page } = await loggedIn();
    await page.click('#delete');
    await page.context().route('**/me', (route) => route.abort());
    await page.click('#delete-yes');
    expect(await textOf(page, '.account .warning:not(:empty)')).toBe(
      'Deleting did not work. Please try again.',
    );
    await page.context().unroute('**/me');
    await page.click('#delete-yes');
    await page.waitForSelector('#login');
  });

  test('does not keep the user from logging in again', async () => {
    const { page, openid } = await loggedIn();
    await page.click('#delete');
    await page.click('#delete-yes');
    await page.waitForSelector('#login');
    await site.logIn(page, openid);
    expect(await textOf(page, '#name')).toBe(nickname);
  });
});

function sessionIn(cookies: readonly { name: string; value: string }[]): string | undefined {
  return cookies.find(({ name }) => name === `__Host-keyring_${site.stack.account}`)?.value;
}
