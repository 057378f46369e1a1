import { afterEach, expect, test } from '@jest/globals';

import { appid, secret, start, stopAll, text } from './harness.ts';

afterEach(stopAll);

/** How clients send an exchange by POST: oauth4webapi and Auth.js a form, social-auth-core the query. */
const exchanges: readonly [string, (parameters: URLSearchParams) => [string, RequestInit]][] = [
  ['a form', (parameters) => ['/sns/oauth2/access_token', { method: 'POST', body: parameters }]],
  ['the query', (parameters) => [`/sns/oauth2/access_token?${parameters.toString()}`, { method: 'POST' }]],
];

test.each(exchanges)('a code is exchanged by POST with the parameters in %s', async (_, request) => {
  const wechat = await start();
  await wechat.account();
  const openid = text((await wechat.user())['openid']);
  const code = await wechat.code(openid);
  const parameters = new URLSearchParams({ appid, secret, code, grant_type: 'authorization_code' });
  const response = await wechat.fetch(...request(parameters));
  expect(await response.json()).toMatchObject({ openid, access_token: expect.any(String) });
});

test('a ticket is given for a POST with an empty body', async () => {
  const wechat = await start();
  await wechat.account();
  const path = `/cgi-bin/ticket/getticket?type=jsapi&access_token=${await wechat.token()}`;
  expect(await (await wechat.fetch(path, { method: 'POST' })).json()).toMatchObject({ errcode: 0 });
});

test('a strict account refuses those with 43001', async () => {
  const wechat = await start();
  await wechat.account({ options: { strict_methods: true } });
  const token = await wechat.token();
  const errcodeOf = async (path: string, body?: URLSearchParams) => {
    const response = await wechat.fetch(path, { method: 'POST', ...(body && { body }) });
    return ((await response.json()) as { errcode?: number }).errcode;
  };
  expect(await errcodeOf(`/cgi-bin/ticket/getticket?type=jsapi&access_token=${token}`)).toBe(43001);
  const parameters = new URLSearchParams({ appid, secret, code: '0', grant_type: 'authorization_code' });
  expect(await errcodeOf(`/sns/oauth2/access_token?${parameters.toString()}`)).toBe(43001);
  expect(await errcodeOf('/sns/oauth2/access_token', parameters)).toBe(43001);
});

test('no other endpoint for GET takes POST', async () => {
  const wechat = await start();
  await wechat.account();
  const token = await wechat.token();
  expect(await wechat.post(`/cgi-bin/user/get?access_token=${token}`, {})).toMatchObject({ errcode: 43001 });
});
