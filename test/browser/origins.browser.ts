import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext, Page } from 'playwright-core';
import { runAdmin } from '../../local/stack.ts';
import { launchBrowser } from './browser.ts';
import { startSite, textOf, Visitors, type Site } from './kit.ts';

/**
 * The names stand for a site as it is in life, since browsers take every name below `localhost` for this machine:
 * the API and the page are siblings below one name, and a stranger has a name of their own.
 */
const names = {
  api: 'keyring.wall.localhost',
  page: 'www.wall.localhost',
  /** A sibling of the API's that nobody has allowed: the same site, and another origin. */
  sibling: 'blog.wall.localhost',
  stranger: 'stranger.localhost',
} as const;
const nickname = '🌸 Spring 🍃';

let visitors: Visitors;
let site: Site;
let pages: Server;
/** What the servers of the pages send beside an empty page: their `Set-Cookie`, and a form. */
let setCookie: string[] = [];
let html = '';

let person: string;
let context: BrowserContext;
let page: Page;

const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const browser = await launchBrowser();
  visitors = new Visitors(browser);
  closers.push(() => browser.close());
  pages = createServer((_request: IncomingMessage, response) => {
    response.writeHead(200, { 'content-type': 'text/html', 'set-cookie': setCookie });
    response.end(`<!doctype html><title>A page</title>${html}`);
  });
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => pages.close(resolve)));
  site = await startSite({ followers: 3, hostname: names.api, origins: [originOf('page')] });
  closers.push(() => site.close());
});

afterAll(async () => {
  await Promise.all(closers.map((close) => close()));
});

beforeEach(async () => {
  [setCookie, html] = [[], ''];
  person = (await site.person({ nickname })).openid;
  context = await visitors.come();
  page = await site.open(context);
  await site.logIn(page, person);
});

afterEach(async () => {
  if (closers.length < 3) return; // Nothing was started: that is the fault to read about.
  expect(await visitors.leave()).toEqual([]);
});

function originOf(name: keyof typeof names): string {
  return `http://${names[name]}:${(pages.address() as AddressInfo).port}`;
}

async function openPageOf(name: keyof typeof names): Promise<Page> {
  const opened = await context.newPage();
  await opened.goto(originOf(name));
  return opened;
}

interface Call {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly mode?: 'cors' | 'no-cors';
}

/** What a page's script gets from a call to the API with credentials; `blocked` where the browser keeps it. */
function callFrom(
  caller: Page,
  { path, ...init }: Call,
): Promise<{ status: number; body: unknown } | 'blocked'> {
  const url = `${site.stack.api}/v1/accounts/default${path}`;
  return caller.evaluate(`
    fetch(${JSON.stringify(url)}, ${JSON.stringify({ credentials: 'include', ...init })}).then(
      async (response) => {
        const text = await response.text();
        return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
      },
      () => 'blocked',
    )
  `);
}

async function expectStillLoggedIn(): Promise<void> {
  await page.reload();
  expect(await textOf(page, '#name')).toBe(nickname);
}

interface StoredCookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  readonly path: string;
  readonly expires: number;
  readonly httpOnly: boolean;
  readonly secure: boolean;
  readonly sameSite?: string;
}

/** The cookies as Chromium itself has them. */
async function storedCookies(): Promise<readonly StoredCookie[]> {
  const devtools = await context.newCDPSession(page);
  const { cookies } = (await devtools.send('Network.getAllCookies')) as { cookies: StoredCookie[] };
  return cookies;
}

function sessionName(): string {
  return `__Host-keyring_${site.stack.account}`;
}

describe('the cookies', () => {
  test('are kept by the browser for this host alone, out of reach of scripts', async () => {
    const ours = (await storedCookies()).filter(({ domain }) => domain.endsWith('wall.localhost'));
    expect(ours.map(({ name }) => name).sort()).toEqual(['__Host-keyring_browser', sessionName()].sort());
    for (const cookie of ours) {
      expect(cookie).toMatchObject({
        // A cookie with a Domain attribute would be stored with a dot in front.
        domain: names.api,
        path: '/',
        httpOnly: true,
        secure: true,
        sameSite: 'Lax',
      });
    }
    expect(await page.evaluate('document.cookie')).toBe('');
  });

  test('last as long as what they stand for: 30 days and 10 minutes', async () => {
    const cookies = await storedCookies();
    const lifeOf = (wanted: string) =>
      (cookies.find(({ name }) => name === wanted)?.expires ?? 0) - Date.now() / 1000;
    expect(Math.round(lifeOf(sessionName()) / 86_400)).toBe(30);
    expect(Math.round(lifeOf('__Host-keyring_browser') / 600)).toBe(1);
  });

  test('hold an id that says nothing, and no token of WeChat', async () => {
    for (const { name, value } of await storedCookies()) {
      if (name.startsWith('__Host-')) expect(value).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  test('go along with a tap on a link of another site, and with no call of its scripts', async () => {
    const stranger = await openPageOf('stranger');
    const sent: (string | undefined)[] = [];
    stranger.on('request', (request) => {
      if (request.url().endsWith('/me')) {
        void request.allHeaders().then((headers) => sent.push(headers['cookie']));
      }
    });
    expect(await callFrom(stranger, { path: '/me' })).toBe('blocked');
    await stranger.goto(`${site.url}v1/accounts/default/me`, { referer: originOf('stranger') });
    expect(JSON.parse(await stranger.innerText('body'))).toMatchObject({ nickname });
    expect(sent.map((cookies) => cookies?.includes(sessionName()) ?? false)).toEqual([false, true]);
  });

  test('are not replaced by what a sibling plants', async () => {
    const planted = [
      `${sessionName()}=planted; Domain=wall.localhost; Path=/; Secure`,
      `${sessionName()}=planted; Domain=wall.localhost; Path=/v1/accounts/default/me; Secure`,
      `${sessionName()}=planted; Domain=${names.api}; Path=/; Secure`,
      `${sessionName().toUpperCase()}=planted; Domain=wall.localhost; Path=/; Secure`,
      `keyring_${site.stack.account}=planted; Domain=wall.localhost; Path=/`,
      `keyring_browser=planted; Domain=wall.localhost; Path=/`,
    ];
    setCookie = planted;
    const sibling = await openPageOf('sibling');
    for (const cookie of planted) await sibling.evaluate(`document.cookie = ${JSON.stringify(cookie)}`);

    const stored = (await storedCookies()).filter(({ value }) => value === 'planted');
    expect(stored.map(({ name }) => name).filter((name) => /^__host-/i.test(name))).toEqual([]);
    // The browser does keep those without the prefix, and sends them; nobody reads them.
    expect(stored.length).toBe(2);
    await expectStillLoggedIn();
  });

  test('of an account are its own: another account knows nobody', async () => {
    const other = 'wx00000000000000aa';
    const { runtime, simulator } = site.stack;
    const secret = '0123456789abcdef0123456789abcdef';
    const body = JSON.stringify({ appid: other, secret });
    await fetch(`${String(simulator)}/_sim/accounts`, { method: 'POST', body });
    await runAdmin(runtime, {
      command: 'account.add',
      account: other,
      name: 'Another',
      mode: 'stable',
      secret,
      allowedOrigins: [site.stack.api],
      domainFiles: [],
    });
    const status = `fetch('/v1/accounts/${other}/me').then(({ status }) => status)`;
    expect(await page.evaluate(status)).toBe(401);
  });
});

describe('a form on another page', () => {
  test.each(['stranger', 'sibling'] as const)('of a %s cannot log anybody out', async (name) => {
    const action = `${site.stack.api}/v1/accounts/default/oauth/logout`;
    html = `<form method="post" action="${action}"><button>Win a prize</button></form>`;
    const foreign = await openPageOf(name);
    await foreign.getByRole('button').click();
    await foreign.waitForURL(action);
    expect(JSON.parse(await foreign.innerText('body'))).toMatchObject({
      status: 403,
      code: 'csrf_header_missing',
    });
    await expectStillLoggedIn();
  });
});

describe('a script on the allowed page', () => {
  test('reads who is logged in, and the wall', async () => {
    const caller = await openPageOf('page');
    expect(await callFrom(caller, { path: '/me' })).toMatchObject({ status: 200, body: { nickname } });
    const wall = await callFrom(caller, { path: '/avatars?limit=3' });
    expect(wall).toMatchObject({
      status: 200,
      body: [expect.any(String), expect.any(String), expect.any(String)],
    });
  });

  test('is let in by its exact origin, with credentials, in answers that caches keep apart', async () => {
    const caller = await openPageOf('page');
    const answered = caller.waitForResponse('**/me');
    await callFrom(caller, { path: '/me' });
    const headers = await (await answered).allHeaders();
    expect(headers['access-control-allow-origin']).toBe(originOf('page'));
    expect(headers['access-control-allow-credentials']).toBe('true');
    expect(headers['vary']).toBe('Origin');
    expect(headers['cache-control']).toBe('no-store');
  });

  test('logs out with the header that a preflight lets it send', async () => {
    const caller = await openPageOf('page');
    const logout = { path: '/oauth/logout', method: 'POST', headers: { 'x-keyring-csrf': '1' } };
    expect(await callFrom(caller, logout)).toMatchObject({ status: 204 });
    expect(await callFrom(caller, { path: '/me' })).toMatchObject({ status: 401 });
    await page.reload();
    await page.waitForSelector('#login');
  });

  test('is told what it forgot, without the header', async () => {
    const caller = await openPageOf('page');
    expect(await callFrom(caller, { path: '/oauth/logout', method: 'POST' })).toMatchObject({
      status: 403,
      body: { code: 'csrf_header_missing' },
    });
    await expectStillLoggedIn();
  });

  test('sends no header that is not on the list', async () => {
    const caller = await openPageOf('page');
    expect(await callFrom(caller, { path: '/me', headers: { 'x-other': '1' } })).toBe('blocked');
  });

  test('gets no session of an account that does not name its origin', async () => {
    const { runtime, account, api } = site.stack;
    const caller = await openPageOf('page');
    const allow = async (allowedOrigins: string[]) => {
      await runAdmin(runtime, { command: 'account.set', account, allowedOrigins });
      // Longer than functions remember accounts.
      await site.advance(120);
    };
    await allow([api]);
    for (const path of ['/me', '/avatars']) {
      expect(await callFrom(caller, { path })).toMatchObject({
        status: 403,
        body: { code: 'origin_not_allowed' },
      });
    }
    await allow([api, originOf('page')]);
    expect(await callFrom(caller, { path: '/me' })).toMatchObject({ status: 200 });
  });
});

describe('a script on a page that nobody allowed', () => {
  test.each(['sibling', 'stranger'] as const)('of a %s reads nothing', async (name) => {
    const caller = await openPageOf(name);
    expect(await callFrom(caller, { path: '/me' })).toBe('blocked');
    expect(await callFrom(caller, { path: '/avatars' })).toBe('blocked');
  });

  test.each(['sibling', 'stranger'] as const)('of a %s logs nobody out', async (name) => {
    const caller = await openPageOf(name);
    const logout = { path: '/oauth/logout?everywhere=true', method: 'POST' };
    expect(await callFrom(caller, { ...logout, headers: { 'x-keyring-csrf': '1' } })).toBe('blocked');
    await callFrom(caller, { ...logout, mode: 'no-cors' });
    await expectStillLoggedIn();
  });

  test.each(['sibling', 'stranger'] as const)("of a %s deletes nobody's data", async (name) => {
    const caller = await openPageOf(name);
    const deletion = { path: '/me', method: 'DELETE' };
    expect(await callFrom(caller, deletion)).toBe('blocked');
    expect(await callFrom(caller, { ...deletion, headers: { 'x-keyring-csrf': '1' } })).toBe('blocked');
    await expectStillLoggedIn();
  });

  test('gets answers without any CORS header, and from a sibling none with data', async () => {
    const caller = await openPageOf('sibling');
    // What the browser keeps from the page, it keeps from the usual events as well.
    const devtools = await context.newCDPSession(caller);
    await devtools.send('Network.enable');
    const answered = new Promise<{ statusCode: number; headers: object }>((resolve) => {
      // Either event may come first.
      let asked: string | undefined;
      const answers = new Map<string, { statusCode: number; headers: object }>();
      const resolveIfBoth = () => {
        const answer = asked === undefined ? undefined : answers.get(asked);
        if (answer) resolve(answer);
      };
      devtools.on('Network.requestWillBeSent', ({ requestId, request }) => {
        if (request.url.endsWith('/me')) asked = requestId;
        resolveIfBoth();
      });
      devtools.on('Network.responseReceivedExtraInfo', (answer) => {
        answers.set(answer.requestId, answer);
        resolveIfBoth();
      });
    });
    await callFrom(caller, { path: '/me' });
    const { statusCode, headers } = await answered;
    expect(Object.keys(headers).filter((name) => /^access-control-/i.test(name))).toEqual([]);
    // The sibling's call carries the cookie, so that the browser keeps the answer is not all.
    expect(statusCode).toBe(403);
  });
});
