import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BrowserContext } from 'playwright-core';
import { close, listen } from '../../local/aws/http.ts';
import { launchBrowser } from './browser.ts';
import { phone, pictureWidths, startSite, textOf, Visitors, type Site } from './kit.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };
const inWeChat = {
  ...phone,
  userAgent:
    'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.50.2701(0x28003253)',
};

let site: Site;
let pages: Server;
let origin: string;
let visitors: Visitors;
let folder: string;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const browser = await launchBrowser();
  closers.push(() => browser.close());
  visitors = new Visitors(browser);
  folder = await mkdtemp(join(tmpdir(), 'keyring-vue-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  pages = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const path = pathname === '/' ? '/index.html' : pathname;
    readFile(join(folder, path)).then(
      (file) => response.setHeader('content-type', types[extname(path)] ?? '').end(file),
      () => response.writeHead(404).end(),
    );
  });
  // Of an origin of its own: whether its scripts may call the API is what CORS and the account say.
  origin = (await listen(pages)).replace('127.0.0.1', 'localhost');
  closers.push(() => close(pages));
  site = await startSite({ followers: 3, origins: [origin] });
  closers.push(() => site.close());
  await promisify(execFile)(
    process.execPath,
    ['node_modules/vite/bin/vite.js', 'build', 'examples/vue-page', '--outDir', folder, '--emptyOutDir'],
    { cwd: root, env: { ...process.env, VITE_KEYRING: site.stack.api, NODE_ENV: 'production' } },
  );
});
afterAll(async () => {
  await Promise.all(closers.map((end) => end()));
});

/** What WeChat's own browser offers a page: calls of the JS-SDK, once the signature has been checked. */
async function bridge(context: BrowserContext): Promise<void> {
  const { api, apiKey } = site.stack;
  await context.exposeFunction(
    'isSigned',
    async (url: string, given: Readonly<Record<string, string>>): Promise<boolean> => {
      const headers = { authorization: `Bearer ${apiKey}` };
      const answer = await fetch(`${api}/v1/accounts/default/ticket?type=jsapi`, { headers });
      const { ticket } = (await answer.json()) as { ticket: string };
      const { verifyNonceStr: nonce = '', verifyTimestamp: timestamp = '', verifySignature } = given;
      const text = `jsapi_ticket=${ticket}&noncestr=${nonce}&timestamp=${timestamp}&url=${url}`;
      return createHash('sha1').update(text).digest('hex') === verifySignature;
    },
  );
  await context.addInitScript(`
    window.WeixinJSBridge = {
      on() {},
      invoke(name, given, answer) {
        if (name === 'scanQRCode') return answer({ errMsg: 'scanQRCode:ok', resultStr: 'what the code says' });
        if (name !== 'preVerifyJSAPI') return;
        window.isSigned(location.href.split('#')[0], given).then((signed) =>
          answer({ errMsg: signed ? 'preVerifyJSAPI:ok' : 'preVerifyJSAPI:fail invalid signature' }));
      },
    };
  `);
}

test('the Vue page logs a user in from another port, shows the picture, and logs out again', async () => {
  const { openid } = await site.person({ nickname: 'Spring' });
  const page = await (await visitors.come()).newPage();
  await page.goto(origin);
  await page.click('#login');
  await page.selectOption('#user', openid);
  await page.click('#allow');
  expect(await textOf(page, '#greeting')).toBe('你好，Spring！');
  const [width = 0] = await pictureWidths(page, '#avatar');
  expect(width).toBeGreaterThan(0);
  expect(await page.isVisible('#scan')).toBe(false);

  await page.click('#logout');
  await page.waitForSelector('#login');
  await page.reload();
  await page.waitForSelector('#login');
  expect(await page.isVisible('#fault')).toBe(false);
  expect(await visitors.leave()).toEqual([]);
});

test('in WeChat it uses the JS-SDK, whose signature fits the address that the login led back to', async () => {
  const { openid } = await site.person({ nickname: 'Summer' });
  const context = await visitors.come(inWeChat);
  await bridge(context);
  const page = await context.newPage();
  await page.goto(`${origin}/?from=singlemessage&isappinstalled=0`);
  await page.click('#login');
  await page.selectOption('#user', openid);
  await page.click('#allow');
  await page.click('#scan');
  expect(await textOf(page, '#scanned')).toBe('what the code says');
  expect(page.url()).toBe(`${origin}/?from=singlemessage&isappinstalled=0#`);
  expect(await page.isVisible('#fault')).toBe(false);
  expect(await visitors.leave()).toEqual([]);
});

test('of an account that does not know its origin it says so, and cannot scan', async () => {
  const context = await visitors.come(inWeChat);
  await bridge(context);
  const page = await context.newPage();
  await page.route('**/jssdk-config?**', async (route) => {
    const url = new URL(route.request().url());
    url.searchParams.set('url', 'https://elsewhere.example.com/');
    await route.continue({ url: url.href });
  });
  await page.goto(origin);
  expect(await textOf(page, '#fault')).toBe('url_not_allowed');
  expect(await page.isVisible('#scan')).toBe(false);
  await visitors.leave();
});
