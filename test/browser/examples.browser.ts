import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { close, listen } from '../../local/aws/http.ts';
import { launchBrowser } from './browser.ts';
import { pictureWidths, startSite, textOf, Visitors, type Site } from './kit.ts';

let site: Site;
let pages: Server;
let origin: string;
let visitors: Visitors;
const closers: (() => Promise<unknown>)[] = [];

const types: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript' };

/** The page's files as they are, but for the address of the API. */
async function fileOf(path: string): Promise<string> {
  const file = fileURLToPath(new URL(`../../examples/page${path}`, import.meta.url));
  return (await readFile(file, 'utf8')).replace('http://localhost:8787', site.stack.api);
}

beforeAll(async () => {
  const browser = await launchBrowser();
  closers.push(() => browser.close());
  visitors = new Visitors(browser);
  pages = createServer((request, response) => {
    const path = request.url === '/' ? '/index.html' : (request.url ?? '');
    fileOf(path).then(
      (text) => response.setHeader('content-type', types[path.split('.').at(-1) ?? ''] ?? '').end(text),
      () => response.writeHead(404).end(),
    );
  });
  origin = (await listen(pages)).replace('127.0.0.1', 'localhost');
  closers.push(() => close(pages));
  site = await startSite({ followers: 3, origins: [origin] });
  closers.push(() => site.close());
});
afterAll(async () => {
  await Promise.all(closers.map((end) => end()));
});

test('the page of the examples logs a user in, shows pictures, and logs out again', async () => {
  const { openid } = await site.person({ nickname: 'Spring' });
  const page = await (await visitors.come()).newPage();
  await page.goto(origin);
  await page.click('#login');
  await page.selectOption('#user', openid);
  await page.click('#allow');
  await page.waitForSelector('#wall img');
  expect(await textOf(page, '#greeting')).toBe('Welcome, Spring!');
  const widths = await pictureWidths(page, '#wall img');
  expect(widths).toHaveLength(4);
  expect(widths.every((width) => width > 0)).toBe(true);

  await page.click('#logout');
  await page.waitForSelector('#login');
  expect(await textOf(page, '#greeting')).toBe('You are not logged in.');
  expect(await visitors.leave()).toEqual([]);
});
