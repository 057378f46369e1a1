import { afterAll, beforeAll, expect, test } from '@jest/globals';
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
