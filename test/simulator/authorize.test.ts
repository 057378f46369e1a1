import { afterEach, expect, test } from '@jest/globals';

import { appid, start, stopAll, text, type Body } from './harness.ts';

afterEach(stopAll);

const back = 'https://site.example/back';

function link(change: Record<string, string> = {}, more = ''): string {
  const parameters = {
    appid,
    redirect_uri: back,
    response_type: 'code',
    scope: 'snsapi_userinfo',
    state: 'abc',
    ...change,
  };
  return `/connect/oauth2/authorize?${new URLSearchParams(parameters).toString()}${more}`;
}

async function withUser(options: object = {}, fields: Body = {}) {
  const wechat = await start();
  await wechat.account({ options });
  const openid = text((await wechat.user(fields))['openid']);
  const open = async (path: string, cookie = '') => {
    const response = await wechat.fetch(path, { redirect: 'manual', headers: { cookie } });
    return {
      status: response.status,
      location: response.headers.get('location'),
      page: await response.text(),
    };
  };
  const tap = async (query: string, decision: string, as = openid) => {
    const body = new URLSearchParams({ query, decision, openid: as });
    const response = await wechat.fetch('/connect/confirm', { method: 'POST', body, redirect: 'manual' });
    const { headers } = response;
    return {
      location: headers.get('location'),
      cookie: headers.get('set-cookie'),
      page: await response.text(),
    };
  };
  return { ...wechat, openid, open, tap };
}

/** The number that an error page shows. */
const errorOf = (page: string) => /id="error" data-code="(\d*)"/.exec(page)?.[1];

const codeIn = (location: string | null) => new URL(location ?? '').searchParams.get('code') ?? '';

test('snsapi_base redirects at once, with code and state', async () => {
  const { open, exchange, openid } = await withUser();
  const { status, location } = await open(link({ scope: 'snsapi_base' }));
  expect(status).toBe(302);
  expect(location).toMatch(/^https:\/\/site\.example\/back\?code=0[0-9A-Za-z]{31}&state=abc$/);
  expect(await exchange(codeIn(location))).toMatchObject({ openid, scope: 'snsapi_base' });
});

test('snsapi_userinfo shows a page for phones in two languages, with its two buttons', async () => {
  const { open } = await withUser({}, { nickname: '<b>"小明"' });
  const { status, page } = await open(link());
  expect(status).toBe(200);
  expect(page).toContain('name="viewport"');
  expect(page).toMatch(/id="allow".*允许.*Allow/);
  expect(page).toMatch(/id="deny".*拒绝.*Deny/);
  expect(page).not.toContain('<b>"');
});

test('Allow leads back with a code of the picked user, whom the browser then stays', async () => {
  const { tap, user, exchange, open } = await withUser();
  const openid = text((await user())['openid']);
  const query = link().split('?')[1] ?? '';
  const { location, cookie } = await tap(query, 'allow', openid);
  expect(await exchange(codeIn(location))).toMatchObject({ openid, scope: 'snsapi_userinfo' });
  const silent = await open(link({ scope: 'snsapi_base' }), cookie?.split(';')[0]);
  expect(await exchange(codeIn(silent.location))).toMatchObject({ openid });
});

test('Deny leads back with the state alone', async () => {
  const { tap } = await withUser();
  const { location } = await tap(link().split('?')[1] ?? '', 'deny');
  expect(location).toBe(`${back}?state=abc`);
});

test('Deny leads nowhere where the account says so, as on phones', async () => {
  const { tap, post, openid } = await withUser({ denial: 'none' });
  const { location, page } = await tap(link().split('?')[1] ?? '', 'deny');
  expect(location).toBeNull();
  expect(page).toContain('id="denied"');
  const consent = {
    appid,
    redirect_uri: back,
    scope: 'snsapi_userinfo',
    state: 'abc',
    openid,
    decision: 'deny',
  };
  expect(await post('/_sim/consent', consent)).toEqual({ location: null });
});

test('code and state follow a query that is there already, and stand before a fragment', async () => {
  const { open } = await withUser();
  const redirect_uri = `${back}?page=1#top`;
  const { location } = await open(link({ scope: 'snsapi_base', redirect_uri }));
  expect(location).toMatch(/^https:\/\/site\.example\/back\?page=1&code=\w{32}&state=abc#top$/);
});

test('a redirect_uri with characters beyond ASCII is encoded for the header', async () => {
  const { open } = await withUser();
  const { location } = await open(link({ scope: 'snsapi_base', redirect_uri: `${back}/首页\r\nX: 1` }));
  expect(location).toMatch(/^https:\/\/site\.example\/back\/%E9%A6%96%E9%A1%B5%0D%0AX:%201\?code=/);
});

test.each([
  ['no appid', link({ appid: '' }), '10012'],
  ['no redirect_uri', link({ redirect_uri: '' }), '10011'],
  ['no scope', link({ scope: '' }), '10010'],
  ['a scope that does not exist', link({ scope: 'snsapi_all' }), '10005'],
  ['a redirect_uri that is no web address', link({ redirect_uri: 'javascript:1' }), '10003'],
  ['a name in other letters', link().replace('appid', 'appId'), '10012'],
  ['another order', link().replace(/(appid=\w+)&(.*)/, '$2&$1'), ''],
  ['an unknown parameter', link({}, '&extra=1'), ''],
  ['an appid that nobody has', link({ appid: 'wx9' }), ''],
  ['a state over 128 bytes', link({ state: 'a'.repeat(129) }), ''],
  ['another response_type', link({ response_type: 'token' }), ''],
])('a link with %s leads to an error page', async (_, path, code) => {
  const { open } = await withUser();
  const { status, page } = await open(path);
  expect([status, errorOf(page)]).toEqual([200, code]);
});

test.each([
  ['an unverified account', { verified: false }, '10005'],
  ['a banned account', { banned: true }, '10004'],
  ['a sandbox account that the user does not follow', { sandbox: true }, '10006'],
  ['an account that wants a state', { state_required: true }, '10013'],
])('%s leads to an error page', async (_, options, code) => {
  const { open } = await withUser(options);
  const { page } = await open(link({ scope: 'snsapi_base', state: '' }));
  expect(errorOf(page)).toBe(code);
});

test.each([
  ['https://site.example/back', undefined],
  ['https://www.site.example/back', '10003'],
  ['https://site.example:8443/back', '10003'],
  ['https://site.example.evil.example/back', '10003'],
])('of the configured domain site.example, %s gives error %s', async (redirect_uri, code) => {
  const { open } = await withUser({ redirect_domains: ['site.example'] });
  const { page } = await open(link({ scope: 'snsapi_base', redirect_uri }));
  expect(errorOf(page)).toBe(code);
});

test('the form is checked as the link was', async () => {
  const { tap } = await withUser({ redirect_domains: ['site.example'] });
  const query = link({ redirect_uri: 'https://evil.example/' }).split('?')[1] ?? '';
  const { location, page } = await tap(query, 'allow');
  expect([location, errorOf(page)]).toEqual([null, '10003']);
});

test('the state may be left out, and a later connect_redirect is known', async () => {
  const { open } = await withUser();
  const path = link({ scope: 'snsapi_base' }).replace('&state=abc', '&connect_redirect=1');
  expect((await open(path)).location).toMatch(/&state=$/);
});

test('a snapshot visitor passes without a dialog, unless it is forced', async () => {
  const { open, exchange } = await withUser({}, { snapshot: true });
  const { location } = await open(link());
  expect(await exchange(codeIn(location))).toMatchObject({ is_snapshotuser: 1 });
  expect((await open(link({}, '&forcePopup=true'))).page).toContain('id="allow"');
});

test('forceSnapShot makes anybody a snapshot visitor', async () => {
  const { open, exchange } = await withUser();
  const { location } = await open(link({}, '&forceSnapShot=true'));
  expect(await exchange(codeIn(location))).toMatchObject({ is_snapshotuser: 1 });
});

test('a follower passes without a dialog where the account says so', async () => {
  const { open, exchange } = await withUser({ silent_for_followers: true }, { subscribe: true });
  const { location } = await open(link({}, '&forcePopup=true'));
  expect(await exchange(codeIn(location))).toMatchObject({ scope: 'snsapi_userinfo' });
});

test('an account without any user gets a visitor', async () => {
  const wechat = await start();
  await wechat.account();
  const response = await wechat.fetch(link({ scope: 'snsapi_base' }), { redirect: 'manual' });
  expect(codeIn(response.headers.get('location'))).toMatch(/^0/);
});
