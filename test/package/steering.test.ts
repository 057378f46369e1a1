import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startKeyring, type LocalKeyring } from '../../package/entries/testing.ts';
import { startSimulator, type Simulator } from '../../package/entries/simulator.ts';

let wechat: Simulator;
beforeEach(async () => {
  wechat = await startSimulator();
});
afterEach(() => wechat.close());

async function mint({ appid, secret } = wechat.account): Promise<Record<string, unknown>> {
  const query = new URLSearchParams({ grant_type: 'client_credential', appid, secret }).toString();
  return ask(`/cgi-bin/token?${query}`);
}

async function ask(path: string): Promise<Record<string, unknown>> {
  return (await (await fetch(wechat.url + path)).json()) as Record<string, unknown>;
}

const followersWith = (token: unknown) => ask(`/cgi-bin/user/get?access_token=${String(token)}`);

test('begins with one account that has 30 followers', async () => {
  const { access_token } = await mint();
  expect(await followersWith(access_token)).toMatchObject({ total: 30 });
});

test('a token ends when its time is over', async () => {
  const { access_token } = await mint();
  const before = await wechat.now();
  expect((await wechat.advance(7200)) - before).toBeGreaterThanOrEqual(7200);
  expect(await followersWith(access_token)).toMatchObject({ errcode: 42001 });
});

test('a token ends when it is revoked', async () => {
  const { access_token } = await mint();
  await wechat.revoke('access_token');
  expect(await followersWith(access_token)).toMatchObject({ errcode: 40001 });
});

test('an account is added, and changed by its appid', async () => {
  const other = { appid: 'wxabcdefabcdefabcd', secret: 'one', followers: 2 };
  await wechat.addAccount({ ...other, options: { verified: false } });
  const { access_token } = await mint(other);
  expect(await followersWith(access_token)).toMatchObject({ errcode: 48001 });
  await wechat.changeAccount({ appid: other.appid, options: { verified: true } });
  expect(await followersWith(access_token)).toMatchObject({ total: 2 });
  await wechat.changeAccount({ appid: other.appid, secret: 'another' });
  expect(await mint(other)).toMatchObject({ errcode: 40125 });
});

test('an appid that is undefined is that of the first account', async () => {
  const unset = { appid: undefined } as unknown as { appid: string };
  expect(await wechat.putUser({ ...unset, nickname: 'Lin', subscribe: true })).toMatchObject({
    nickname: 'Lin',
  });
  await wechat.changeAccount({ ...unset, secret: 'another' });
  expect(await mint()).toMatchObject({ errcode: 40125 });
});

test('calls go wrong until they are mended, and are counted until that is forgotten', async () => {
  await wechat.fail({ path: '/cgi-bin/token', kind: 'errcode', errcode: -1, times: 2 });
  expect(await mint()).toMatchObject({ errcode: -1 });
  await wechat.mend();
  expect(await mint()).toMatchObject({ expires_in: 7200 });
  expect(await wechat.calls()).toEqual({ '/cgi-bin/token': 2 });
  await wechat.forgetCalls();
  expect(await wechat.calls()).toEqual({});
});

test('somebody is added, follows, and is changed by their openid', async () => {
  const { openid } = await wechat.putUser({ nickname: '小明', subscribe: true });
  const { access_token } = await mint();
  expect(await followersWith(access_token)).toMatchObject({ total: 31 });
  expect(await wechat.putUser({ openid, subscribe: false })).toMatchObject({
    openid,
    nickname: '小明',
    subscribe: false,
  });
  expect(await followersWith(access_token)).toMatchObject({ total: 30 });
});

test('what it cannot take is told', async () => {
  await expect(wechat.fail({ path: 'nowhere', kind: 'reset' })).rejects.toThrow(/^path: /);
});

test('what is missing in the whole is told without a path before it', async () => {
  const strange = { event: { Event: 'CLICK' }, Event: 'CLICK' };
  await expect(wechat.push(strange)).rejects.toThrow(/^Unrecognized key: "Event"$/);
});

test('a push without an address is refused', async () => {
  await expect(wechat.push({ event: { Event: 'CLICK' } })).rejects.toThrow();
});

test('begins anew with the account of the start', async () => {
  const { access_token } = await mint();
  await wechat.reset();
  expect(await followersWith(access_token)).not.toHaveProperty('total');
  expect(await mint()).toMatchObject({ expires_in: 7200 });
});

test('with the service before it, a person logs in, and a push reaches whoever waits for events', async () => {
  const events: unknown[] = [];
  const keyring: LocalKeyring = await startKeyring({ onEvent: (event) => events.push(event) });
  try {
    const { openid } = await keyring.simulator.putUser({ nickname: '小红', subscribe: true });
    const { cookie } = await keyring.logIn(openid);
    const me = await fetch(`${keyring.api}/v1/accounts/default/me`, { headers: { cookie } });
    expect(await me.json()).toMatchObject({ openid });
    events.length = 0;
    await keyring.simulator.putUser({ openid, subscribe: false });
    await keyring.settled();
    expect(events).toMatchObject([{ detail: { openid, event: 'unsubscribe' } }]);
    await keyring.simulator.revoke({ openid });
    const key = await keyring.createKey({ scopes: ['token:read'], accounts: [keyring.account] });
    const headers = { authorization: `Bearer ${key}` };
    const answers = await Promise.all(
      ['token', 'followers'].map((what) => fetch(`${keyring.api}/v1/accounts/default/${what}`, { headers })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 403]);
  } finally {
    await keyring.close();
  }
});

test('the account of the service takes a push as it comes, and its followers are mirrored when that is asked for', async () => {
  const events: unknown[] = [];
  const keyring = await startKeyring({ followers: 3, onEvent: (event) => events.push(event) });
  try {
    const pushed = { event: { FromUserName: 'oSomebody', Event: 'CLICK', EventKey: 'menu' } };
    expect(await keyring.simulator.push(pushed)).toMatchObject({ status: 200, body: 'success' });
    await keyring.settled();
    expect(events).toMatchObject([{ detail: { openid: 'oSomebody' } }]);
    const newest = () =>
      fetch(`${keyring.api}/v1/accounts/default/followers?order=newest&include=profile`, {
        headers: { authorization: `Bearer ${keyring.key}` },
      });
    expect((await newest()).status).toBe(409);
    await keyring.syncFollowers();
    expect(await (await newest()).json()).toMatchObject({ total: 3 });
  } finally {
    await keyring.close();
  }
});

// Plain JavaScript has no compiler that would notice.
const given = (options: unknown) => options as never;

test.each([
  [{ port: 'x' }, 'startSimulator: port: Invalid input: expected number, received string'],
  [{ port: 65_536 }, 'startSimulator: port: '],
  [{ prot: 1 }, 'startSimulator: Unrecognized key: "prot"'],
  [{ accounts: [] }, 'startSimulator: accounts: '],
  [{ accounts: [{ appid: 'wxabcdefabcdefabcd' }] }, 'startSimulator: accounts.0.secret: '],
  [{ log: true }, 'startSimulator: log: expected a function'],
])('a simulator does not start with %j', async (options, message) => {
  const refused = startSimulator(given(options));
  await expect(refused).rejects.toThrow(TypeError);
  await expect(refused).rejects.toThrow(message);
});

test.each([
  [{ follower: 3 }, 'startKeyring: Unrecognized key: "follower"'],
  [{ followers: 3, mode: 'fast' }, 'startKeyring: mode: '],
])('the service does not start with %j', async (options, message) => {
  await expect(startKeyring(given(options))).rejects.toThrow(message);
});

test('a key is not made of what says nothing about it', async () => {
  const keyring = await startKeyring({ followers: 3 });
  try {
    await expect(keyring.createKey(given({}))).rejects.toThrow('createKey: scopes: ');
    await expect(keyring.createKey(given(undefined))).rejects.toThrow('createKey: ');
    await expect(keyring.createKey(given({ scopes: ['everything'] }))).rejects.toThrow(
      'createKey: scopes.0: ',
    );
  } finally {
    await keyring.close();
  }
});
