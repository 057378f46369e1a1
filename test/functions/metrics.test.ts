import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { create as createRefresh } from '../../functions/credentials/refresh-credentials.ts';
import { tablesOf } from '../../functions/parts.ts';
import { lambdaContext } from '../kit/event.ts';
import { startKit, type Kit } from '../kit/kit.ts';

let kit: Kit;
let openid: string;
beforeAll(async () => {
  kit = await startKit({ tables: 'memory' });
  const { body } = await kit.call('listFollowers', { key: kit.apiKey });
  openid = (body as { openids: string[] }).openids[0] ?? '';
});
afterAll(() => kit.close());

let seen = 0;
beforeEach(() => {
  seen = kit.measured.length;
});

/** The lines of this test that have a metric. */
function measured(metric: string): Readonly<Record<string, unknown>>[] {
  return kit.measured.slice(seen).filter((line) => metric in line);
}

const fiveMinutes = 300;

describe('a request', () => {
  test('is timed by its route, without what stands in its path', async () => {
    await kit.call('getFollower', { key: kit.apiKey, path: { openid } });
    expect(measured('Latency')).toEqual([
      expect.objectContaining({
        Route: 'GET /v1/accounts/{account}/followers/{openid}',
        status: 200,
        Latency: expect.any(Number),
      }),
    ]);
    expect(measured('ClientErrors')).toEqual([]);
    expect(measured('ServerErrors')).toEqual([]);
  });

  test('that the caller got wrong counts as a client error', async () => {
    await kit.call('listFollowers');
    expect(measured('ClientErrors')).toMatchObject([
      { Route: 'GET /v1/accounts/{account}/followers', status: 401, ClientErrors: 1 },
    ]);
  });

  test('that could not be answered counts as a server error, and what WeChat said by its errcode', async () => {
    const path = '/cgi-bin/user/get';
    await kit.control('faults', { path, kind: 'errcode', errcode: 48001, times: 3 });
    await kit.call('listFollowers', { key: kit.apiKey, query: { limit: '7' } });
    await kit.control('faults', undefined, 'DELETE');
    expect(measured('ServerErrors')).toMatchObject([{ status: 502, ServerErrors: 1 }]);
    expect(measured('ClientErrors')).toEqual([]);
    expect(measured('WeChatErrors')).toMatchObject([{ Api: path, Reason: '48001', WeChatErrors: 1 }]);
    expect(measured('WeChatLatency')).toHaveLength(1);
  });
});

/** Has WeChat end the account's token, and somebody report it. */
async function reportEndedToken(): Promise<void> {
  const { body } = await kit.call('getToken', { key: kit.apiKey });
  await kit.control('revoke', { appid: kit.account, what: 'access_token' });
  const { access_token } = body as { access_token: string };
  await kit.call('reportToken', { key: kit.apiKey, body: { access_token } });
}

describe('a refresh', () => {
  test('counts as a mint', async () => {
    await kit.admin({ command: 'refresh', account: kit.account });
    expect(measured('Mints')).toMatchObject([{ account: kit.account, credential: 'access_token' }]);
    expect(measured('RefreshFailures')).toEqual([]);
  });

  test('that fails is counted with its code and what the token has left, and the next sweep finds it', async () => {
    await kit.control(
      'accounts',
      { appid: kit.account, options: { ip_allow_list: ['203.0.113.7'] } },
      'PATCH',
    );
    await kit.admin({ command: 'refresh', account: kit.account });
    expect(measured('RefreshFailures')).toMatchObject([
      { account: kit.account, credential: 'access_token', code: 'wechat_ip_not_allowed', RefreshFailures: 1 },
    ]);
    expect(measured('RefreshFailures')[0]?.['TokenSecondsLeft']).toBeGreaterThan(0);

    await kit.clock.advance(fiveMinutes);
    expect(measured('AccountsFailing').at(-1)).toMatchObject({ AccountsFailing: 1 });
    await kit.control('accounts', { appid: kit.account, options: { ip_allow_list: null } }, 'PATCH');
    await kit.admin({ command: 'refresh', account: kit.account });
    await kit.clock.advance(fiveMinutes);
    expect(measured('AccountsFailing').at(-1)).toMatchObject({ AccountsFailing: 0 });
  });

  test('of a ticket that fails says nothing of the token', async () => {
    const path = '/cgi-bin/ticket/getticket';
    await kit.control('faults', { path, kind: 'errcode', errcode: 48001, times: 3 });
    await kit.call('getTicket', { key: kit.apiKey, query: { type: 'jsapi' } });
    await kit.control('faults', undefined, 'DELETE');
    const [failed] = measured('RefreshFailures');
    expect(failed).toMatchObject({ credential: 'jsapi_ticket', code: 'wechat_not_permitted' });
    expect(failed).not.toHaveProperty('TokenSecondsLeft');
    await kit.admin({ command: 'refresh', account: kit.account });
    await kit.settled();
  });

  test('for a token that WeChat has ended before its time counts that', async () => {
    await reportEndedToken();
    expect(measured('TokensEndedEarly')).toMatchObject([
      { account: kit.account, credential: 'access_token', TokensEndedEarly: 1 },
    ]);
  });

  test('after a call that WeChat refused for its token is counted with that call', async () => {
    await reportEndedToken();
    expect(measured('TokensRejected')).toMatchObject([
      { Api: '/cgi-bin/get_api_domain_ip', Reason: '40001', TokensRejected: 1 },
    ]);
    expect(measured('Mints').length).toBeGreaterThan(0);
  });
});

describe('a sweep', () => {
  test('tells of each account how its token and its budget are', async () => {
    await kit.clock.advance(fiveMinutes);
    const told = measured('TokenSecondsLeft').at(-1);
    expect(told).toMatchObject({ account: kit.account, Account: kit.account });
    for (const metric of ['TokenSecondsLeft', 'TokenAge', 'MintBudgetLeft']) {
      expect(told?.[metric]).toBeGreaterThan(0);
    }
    expect(measured('Sweeps')).toMatchObject([{ Sweeps: 1, AccountsFailing: 0, AccountsMissed: 0 }]);
  });

  test('counts an account that it cannot read among those that fail, and comes to its end', async () => {
    const { credentials } = tablesOf(kit.runtime);
    const key = { appId: kit.account, kind: 'wx_card_ticket' };
    await credentials.put({ ...key, generation: 'many' });
    await kit.clock.advance(fiveMinutes);
    expect(measured('Sweeps')).toMatchObject([{ Sweeps: 1, AccountsFailing: 1, AccountsMissed: 1 }]);
    await credentials.delete(key);
    await kit.clock.advance(fiveMinutes);
    expect(measured('Sweeps').at(-1)).toMatchObject({ AccountsFailing: 0, AccountsMissed: 0 });
  });

  test('starts no more refreshes than it may have under way', async () => {
    const { credentials } = tablesOf(kit.runtime);
    const other = 'wx00000000000000aa';
    const registered = await credentials.get({ appId: 'accounts', kind: kit.account });
    await credentials.put({ ...registered, kind: other });
    await credentials.update({ appId: kit.account, kind: 'access_token' }, { set: { refreshAt: 0 } });
    const environment = {
      ...kit.runtime.environment,
      KEYRING_SWEEP_STARTS: '1',
      AWS_ENDPOINT_URL_LAMBDA: 'http://127.0.0.1:1',
    };
    const logged = kit.logged.length;
    const report = await createRefresh({ ...kit.runtime, environment })({ kind: 'sweep' }, lambdaContext);
    await credentials.delete({ appId: 'accounts', kind: other });
    expect(report).toEqual({ accounts: 2, due: 2 });
    // Each start fails here.
    expect(kit.logged.slice(logged)).toMatchObject([{ message: 'The sweep could not see to an account.' }]);
  });

  test('of many accounts tells of all of them, and gives none a metric of its own', async () => {
    const many = await startKit({ tables: 'memory' });
    try {
      for (let n = 1; n <= 20; n++) {
        const appid = `wx${n.toString(16).padStart(16, '0')}`;
        await many.control('accounts', { appid, secret: many.secret });
        await many.admin({
          command: 'account.add',
          account: appid,
          name: appid,
          mode: 'stable',
          secret: many.secret,
          allowedOrigins: [],
          domainFiles: [],
        });
      }
      const before = many.measured.length;
      await many.clock.advance(fiveMinutes);
      const told = many.measured.slice(before).filter((line) => 'TokenSecondsLeft' in line);
      expect(new Set(told.map(({ account }) => account)).size).toBe(21);
      expect(told.filter((line) => 'Account' in line)).toEqual([]);
    } finally {
      await many.close();
    }
  });
});

describe('a browser that comes back from WeChat', () => {
  async function comeBack(decision: 'allow' | 'deny', as = openid, cookies?: readonly string[]) {
    const started = await kit.call('authorize', { query: { return_to: `${kit.origin}/` } });
    const location = await kit.consent(String(started.headers['location']), as, decision);
    await kit.call('callback', {
      path: { account: kit.account },
      query: new URL(location).search.slice(1),
      cookies: cookies ?? started.cookies,
    });
    return measured('Callbacks').map(({ Outcome }) => Outcome);
  }

  test('is counted as granted', async () => {
    expect(await comeBack('allow')).toEqual(['granted']);
  });

  test('is counted as refused by the user', async () => {
    expect(await comeBack('deny')).toEqual(['refused']);
  });

  test('is counted as a snapshot', async () => {
    const visitor = (await kit.control('users', { appid: kit.account, snapshot: true })) as {
      openid: string;
    };
    expect(await comeBack('allow', visitor.openid)).toEqual(['snapshot']);
  });

  test('is counted as invalid with the attempt of another browser', async () => {
    expect(await comeBack('allow', openid, [])).toEqual(['invalid']);
  });

  test.each([
    ['invalid where WeChat does not take its code', 40029, 'invalid'],
    ['failed where WeChat is busy', -1, 'failed'],
  ])('is counted as %s', async (_, errcode, outcome) => {
    await kit.control('faults', { path: '/sns/oauth2/access_token', kind: 'errcode', errcode });
    expect(await comeBack('allow')).toEqual([outcome]);
    await kit.control('faults', undefined, 'DELETE');
  });
});

test('nothing that is measured names a user', () => {
  expect(kit.measured.length).toBeGreaterThan(20);
  expect(JSON.stringify(kit.measured)).not.toContain(openid);
});
