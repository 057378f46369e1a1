import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import axe from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { startConsole, type Console, type ConsoleOptions } from '../../console/server/server.ts';
import { close, listen } from '../../local/aws/http.ts';
import { demoAccount } from '../../local/demo-account.ts';
import { askAdmin } from '../../local/stack.ts';
import { launchBrowser } from './browser.ts';
import { desktop, phone, startSite, textOf, Visitors, type Site } from './kit.ts';

/** The console of a local stack in a browser: what it shows, what it does, and whom it keeps out. */

let visitors: Visitors;
let site: Site;
const closers: (() => Promise<void>)[] = [];
const consoles: Console[] = [];

beforeAll(async () => {
  const browser = await launchBrowser();
  closers.push(() => browser.close());
  visitors = new Visitors(browser);
  site = await startSite({ followers: 300 });
  closers.push(() => site.close());
});

afterAll(async () => {
  await Promise.all(closers.map((end) => end()));
});

afterEach(async () => {
  if (closers.length < 2) return; // Nothing was started: that is the fault to read about.
  const complaints = await visitors.leave();
  await Promise.all(consoles.splice(0).map((served) => served.close()));
  await site.simulate('DELETE', '/faults');
  await site.simulate('PATCH', '/accounts', { appid: site.stack.account, options: { ip_allow_list: null } });
  await askAdmin(site.stack.runtime, { command: 'refresh', account: 'default' });
  expect(complaints).toEqual([]);
});

async function serve(options: Partial<ConsoleOptions> = {}): Promise<Console> {
  const served = await startConsole({
    place: 'local',
    send: (command) => askAdmin(site.stack.runtime, command),
    simulator: site.stack.simulator,
    ...options,
  });
  consoles.push(served);
  return served;
}

/** A console of its own, opened at a view. With a clock, the test moves the browser's. */
async function open(
  view = 'accounts',
  options: BrowserContextOptions = desktop,
  { withClock = false } = {},
): Promise<Page> {
  const { url } = await serve();
  const page = await (await visitors.come(options)).newPage();
  if (withClock) await page.clock.install();
  await page.goto(url);
  await page.waitForSelector('#state');
  if (view !== 'accounts') await page.click(`nav a[href="#/${view}"]`);
  return page;
}

/** Presses a button of the simulator, and waits for what is told of it. */
async function press(page: Page, selector: string, told: string | RegExp): Promise<void> {
  await page.click(selector);
  await page.locator('.told p').filter({ hasText: told }).waitFor();
}

/** Has followers synced, in their view, and waits for the end. */
async function sync(page: Page): Promise<void> {
  await press(page, '#sync-start', 'The sync has started.');
  await page.waitForSelector('#sync-state.done');
  await page
    .locator('#sync .progress')
    .filter({ hasText: /List\s*(3\d\d) of \1/ })
    .waitFor();
}

async function dailySync(sync: 'off' | 'details'): Promise<void> {
  await askAdmin(site.stack.runtime, { command: 'account.set', account: 'default', sync });
}

describe('the tour', () => {
  test('breaks an account and mends it by hand, all of it on the page', async () => {
    const page = await open();
    expect(await textOf(page, '#state')).toBe('OK');
    await press(page, '#take-ip', '40164');
    await press(page, '#revoke-token', 'The next call will notice.');
    await press(page, '#call', 'There is no usable token.');
    await page.waitForSelector('#state.down');
    expect(await textOf(page, '#failure h3')).toBe('wechat_ip_not_allowed');
    expect(await page.innerText('#failure .message')).toContain('errcode 40164');
    expect(await page.innerText('#failure .advice')).toContain(
      'Add the outgoing IP address of this service to the IP allow-list in the account console',
    );

    await press(page, '#refresh', 'The refresh failed again.');
    await press(page, '#give-ip', 'WeChat accepts this machine again.');
    await press(page, '#refresh', 'The token is refreshed.');
    await page.waitForSelector('#state.ok');
    expect(await page.locator('#failure').count()).toBe(0);
  });

  test('mends itself as time passes', async () => {
    const page = await open();
    await press(page, '#take-ip', '40164');
    await press(page, '#revoke-token', 'The next call will notice.');
    await page.click('#call');
    await page.waitForSelector('#state.down');
    await press(page, '#give-ip', 'WeChat accepts this machine again.');
    await press(page, '#advance-600', 'Everything that was due has run.');
    await page.waitForSelector('#state.ok');
  });

  test('has a token that was ended replaced by the next call', async () => {
    const page = await open();
    const generation = Number(await textOf(page, '#token .figure .value'));
    await press(page, '#revoke-token', 'The next call will notice.');
    await press(page, '#call', 'The call worked.');
    await page
      .locator('#token .figure .value')
      .filter({ hasText: String(generation + 1) })
      .waitFor();
    expect(await page.innerText('#token .notice')).toContain('before its time');
  });

  test('shows a quota that is used up, and offers to set it back', async () => {
    const page = await open();
    await press(page, '#spend', '45009');
    await press(page, '#refresh', 'failed again');
    await page.waitForSelector('#state.degraded');
    expect(await page.innerText('#failure h3')).toBe('wechat_quota_day');
    expect(await page.locator('.tour .next').allInnerTexts()).toContainEqual(
      expect.stringContaining('give the quota back'),
    );
    await press(page, '#restore', 'WeChat gives tokens again.');
    await page.getByRole('button', { name: 'Reset the quotas' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.innerText()).toContain('10 times a month');
    await dialog.getByRole('button', { name: 'Reset the quotas' }).click();
    await page.waitForSelector('#state.ok');
    expect(await page.innerText('.told')).toContain("WeChat has set today's quotas of");
  });
});

describe('the account', () => {
  test('changes to classic mode where that helps, after a question', async () => {
    const page = await open();
    await press(page, '#spend', '45009');
    await press(page, '#refresh', 'failed again');
    await press(page, '#restore', 'WeChat gives tokens again.');
    await page.getByRole('button', { name: 'Change to classic mode' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(await page.innerText('#token .figures')).toContain('stable');
    await page.getByRole('button', { name: 'Change to classic mode' }).click();
    await dialog.getByRole('button', { name: 'Change to classic mode' }).click();
    await page.locator('#token .figures').filter({ hasText: 'classic' }).waitFor();
    await page.waitForSelector('#state.ok');
    await askAdmin(site.stack.runtime, { command: 'account.set', account: 'default', mode: 'stable' });
  });

  test('with a wrong AppSecret names the command that asks for another, and has no field for it', async () => {
    const page = await open();
    const { account: appid } = site.stack;
    await site.simulate('PATCH', '/accounts', { appid, secret: 'f'.repeat(32) });
    await press(page, '#refresh', 'failed again');
    await page.waitForSelector('#failure');
    expect(await page.innerText('#failure .command code')).toBe(
      `npm run -s keyring -- account rotate-secret ${appid} --local`,
    );
    expect(await page.locator('#main input').count()).toBe(0);
    await site.simulate('PATCH', '/accounts', { appid, secret: demoAccount.secret });
  });

  test('shows the tokens of the last days, by how they ended, and what people were told', async () => {
    const page = await open();
    await press(page, '#advance-86400', 'Everything that was due has run.');
    await press(page, '#take-ip', '40164');
    await press(page, '#revoke-token', 'The next call will notice.');
    await page.click('#call');
    await page.waitForSelector('#state.down');
    await press(page, '#give-ip', 'WeChat accepts this machine again.');
    await press(page, '#refresh', 'The token is refreshed.');
    await page.click('#generations summary');
    const rows = page.locator('#generations tbody tr');
    await rows.nth(1).filter({ hasText: 'rejected by WeChat' }).waitFor();
    expect(await rows.nth(0).innerText()).toContain('in use');
    expect(await rows.nth(2).innerText()).toMatch(/on schedule.*renewed/);
    await page.click('nav a[href="#/events"]');
    expect(await textOf(page, '#alarms tbody')).toContain('wechat_ip_not_allowed');
  });

  test('says of an alarm that it is still failing, and of none that is over', async () => {
    const page = await open();
    await failCall(page);
    await press(page, '#give-ip', 'WeChat accepts this machine again.');
    await press(page, '#refresh', 'The token is refreshed.');
    await failCall(page);
    await page.click('nav a[href="#/events"]');
    const [now, before] = [0, 1].map((nth) => page.locator('#alarms tbody tr').nth(nth));
    await now?.filter({ hasText: /wechat_ip_not_allowed\s*still failing/ }).waitFor();
    expect(await before?.innerText()).toMatch(/wechat_ip_not_allowed$/);
  });

  test('has the time of an alarm on one line, also on a phone', async () => {
    await site.simulate('PATCH', '/accounts', {
      appid: site.stack.account,
      options: { ip_allow_list: ['203.0.113.7'] },
    });
    await askAdmin(site.stack.runtime, { command: 'refresh', account: 'default' });
    const page = await open('events', phone);
    const time = page.locator('#alarms tbody th').first();
    await time.waitFor();
    const box = await time.boundingBox();
    // Two lines of it are 50 pixels.
    expect(box?.height).toBeLessThan(40);
  });

  test('lists a token that WeChat rejected as rejected, also while there is no other', async () => {
    const page = await open();
    await failCall(page);
    await page.click('#generations summary');
    const row = page.locator('#generations tbody tr').first();
    await row.filter({ hasText: 'rejected by WeChat' }).waitFor();
    expect(await row.innerText()).not.toContain('in use');
  });

  test('shows its ticket once somebody has asked for one', async () => {
    const { api } = site.stack;
    await fetch(`${api}/v1/accounts/default/jssdk-config?url=${encodeURIComponent(`${api}/`)}`);
    const page = await open();
    expect(await textOf(page, '#jsapi_ticket')).toContain('usable for 2 h');
  });

  test('shows what others do meanwhile', async () => {
    const page = await open();
    const generation = Number(await textOf(page, '#token .figure .value'));
    await askAdmin(site.stack.runtime, { command: 'account.set', account: 'default', mode: 'classic' });
    await page
      .locator('#token .figure .value')
      .filter({ hasText: String(generation + 1) })
      .waitFor();
    await askAdmin(site.stack.runtime, { command: 'account.set', account: 'default', mode: 'stable' });
  });
});

/** Breaks the account and makes a call, so that a failure is told. */
async function failCall(page: Page): Promise<void> {
  await press(page, '#take-ip', '40164');
  await press(page, '#revoke-token', 'The next call will notice.');
  await press(page, '#call', 'There is no usable token.');
}

/** What stands beneath the message, at some points of it. */
const beneathTold = `(() => {
  const told = document.querySelector('.told p').getBoundingClientRect();
  const points = [0.02, 0.25, 0.5, 0.75, 0.98].flatMap((x) => [0.02, 0.5, 0.98].map((y) => [x, y]));
  const found = points.flatMap(([x, y]) =>
    document.elementsFromPoint(told.left + x * told.width, told.top + y * told.height),
  );
  return [...new Set(found)]
    .filter((each) => !each.closest('.told') && each.closest('a, button, nav, .top, .card, .panel > details'))
    .map((each) => each.outerHTML.slice(0, 80));
})()`;

describe('what is told', () => {
  test.each([
    ['on a desktop', desktop],
    ['in a low window', { viewport: { width: 1280, height: 520 } }],
    ['on a phone', phone],
  ])('covers nothing %s', async (_where, size) => {
    const page = await open('accounts', size);
    await failCall(page);
    expect(await page.evaluate(beneathTold)).toEqual([]);
  });

  test('leaves the button in sight that it answers to, with the focus on it', async () => {
    const page = await open('accounts', phone);
    await press(page, '#take-ip', '40164');
    await page.locator('.told button').click();
    // At the lower edge of the window, where the message will stand.
    await page.$eval('#give-ip', (button) =>
      (button as unknown as { scrollIntoView(side: boolean): void }).scrollIntoView(false),
    );
    await press(page, '#give-ip', 'WeChat accepts this machine again.');
    await page.locator('#take-ip:focus').waitFor();
    const isHit = `(() => {
      const { left, top, width, height } = document.activeElement.getBoundingClientRect();
      return document.elementFromPoint(left + width / 2, top + height - 2) === document.activeElement;
    })()`;
    expect(await page.evaluate(isHit)).toBe(true);
  });

  test('of a failure stays for as long as it takes to read it', async () => {
    const page = await open('accounts', desktop, { withClock: true });
    await failCall(page);
    await page.clock.fastForward('20:00');
    await page.locator('.told p').filter({ hasText: 'There is no usable token.' }).waitFor();
  });

  test('of what was done goes by itself', async () => {
    const page = await open('accounts', desktop, { withClock: true });
    await press(page, '#refresh', 'The token is refreshed.');
    await page.clock.fastForward('00:30');
    await page.locator('.told p').waitFor({ state: 'detached' });
  });

  test('of a refresh that failed again is a failure', async () => {
    const page = await open();
    await press(page, '#take-ip', '40164');
    await press(page, '#refresh', 'The refresh failed again.');
    expect(await page.getAttribute('.told p', 'class')).toBe('failed');
  });

  test('is dismissed with Escape, and with its button', async () => {
    const page = await open();
    await failCall(page);
    await page.keyboard.press('Escape');
    await page.locator('.told p').waitFor({ state: 'detached' });
    await press(page, '#call', 'There is no usable token.');
    await page.getByRole('button', { name: 'Close' }).click();
    await page.locator('.told p').waitFor({ state: 'detached' });
  });

  test('stays when Escape closes a dialog', async () => {
    const page = await open('keys');
    await press(page, '#take-ip', '40164');
    await page.click('#make');
    await page.waitForSelector('dialog :focus');
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    expect(await page.locator('.told p').count()).toBe(1);
  });
});

describe('the door', () => {
  test('takes the token out of the address, and stays open when the page is loaded anew', async () => {
    const page = await open();
    expect(page.url()).not.toMatch(/[0-9a-f]{64}/);
    await page.reload();
    await page.waitForSelector('#state');
  });

  test('is closed for a second browser with the same address', async () => {
    const { url } = await serve();
    const first = await (await visitors.come(desktop)).newPage();
    await first.goto(url);
    await first.waitForSelector('#state');
    const second = await (await visitors.come(desktop)).newPage();
    await second.goto(url);
    expect(await textOf(second, '#closed')).toContain('Each address works once, in one browser.');
    expect(await second.innerText('#closed code')).toBe('npm run -s keyring -- console');
  });

  test('is closed without a token', async () => {
    const { url } = await serve();
    const page = await (await visitors.come(desktop)).newPage();
    await page.goto(new URL(url).origin);
    expect(await textOf(page, '#closed')).toContain('The console is closed');
  });

  test('opens for a new address that is pasted into a tab whose session is over', async () => {
    const page = await open();
    const { origin } = new URL(page.url());
    await consoles.pop()?.close();
    expect(await textOf(page, '#closed')).toContain('The process of the console has ended.');
    expect(await page.$$eval('img', (images) => images.length)).toBe(0);
    const served = await serve({ port: Number(new URL(origin).port), simulator: undefined });
    await page.goto(served.url);
    await page.waitForSelector('#state');
    expect(await page.locator('#simulator').count()).toBe(0);
  });

  test('does not move for a page of another port, which cannot frame it and sees no cookie', async () => {
    const page = await open();
    const { origin } = new URL(page.url());
    let cookies: string | undefined;
    const foreign: Server = createServer((request, response) => {
      cookies = request.headers.cookie;
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<!doctype html><title>Foreign</title><iframe></iframe>');
    });
    const place = await listen(foreign);
    try {
      const other = await page.context().newPage();
      await other.goto(place);
      expect(cookies).toBeUndefined();
      const outcomes = await other.evaluate(
        `Promise.all(['/about', '/session', '/admin', '/assets/main.js', '/'].map((path) =>
          fetch('${origin}' + path, { mode: 'no-cors', method: path === '/admin' ? 'POST' : 'GET' })
            .then((response) => response.type, () => 'blocked')))`,
      );
      expect(outcomes).toEqual(['blocked', 'blocked', 'blocked', 'blocked', 'blocked']);
      const refused = other.waitForEvent('console', (message) => message.text().includes('frame-ancestors'));
      await other.evaluate(`document.querySelector('iframe').src = '${origin}/'`);
      await refused;
      expect(await visitors.leave()).toEqual([expect.stringContaining("frame-ancestors 'none'")]);
    } finally {
      await close(foreign);
    }
  });
});

describe('the views', () => {
  test('show the calls of today by API, against their limits, and as numbers', async () => {
    const page = await open('usage');
    const row = page.locator('#quotas tr').filter({ hasText: '/cgi-bin/stable_token' });
    await row.waitFor();
    expect(await row.innerText()).toContain('500,000');
    expect(await row.innerText()).toContain('lasts the day');
    await page.click('#usage summary');
    expect(await page.innerText('#usage table')).toContain('/cgi-bin/stable_token');
  });

  test('show who joined today, how many follow, and the push that told it', async () => {
    const page = await open('followers');
    await sync(page);
    // Others may have come before, in another test.
    const [total, joined, left] = [0, 1, 2].map((nth) => page.locator('#totals .value').nth(nth));
    await total?.filter({ hasText: /^3\d\d$/ }).waitFor();
    const before = { joined: Number(await joined?.innerText()), left: Number(await left?.innerText()) };
    await press(page, '#join', 'follows the account.');
    await joined?.filter({ hasText: String(before.joined + 1) }).waitFor();
    await page.click('#moves summary');
    const today = page.locator('#moves tbody tr').first();
    await today.filter({ hasText: new RegExp(`${before.joined + 1}\\s*${before.left}$`) }).waitFor();
    await press(page, '#leave', 'no longer follows.');
    await left?.filter({ hasText: String(before.left + 1) }).waitFor();
    await page.click('nav a[href="#/events"]');
    expect(await textOf(page, '#pushes figcaption')).toMatch(/handled \d+/);
  });

  test('show the days of the period that is chosen, and leave the focus on the choice', async () => {
    const page = await open('followers');
    await sync(page);
    for (const [name, days] of [
      ['30 days', 30],
      ['90 days', 90],
      ['a year', 366],
    ] as const) {
      await page.getByRole('button', { name }).focus();
      await page.keyboard.press('Enter');
      expect(await textOf(page, 'button[aria-pressed="true"]:focus')).toBe(name);
      await page.waitForSelector('#moves tbody tr', { state: 'attached' });
      for (const chart of ['#followers-over', '#moves']) {
        expect(await page.locator(`${chart} tbody tr`).count()).toBe(days);
      }
    }
  });

  test('name days below the chart of a year, also on a phone', async () => {
    const { openid } = await site.person({});
    await site.push({ FromUserName: openid, Event: 'subscribe' });
    const page = await open('followers', phone);
    await page.getByRole('button', { name: 'a year' }).click();
    await page.locator('#moves tbody tr').nth(365).waitFor({ state: 'attached' });
    const isNamed = await page.evaluate<boolean>(`
      const canvas = document.querySelector('#moves canvas');
      const below = Math.round(20 * devicePixelRatio);
      const { data } = canvas.getContext('2d').getImageData(0, canvas.height - below, canvas.width, below);
      data.some((value) => value > 0);
    `);
    expect(isNamed).toBe(true);
  });

  test.each([
    ['on a low desktop', { viewport: { width: 1280, height: 300 } }],
    ['on a phone', phone],
  ])('begin at their top %s, wherever the one before was left', async (_where, options) => {
    const page = await open('keys', options);
    await page.locator('#join').scrollIntoViewIfNeeded();
    await page.evaluate('scrollTo(0, document.body.scrollHeight)');
    await page.click('nav a[href="#/events"]');
    const alarms = page.locator('#alarms');
    await alarms.waitFor();
    expect((await alarms.boundingBox())?.y).toBeGreaterThan(0);
  });

  test('show logins by how they ended', async () => {
    const { openid } = await site.person({ nickname: 'Somebody' });
    const wall = await site.open(await visitors.come());
    await site.logIn(wall, openid);
    const page = await open('logins');
    expect(await textOf(page, '#logins figcaption')).toMatch(/granted \d+/);
  });

  test('show a sync that is paused and goes on', async () => {
    await dailySync('details');
    try {
      const page = await open('followers');
      await page.getByRole('button', { name: 'Pause the daily sync' }).click();
      await page.waitForSelector('#sync-state.paused');
      await press(page, '#resume', 'The sync continues.');
      await page.waitForSelector('#sync-start');
      await sync(page);
    } finally {
      await dailySync('off');
    }
  });

  test('without a daily sync name the command for one, and pause none', async () => {
    const page = await open('followers');
    await page.waitForSelector('#sync-start');
    expect(await page.innerText('#sync')).toContain(
      `account set ${site.stack.account} --sync details --local`,
    );
    expect(await page.locator('#pause').count()).toBe(0);
  });

  test('make a key, show it once, and revoke it', async () => {
    const page = await open('keys');
    await page.click('#make');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Make it' }).click();
    expect(await dialog.getByRole('alert').innerText()).toBe('Give the key a name.');
    await dialog.getByLabel('Name').fill('shop');
    await dialog.getByRole('button', { name: 'Make it' }).click();
    expect(await dialog.getByRole('alert').innerText()).toBe('Choose at least one scope.');
    await dialog.getByLabel('followers:read').check();
    await dialog.getByRole('button', { name: 'Make it' }).click();
    const key = await textOf(page, '#made-key');
    expect(key).toMatch(/^wk_/);
    const counts = `${site.stack.api}/v1/accounts/default/followers?limit=1`;
    const headers = { authorization: `Bearer ${key}` };
    expect((await fetch(counts, { headers })).status).toBe(200);
    await page.getByRole('button', { name: 'I have it' }).click();
    const row = page.locator('#keys tr').filter({ hasText: 'shop' });
    await row.waitFor();
    expect(await page.content()).not.toContain(key);
    await row.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke', exact: true }).click();
    await row.waitFor({ state: 'detached' });
  });

  test('say of each scope of a new key what it allows', async () => {
    const page = await open('keys');
    await page.click('#make');
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('group', { name: 'Scopes' }).innerText()).toContain('usage:read how often');
    await dialog.getByLabel('What it is for').selectOption('dropIn');
    const lines = (await dialog.getByRole('group', { name: 'Scopes' }).innerText()).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        "dropin:proxy calls to WeChat through the service; the account's token never leaves it",
        "dropin:token the account's own token, for calls that go to WeChat directly",
      ]),
    );
  });

  test('make a key of the drop-in with a limit', async () => {
    const page = await open('keys');
    await page.click('#make');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('sdk');
    await dialog.getByLabel('What it is for').selectOption('dropIn');
    await dialog.getByLabel('dropin:proxy').check();
    await dialog.getByLabel('Calls a day at most').fill('1000');
    await dialog.getByLabel('WeChat paths').fill('/cgi-bin/message/*');
    await dialog.getByRole('button', { name: 'Make it' }).click();
    await page.getByRole('button', { name: 'I have it' }).click();
    const row = page.locator('#keys tr').filter({ hasText: 'sdk' });
    expect(await row.innerText()).toContain('1,000');
    await page.click('nav a[href="#/usage"]');
    await page.getByRole('button', { name: 'By key' }).click();
    expect(await textOf(page, '#quotas table')).toMatch(/sdk.*\s+0\s+1,000/);
  });

  test('change the limits of a key, and take them away', async () => {
    await askAdmin(site.stack.runtime, {
      command: 'key.create',
      name: 'mailer',
      scopes: ['dropin:proxy'],
      accounts: '*',
      dailyLimit: 1000,
    });
    const page = await open('keys');
    const row = page.locator('#keys tr').filter({ hasText: 'mailer' });
    const dialog = page.getByRole('dialog');
    await row.getByRole('button', { name: 'Change' }).click();
    expect(await dialog.getByLabel('Calls a day at most').inputValue()).toBe('1000');
    await dialog.getByLabel('Calls a day at most').fill('2500');
    await dialog.getByLabel('WeChat paths').fill('/cgi-bin/message/*\n/cgi-bin/user/get');
    await dialog.getByLabel('Accounts').selectOption('one');
    await dialog.getByRole('button', { name: 'Change it' }).click();
    await row.filter({ hasText: '2,500' }).waitFor();
    expect(await row.innerText()).not.toContain('all accounts');
    await row.getByRole('button', { name: 'Change' }).click();
    expect(await dialog.getByLabel('WeChat paths').inputValue()).toBe(
      '/cgi-bin/message/*\n/cgi-bin/user/get',
    );
    await dialog.getByLabel('Calls a day at most').fill('');
    await dialog.getByLabel('WeChat paths').fill('');
    await dialog.getByLabel('Accounts').selectOption('*');
    await dialog.getByRole('button', { name: 'Change it' }).click();
    await row.filter({ hasText: 'no limit' }).waitFor();
    expect(await row.innerText()).toContain('all accounts');
  });

  test('export a person, and erase them only when the openid is typed once more', async () => {
    const { openid } = await site.person({ nickname: 'Somebody' });
    const wall = await site.open(await visitors.come());
    await site.logIn(wall, openid);
    const page = await open('logins');
    await page.fill('#openid', openid);
    const downloading = page.waitForEvent('download');
    await page.click('#export');
    const file = await (await downloading).path();
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ openid, account: site.stack.account });

    await page.click('#erase');
    const dialog = page.getByRole('dialog');
    const yes = dialog.getByRole('button', { name: 'Delete for good' });
    await dialog.getByLabel('openid').fill(openid.slice(1));
    expect(await yes.isDisabled()).toBe(true);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(await site.grantOf(openid)).toBeDefined();

    await page.click('#erase');
    await dialog.getByLabel('openid').fill(openid);
    await yes.click();
    await page.locator('.told').filter({ hasText: 'Deleted:' }).waitFor();
    expect(await site.grantOf(openid)).toBeUndefined();
  });

  test('list the grants that end soon', async () => {
    const page = await open('logins');
    await page.getByRole('button', { name: 'Look for them' }).click();
    await page.locator('#ending').filter({ hasText: 'No grant ends within 7 days.' }).waitFor();
  });
});

describe('the console of a deployment', () => {
  const place = { stage: 'staging', region: 'ap-southeast-1' };

  async function openAt(options: Partial<ConsoleOptions>): Promise<Page> {
    const { url } = await serve({ place, simulator: undefined, ...options });
    const page = await (await visitors.come(desktop)).newPage();
    await page.goto(url);
    return page;
  }

  test('says where it acts, and steers no simulator', async () => {
    const page = await openAt({});
    expect(await textOf(page, '.place')).toBe('Stage staging · ap-southeast-1');
    await page.waitForSelector('#state.ok');
    expect(await page.locator('#simulator').count()).toBe(0);
  });

  test('without an account names the command that registers one', async () => {
    const nothing = { ok: true, result: { now: 1, accounts: [] } };
    const page = await openAt({ send: () => Promise.resolve(nothing) });
    expect(await textOf(page, '#main .command code')).toBe(
      'npm run -s keyring -- account add wx… --stage staging --region ap-southeast-1',
    );
  });

  test('says why it cannot be reached, and goes on when it can', async () => {
    let isReachable = false;
    const page = await openAt({
      send: (command) =>
        isReachable
          ? askAdmin(site.stack.runtime, command)
          : Promise.reject(new Error('The security token included in the request is expired.')),
    });
    expect(await textOf(page, '#main [role="alert"]')).toContain(
      'The service could not be reached: The security token included in the request is expired.',
    );
    isReachable = true;
    await page.waitForSelector('#state.ok');
    expect(await page.locator('#main [role="alert"]').count()).toBe(0);
  });

  test('of several accounts shows the one that is chosen', async () => {
    const [appid, secret] = ['wxabcdefabcdefabcd', 'b'.repeat(32)];
    await site.simulate('POST', '/accounts', { appid, secret, followers: 5 });
    await askAdmin(site.stack.runtime, {
      ...{ command: 'account.add', account: appid, name: 'Second', mode: 'stable', secret },
      ...{ allowedOrigins: [], domainFiles: [], sync: 'off' },
    });
    const page = await openAt({});
    await page.selectOption('#account', appid);
    await page.locator('#token h2').filter({ hasText: 'Second' }).waitFor();
    await page.click('nav a[href="#/usage"]');
    await page.waitForSelector('#quotas table');
    await page.click('nav a[href="#/accounts"]');
    expect(await textOf(page, '#token h2')).toContain('Second');
    await askAdmin(site.stack.runtime, { command: 'account.remove', account: appid });
  });
});

describe('the language', () => {
  test("is Chinese where the browser's is, advice included, and can be switched", async () => {
    const page = await open('accounts', { ...desktop, locale: 'zh-CN' });
    expect(await textOf(page, '#state')).toBe('正常');
    expect(await page.getAttribute('html', 'lang')).toBe('zh-CN');
    await page.click('#take-ip');
    await page.click('#revoke-token');
    await page.click('#call');
    await page.waitForSelector('#state.down');
    expect(await textOf(page, '#failure .advice')).toContain('在公众号后台把本服务的出口 IP 加入 IP 白名单');
    await page.getByRole('button', { name: 'English' }).click();
    expect(await page.innerText('#state')).toBe('Down');
    await page.reload();
    expect(await textOf(page, '#state')).toBe('Down');
  });

  test('is Chinese in what it tells of a call that failed', async () => {
    const page = await open('accounts', { ...desktop, locale: 'zh-CN' });
    await press(page, '#take-ip', '40164');
    await press(page, '#revoke-token', 'token 已失效');
    await press(page, '#call', '没有可用的 token，原因和处理办法见“公众号”页面。');
  });
});

describe('the keyboard', () => {
  test('leads past the navigation, through the views, and into dialogs and out', async () => {
    const page = await open();
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').innerText()).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.locator('#main:focus').count()).toBe(1);
    await page.waitForSelector('#token');
    await page.focus('nav a[href="#/keys"]');
    await page.keyboard.press('Enter');
    await page.focus('#make');
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog :focus');
    await page.keyboard.press('Escape');
    await page.waitForSelector('#make:focus');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.waitForSelector('#make:focus');
  });

  test('stays where it was when what it asked for is done', async () => {
    const page = await open();
    await page.focus('#refresh');
    await page.keyboard.press('Enter');
    await page.locator('.told p').filter({ hasText: 'The token is refreshed.' }).waitFor();
    await page.waitForSelector('#refresh:focus');
  });
});

const looks = [
  ['on a desktop', desktop],
  ['on a desktop in the dark', { ...desktop, colorScheme: 'dark' }],
  ['on a phone', phone],
  ['on a phone in the dark', { ...phone, colorScheme: 'dark', locale: 'zh-CN' }],
] as const;

describe('axe finds nothing', () => {
  test.each(looks)('%s', async (_where, options) => {
    const page = await open('accounts', options);
    await page.evaluate(axe.source);
    await page.click('#take-ip');
    await page.click('#revoke-token');
    await page.click('#call');
    await page.waitForSelector('#state.down');
    expect(await findings(page)).toEqual([]);
    for (const view of ['usage', 'followers', 'logins', 'keys', 'events']) {
      await page.click(`nav a[href="#/${view}"]`);
      await page.waitForSelector('#main .card > :nth-child(2)');
      expect({ view, findings: await findings(page) }).toEqual({ view, findings: [] });
    }
    await page.click('nav a[href="#/keys"]');
    await page.click('#make');
    expect(await findings(page)).toEqual([]);
  });

  test('on the closed door', async () => {
    const { url } = await serve();
    const page = await (await visitors.come(desktop)).newPage();
    await page.goto(new URL(url).origin);
    await page.waitForSelector('#closed');
    await page.evaluate(axe.source);
    expect(await findings(page)).toEqual([]);
  });
});

test.each([
  ['on a phone', phone],
  ['on a desktop', desktop],
])('the button that revokes a key is in sight %s, without scrolling the table', async (_where, size) => {
  const page = await open('keys', size);
  await page.waitForSelector('#keys td button');
  const hidden = await page.$eval(
    '#keys .scroll',
    ({ scrollWidth, clientWidth }) => scrollWidth - clientWidth,
  );
  expect(hidden).toBe(0);
});

describe('the page is no wider than the screen', () => {
  test.each(looks)('%s', async (_where, options) => {
    const page = await open('usage', options);
    await page.waitForSelector('#quotas table');
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });
});

const screenshots = process.env['KEYRING_SCREENSHOTS'] === '1' ? test : test.skip;

screenshots('the pictures for the README', async () => {
  const size = { viewport: { width: 1320, height: 830 }, deviceScaleFactor: 1.5 };
  for (const [file, locale] of [
    ['console.png', 'en-US'],
    ['console-zh.png', 'zh-CN'],
  ] as const) {
    const page = await open('accounts', { ...size, locale });
    await site.advance(2 * 86_400);
    await page.click('#take-ip');
    await page.click('#revoke-token');
    await page.click('#call');
    await page.waitForSelector('#state.down');
    await page.locator('.told button').click();
    await page.mouse.move(0, 0);
    await page.screenshot({ path: `docs/images/${file}`, animations: 'disabled' });
    await page.click('#give-ip');
  }
});

/** What axe finds, in short. */
async function findings(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate<{
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
  }>('axe.run(document)');
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}
