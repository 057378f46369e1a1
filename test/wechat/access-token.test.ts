import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mintStableToken, mintToken } from '../../shared/wechat/access-token.ts';
import { getTicket } from '../../shared/wechat/ticket.ts';
import { parseAppId, parseGlobalAccessToken } from '../../shared/wechat/tokens.ts';
import { clientFor, failureOf, json, RawServer } from './raw-server.ts';

const account = { appId: parseAppId('wxba5fad812f8e6fb9'), secret: '0123456789abcdef0123456789abcdef' };

let server: RawServer;
beforeAll(async () => {
  server = await RawServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

describe('a classic mint', () => {
  test('asks as documented', async () => {
    server.willReply(json({ access_token: '84_A', expires_in: 7200 }));
    await clientFor(server).send(mintToken(account));
    expect(server.request).toMatchObject({
      method: 'GET',
      path: '/cgi-bin/token',
      query: 'grant_type=client_credential&appid=wxba5fad812f8e6fb9&secret=0123456789abcdef0123456789abcdef',
      body: '',
    });
  });

  test('gives the token and the life WeChat says it has', async () => {
    server.willReply(json({ access_token: '84_A', expires_in: 6900 }));
    expect(await clientFor(server).send(mintToken(account))).toEqual({
      accessToken: '84_A',
      expiresIn: 6900,
    });
  });

  test.each([
    [{ expires_in: 7200 }, 'access_token'],
    [{ access_token: '', expires_in: 7200 }, 'access_token'],
    [{ access_token: '84_A' }, 'expires_in'],
    [{ access_token: '84_A', expires_in: 0 }, 'expires_in'],
    [{ access_token: '84_A', expires_in: 'soon' }, 'expires_in'],
    [[], '(the whole answer)'],
    [null, '(the whole answer)'],
  ])('of the answer %j names the field that is wrong', async (answer, path) => {
    server.willReply(json(answer));
    expect(await failureOf(clientFor(server).send(mintToken(account)))).toMatchObject({
      name: 'WeChatUnreachableError',
      code: 'wechat_unexpected_shape',
      outcome: 'unknown',
      path,
    });
  });
});

describe('a stable mint', () => {
  test('asks as documented, with a Content-Length', async () => {
    server.willReply(json({ access_token: '84_A', expires_in: 345 }));
    await clientFor(server).send(mintStableToken({ ...account, forceRefresh: false }));
    const body =
      '{"grant_type":"client_credential","appid":"wxba5fad812f8e6fb9","secret":"0123456789abcdef0123456789abcdef","force_refresh":false}';
    expect(server.request).toMatchObject({ method: 'POST', path: '/cgi-bin/stable_token', query: '', body });
    expect(server.request.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(body.length),
    });
    expect(server.request.headers).not.toHaveProperty('transfer-encoding');
  });

  test('gives the life that is left of a token WeChat already had', async () => {
    server.willReply(json({ access_token: '84_A', expires_in: 345 }));
    expect(await clientFor(server).send(mintStableToken({ ...account, forceRefresh: false }))).toEqual({
      accessToken: '84_A',
      expiresIn: 345,
    });
  });

  test('can be forced', async () => {
    server.willReply(json({ access_token: '84_B', expires_in: 7200 }));
    await clientFor(server).send(mintStableToken({ ...account, forceRefresh: true }));
    expect(JSON.parse(server.request.body)).toMatchObject({ force_refresh: true });
  });
});

test.each([7_200_000, 9_007_199_254_740_991, '999999999999999'])(
  'no life is longer than any that WeChat gives, whatever it says: %j',
  async (life) => {
    const token = parseGlobalAccessToken('84_A');
    for (const call of [mintToken(account), mintStableToken({ ...account, forceRefresh: false })]) {
      server.willReply(json({ access_token: '84_A', expires_in: life }));
      expect(await clientFor(server).send(call)).toMatchObject({ expiresIn: 7200 });
    }
    server.willReply(json({ ticket: 'T', expires_in: life }));
    const ticket = await clientFor(server).send(getTicket(token, { type: 'jsapi' }));
    expect(ticket).toMatchObject({ expiresIn: 7200 });
  },
);

describe('a ticket', () => {
  test.each([['jsapi'] as const, ['wx_card'] as const])(
    'of type %s is asked for as documented',
    async (type) => {
      server.willReply(json({ errcode: 0, errmsg: 'ok', ticket: 'T', expires_in: 7200 }));
      const ticket = await clientFor(server).send(getTicket(parseGlobalAccessToken('84_A'), { type }));
      expect(ticket).toEqual({ ticket: 'T', expiresIn: 7200 });
      expect(server.request).toMatchObject({
        method: 'GET',
        path: '/cgi-bin/ticket/getticket',
        query: `access_token=84_A&type=${type}`,
      });
    },
  );
});
