import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { launchBrowser } from './browser.ts';
import { desktop, Visitors } from './kit.ts';

// The documents as `npm run docs` shows them.

const root = fileURLToPath(new URL('../..', import.meta.url));
let origin: string;
let visitors: Visitors;
let foreign: string[] = [];
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const browser = await launchBrowser();
  closers.push(() => browser.close());
  visitors = new Visitors(browser);
  const child = spawn(process.execPath, ['node_modules/vitepress/bin/vitepress.js', 'dev', 'site'], {
    cwd: root,
    // In colours, which it takes CI to want, its address cannot be read.
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  closers.push(() => {
    child.kill('SIGTERM');
    return ended;
  });
  origin = await new Promise((resolve, reject) => {
    let said = '';
    // It is read to its end: who cannot print any more ends.
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const [address] = /http:\/\/localhost:\d+/.exec(said) ?? [];
      if (address !== undefined) resolve(address);
    });
    void ended.then(() => reject(new Error(`The site has ended: ${said}`)));
  });
});
afterEach(async () => {
  expect(await visitors.leave()).toEqual([]);
  expect(foreign).toEqual([]);
});
afterAll(async () => {
  await Promise.all(closers.map((end) => end()));
});

/** Opens a page of the site once its scripts run. */
async function open(path: string): Promise<Page> {
  const permissions = ['clipboard-read', 'clipboard-write'];
  const page = await (await visitors.come({ ...desktop, permissions })).newPage();
  foreign = [];
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) foreign.push(url);
  });
  await page.goto(`${origin}${path}`);
  await page.waitForSelector('.VPNavBarSearch button');
  return page;
}

function clipboard(page: Page): Promise<string> {
  return page.evaluate('navigator.clipboard.readText()');
}

test('a command is copied from a sentence and from a block', async () => {
  const page = await open('/simulator.html');
  await page.click('div.language-sh button.copy >> nth=0');
  expect(await clipboard(page)).toMatch(/^npm run simulator -- --appid/);

  await page.goto(`${origin}/`);
  await page.click('.command:has-text("npm start -- --data .keyring") button');
  await page.waitForSelector('.command button.copied');
  expect(await clipboard(page)).toBe('npm start -- --data .keyring');
});

test.each([
  ['/', 'lease', 'The refresh protocol'],
  ['/', 'jssdk-config', 'The token broker'],
  ['/zh/', '换取次数', '处理手册'],
])('from %s the search finds %s', async (path, words, found) => {
  const page = await open(path);
  await page.click('.VPNavBarSearch button');
  await page.fill('.search-input', words);
  await page.waitForSelector(`.VPLocalSearchBox .result:has-text("${found}")`);
});

test('the API reference has a request with its example, and its document to download', async () => {
  const page = await open('/api/credentials.html');
  expect(await page.innerText('div.language-sh >> nth=0')).toContain('"$API/v1/accounts/default/token"');

  await page.goto(`${origin}/api/`);
  const address = await page.getAttribute('a[download="openapi.json"]', 'href');
  const document = await page.evaluate(`fetch(${JSON.stringify(address)}).then((answer) => answer.json())`);
  expect(document).toMatchObject({ info: { title: 'WeChat Keyring' } });
});

test.each([
  ['/architecture.html', 6],
  ['/refresh-protocol.html', 2],
])('each drawing of %s is drawn, and anew in the colours of the night', async (path, count) => {
  const page = await open(path);
  const drawn = page.locator('div.drawing svg');
  await drawn.nth(count - 1).waitFor();
  expect(await page.locator('.drawing').count()).toBe(count);

  const before = await drawn.first().getAttribute('id');
  await page.click('.VPNavBarAppearance button');
  await page.waitForSelector(`div.drawing svg:not(#${before ?? ''}) >> nth=${count - 1}`);
});
