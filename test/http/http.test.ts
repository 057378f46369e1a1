import { describe, expect, test } from '@jest/globals';
import {
  allowedAddress,
  anyLocalhost,
  isAllowedOrigin,
  isAllowedPage,
} from '../../shared/http/allowed-address.ts';
import { clearHostCookie, readHostCookie, setHostCookie } from '../../shared/http/cookies.ts';
import { loginAgain, pagePolicy, problemPageContent, renderPage } from '../../shared/http/page.ts';
import { problemOf, toKeyringError } from '../../shared/http/problem.ts';
import { KeyringError, problems, type ProblemCode } from '../../shared/platform/errors.ts';
import { WeChatApiError, WeChatUnreachableError } from '../../shared/wechat/errors.ts';

describe('an address to return to', () => {
  const allowed = ['https://www.example.com', 'http://localhost:5173'];

  test.each([
    ['https://www.example.com', 'https://www.example.com/'],
    ['HTTPS://WWW.example.com:443/a?b#c', 'https://www.example.com/a?b#c'],
    ['http://localhost:5173/', 'http://localhost:5173/'],
  ])('%s is on the list', (address, expected) => {
    expect(allowedAddress(address, allowed)).toBe(expected);
  });

  test.each([
    'https://www.example.com.evil.example/',
    'http://www.example.com/',
    'http://localhost:5174/',
    'https://user@www.example.com/',
    'https://:password@www.example.com/',
    'https://www.example.com\\@evil.example/',
    'https://www.example.com/a b',
    'https://www.example.com/\u007f',
    'https://www.example.com/\n',
    'https://www.example.com/\u0000',
    '/relative',
    '',
  ])('%j is not', (address) => {
    expect(allowedAddress(address, allowed)).toBeUndefined();
  });

  test('is an address of the web, whatever the list says', () => {
    expect(allowedAddress('ftp://files.example/', ['ftp://files.example'])).toBeUndefined();
    expect(allowedAddress('blob:https://www.example.com/', allowed)).toBeUndefined();
  });

  test('knows any port of localhost only where an account has that among its origins', () => {
    const address = 'http://localhost:3000/';
    expect(allowedAddress(address, allowed)).toBeUndefined();
    expect(allowedAddress(address, [anyLocalhost])).toBe(address);
    expect(allowedAddress('http://localhost:*/', [anyLocalhost])).toBeUndefined();
    expect(allowedAddress('http://a.localhost:5173/', [anyLocalhost])).toBeUndefined();
  });
});

test.each([
  ['http://localhost', true],
  ['http://localhost:3000', true],
  ['https://localhost:3000', false],
  ['http://localhost:3000.evil.example', false],
  ['http://localhost.evil.example', false],
  ['http://evil.example?http://localhost:3000', false],
])('where any port of localhost is allowed, %s is: %s', (origin, expected) => {
  expect(isAllowedOrigin(origin, ['http://localhost:*'])).toBe(expected);
});

describe('a page to sign for', () => {
  const allowed = ['https://www.example.com'];

  test.each([
    'https://www.example.com/a?b#c',
    // Browsers leave it there as it is, and so it stands in `location.href`.
    'https://www.example.com/a?path=C:\\temp\\x',
    'https://www.example.com/a#C:\\temp',
    'https://www.example.com?\\@evil.example/',
  ])('may be %s', (address) => {
    expect(isAllowedPage(address, allowed)).toBe(true);
  });

  test.each([
    'https://www.example.com\\@evil.example/?a',
    'https://www.example.com\\?a',
    'https://evil.example/?https://www.example.com/',
    'https://evil.example\\?@www.example.com/',
    'https://www.example.com/?a\n',
    'x?\\',
  ])('may not be %j', (address) => {
    expect(isAllowedPage(address, allowed)).toBe(false);
  });
});

describe('a cookie', () => {
  test('is for this host alone, over a secure connection, out of reach of scripts', () => {
    expect(setHostCookie({ name: 'a', value: 'b', maxAgeSeconds: 5 })).toBe(
      '__Host-a=b; Path=/; Max-Age=5; Secure; HttpOnly; SameSite=Lax',
    );
    expect(clearHostCookie('a')).toBe('__Host-a=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax');
  });

  test.each([
    [['__Host-a=b'], 'b'],
    [['x=y', '__Host-a=b=c', 'a=d'], 'b=c'],
    [['__Host-a='], ''],
    [['a=b'], undefined],
    [['x__Host-a=b'], undefined],
    [['__Host-ab=c'], undefined],
    [['__Host-a=b', '__Host-a=b'], undefined],
    [[], undefined],
    [undefined, undefined],
  ])('of %j is read as %j', (cookies, expected) => {
    expect(readHostCookie(cookies, 'a')).toBe(expected);
  });
});

describe('a problem', () => {
  const now = Date.UTC(2026, 0, 1, 12) / 1000;
  const refused = (errcode: number, errmsg = 'no, rid: 1-2-3') =>
    new WeChatApiError({ api: '/cgi-bin/user/get', errcode, errmsg, secrets: [] });

  test('is told by its code, and what belongs to it', () => {
    expect(problemOf(new KeyringError('invalid_parameter', 'Not so.', { parameter: 'limit' }))).toEqual({
      type: 'urn:wechat-keyring:problem:invalid_parameter',
      status: 400,
      title: problems.invalid_parameter.title,
      code: 'invalid_parameter',
      detail: 'Not so.',
      parameter: 'limit',
    });
    expect(problemOf(new KeyringError('internal'))).toStrictEqual({
      type: 'urn:wechat-keyring:problem:internal',
      status: 500,
      title: problems.internal.title,
      code: 'internal',
    });
  });

  test('of our own stays as it is', () => {
    const error = new KeyringError('state_used');
    expect(toKeyringError(error, now)).toBe(error);
  });

  test.each<[string, number, string, object]>([
    // From noon in UTC, which is eight in the evening there.
    [
      'a day’s quota, which is asked about again after ten minutes',
      45009,
      'wechat_quota',
      { retryAfter: 600 },
    ],
    ['a minute’s quota', 45011, 'wechat_quota', { retryAfter: 60 }],
    ['an openid that WeChat does not know', 40003, 'openid_unknown', {}],
    ['anything else', 48001, 'wechat_refused', {}],
  ])('tells of %s', (_, errcode, code, extras) => {
    const error = refused(errcode);
    const told = toKeyringError(error, now);
    expect(told).toMatchObject({ code, detail: `${error.message} ${error.advice}`, cause: error });
    expect(told.extras).toEqual({ errcode, rid: '1-2-3', ...extras });
  });

  test('of a day’s quota is over when the day in China is', () => {
    const fiveToMidnight = Date.UTC(2026, 0, 1, 15, 55) / 1000;
    expect(toKeyringError(refused(45009), fiveToMidnight).extras).toMatchObject({ retryAfter: 300 });
  });

  test('tells no rid where there is none', () => {
    expect(toKeyringError(refused(48001, 'no'), now).extras).toStrictEqual({ errcode: 48001 });
  });

  test('tells that WeChat could not be reached', () => {
    const error = new WeChatUnreachableError({ api: '/cgi-bin/user/get', reason: 'empty_body' });
    const told = toKeyringError(error, now);
    expect(told).toMatchObject({
      code: 'wechat_unreachable',
      detail: `${error.message} ${error.advice}`,
      cause: error,
    });
    expect(told.extras).toEqual({});
  });

  test('tells of a service that could not be asked in time when to try again', () => {
    const error = Object.assign(new Error('secret'), { name: 'TimeoutError' });
    const told = toKeyringError(error, now);
    expect(told).toMatchObject({ code: 'service_busy', status: 503, detail: undefined, cause: error });
    expect(told.extras).toEqual({ retryAfter: 5 });
    expect(told.message).not.toContain('secret');
  });

  test('tells nothing of what nobody knows', () => {
    const error = new Error('secret');
    const told = toKeyringError(error, now);
    expect(told).toMatchObject({ code: 'internal', detail: undefined, extras: {}, cause: error });
    expect(told.message).not.toContain('secret');
  });
});

describe('a page', () => {
  const heading = { zh: '标题', en: 'Heading' };
  const text = { zh: '说明', en: 'Text' };

  test('is told in both languages', () => {
    const page = renderPage({ heading, text });
    expect(page).toMatch(/^<!doctype html>\n<html lang="zh-CN">/);
    expect(page).toContain('<title>标题 / Heading</title>');
    expect(page).toContain(
      '<h1>标题<br><span lang="en">Heading</span></h1>\n<p>说明</p>\n<p lang="en">Text</p>',
    );
    expect(page.split('<p lang="en">Text</p>')[1]).toBe('\n\n\n</html>\n');
  });

  test('shows the code that it is given', () => {
    expect(renderPage({ heading, text }, ['a_code', 'an-id'])).toContain(
      '\n<p><code>a_code</code></p>\n<p><code>an-id</code></p>\n</html>',
    );
  });

  test('leads on where there is somewhere to go', () => {
    const link = { href: 'https://x/?a=1&b="2"', label: { zh: '走', en: 'Go' } };
    expect(renderPage({ heading, text, link })).toContain(
      '\n<p><a href="https://x/?a=1&amp;b=&quot;2&quot;">走 / Go</a></p>\n',
    );
  });

  test('has no markup but its own', () => {
    const all = { zh: `<&>"'`, en: `<&>"'` };
    const page = renderPage({ heading: all, text: all, link: { href: `<&>"'`, label: all } }, [`<&>"'`]);
    expect(page).not.toContain(`<&>"'`);
    expect(page.split('&lt;&amp;&gt;&quot;&#39;')).toHaveLength(11);
  });

  test('may load nothing and be in no other page', () => {
    expect(pagePolicy).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
  });

  test.each(Object.keys(problems) as ProblemCode[])('says something of %s in both languages', (code) => {
    const { heading: head, text: body, link } = problemPageContent(code);
    for (const { zh, en } of [head, body]) {
      expect(zh).toMatch(/^[\p{Script=Han}，。]+$/u);
      expect(en).toMatch(/^[A-Z][A-Za-z ,.]+$/);
    }
    expect(link).toBeUndefined();
  });

  test('names the parameter at fault, where one is', () => {
    expect(problemPageContent('invalid_parameter', 'scope').text).toEqual({
      zh: '链接里缺少参数 scope，或者它的值不对。请返回原页面，重新登录。',
      en: 'The link lacks the parameter scope, or has a wrong value for it. Please go back to the page you came from and log in again.',
    });
    expect(problemPageContent('repeated_parameter', 'code')).toEqual({
      heading: problemPageContent('repeated_parameter').heading,
      text: {
        zh: '链接里的参数 code 出现了不止一次。请返回原页面，重新登录。',
        en: 'The link has the parameter code more than once. Please go back to the page you came from and log in again.',
      },
    });
    expect(problemPageContent('state_used', 'state')).toBe(problemPageContent('state_used'));
  });

  test('tells of faults that people do not meet no more than that there is one', () => {
    expect(problemPageContent('key_unknown')).toBe(problemPageContent('internal'));
    expect(problemPageContent('internal').heading.en).toBe('That did not work');
    expect(problemPageContent('state_used')).not.toBe(problemPageContent('internal'));
  });

  test('offers a new login in both languages', () => {
    expect(loginAgain).toEqual({ zh: '重新登录', en: 'Log in again' });
  });
});
