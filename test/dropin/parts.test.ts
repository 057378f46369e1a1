import { describe, expect, test } from '@jest/globals';
import type { AccountCalls } from '../../shared/credentials/account-calls.ts';
import type { CredentialReader, Replacement } from '../../shared/credentials/reader.ts';
import { Breaker } from '../../shared/dropin/breaker.ts';
import { withPatience } from '../../shared/dropin/patience.ts';
import { passedCall, Proxy, type ProxyParts } from '../../shared/dropin/proxy.ts';
import { tokenQueryOf } from '../../shared/dropin/query.ts';
import { sharedToken } from '../../shared/dropin/shared-token.ts';
import { PassedApiError } from '../../shared/wechat/passed-call.ts';
import { parseAppId, parseGlobalAccessToken } from '../../shared/wechat/tokens.ts';
import { standingClock } from '../kit/clock.ts';
import { account, silent } from '../model/scene.ts';

test('a breaker that knows many pairs forgets none whose minute is not over', async () => {
  const clock = standingClock();
  const breaker = new Breaker(clock);
  const refute = (path: string) => {
    for (let verdict = 0; verdict < 3; verdict += 1) breaker.refuted('key', path, {});
  };
  for (let pair = 0; pair <= 1000; pair += 1) refute(`/cgi-bin/${pair}`);
  expect([breaker.mayCheck('key', '/cgi-bin/0'), breaker.mayCheck('key', '/cgi-bin/1000')]).toEqual([
    false,
    false,
  ]);
  await clock.advance(60);
  expect(breaker.mayCheck('key', '/cgi-bin/0')).toBe(true);
});

test('who has had an answer leaves no timer behind', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  await withPatience(60_000, () => Promise.resolve('answered'));
  expect(timers()).toBe(before);
});

describe('of a shared token that may have been rejected', () => {
  const credential = { revision: 1, generation: 1, value: 'value-1', usableUntil: 2_000_000_000 };

  /** How often it is told that WeChat accepts the token. */
  async function refutations(replacement: Replacement): Promise<number> {
    let told = 0;
    const reader: Pick<CredentialReader, 'getStored' | 'replacement' | 'moment'> = {
      getStored: () => Promise.resolve(credential),
      replacement: () => Promise.resolve(replacement),
      moment: () => 1,
    };
    await sharedToken(reader, parseAppId('wx0123456789abcdef'), {
      isDoubted: true,
      onRefuted: () => void (told += 1),
    });
    return told;
  }

  test.each<[string, Replacement, number]>([
    ['that WeChat accepts it is told', { credential, unchecked: undefined }, 1],
    ['nothing is told where WeChat gave no verdict', { credential, unchecked: 'wechat_busy' }, 0],
    [
      'nothing is told where there is another one',
      { credential: { ...credential, generation: 2 }, unchecked: undefined },
      0,
    ],
  ])('%s', async (_, replacement, times) => {
    expect(await refutations(replacement)).toBe(times);
  });
});

test.each(['%20access_token', 'access_token+', '%09ACCESS_TOKEN'])(
  'a query with %s has a second token',
  (name) => {
    expect(() => tokenQueryOf(`access_token=one&${name}=two`)).toThrow(
      'access_token is given more than once',
    );
  },
);

describe('a call that is passed on', () => {
  const rejection = () => {
    const answer = { status: 200, headers: {}, body: new Uint8Array(), plain: new Uint8Array() };
    const call = passedCall(request, '/cgi-bin/user/get');
    return new PassedApiError(call, { errcode: 40001, errmsg: '', answer });
  };
  const request = {
    method: 'GET',
    path: '/cgi-bin/user/get',
    query: 'access_token=own',
    headers: {},
    body: new Uint8Array(),
  };
  const nothing = () => undefined;

  /** A proxy whose calls are sent so, and that counts them so. */
  function proxyOf(pass: AccountCalls['pass'], count = () => Promise.resolve()) {
    const caller = { account, apiKey: { keyId: 'key' }, keyHash: '' };
    return new Proxy({
      callers: { byToken: () => Promise.resolve(caller) },
      calls: { pass },
      breaker: new Breaker(standingClock()),
      usage: { admit: () => Promise.resolve(), count },
      log: silent,
      metrics: { put: nothing },
      patienceMs: 20,
    } as unknown as ProxyParts);
  }

  test('waits for no third token once its time is over', async () => {
    let rounds = 0;
    const proxy = proxyOf((_, build) => {
      rounds += 1;
      if (rounds === 2) return new Promise(nothing);
      build(parseGlobalAccessToken('one'));
      build(parseGlobalAccessToken('another'));
      return Promise.reject(rejection());
    });
    await expect(proxy.pass(request)).rejects.toMatchObject({ code: 'service_busy' });
    expect(rounds).toBe(2);
  });

  test('is answered when it has been counted', async () => {
    let isCounted = false;
    const proxy = proxyOf(
      (_, build, { onSend }) => {
        onSend?.();
        return Promise.resolve(build(parseGlobalAccessToken('one')).read(rejection().answer));
      },
      async () => {
        await new Promise(setImmediate);
        isCounted = true;
      },
    );
    await proxy.pass(request);
    expect(isCounted).toBe(true);
  });
});
