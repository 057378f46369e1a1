import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir } from 'node:fs/promises';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser } from './browser.ts';
import { desktop, phone, pictureWidths, startSite, textOf, Visitors, type Site } from './kit.ts';

const spring = { nickname: '🌸 Spring 🍃' };
const followers = 30;

let visitors: Visitors;
let site: Site;
let emptySite: Site;

const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const browser = await launchBrowser();
  visitors = new Visitors(browser);
  closers.push(() => browser.close());
  site = await startSite({ followers });
  closers.push(() => site.close());
  emptySite = await startSite({ followers: 0 });
  closers.push(() => emptySite.close());
});

afterAll(async () => {
  await Promise.all(closers.map((close) => close()));
});

afterEach(async () => {
  if (closers.length < 3) return; // Nothing was started: that is the fault to read about.
  const complaints = await visitors.leave();
  await site.simulate('DELETE', '/faults');
  expect(complaints).toEqual([]);
});

/** A page on which somebody is logged in, and whose wall waits until `release` is called. */
async function beforeTheWall(): Promise<{ page: Page; release: () => void }> {
  const context = await visitors.come();
  const { promise, resolve } = Promise.withResolvers<undefined>();
  await context.route('**/avatars?**', async (route) => {
    await promise;
    await route.continue();
  });
  const { openid } = await site.person(spring);
  const page = await site.open(context);
  await site.logIn(page, openid);
  return { page, release: () => resolve(undefined) };
}

/** A page on which somebody new is logged in, and that person's openid. */
async function loggedIn(
  options: BrowserContextOptions = phone,
  person: Record<string, unknown> = {},
): Promise<{ page: Page; openid: string }> {
  const { openid } = await site.person({ ...spring, ...person });
  const page = await site.open(await visitors.come(options));
  await site.logIn(page, openid);
  return { page, openid };
}

describe('the page', () => {
  test('comes with a policy that lets nothing in but its own files and pictures', async () => {
    const { headers } = await fetch(site.url);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self';");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('keeps no script and no style in its HTML', async () => {
    const html = await (await fetch(site.url)).text();
    expect(html).not.toMatch(/<style|style=|<script(?![^>]*src=)|\son\w+=/);
  });

  test('answers HEAD with the headers alone, and takes no POST', async () => {
    const head = await fetch(site.url, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await fetch(site.url, { method: 'POST' })).status).toBe(404);
  });
});

describe('somebody who is not logged in', () => {
  test('sees the login', async () => {
    const page = await site.open(await visitors.come());
    expect(await textOf(page, '#login-link')).toBe('Log in with WeChat');
    expect(await page.title()).toBe('Avatar wall');
  });

  test('is not told that a session ended', async () => {
    const page = await site.open(await visitors.come());
    await page.waitForSelector('#login');
    expect(await page.locator('.farewell').count()).toBe(0);
  });

  test('can reach the login with the keyboard alone', async () => {
    const page = await site.open(await visitors.come(desktop));
    await page.waitForSelector('#login');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#allow');
  });

  test('is sent to WeChat where the page is not on this machine', async () => {
    const context = await visitors.come();
    await context.route('http://wall.example/**', async (route) => {
      const { pathname } = new URL(route.request().url());
      await route.fulfill({ response: await route.fetch({ url: site.stack.api + pathname }) });
    });
    const page = await context.newPage();
    await page.goto('http://wall.example/');
    expect(await textOf(page, '#login .note')).toContain('open this page in WeChat');
  });

  test('hears of a lost connection, and gets on when it is back', async () => {
    const context = await visitors.come();
    await context.route('**/me', (route) => route.abort());
    const page = await site.open(context);
    expect(await textOf(page, '#fault')).toContain('cannot be reached');
    await context.unroute('**/me');
    await page.click('#retry');
    await page.waitForSelector('#login');
  });
});

describe('logging in', () => {
  test('shows the own name and picture', async () => {
    const { page } = await loggedIn();
    expect(await textOf(page, '#name')).toBe(spring.nickname);
    expect(await page.getByAltText(`Picture of ${spring.nickname}`).count()).toBe(1);
    expect(await pictureWidths(page, '#profile img')).toEqual([132]);
  });

  test('shows a wall whose pictures all load, with the own one marked', async () => {
    const { page } = await loggedIn();
    await page.waitForSelector('#wall');
    const widths = await pictureWidths(page, '#wall img');
    expect(widths.length).toBeGreaterThan(followers);
    expect(new Set(widths)).toEqual(new Set([132]));
    expect(await page.locator('#wall').getByAltText('You', { exact: true }).count()).toBe(1);
    expect(await page.locator('#wall .waiting').count()).toBe(0);
  });

  test('fits the width of a small phone', async () => {
    const { page } = await loggedIn({ ...phone, viewport: { width: 320, height: 568 } });
    await page.waitForSelector('#wall');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
  });

  test('opens a session that scripts cannot read, for this host alone', async () => {
    const { page } = await loggedIn();
    const cookies = await page.context().cookies(site.url);
    const session = cookies.find(({ name }) => name === `__Host-keyring_${site.stack.account}`);
    expect(session).toMatchObject({
      httpOnly: true,
      secure: true,
      sameSite: 'Lax',
      path: '/',
      domain: 'localhost',
    });
    expect(await page.evaluate('document.cookie')).toBe('');
  });

  test('lasts when the page is loaded again', async () => {
    const { page } = await loggedIn();
    await page.reload();
    expect(await textOf(page, '#name')).toBe(spring.nickname);
  });

  test('shows a figure in place of a picture that does not load', async () => {
    const gone = { headimgurl: `${site.stack.simulator ?? ''}/mmopen/gone/132` };
    const { page, openid } = await loggedIn(phone, gone);
    await page.waitForSelector('#profile .nobody');
    expect(await page.getByRole('img', { name: `Picture of ${spring.nickname}` }).count()).toBe(1);
    await page.waitForSelector('#wall .nobody.own');
    await site.person({ openid, subscribe: 0 });
  });

  test('shows tiles that wait until the wall is there', async () => {
    const { page, release } = await beforeTheWall();
    await page.waitForSelector('#wall-loading .waiting');
    expect(await page.getAttribute('.wall', 'aria-busy')).toBe('true');
    expect(await page.innerText('#status')).toBe('Loading the pictures…');

    release();
    await page.waitForSelector('#wall');
    expect(await page.getAttribute('.wall', 'aria-busy')).toBeNull();
    expect(await page.innerText('#status')).toMatch(/^Showing \d+ followers$/);
  });
});

describe('declining', () => {
  test('leaves nobody logged in, on a phone that stays on the consent page', async () => {
    await site.simulate('PATCH', '/accounts', { appid: site.stack.account, options: { denial: 'none' } });
    const page = await site.open(await visitors.come());
    await site.toConsent(page);
    await page.click('#deny');
    await page.waitForSelector('#denied');
    await page.goto(site.url);
    await page.waitForSelector('#login');
  });

  test('leads to a page that offers another login, where WeChat sends the browser back', async () => {
    await site.simulate('PATCH', '/accounts', { appid: site.stack.account, options: { denial: 'redirect' } });
    const page = await site.open(await visitors.come());
    await site.toConsent(page);
    await page.click('#deny');
    await page.waitForURL('**/oauth/callback?**');
    await page.getByRole('link').click();
    await page.click('#allow');
    await page.waitForSelector('#profile');
  });
});

describe('the wall', () => {
  test('of an account without followers is empty, and says so', async () => {
    const page = await emptySite.open(await visitors.come());
    await emptySite.toConsent(page);
    await page.click('#allow');
    expect(await textOf(page, '#wall-empty')).toContain('Nobody here yet');
  });

  test('fills in once the first follower has come', async () => {
    const page = await emptySite.open(await visitors.come());
    const { openid } = await emptySite.person({ subscribe: 0 });
    await emptySite.logIn(page, openid);
    await page.waitForSelector('#wall-empty');
    await emptySite.person({ openid, subscribe: 1 });
    await page.click('#again');
    await page.waitForSelector('#wall');
    expect(await pictureWidths(page, '#wall img')).toEqual([132]);
  });

  test("tells that WeChat's quota is used up, and is there after another try", async () => {
    await site.simulate('POST', '/faults', {
      path: '/cgi-bin/user/info/batchget',
      kind: 'errcode',
      errcode: 45009,
    });
    const { page } = await loggedIn();
    expect(await textOf(page, '#fault')).toContain('The number of calls that WeChat allows is used up');
    expect(await page.innerText('#fault code')).toBe('wechat_quota');
    expect(await page.innerText('#status')).toContain('The wall did not load');
    // WeChat's word is good for the day in China.
    await site.simulate('POST', '/clock', { advance_s: 86_400 });
    await page.click('#retry');
    await page.waitForSelector('#wall');
    expect(await pictureWidths(page, '#wall img')).not.toContain(0);
  });

  test('tells that WeChat cannot be reached', async () => {
    await site.simulate('POST', '/faults', {
      path: '/cgi-bin/user/info/batchget',
      kind: 'http',
      status: 502,
      times: 20,
    });
    const { page } = await loggedIn();
    expect(await textOf(page, '#fault')).toContain('WeChat gave no usable answer');
  });

  test('tells that the service has no token, when WeChat refuses to give one', async () => {
    await site.simulate('POST', '/faults', {
      path: '/cgi-bin/stable_token',
      kind: 'errcode',
      errcode: 40164,
      times: 20,
    });
    await site.simulate('POST', '/revoke', { appid: site.stack.account, what: 'access_token' });
    const { page } = await loggedIn();
    expect(await page.innerText('#name')).toBe(spring.nickname);
    expect(await textOf(page, '#fault')).toContain('The service has no valid access to WeChat');
    await site.simulate('DELETE', '/faults');
    await site.simulate('POST', '/clock', { advance_s: 3600 });
    await page.click('#retry');
    await page.waitForSelector('#wall');
  });

  test('gives way to the login when the session has ended meanwhile', async () => {
    const { page } = await loggedIn();
    await page.waitForSelector('#wall');
    await page.context().route('**/avatars?**', (route) =>
      route.fulfill({
        status: 401,
        contentType: 'application/problem+json',
        body: '{"code":"session_expired"}',
      }),
    );
    await page.reload();
    expect(await textOf(page, '.farewell')).toBe('Your session has ended. Please log in again.');
  });
});

describe('a page that the browser brings back from its memory', () => {
  test('finds out anew who is there', async () => {
    const { page } = await loggedIn();
    await page.context().clearCookies();
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))");
    await page.waitForSelector('#login');
  });
});

describe('logging out', () => {
  test('returns to the login, and the session is dead', async () => {
    const { page } = await loggedIn();
    const cookies = await page.context().cookies(site.url);
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const me = `${site.url}v1/accounts/default/me`;
    expect((await fetch(me, { headers: { cookie } })).status).toBe(200);

    await page.click('#logout');
    expect(await textOf(page, '.farewell')).toBe('You are logged out.');
    const after = await fetch(me, { headers: { cookie } });
    expect(after.status).toBe(401);
    expect(await after.json()).toMatchObject({ code: 'session_expired' });
  });

  test('that fails says so, and can be tried again', async () => {
    const { page } = await loggedIn();
    await page.context().route('**/oauth/logout', (route) => route.abort());
    await page.click('#logout');
    expect(await textOf(page, '.warning:not(:empty)')).toBe('Logging out did not work. Please try again.');
    await page.context().unroute('**/oauth/logout');
    await page.click('#logout');
    await page.waitForSelector('#login');
  });

  test('while the wall is loading leaves the reader at the login, whatever comes of the wall', async () => {
    const { page, release } = await beforeTheWall();
    await page.click('#logout');
    await page.waitForSelector('.farewell');
    const answered = page.waitForResponse('**/avatars?**');
    release();
    await (await answered).finished();
    // What the page does about it is done before it answers this.
    await page.evaluate('new Promise((resolve) => setTimeout(resolve))');
    expect(await page.innerText('#status')).toBe('You are logged out.');
    expect(await textOf(page, '.farewell')).toBe('You are logged out.');
  });

  test('moves the focus to where the reader is now', async () => {
    const { page } = await loggedIn();
    await page.click('#logout');
    await page.waitForSelector('#login');
    expect(await page.locator(':focus').innerText()).toBe('Everyone’s picture, on one wall');
  });
});

describe('the language', () => {
  test("is Chinese where the browser's is", async () => {
    const page = await site.open(await visitors.come({ ...phone, locale: 'zh-TW' }));
    expect(await textOf(page, '#login-link')).toBe('微信登录');
    expect(await page.getAttribute('html', 'lang')).toBe('zh-CN');
  });

  test('can be switched while the wall is shown, and is remembered', async () => {
    const { page } = await loggedIn();
    await page.waitForSelector('#wall');
    await page.getByRole('button', { name: '中文' }).click();
    expect(await page.innerText('#logout')).toBe('退出登录');
    expect(await page.title()).toBe('头像墙');
    expect(await page.getAttribute('#wall', 'aria-label')).toMatch(/^展示 \d+ 位关注者$/);
    await page.reload();
    expect(await textOf(page, '#logout')).toBe('退出登录');
    await page.getByRole('button', { name: 'English' }).click();
    expect(await page.innerText('#logout')).toBe('Log out');
  });
});

const screenshots = process.env['KEYRING_SCREENSHOTS'] === '1' ? test : test.skip;

screenshots('the pictures for the README', async () => {
  await mkdir('docs/images', { recursive: true });
  const gallery = await startSite({ followers: 25_000 });
  try {
    const { openid } = await gallery.person(spring);
    for (const [file, options] of [
      ['wall.png', phone],
      ['wall-desktop.png', desktop],
    ] as const) {
      const page = await gallery.open(await visitors.come(options));
      await gallery.logIn(page, openid);
      await page.waitForSelector('#wall');
      await pictureWidths(page, '#wall img');
      await page.evaluate('scrollTo(0, 0)');
      await page.screenshot({ path: `docs/images/${file}`, animations: 'disabled' });
    }
  } finally {
    await gallery.close();
  }
});
