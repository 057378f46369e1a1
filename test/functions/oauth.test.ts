import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { create as createAuthorize } from '../../functions/oauth/authorize.ts';
import { tablesOf } from '../../functions/parts.ts';
import { routes } from '../../functions/routes.ts';
import { create as createGetMe } from '../../functions/users/get-me.ts';
import { httpEvent, lambdaContext } from '../kit/event.ts';
import { startKit, type Kit, type Response } from '../kit/kit.ts';

let kit: Kit;
let openids: string[];
beforeAll(async () => {
  kit = await startKit();
  const { body } = await kit.call('listFollowers', { key: kit.apiKey });
  openids = (body as { openids: string[] }).openids;
});
afterAll(() => kit.close());

const returnTo = 'https://www.example.com/after?x=1';

async function authorize(query: Record<string, string> = {}, cookies: readonly string[] = []) {
  const answer = await kit.call('authorize', { query: { return_to: returnTo, ...query }, cookies });
  const location = String(answer.headers['location']);
  return { ...answer, location, state: new URL(location).searchParams.get('state') ?? '' };
}

/** Comes back from WeChat with the query of `location`. */
async function comeBack(location: string, cookies: readonly string[]): Promise<Response> {
  return kit.call('callback', {
    path: { account: kit.account },
    query: new URL(location).search.slice(1),
    cookies,
  });
}

async function login(openid = openids[0] ?? '', query: Record<string, string> = {}) {
  const started = await authorize(query);
  const location = await kit.consent(started.location, openid);
  return { started, location, answer: await comeBack(location, started.cookies) };
}

const csrf = { 'x-keyring-csrf': '1' };
const day = 86_400;

async function grantOf(openid = ''): Promise<Record<string, unknown> | undefined> {
  return tablesOf(kit.runtime).users.get({ pk: `${kit.account}#${openid}`, sk: 'grant' });
}

/** The status of `me` in a process whose clock is so many seconds ahead. */
async function meIn(seconds: number, cookies: readonly string[]): Promise<number | undefined> {
  const clock = { now: () => kit.clock.now() + seconds, sleep: () => Promise.resolve() };
  const event = httpEvent(routes.getMe, { path: { account: 'default' }, cookies });
  return (await createGetMe({ ...kit.runtime, clock })(event, lambdaContext)).statusCode;
}

/** The DynamoDB operations that `work` makes, by the names of their commands. */
async function operationsOf(work: () => Promise<unknown>): Promise<string[]> {
  const send = jest.spyOn(DynamoDBClient.prototype, 'send');
  try {
    await work();
    return send.mock.calls.map(([command]) => command.constructor.name);
  } finally {
    send.mockRestore();
  }
}

/** A page for people: readable, in both languages, with the stable code. */
function expectPage(answer: Response, status: number, code?: string): void {
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(answer.body).toMatch(/[\u4e00-\u9fff]/);
  if (code !== undefined) expect(answer.body).toContain(code);
}

describe('a login', () => {
  test('goes to WeChat with the parameters in their documented order and comes back with a session', async () => {
    const { started, answer } = await login();
    expect(started.status).toBe(302);
    expect(started.location).toMatch(
      /\/connect\/oauth2\/authorize\?appid=wx[0-9a-f]{16}&redirect_uri=https%3A%2F%2F[^&]+&response_type=code&scope=snsapi_userinfo&state=[A-Za-z0-9]{1,128}(&connect_redirect=1)?#wechat_redirect$/,
    );
    expect(answer).toMatchObject({ status: 303, headers: { location: `${returnTo}#` } });
    const me = await kit.call('getMe', { cookies: answer.cookies });
    expect(me).toMatchObject({
      status: 200,
      body: {
        account: kit.account,
        openid: openids[0],
        nickname: expect.any(String),
        scope: ['snsapi_userinfo'],
      },
    });
  });

  test('with snsapi_base knows the openid and no profile', async () => {
    const { answer } = await login(openids[9], { scope: 'snsapi_base' });
    const { body } = await kit.call('getMe', { cookies: answer.cookies });
    expect(body).toMatchObject({ openid: openids[9], scope: ['snsapi_base'] });
    expect(body).not.toHaveProperty('nickname');
  });

  test('keeps a nickname with raw control characters as it is', async () => {
    const { answer } = await login(openids[3]);
    const { body } = await kit.call('getMe', { cookies: answer.cookies });
    // eslint-disable-next-line no-control-regex -- the simulator's fourth follower has one in the name
    expect((body as { nickname: string }).nickname).toMatch(/[\u0000-\u001f]/);
  });

  test('stores both WeChat tokens sealed, for 30 days from the exchange', async () => {
    await login(openids[1]);
    const grant = (await kit.items('users')).find((item) => item['pk'] === `${kit.account}#${openids[1]}`);
    expect(grant).toMatchObject({ sk: 'grant', accessToken: expect.stringMatching(/^v1\.1\./) });
    expect(grant?.['refreshToken']).toMatch(/^v1\.1\./);
    expect(Number(grant?.['removeAt']) - Number(grant?.['grantedAt'])).toBe(30 * 86_400);
  });

  test('stores neither state nor session id nor browser id, only their hashes', async () => {
    const { started, answer } = await login();
    const stored = JSON.stringify(await kit.items('users'));
    for (const cookie of [...started.cookies, ...answer.cookies]) {
      expect(stored).not.toContain(cookie.split('=')[1]);
    }
    expect(stored).not.toContain(started.state);
  });

  test('sets cookies that only this host gets, over a secure connection, hidden from scripts', async () => {
    const started = await authorize();
    expect(started.cookies[0]).toMatch(/^__Host-/);
    const event = httpEvent(routes.authorize, {
      path: { account: 'default' },
      query: { return_to: returnTo },
    });
    const raw = await createAuthorize(kit.runtime)(event, lambdaContext);
    expect(raw.cookies?.[0]).toMatch(/; Path=\/; Max-Age=600; Secure; HttpOnly; SameSite=Lax$/);
  });

  test('has WeChat ask the user where forcePopup says so', async () => {
    const { location } = await authorize({ forcePopup: 'true' });
    expect(location).toMatch(/&state=[0-9a-f]{64}&forcePopup=true&connect_redirect=1#wechat_redirect$/);
    expect((await authorize({ forcePopup: 'false' })).location).not.toContain('forcePopup');
    expectPage(await kit.call('authorize', { query: { return_to: returnTo, forcePopup: '1' } }), 400);
  });

  test('with snsapi_userinfo after one with snsapi_base makes of the grant one with the profile', async () => {
    const { answer } = await login(openids[12], { scope: 'snsapi_base' });
    await login(openids[12]);
    const grants = (await kit.items('users')).filter(
      ({ openid, sk }) => openid === openids[12] && sk === 'grant',
    );
    expect(grants).toMatchObject([{ scopes: ['snsapi_userinfo'], generation: 2 }]);
    const { body } = await kit.call('getMe', { cookies: answer.cookies });
    expect(body).toMatchObject({ scope: ['snsapi_userinfo'], nickname: expect.any(String) });
  });

  test('with snsapi_base after one with snsapi_userinfo keeps the profile and the tokens that open it', async () => {
    await login(openids[13]);
    const before = await grantOf(openids[13]);
    const { answer } = await login(openids[13], { scope: 'snsapi_base' });
    const sessions = [before?.['sessions'], expect.any(String)].flat();
    expect(await grantOf(openids[13])).toEqual({ ...before, sessions, sessionChanges: 2 });
    const { body } = await kit.call('getMe', { cookies: answer.cookies });
    expect(body).toMatchObject({ scope: ['snsapi_userinfo'], nickname: expect.any(String) });
  });

  test('takes four writes with the profile, and three without, and one that counts it', async () => {
    await login(openids[14]);
    for (const [scope, most] of [
      ['snsapi_userinfo', 4 + 1],
      ['snsapi_base', 3 + 1],
    ] as const) {
      const started = await authorize({ scope });
      const location = await kit.consent(started.location, openids[scope === 'snsapi_base' ? 15 : 16] ?? '');
      const operations = await operationsOf(() => comeBack(location, started.cookies));
      expect(operations.filter((name) => /Put|Update|Delete|Write/.test(name))).toHaveLength(most);
    }
  });

  test('in two tabs of one browser at once ends well in both', async () => {
    const first = await authorize();
    const second = await authorize({}, first.cookies);
    const firstBack = await comeBack(await kit.consent(first.location, openids[5] ?? ''), second.cookies);
    const secondBack = await comeBack(await kit.consent(second.location, openids[5] ?? ''), second.cookies);
    expect([firstBack.status, secondBack.status]).toEqual([303, 303]);
  });

  test('shows the profile on the wall from then on, in the size asked for', async () => {
    await login(openids[2]);
    const { body } = await kit.call('listAvatars', { key: kit.apiKey, query: { size: '64', limit: '10' } });
    const urls = body as string[];
    expect(urls).toHaveLength(10);
    const fromWeChat = urls.filter((url) => url.startsWith(kit.simulator));
    expect(fromWeChat.length).toBeGreaterThan(0);
    for (const url of fromWeChat) {
      expect(url).toMatch(/\/64$/);
      expect((await fetch(url)).status).toBe(200);
    }
  });
});

describe('me', () => {
  test('takes two reads, no write and no call to WeChat', async () => {
    const { answer } = await login();
    const me = () => kit.call('getMe', { cookies: answer.cookies });
    await me();
    await kit.control('calls', undefined, 'DELETE');
    const operations = await operationsOf(me);
    expect(operations).toEqual(['GetItemCommand', 'GetItemCommand']);
    expect(await kit.control('calls')).toEqual({});
  });
});

describe('the same code', () => {
  test('sent again by the same browser ends the same way, from one exchange', async () => {
    const started = await authorize();
    const location = await kit.consent(started.location, openids[6] ?? '');
    await kit.control('calls', undefined, 'DELETE');
    const first = await comeBack(location, started.cookies);
    const again = await comeBack(location, started.cookies);
    expect(again).toMatchObject({ status: 303, headers: { location: first.headers['location'] } });
    expect(await kit.callsTo('/sns/oauth2/access_token')).toBe(1);
    const me = await kit.call('getMe', { cookies: again.cookies });
    expect(me.body).toMatchObject({ openid: openids[6] });
    expect(again.cookies).toEqual(first.cookies);
  });

  test('sent again after logging out is answered at once, with a page that leads to a new login', async () => {
    const { started, location, answer } = await login();
    await kit.call('logout', { cookies: answer.cookies, headers: csrf });
    const before = kit.clock.now();
    const again = await Promise.all(Array.from({ length: 40 }, () => comeBack(location, started.cookies)));
    expect(kit.clock.now()).toBe(before);
    for (const page of again) {
      expectPage(page, 400, 'state_used');
      expect(page.body).toContain('oauth/authorize?');
      expect(page.cookies).toEqual([]);
    }
  });

  test('sent twenty times at once ends the same way for all, from one exchange', async () => {
    const started = await authorize();
    const location = await kit.consent(started.location, openids[7] ?? '');
    await kit.control('calls', undefined, 'DELETE');
    const answers = await Promise.all(Array.from({ length: 20 }, () => comeBack(location, started.cookies)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 303));
    expect(await kit.callsTo('/sns/oauth2/access_token')).toBe(1);
  });
});

describe('a state', () => {
  test('that was never given out is refused with state_unknown', async () => {
    const answer = await kit.call('callback', { query: { code: 'c', state: 'f'.repeat(64) }, cookies: [] });
    expectPage(answer, 400, 'state_unknown');
  });

  test('to which the WeChat browser has appended something is refused with state_unknown', async () => {
    const started = await authorize();
    const location = await kit.consent(started.location, openids[0] ?? '');
    expectPage(
      await comeBack(location.replace('&state=', '&state=x'), started.cookies),
      400,
      'state_unknown',
    );
  });

  test('from another browser is refused with state_foreign, and its code is not exchanged', async () => {
    const victim = await authorize();
    const attacker = await authorize();
    const location = await kit.consent(attacker.location, openids[0] ?? '');
    await kit.control('calls', undefined, 'DELETE');
    expectPage(await comeBack(location, victim.cookies), 400, 'state_foreign');
    const page = await comeBack(location, []);
    expectPage(page, 400, 'login_cookie_missing');
    expect(page.body).not.toMatch(/其他浏览器|another browser/);
    expect(await kit.callsTo('/sns/oauth2/access_token')).toBe(0);
  });

  test('of another account is refused with state_foreign', async () => {
    const other = 'wxcccccccccccccccc';
    await kit.control('accounts', { appid: other, secret: kit.secret });
    await kit.admin({
      command: 'account.add',
      account: other,
      name: 'Other',
      mode: 'stable',
      secret: kit.secret,
      allowedOrigins: [kit.origin],
      domainFiles: [],
    });
    const started = await authorize();
    const location = await kit.consent(started.location, openids[0] ?? '');
    const answer = await kit.call('callback', {
      path: { account: other },
      query: new URL(location).search.slice(1),
      cookies: started.cookies,
    });
    expectPage(answer, 400, 'state_foreign');
  });

  test('that was used leads whom it has logged in to where they wanted to go, for a second code of theirs', async () => {
    const started = await authorize();
    const [first, second] = [
      await kit.consent(started.location, openids[29] ?? ''),
      await kit.consent(started.location, openids[29] ?? ''),
    ];
    const { cookies } = await comeBack(first, started.cookies);
    const again = await comeBack(second, [...started.cookies, ...cookies]);
    expect(again).toMatchObject({ status: 303, headers: { location: `${returnTo}#` }, cookies: [] });
    expect((await kit.call('getMe', { cookies })).body).toMatchObject({ openid: openids[29] });
    const theirs = await kit.consent(started.location, openids[0] ?? '');
    expectPage(await comeBack(theirs, [...started.cookies, ...cookies]), 400, 'state_used');
  });

  test('that was used is refused with state_used for another code', async () => {
    const { location, started } = await login();
    const other = location.replace(/code=[^&]+/, 'code=0another');
    expectPage(await comeBack(other, started.cookies), 400, 'state_used');
  });

  test('older than ten minutes is refused with state_expired', async () => {
    const started = await authorize();
    const location = await kit.consent(started.location, openids[0] ?? '');
    await kit.clock.advance(601);
    expectPage(await comeBack(location, started.cookies), 400, 'state_expired');
  });

  test('without a code is a refusal: a page with a way to try again, and nothing is stored', async () => {
    const started = await authorize();
    const location = await kit.consent(started.location, openids[11] ?? '', 'deny');
    const answer = await comeBack(location, started.cookies);
    expectPage(answer, 200);
    expect(answer.body).toContain('oauth/authorize?');
    expect(JSON.stringify(await kit.items('users'))).not.toContain(openids[11]);
  });
});

describe('a code', () => {
  test('that WeChat does not know is the caller’s fault: a page with code_refused, no error, no failed login', async () => {
    const started = await authorize();
    const location = `https://x/?code=0nobodyGaveThisCode&state=${started.state}`;
    const [logged, measured] = [kit.logged.length, kit.measured.length];
    expectPage(await comeBack(location, started.cookies), 400, 'code_refused');
    expect(kit.logged.slice(logged).filter(({ level }) => level === 'error')).toEqual([]);
    const counted = kit.measured.slice(measured).filter((line) => 'Callbacks' in line);
    expect(counted).toMatchObject([{ Outcome: 'invalid' }]);
  });

  test('that cannot be exchanged because of the AppSecret is an error, and a failed login', async () => {
    const started = await authorize();
    const location = await kit.consent(started.location, openids[0] ?? '');
    await kit.control('faults', {
      path: '/sns/oauth2/access_token',
      kind: 'errcode',
      errcode: 40125,
      times: 2,
    });
    const [logged, measured] = [kit.logged.length, kit.measured.length];
    expectPage(await comeBack(location, started.cookies), 502, 'wechat_refused');
    await kit.control('faults', undefined, 'DELETE');
    expect(kit.logged.slice(logged)).toContainEqual(expect.objectContaining({ level: 'error' }));
    const counted = kit.measured.slice(measured).filter((line) => 'Callbacks' in line);
    expect(counted).toMatchObject([{ Outcome: 'failed' }]);
  });

  test('is never sent twice, even when WeChat is busy', async () => {
    const started = await authorize();
    const location = await kit.consent(started.location, openids[0] ?? '');
    await kit.control('faults', { path: '/sns/oauth2/access_token', kind: 'errcode', errcode: -1, times: 5 });
    await kit.control('calls', undefined, 'DELETE');
    expectPage(await comeBack(location, started.cookies), 502, 'wechat_unreachable');
    expectPage(await comeBack(location, started.cookies), 502, 'wechat_unreachable');
    expect(await kit.callsTo('/sns/oauth2/access_token')).toBe(1);
    await kit.control('faults', undefined, 'DELETE');
  });

  test('given twice in one address is refused with repeated_parameter', async () => {
    const started = await authorize();
    const location = await kit.consent(started.location, openids[0] ?? '');
    expectPage(await comeBack(`${location}&code=other`, started.cookies), 400, 'repeated_parameter');
  });
});

describe('an error page', () => {
  /** Where the page's link leads. */
  function nextLink({ body }: Response): URLSearchParams {
    const [, href = ''] = /<a href="([^"]+)">/.exec(String(body)) ?? [];
    expect(href).toMatch(new RegExp(`^/v1/accounts/${kit.account}/oauth/authorize\\?`));
    return new URLSearchParams(href.replace(/^[^?]*\?/, '').replaceAll('&amp;', '&'));
  }
  const own = { scope: 'snsapi_base', return_to: `${returnTo}&own=1` };

  test.each<[string, (location: string) => string]>([
    ['a code that WeChat does not know', (at) => at.replace(/code=[^&]+/, 'code=0nobodyGaveThisCode')],
    ['a parameter given twice', (at) => `${at}&code=other`],
    ['no code', (at) => at.replace(/code=[^&]+&/, '')],
    ['a code of other characters', (at) => at.replace(/code=[^&]+/, 'code=%3Cb%3E')],
  ])('for %s leads to a login like the one that failed', async (_, change) => {
    const started = await authorize(own);
    const location = change(await kit.consent(started.location, openids[0] ?? ''));
    const link = nextLink(await comeBack(location, started.cookies));
    expect(Object.fromEntries(link)).toEqual(own);
    expect((await kit.call('authorize', { query: link.toString() })).status).toBe(302);
  });

  test('for a state that is used up leads to a login like that one', async () => {
    const { location, started } = await login(openids[0], own);
    const answer = await comeBack(location.replace(/code=[^&]+/, 'code=0another'), started.cookies);
    expect(Object.fromEntries(nextLink(answer))).toEqual(own);
  });

  test('names the parameter at fault', async () => {
    const { location, cookies } = await authorize();
    const back = await kit.consent(location, openids[0] ?? '');
    const wrong = await comeBack(back.replace(/code=[^&]+/, 'code=%3Cb%3E'), cookies);
    const twice = await comeBack(`${back}&state=x`, cookies);
    const missing = await kit.call('authorize', { query: { scope: 'snsapi_base' } });
    expect(wrong.body).toContain('链接里缺少参数 code，或者它的值不对。');
    expect(wrong.body).toContain('The link lacks the parameter code, or has a wrong value for it.');
    expect(twice.body).toContain('链接里的参数 state 出现了不止一次。');
    expect(twice.body).toContain('The link has the parameter state more than once.');
    expect(missing.body).toContain('参数 return_to');
  });

  test('leads to the account’s own site where the attempt is unknown or another browser’s', async () => {
    const usual = { scope: 'snsapi_userinfo', return_to: `${kit.origin}/` };
    const unknown = await kit.call('callback', { query: { code: 'c', state: 'f'.repeat(64) } });
    expect(Object.fromEntries(nextLink(unknown))).toEqual(usual);
    const attacker = await authorize(own);
    const victim = await authorize();
    const location = await kit.consent(attacker.location, openids[0] ?? '');
    expect(Object.fromEntries(nextLink(await comeBack(location, victim.cookies)))).toEqual(usual);
  });

  test.each([
    ['a scope that there is not', { scope: 'all', return_to: returnTo }, returnTo],
    [
      'an address that is not allowed',
      { scope: 'snsapi_base', return_to: 'https://evil.example/' },
      undefined,
    ],
    ['too long an address', { scope: 'snsapi_base', return_to: returnTo.padEnd(2001, '1') }, undefined],
    ['no address', { scope: 'snsapi_base' }, undefined],
  ])('of a login that could not begin, for %s, leads to one that can', async (_, query, to) => {
    const link = nextLink(await kit.call('authorize', { query }));
    expect(Object.fromEntries(link)).toEqual({
      scope: query.scope === 'all' ? 'snsapi_userinfo' : query.scope,
      return_to: to ?? `${kit.origin}/`,
    });
    expect((await kit.call('authorize', { query: link.toString() })).status).toBe(302);
  });

  test('of a login that could not begin has no link where none could', async () => {
    const account = 'wxdddddddddddddddd';
    await kit.control('accounts', { appid: account, secret: kit.secret });
    const about = { name: 'No site', mode: 'stable', secret: kit.secret, domainFiles: [] } as const;
    await kit.admin({ command: 'account.add', account, ...about, domainFiles: [], allowedOrigins: [] });
    const page = await kit.call('authorize', { path: { account }, query: { return_to: returnTo } });
    expectPage(page, 400, 'return_to_not_allowed');
    expect(page.body).not.toContain('<a ');
  });

  test('of an account that is not registered has no link', async () => {
    const answer = await kit.call('callback', {
      path: { account: 'wxbbbbbbbbbbbbbbbb' },
      query: { code: 'c', state: 's' },
    });
    expectPage(answer, 404, 'account_unknown');
    expect(answer.body).not.toContain('<a ');
  });
});

describe('a snapshot user', () => {
  test('is asked to use the full service, and nothing is stored', async () => {
    const user = (await kit.control('users', { appid: kit.account, snapshot: true })) as { openid: string };
    const before = (await kit.items('users')).filter(({ sk }) => sk !== 'attempt').length;
    const { answer } = await login(user.openid);
    expectPage(answer, 200);
    expect(answer.cookies).toEqual([]);
    expect((await kit.items('users')).filter(({ sk }) => sk !== 'attempt')).toHaveLength(before);
  });

  test('is known without WeChat’s mark by a profile that is closed right after the consent', async () => {
    await kit.control('faults', { path: '/sns/userinfo', kind: 'errcode', errcode: 48001, times: 1 });
    const before = (await kit.items('users')).filter(({ sk }) => sk !== 'attempt').length;
    const { answer } = await login(openids[28]);
    expectPage(answer, 200);
    expect(answer.body).toContain('forcePopup=true');
    expect(answer.cookies).toEqual([]);
    expect((await kit.items('users')).filter(({ sk }) => sk !== 'attempt')).toHaveLength(before);
  });
});

describe('return_to', () => {
  test.each([
    'https://www.example.com.evil.example/',
    'https://evil.example/?https://www.example.com',
    'https://www.example.com@evil.example/',
    'https://user:password@www.example.com/',
    'https://www.example.com:444/',
    'http://www.example.com/',
    '//evil.example/',
    '/\\evil.example',
    'https:\\\\www.example.com\\',
    'https://www.example.com\\@evil.example/',
    'https://www.example.com\u3002evil.example/',
    'javascript:alert(1)',
    'https://www.example.com/\r\nSet-Cookie: a=b',
    '/relative',
  ])('%j is not allowed', async (address) => {
    const answer = await kit.call('authorize', { query: { return_to: address } });
    expectPage(answer, 400, 'return_to_not_allowed');
    expect(answer.cookies).toEqual([]);
  });

  test.each([
    // Without a fragment of its own it would be left with that of WeChat's page.
    ['https://www.example.com', 'https://www.example.com/#'],
    ['https://WWW.EXAMPLE.com:443/a#b', 'https://www.example.com/a#b'],
    ['https://www.example.com/a#', 'https://www.example.com/a#'],
  ])('%s is allowed, as %s', async (address, written) => {
    const started = await authorize({ return_to: address });
    const answer = await comeBack(await kit.consent(started.location, openids[0] ?? ''), started.cookies);
    expect(answer.headers['location']).toBe(written);
  });

  test('that is missing is an invalid parameter', async () => {
    expectPage(await kit.call('authorize'), 400, 'invalid_parameter');
  });
});

describe('a link that was shared in a chat', () => {
  const added = 'from=singlemessage&isappinstalled=0&nsukey=a%2Fb&gdt_vid=wx0';
  const asked = `scope=snsapi_base&return_to=${encodeURIComponent(`${returnTo}&b=2`)}`;

  test.each([
    ['with what WeChat adds', `${asked}&${added}`],
    ['with an & that has become &amp;', `${asked}&${added}`.replaceAll('&', '&amp;')],
    ['shared twice over', `${asked}&${added}`.replaceAll('&', '&amp;amp;')],
  ])('%s logs in as it did before', async (_, query) => {
    const { status, headers, cookies } = await kit.call('authorize', { query });
    expect(status).toBe(302);
    expect(headers['location']).toContain('&scope=snsapi_base&');
    const location = await kit.consent(String(headers['location']), openids[0] ?? '');
    const answer = await comeBack(`${location}&${added}`.replaceAll('&', '&amp;'), cookies);
    expect(answer.status).toBe(303);
    expect(answer.headers['location']).toContain(`${returnTo}&b=2`);
  });

  test('may name a parameter twice no more than any other', async () => {
    const query = `${asked}&amp;scope=snsapi_userinfo`;
    expectPage(await kit.call('authorize', { query }), 400, 'repeated_parameter');
  });
});

describe('a session', () => {
  test('that does not exist is 401 session_expired, and none at all is 401 session_missing', async () => {
    const cookies = [`__Host-keyring_${kit.account}=${'0'.repeat(64)}`];
    expect(await kit.call('getMe', { cookies })).toMatchObject({
      status: 401,
      body: { code: 'session_expired' },
    });
    expect(await kit.call('getMe')).toMatchObject({ status: 401, body: { code: 'session_missing' } });
  });

  test('opens the avatars without an API key', async () => {
    const { answer } = await login();
    expect((await kit.call('listAvatars', { cookies: answer.cookies })).status).toBe(200);
    expect((await kit.call('listAvatars')).status).toBe(401);
  });

  test('is over after logging out, which needs the header that no foreign form can send', async () => {
    const { answer } = await login();
    const { cookies } = answer;
    expect(await kit.call('logout', { cookies })).toMatchObject({
      status: 403,
      body: { code: 'csrf_header_missing' },
    });
    const loggedOut = await kit.call('logout', { cookies, headers: { 'x-keyring-csrf': '1' } });
    expect(loggedOut).toMatchObject({ status: 204, cookies: [`__Host-keyring_${kit.account}=`] });
    expect((await kit.call('getMe', { cookies })).status).toBe(401);
  });

  test('stays while it is used within 7 days each, and is over after 7 days without', async () => {
    const { answer } = await login(openids[17]);
    expect(await meIn(6 * day, answer.cookies)).toBe(200);
    expect(await meIn(12 * day, answer.cookies)).toBe(200);
    expect(await meIn(19 * day + 1, answer.cookies)).toBe(401);
  });

  test('is over after 30 days however much it is used', async () => {
    const { answer } = await login(openids[18]);
    // Logged in again elsewhere, so that it is not the grant that ends.
    for (const days of [6, 12, 18, 24]) expect(await meIn(days * day, answer.cookies)).toBe(200);
    const { users } = tablesOf(kit.runtime);
    const removeAt = kit.clock.now() + 50 * day;
    await users.update({ pk: `${kit.account}#${openids[18]}`, sk: 'grant' }, { set: { removeAt } });
    expect(await meIn(30 * day - 60, answer.cookies)).toBe(200);
    expect(await meIn(30 * day, answer.cookies)).toBe(401);
  });

  test('has its last use written once an hour', async () => {
    const { answer } = await login(openids[19]);
    const writes = async (seconds: number) =>
      (await operationsOf(() => meIn(seconds, answer.cookies))).filter((name) => name.startsWith('Update'));
    expect(await writes(3500)).toEqual([]);
    expect(await writes(3700)).toEqual(['UpdateItemCommand']);
    expect(await writes(7000)).toEqual([]);
  });

  test('is over as early as the account’s settings say, those of today', async () => {
    const { answer } = await login(openids[20]);
    const settings = { command: 'account.set', account: 'default' } as const;
    await kit.admin({ ...settings, sessionIdleSeconds: 3600, sessionSeconds: 7200 });
    try {
      expect(await meIn(3500, answer.cookies)).toBe(200);
      expect(await meIn(7000, answer.cookies)).toBe(200);
      expect(await meIn(7200, answer.cookies)).toBe(401);
      const other = await login(openids[20]);
      expect(await meIn(3600, other.answer.cookies)).toBe(401);
    } finally {
      await kit.admin({ ...settings, sessionIdleSeconds: 7 * day, sessionSeconds: 30 * day });
    }
  });

  test('is over in every browser after logging out everywhere, and a new login works', async () => {
    const [phone, laptop] = [await login(openids[21]), await login(openids[21])];
    const loggedOut = await kit.call('logout', {
      cookies: phone.answer.cookies,
      query: { everywhere: 'true' },
      headers: csrf,
    });
    expect(loggedOut).toMatchObject({ status: 204, cookies: [`__Host-keyring_${kit.account}=`] });
    for (const { answer } of [phone, laptop]) expect(await meIn(0, answer.cookies)).toBe(401);
    expect(await meIn(0, (await login(openids[21])).answer.cookies)).toBe(200);
    expect(await meIn(0, laptop.answer.cookies)).toBe(401);
  });

  test('of others stays after one user has logged out everywhere', async () => {
    const [mine, theirs] = [await login(openids[22]), await login(openids[23])];
    await kit.call('logout', { cookies: mine.answer.cookies, query: 'everywhere=true', headers: csrf });
    expect(await meIn(0, theirs.answer.cookies)).toBe(200);
  });

  test('is over when its user has logged in 20 times more, without logging out', async () => {
    const { answer } = await login(openids[25]);
    for (let n = 0; n < 19; n++) await login(openids[25], { scope: 'snsapi_base' });
    expect(await meIn(0, answer.cookies)).toBe(200);
    await login(openids[25], { scope: 'snsapi_base' });
    expect(await meIn(0, answer.cookies)).toBe(401);
  });

  test('stays however often its user logs in and out elsewhere', async () => {
    const { answer } = await login(openids[26]);
    for (let n = 0; n < 20; n++) {
      const { cookies } = (await login(openids[26], { scope: 'snsapi_base' })).answer;
      await kit.call('logout', { cookies, headers: csrf });
    }
    expect(await meIn(0, answer.cookies)).toBe(200);
  });

  test('that is logged out leaves no row behind, be it one or all', async () => {
    const rows = async () => (await kit.items('users')).filter(({ sk }) => sk === 'session').length;
    const before = await rows();
    const [phone] = [await login(openids[27]), await login(openids[27]), await login(openids[27])];
    await kit.call('logout', { cookies: phone.answer.cookies, headers: csrf });
    expect(await rows()).toBe(before + 2);
    const { cookies } = (await login(openids[27])).answer;
    await kit.call('logout', { cookies, query: { everywhere: 'true' }, headers: csrf });
    expect(await rows()).toBe(before);
  });

  test('that is none can be logged out, and takes the cookie along', async () => {
    const gone = [`__Host-keyring_${kit.account}=${'0'.repeat(64)}`];
    for (const cookies of [[], gone]) {
      expect(await kit.call('logout', { cookies, headers: csrf })).toMatchObject({
        status: 204,
        cookies: [`__Host-keyring_${kit.account}=`],
      });
    }
  });

  test('that is none cannot log out everywhere', async () => {
    const answer = await kit.call('logout', { query: { everywhere: 'true' }, headers: csrf });
    expect(answer).toMatchObject({ status: 401, body: { code: 'session_missing' } });
  });

  test('does not come back to life when a grant that ended is followed by another', async () => {
    const { answer } = await login(openids[24]);
    const { users } = tablesOf(kit.runtime);
    const key = { pk: `${kit.account}#${openids[24]}`, sk: 'grant' };
    await users.update(key, { set: { removeAt: kit.clock.now() } });
    await login(openids[24]);
    expect(await meIn(0, answer.cookies)).toBe(401);
  });

  test('is over after 30 days although its row is still there', async () => {
    const { answer } = await login(openids[8]);
    const later = { now: () => kit.clock.now() + 30 * 86_400, sleep: () => Promise.resolve() };
    const getMe = createGetMe({ ...kit.runtime, clock: later });
    const event = httpEvent(routes.getMe, { path: { account: 'default' }, cookies: answer.cookies });
    expect((await getMe(event, lambdaContext)).statusCode).toBe(401);
    expect(
      await tablesOf(kit.runtime).users.get({ pk: `${kit.account}#${openids[8]}`, sk: 'grant' }),
    ).toBeDefined();
  });
});
