import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inspect } from 'node:util';
import { mintStableToken, mintToken } from '../../shared/wechat/access-token.ts';
import {
  checkUserToken,
  exchangeCode,
  getUserProfile,
  refreshGrant,
} from '../../shared/wechat/authorization.ts';
import type { WeChatCall } from '../../shared/wechat/call.ts';
import type { ErrcodeKind } from '../../shared/wechat/errcodes.ts';
import { WeChatApiError, WeChatError } from '../../shared/wechat/errors.ts';
import { getFollower, getFollowers, listFollowers } from '../../shared/wechat/followers.ts';
import { redact } from '../../shared/wechat/redact.ts';
import { getTicket } from '../../shared/wechat/ticket.ts';
import { parseAppId, parseGlobalAccessToken, parseUserAccessToken } from '../../shared/wechat/tokens.ts';
import { clientFor, failureOf, hangInBody, http, json, raw, RawServer, type Reply } from './raw-server.ts';

function apiError(errcode: number, { api = '/cgi-bin/user/get', errmsg = '' } = {}): WeChatApiError {
  return new WeChatApiError({ api, errcode, errmsg, secrets: [] });
}

/** As a deployment with a fixed address has it. */
function ownAddressError(errcode: number, errmsg: string): WeChatApiError {
  const api = '/cgi-bin/stable_token';
  return new WeChatApiError({ api, errcode, errmsg, secrets: [], ownAddress: '203.0.113.7' });
}

describe('an errcode', () => {
  const kinds: Readonly<Record<Exclude<ErrcodeKind, 'other'>, readonly number[]>> = {
    busy: [-1],
    token_rejected: [40001, 40014, 42001],
    credentials_refused: [40002, 40013, 40125, 40243, 41002, 41004],
    ip_not_allowed: [40164, 61004],
    needs_confirmation: [89501, 89503],
    blocked: [89506, 89507],
    quota_day: [45009, 48006],
    quota_minute: [45011],
    not_permitted: [48001, 48004, 50001, 50002, 50004, 76022],
    openid_unknown: [40003],
    code_invalid: [40029, 41008, 42003],
    code_used: [40163],
    grant_gone: [40030, 42002, 42007],
    bad_request: [
      40032, 40066, 40201, 40202, 40203, 41001, 41003, 43002, 43003, 44002, 47001, 76001, 76002, 76003, 76021,
    ],
  };
  const table = Object.entries(kinds).flatMap(([kind, errcodes]) =>
    errcodes.map((errcode) => [errcode, kind] as const),
  );

  test.each(table)('%d is of kind %s, with advice', (errcode, kind) => {
    const error = apiError(errcode);
    expect(error).toMatchObject({ name: 'WeChatApiError', errcode, kind, code: `wechat_${kind}` });
    expect(error.advice).toMatch(/^[A-Z].{20,}\.$/u);
  });

  test('that nobody knows is of kind other', () => {
    expect(apiError(99999)).toMatchObject({ kind: 'other', retryable: false, outcome: 'refused' });
  });

  test('of -1 leaves open whether WeChat acted, and every other says it did not', () => {
    for (const [errcode, kind] of table) {
      expect(apiError(errcode).outcome).toBe(kind === 'busy' ? 'unknown' : 'refused');
    }
  });

  test('passes by itself only where WeChat is busy, the token old or the minute full', () => {
    const passing = table.filter(([errcode]) => apiError(errcode).retryable).map(([, kind]) => kind);
    expect(new Set(passing)).toEqual(new Set(['busy', 'token_rejected', 'quota_minute']));
  });

  test.each([['/cgi-bin/token'], ['/cgi-bin/stable_token'], ['/sns/oauth2/access_token']])(
    'of 40001 on %s speaks of the AppSecret, since no token was sent',
    (api) => {
      expect(apiError(40001, { api })).toMatchObject({ kind: 'credentials_refused', retryable: false });
    },
  );

  test('of 40029 on a grant refresh speaks of the refresh token, since no code was sent', () => {
    expect(apiError(40029, { api: '/sns/oauth2/refresh_token' })).toMatchObject({ kind: 'grant_gone' });
  });

  test("of 40001 on a user's profile advises nothing about the account's token", () => {
    expect(apiError(40001, { api: '/sns/userinfo' })).toMatchObject({
      kind: 'token_rejected',
      advice: expect.stringContaining("the user's token") as unknown,
    });
  });

  test("of 48001 on a user's profile advises the scope", () => {
    expect(apiError(48001, { api: '/sns/userinfo' }).advice).toContain('snsapi_userinfo');
  });
});

describe('an errmsg', () => {
  test.each([
    ['invalid credential, access_token is invalid or not latest rid: 642a7c22-1f0a2b3c-0e5d6f7a'],
    ['invalid code, rid: 642a7c22-1f0a2b3c-0e5d6f7a'],
    ['appid missing rid:642a7c22-1f0a2b3c-0e5d6f7a'],
  ])('has its rid found: %s', (errmsg) => {
    expect(apiError(40001, { errmsg }).rid).toBe('642a7c22-1f0a2b3c-0e5d6f7a');
  });

  test.each([
    ['invalid openid'],
    ['invalid appid hint: [7Bj.La0878e508]'],
    ['x, hints: [ req_id: plAv90053th21 ]'],
  ])('of the old kind has no rid: %s', (errmsg) => {
    expect(apiError(40001, { errmsg })).not.toHaveProperty('rid');
  });

  test.each([
    [
      'invalid ip 218.58.124.130 ipv6 ::ffff:218.58.124.130, not in whitelist rid: 611740a4-27f9a8ba-065da01b',
    ],
    ['invalid ip 218.58.124.130, not in whitelist hint: [njHmVa00792974]'],
    ['invalid ip ::ffff:218.58.124.130, not in whitelist'],
  ])('has the address to allow found, and named in the advice: %s', (errmsg) => {
    const error = apiError(40164, { api: '/cgi-bin/token', errmsg });
    expect(error.ip).toBe('218.58.124.130');
    expect(error.advice).toContain('218.58.124.130');
    expect(error.advice).toContain('allow-list');
  });

  test.each([
    ['invalid ip 2001:db8::7 ipv6 2001:db8::7, not in whitelist rid: 611740a4-27f9a8ba-065da01b'],
    ['invalid ip 2001:db8::7, not in whitelist'],
    ['invalid ip: 2001:db8::7'],
  ])('has the address to allow found where it is one of IPv6 only: %s', (errmsg) => {
    const error = apiError(40164, { api: '/cgi-bin/token', errmsg });
    expect(error.ip).toBe('2001:db8::7');
    expect(error.advice).toContain('The address is 2001:db8::7.');
  });

  test.each([['invalid ip 999.1.1.1'], ['invalid ip rid: a:b, at 12:30:00'], ['::'.repeat(9)], ['']])(
    'may hold no address: %s',
    (errmsg) => {
      expect(apiError(40164, { errmsg })).not.toHaveProperty('ip');
    },
  );

  test('warns of an IPv6 address where the deployment has a fixed one', () => {
    expect(ownAddressError(40164, 'invalid ip 2001:db8::7, not in whitelist').advice).toContain(
      "WeChat saw 2001:db8::7, which is not this deployment's fixed address 203.0.113.7",
    );
  });

  test('names the fixed address of the deployment as the one to allow', () => {
    const errmsg = 'invalid ip 203.0.113.7, not in whitelist';
    expect(ownAddressError(40164, errmsg).advice).toMatch(/The address is 203\.0\.113\.7, this deployment's/);
    expect(ownAddressError(40164, '').advice).toMatch(/The address is 203\.0\.113\.7, this deployment's/);
  });

  test('warns of an address that is not the fixed one', () => {
    const { advice } = ownAddressError(40164, 'invalid ip 198.51.100.9, not in whitelist');
    expect(advice).toContain(
      "WeChat saw 198.51.100.9, which is not this deployment's fixed address 203.0.113.7",
    );
  });

  test('says nothing of addresses where the fault is another', () => {
    expect(ownAddressError(40013, 'invalid appid').advice).not.toContain('203.0.113.7');
  });

  test('of another kind of error has no address looked for', () => {
    expect(apiError(40013, { errmsg: 'invalid appid 1.2.3.4' })).not.toHaveProperty('ip');
  });

  test('cannot write a line of its own into a log', () => {
    const error = apiError(40013, { errmsg: 'one\r\n{"level":"fatal"}\u2028\u001b[31mtwo' });
    expect(error.message).not.toMatch(/[\p{Cc}\u2028]/u);
  });

  test('is cut where it is no errmsg any more', () => {
    expect(apiError(40013, { errmsg: 'x'.repeat(100_000) }).message.length).toBeLessThan(1000);
  });

  test('is cut after its secrets are taken out, so that no half of one stays', () => {
    const secret = 'S'.repeat(40);
    const errmsg = 'x'.repeat(480) + secret;
    const error = new WeChatApiError({ api: '/cgi-bin/token', errcode: 40125, errmsg, secrets: [secret] });
    expect(error.errmsg).not.toContain('SSS');
  });
});

describe('redaction', () => {
  const secretText = fc.string({
    unit: fc.constantFrom(...'abcXYZ019_-+/=%$.*[(\\ 你'.split('')),
    minLength: 6,
    maxLength: 40,
  });

  test('leaves none of the secrets, plain, encoded or in another case', () => {
    fc.assert(
      fc.property(
        fc.array(secretText, { minLength: 1, maxLength: 4 }),
        fc.array(fc.string()),
        (secrets, words) => {
          const said = secrets.flatMap((secret, i) => [
            words[i] ?? ' ',
            secret,
            ' ',
            encodeURIComponent(secret),
            ' ',
            secret.toUpperCase(),
            ' ',
          ]);
          const redacted = redact(said.join(''), secrets);
          for (const secret of secrets) {
            expect(redacted).not.toContain(secret);
            expect(redacted).not.toContain(encodeURIComponent(secret));
            expect(redacted).not.toContain(secret.toUpperCase());
          }
        },
      ),
    );
  });

  test('takes out the longer of two secrets that begin alike', () => {
    expect(redact('token abcdef!', ['abc', 'abcdef'])).toBe('token [redacted]!');
  });

  test('leaves a text without secrets as it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(redact(text, [])).toBe(text);
        expect(redact(text, [''])).toBe(text);
      }),
    );
  });

  test('takes a secret that is no well-formed text', () => {
    expect(redact('a\ud800b', ['a\ud800b'])).toBe('[redacted]');
  });
});

describe('the secrets of a call', () => {
  const secrets = {
    appSecret: 'SECRETa0123456789abcdef0123456789',
    globalToken: '84_SECRETg-token_value',
    userToken: '84_SECRETu-token_value',
    refreshToken: '84_SECRETr-token_value',
    code: 'SECRETc071AdBVI1ZHOd509',
    openid: 'oSECRETo-openid_1',
    answered: '84_SECRETm-minted_value',
  };
  const appId = parseAppId('wxba5fad812f8e6fb9');
  const globalToken = parseGlobalAccessToken(secrets.globalToken);
  const userToken = parseUserAccessToken(secrets.userToken);
  const { openid } = secrets;
  const calls: readonly WeChatCall<unknown>[] = [
    mintToken({ appId, secret: secrets.appSecret }),
    mintStableToken({ appId, secret: secrets.appSecret, forceRefresh: true }),
    listFollowers(globalToken, { after: openid }),
    getFollower(globalToken, { openid }),
    getFollowers(globalToken, { openids: [openid] }),
    exchangeCode({ appId, secret: secrets.appSecret, code: secrets.code }),
    refreshGrant({ appId, refreshToken: secrets.refreshToken }),
    getUserProfile(userToken, { openid }),
    checkUserToken(userToken, { openid }),
    getTicket(globalToken, { type: 'jsapi' }),
  ];
  // An answer that throws back what was sent, and new secrets with it.
  const echo = (call: WeChatCall<unknown>) =>
    Object.values(call.query).join(' ') + JSON.stringify(call.body ?? '');
  const failures: readonly (readonly [string, (call: WeChatCall<unknown>) => Reply])[] = [
    [
      'an errcode that echoes',
      (call) => json({ errcode: 40125, errmsg: `invalid ${echo(call)}, rid: 1-2-3` }),
    ],
    ['-1', () => json({ errcode: -1, errmsg: 'system error' })],
    ['a broken JSON that echoes', (call) => http(`{"access_token":"${secrets.answered}" ${echo(call)}`)],
    ['a page that echoes', (call) => http(`<html>${secrets.answered} ${echo(call)}`)],
    [
      'an unexpected shape',
      () =>
        json({
          access_token: secrets.answered,
          expires_in: secrets.answered,
          data: { openid: secrets.openid },
        }),
    ],
    ['a status', (call) => http(echo(call), { status: 500 })],
    [
      'a redirect',
      (call) => http('', { status: 302, headers: { location: `/?${encodeURIComponent(echo(call))}` } }),
    ],
    ['a hang', () => hangInBody],
    ['a reset', () => (socket) => socket.resetAndDestroy()],
    ['bytes that are not HTTP', (call) => raw(`${echo(call)}\r\n\r\n`)],
    ['an empty body', () => http('')],
    ['a body too large', () => http(secrets.answered.repeat(1000))],
  ];

  let server: RawServer;
  beforeAll(async () => {
    server = await RawServer.start();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  function everythingPrinted(error: unknown): string {
    if (!(error instanceof WeChatError)) throw new Error('It was expected to be a WeChatError.');
    return [
      inspect(error, { depth: 10, showHidden: true, getters: true }),
      error.stack,
      String(error),
      JSON.stringify(error),
      JSON.stringify(Object.getOwnPropertyDescriptors(error)),
    ].join('\n');
  }

  test.each(failures)('stay out of the error after %s', async (what, replyTo) => {
    const deadlineMs = what === 'a hang' ? 2 : 10;
    const client = clientFor(server, { deadlineMs, attempts: 1, maxBodyBytes: 4096 });
    for (const call of calls) {
      server.willReply(replyTo(call));
      const printed = everythingPrinted(await failureOf(client.send(call)));
      expect(printed).toContain(call.api);
      expect(printed).not.toContain('SECRET');
    }
  });

  test('stay out of the error after a connection that cannot be made', async () => {
    // The platform refuses to connect to port 1, and says so with the URL at hand.
    for (const baseUrl of ['http://127.0.0.1:1', `http://${'a'.repeat(64)}.example`]) {
      const client = clientFor(server, { baseUrl, attempts: 1 });
      for (const call of calls) {
        expect(everythingPrinted(await failureOf(client.send(call)))).not.toContain('SECRET');
      }
    }
  });

  test('are named by the call itself', () => {
    for (const call of calls) {
      const sent = `${echo(call)} `;
      expect(redact(sent, call.secrets)).not.toContain('SECRET');
      expect(sent).toContain('SECRET');
    }
  });

  test('leave an error without a cause', async () => {
    server.willReply(http('{'));
    expect(
      await failureOf(clientFor(server, { attempts: 1 }).send(calls[0] ?? listFollowers(globalToken))),
    ).not.toHaveProperty('cause');
  });
});
