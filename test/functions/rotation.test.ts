import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startKit, type Kit } from '../kit/kit.ts';

let kit: Kit;
let openids: readonly string[];
beforeAll(async () => {
  kit = await startKit();
  const { body } = await kit.call('listFollowers', { key: kit.apiKey });
  ({ openids } = body as { openids: string[] });
});
afterAll(() => kit.close());

/** A login that has come as far as the way back from WeChat; what is called then finishes it. */
async function atTheDoor(openid = ''): Promise<() => Promise<number>> {
  const query = { return_to: 'https://www.example.com/after' };
  const started = await kit.call('authorize', { query });
  const location = await kit.consent(String(started.headers['location']), openid);
  return async () => {
    const back = { query: new URL(location).search.slice(1), cookies: started.cookies };
    return (await kit.call('callback', { path: { account: kit.account }, ...back })).status;
  };
}

async function rotate(secret: string): Promise<unknown> {
  // From here on WeChat refuses the former secret, and the tokens that were minted with it.
  await kit.control('accounts', { appid: kit.account, secret }, 'PATCH');
  return kit.admin({ command: 'account.rotate-secret', account: kit.account, secret });
}

test('once a new AppSecret is stored no login and no call fails, in processes that still remember the former', async () => {
  const first = await atTheDoor(openids[0]);
  expect(await first()).toBe(303);
  const logins = await Promise.all(openids.slice(1, 9).map((openid) => atTheDoor(openid)));

  expect(await rotate('the-second-secret-of-the-account')).toMatchObject({ accounts: [{ state: 'ok' }] });

  const list = async () => (await kit.call('listFollowers', { key: kit.apiKey })).status;
  const statuses = await Promise.all([...logins.map((finish) => finish()), ...logins.map(list)]);
  expect(statuses).toEqual([...logins.map(() => 303), ...logins.map(() => 200)]);
});

test('a code is sent once where the stored AppSecret is simply wrong', async () => {
  const login = await atTheDoor(openids[10]);
  await kit.control('accounts', { appid: kit.account, secret: 'nobody-told-us-of-this-secret' }, 'PATCH');
  await kit.control('calls', undefined, 'DELETE');
  expect(await login()).not.toBe(303);
  expect(await kit.callsTo('/sns/oauth2/access_token')).toBe(1);
});

/** How many tokens a classic account mints to prove its AppSecret, where the stable token answers `errcode`, if any. */
async function mintsOfProof(errcode?: number): Promise<number> {
  const classic = await startKit({ mode: 'classic', tables: 'memory' });
  try {
    await classic.call('getToken', { key: classic.apiKey });
    const fault = { path: '/cgi-bin/stable_token', kind: 'errcode', errcode, times: 10 };
    if (errcode !== undefined) await classic.control('faults', fault);
    await classic.control('calls', undefined, 'DELETE');
    const secret = classic.secret;
    await classic.admin({ command: 'account.rotate-secret', account: classic.account, secret });
    return await classic.callsTo('/cgi-bin/token');
  } finally {
    await classic.close();
  }
}

test.each([45009, 45011])(
  'an AppSecret that cannot be tried without a cost, for the stable token answers %d, is proved by a mint',
  async (errcode) => expect(await mintsOfProof(errcode)).toBe(1),
);

test('an AppSecret of a classic account that has been tried costs no mint', async () => {
  expect(await mintsOfProof()).toBe(0);
});
