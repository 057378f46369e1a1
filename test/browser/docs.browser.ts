import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { launchBrowser } from './browser.ts';
import { desktop, startSite, Visitors, type Site } from './kit.ts';

let site: Site;
let visitors: Visitors;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const browser = await launchBrowser();
  closers.push(() => browser.close());
  visitors = new Visitors(browser);
  site = await startSite({ followers: 3 });
  closers.push(() => site.close());
});
afterAll(async () => {
  await Promise.all(closers.map((end) => end()));
});

test('at /docs each error is shown as a problem document, and the one most likely of that operation first', async () => {
  const page = await (await visitors.come(desktop)).newPage();
  await page.goto(`${site.url}docs`);
  const operation = '#operations-followers-getFollower';
  await page.click(operation);
  for (const [status, code] of [
    ['400', 'invalid_parameter'],
    ['401', 'key_missing'],
    ['404', 'openid_unknown'],
    ['429', 'wechat_quota'],
    ['503', 'credential_unavailable'],
    ['default', 'internal'],
  ] as const) {
    const row = page.locator(`${operation} tr.response[data-code="${status}"]`);
    expect(await row.locator('.content-type').inputValue()).toBe('application/problem+json');
    expect(JSON.parse(await row.locator('pre.example').innerText())).toMatchObject({ code });
  }
  expect(await visitors.leave()).toEqual([]);
});

test('at /docs a reader gives a key and tries a request, and nothing is loaded from elsewhere', async () => {
  const page = await (await visitors.come(desktop)).newPage();
  const foreign: string[] = [];
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(site.url) && !url.startsWith('data:')) foreign.push(url);
  });
  await page.goto(`${site.url}docs`);

  await page.click('button.authorize');
  await page.fill('#auth-bearer-value', site.stack.apiKey);
  await page.click('.modal-ux button[aria-label="Apply credentials"]');
  await page.click('.modal-ux button.btn-done');

  const operation = '#operations-followers-listFollowers';
  await page.click(operation);
  await page.fill(`${operation} tr[data-param-name="account"] input`, 'default');
  await page.click(`${operation} button.execute`);
  const answer = await page.innerText(`${operation} .live-responses-table .response-col_status >> nth=1`);
  const body = await page.innerText(`${operation} .live-responses-table pre >> nth=0`);
  expect(answer).toMatch(/^200/);
  expect(JSON.parse(body)).toMatchObject({ total: 3 });
  expect(foreign).toEqual([]);
  expect(await visitors.leave()).toEqual([]);
});
