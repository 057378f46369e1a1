import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { routes } from '../../functions/routes.ts';
import { startKit, type Kit } from '../kit/kit.ts';

type Name = keyof typeof routes;

let kit: Kit;
beforeAll(async () => {
  kit = await startKit({ tables: 'memory', followers: 1 });
});
afterAll(() => kit.close());

const names = (Object.keys(routes) as Name[]).filter((name) => routes[name].audience === 'sdk');

test.each(names)('%s says what is wrong as WeChat does', async (name) => {
  const { status, headers, body } = await kit.call(name, { path: { proxy: 'no/such' } });
  expect(status).toBe(200);
  expect(headers['content-type']).toBe('application/json; encoding=utf-8');
  expect(body).toEqual({ errcode: expect.any(Number), errmsg: expect.stringMatching(/ rid: \S+$/) });
});

test('an address that WeChat has not either is refused', async () => {
  for (const rawPath of ['/cgi-bin/', '/cgi-bin/a.b', '/other/x', '/cgi-bin/x/']) {
    const { body } = await kit.call('passCgiBin', { rawPath });
    expect(body).toMatchObject({ errcode: 40066 });
  }
});

describe('a body of megabytes is not taken apart for who is not known', () => {
  const body = 'a&'.repeat(10_000);

  test.each(['postDropInToken', 'postDropInStableToken', 'postDropInGrant'] as const)('%s', async (name) => {
    const { body: answer } = await kit.call(name, { body });
    expect(answer).toMatchObject({ errcode: 40035, errmsg: expect.stringContaining('16384 bytes') });
  });

  test('nor is a form that is to be passed on', async () => {
    const { body: answer } = await kit.call('passCgiBin', {
      method: 'POST',
      path: { proxy: 'user/get' },
      query: 'access_token=unknown',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `${body}access_token=another`,
    });
    expect(answer).toMatchObject({ errcode: 40001 });
  });
});
