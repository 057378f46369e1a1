import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Keyring, type KeyringOptions } from '../../client/index.ts';

afterEach(() => {
  jest.useRealTimers();
});

const aborted = { name: 'KeyringError', code: 'aborted' };

/** A client whose requests are answered by `fetch`, and those that it has sent. */
function asking(fetch: NonNullable<KeyringOptions['fetch']>, options: KeyringOptions = {}) {
  const sent: Request[] = [];
  const keyring = new Keyring({
    baseUrl: 'https://keyring.example.com',
    fetch: (request) => {
      sent.push(request);
      return fetch(request);
    },
    ...options,
  });
  return { keyring, sent };
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

function busy(): Promise<Response> {
  return Promise.resolve(new Response('{}', { status: 503, headers: { 'retry-after': '9' } }));
}

/** Once everything has happened that waits for nothing. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('a call that its caller gives up', () => {
  test('is an error that says so, even where the way it is sent cannot be stopped', async () => {
    const leaving = new AbortController();
    const asked = asking(never).keyring.me({ signal: leaving.signal });
    leaving.abort('left');
    await expect(asked).rejects.toMatchObject({ ...aborted, cause: 'left' });
  });

  test('ends on its way', async () => {
    const { keyring, sent } = asking(never);
    const leaving = new AbortController();
    const asked = expect(keyring.me({ signal: leaving.signal })).rejects.toMatchObject(aborted);
    await settled();
    expect(sent.map(({ signal }) => signal.aborted)).toEqual([false]);
    leaving.abort();
    await asked;
    expect(sent.map(({ signal }) => signal.aborted)).toEqual([true]);
  });

  test('does not wait to be repeated, and leaves no timer behind', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    const { keyring, sent } = asking(busy);
    const leaving = new AbortController();
    const asked = expect(keyring.token({ signal: leaving.signal })).rejects.toMatchObject(aborted);
    await jest.advanceTimersByTimeAsync(8_999);
    leaving.abort();
    await asked;
    expect(jest.getTimerCount()).toBe(0);
    expect(sent).toHaveLength(1);
  });

  test('does not wait for a sleep that heeds no signal', async () => {
    const { keyring, sent } = asking(busy, { sleep: never });
    const leaving = new AbortController();
    const asked = expect(keyring.token({ signal: leaving.signal })).rejects.toMatchObject(aborted);
    await settled();
    leaving.abort();
    await asked;
    expect(sent).toHaveLength(1);
  });

  test('does not keep the timer of its attempt', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    const leaving = new AbortController();
    const asked = expect(asking(never).keyring.token({ signal: leaving.signal })).rejects.toMatchObject(
      aborted,
    );
    await settled();
    expect(jest.getTimerCount()).toBe(1);
    leaving.abort();
    await asked;
    expect(jest.getTimerCount()).toBe(0);
  });
});

const signal = AbortSignal.abort();
test.each<[string, (keyring: Keyring) => Promise<unknown>]>([
  ['me', (keyring) => keyring.me({ signal })],
  ['deleteMe', (keyring) => keyring.deleteMe({ signal })],
  ['logout', (keyring) => keyring.logout({ signal })],
  ['avatars', (keyring) => keyring.avatars({}, { signal })],
  ['jssdkConfig', (keyring) => keyring.jssdkConfig('https://www.example.com/', { signal })],
  ['openids', (keyring) => Array.fromAsync(keyring.openids({}, { signal }))],
  ['followers', (keyring) => Array.fromAsync(keyring.followers({}, { signal }))],
  ['followerPages', (keyring) => Array.fromAsync(keyring.followerPages({}, { signal }))],
  ['followerCounts', (keyring) => keyring.followerCounts({ signal })],
  ['follower', (keyring) => keyring.follower('o', {}, { signal })],
  ['lookup', (keyring) => keyring.lookup({ openids: ['o'] }, { signal })],
  ['user', (keyring) => keyring.user('o', {}, { signal })],
  ['token', (keyring) => keyring.token({ signal })],
  ['reportToken', (keyring) => keyring.reportToken('a', { signal })],
  ['ticket', (keyring) => keyring.ticket('jsapi', { signal })],
  ['usage', (keyring) => keyring.usage(undefined, { signal })],
  ['health', (keyring) => keyring.health({ signal })],
])('%s sends nothing for a caller who has left', async (_, call) => {
  const { keyring, sent } = asking(never);
  await expect(call(keyring)).rejects.toMatchObject(aborted);
  expect(sent).toEqual([]);
});

describe('a list that its caller gives up', () => {
  /** A list without an end. */
  function endless() {
    let pages = 0;
    return asking(() => Promise.resolve(Response.json({ openids: ['a', 'b'], next: `page ${++pages}` })));
  }

  test.each([
    ['within a page', 1],
    ['after a page', 2],
  ])('%s brings no more, and asks for no more', async (_, count) => {
    const { keyring, sent } = endless();
    const leaving = new AbortController();
    const seen: string[] = [];
    const reading = async () => {
      for await (const openid of keyring.openids({}, { signal: leaving.signal })) {
        seen.push(openid);
        if (seen.length === count) leaving.abort();
      }
    };
    await expect(reading()).rejects.toMatchObject(aborted);
    expect(seen).toHaveLength(count);
    expect(sent).toHaveLength(1);
  });
});

test('a set-up of the JS-SDK that its caller gives up does not wait for WeChat, and leaves no timer behind', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  const { keyring } = asking(() => Promise.resolve(Response.json({ appId: 'wx1' })));
  const leaving = new AbortController();
  const wx = { ready: jest.fn(), error: jest.fn(), config: jest.fn() };
  const settings = { jsApiList: [], url: 'https://www.example.com/', signal: leaving.signal };
  const setUp = expect(keyring.configureWx(wx, settings)).rejects.toMatchObject(aborted);
  await jest.advanceTimersByTimeAsync(1);
  expect(wx.config).toHaveBeenCalledWith({ appId: 'wx1', jsApiList: [] });
  leaving.abort();
  await setUp;
  expect(jest.getTimerCount()).toBe(0);
});

test('a signal may be undefined, and one that ends after the answer changes nothing', async () => {
  const { keyring } = asking(() => Promise.resolve(Response.json({ access_token: 'a', expires_in: 1 })));
  const leaving = new AbortController();
  expect(await keyring.token({ signal: undefined })).toMatchObject({ access_token: 'a' });
  expect(await keyring.token({ signal: leaving.signal })).toMatchObject({ access_token: 'a' });
  leaving.abort();
});
