import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { inspect } from 'node:util';
import { Keyring, type KeyringOptions } from '../../client/index.ts';

afterEach(() => {
  jest.useRealTimers();
});

const token = { access_token: 'a', expires_in: 7200 };

function ok(): Response {
  return Response.json(token);
}

/** A problem document, as the service answers it. */
function busy(retryAfter?: number, status = 503): Response {
  const body = { type: 'urn:x', status, title: 'Busy.', code: 'service_busy', requestId: 'r' };
  return Response.json(body, {
    status,
    headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
  });
}

/** A client that is answered so, one after the other, and what it did. */
function answered(answers: (() => Response | Promise<Response>)[], options: KeyringOptions = {}) {
  const sent: Request[] = [];
  const slept: number[] = [];
  const keyring = new Keyring({
    baseUrl: 'https://keyring.example.com',
    apiKey: 'wk_key',
    fetch: async (request) => {
      sent.push(request);
      const answer = answers[sent.length - 1];
      if (!answer) throw new Error('It was not to be asked again.');
      return answer();
    },
    sleep: (milliseconds) => Promise.resolve(void slept.push(milliseconds)),
    ...options,
  });
  return { keyring, sent, slept };
}

describe('a request that only reads', () => {
  test('is repeated after as long as the service says', async () => {
    const { keyring, sent, slept } = answered([() => busy(2), () => busy(3, 429), ok]);
    expect(await keyring.token()).toEqual(token);
    expect(sent.map(({ headers }) => headers.get('authorization'))).toEqual(Array(3).fill('Bearer wk_key'));
    expect(slept).toEqual([2000, 3000]);
  });

  test('is repeated twice, and then fails with what the service says', async () => {
    const { keyring, slept } = answered([() => busy(1), () => busy(1), () => busy(1)]);
    await expect(keyring.token()).rejects.toMatchObject({ code: 'service_busy', status: 503, retryAfter: 1 });
    expect(slept).toHaveLength(2);
  });

  test('is repeated with its body where it has one', async () => {
    const { keyring, sent } = answered([
      () => busy(1),
      () => Response.json({ followers: [], unknown: ['o'] }),
    ]);
    await keyring.lookup({ openids: ['o'] });
    expect(await Promise.all(sent.map((request) => request.json()))).toEqual([
      { openids: ['o'] },
      { openids: ['o'] },
    ]);
  });

  test.each([
    ['for longer than the caller waits', () => busy(11)],
    ['without saying how long', () => busy()],
    [
      'for a date',
      () => Response.json({}, { status: 503, headers: { 'retry-after': 'Mon, 30 Nov 2026 20:00:00 GMT' } }),
    ],
    ['after a refusal of WeChat', () => busy(1, 502)],
  ])('is not repeated when it should wait %s', async (_, answer) => {
    const { keyring, slept } = answered([answer]);
    await expect(keyring.token()).rejects.toMatchObject({ name: 'KeyringError' });
    expect(slept).toEqual([]);
  });

  test('is repeated as often, and waits as long, as the caller wants', async () => {
    const { keyring, slept } = answered([() => busy(60), ok], { maxRetries: 1, maxWaitSeconds: 60 });
    await keyring.token();
    expect(slept).toEqual([60_000]);
    await expect(answered([() => busy(1)], { maxRetries: 0 }).keyring.token()).rejects.toMatchObject({
      code: 'service_busy',
    });
  });
});

describe('by its own clock', () => {
  /** Of a caller whose compiler lets a setting be there and undefined. */
  const unset = { timeoutMs: undefined, maxRetries: undefined, maxWaitSeconds: undefined, sleep: undefined };

  /** A client that waits by timers, and the requests that wait for an answer. */
  function waiting(options: object) {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    const open: ((answer: Response) => void)[] = [];
    const fetch = () => new Promise<Response>((resolve) => void open.push(resolve));
    const baseUrl = 'https://keyring.example.com';
    return { open, keyring: new Keyring({ baseUrl, apiKey: 'wk_key', fetch, ...options }) };
  }

  test.each([
    ['that are undefined', unset],
    ['that are left out', {}],
  ])('settings %s are those that the documents name', async (_, settings) => {
    const { open, keyring } = waiting(settings);
    const asked = keyring.token();
    await jest.advanceTimersByTimeAsync(29_999);
    open[0]?.(busy(10));
    await jest.advanceTimersByTimeAsync(9_999);
    expect(open).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1);
    open[1]?.(ok());
    expect(await asked).toEqual(token);
  });

  test('a request is given up in time even where the way it is sent cannot be stopped', async () => {
    const { keyring } = waiting({});
    const refused = expect(keyring.token()).rejects.toMatchObject({ code: 'network' });
    await jest.advanceTimersByTimeAsync(30_000);
    await refused;
  });

  test('who waits without an end is not cut off at once', async () => {
    const { open, keyring } = waiting({ timeoutMs: Infinity });
    const asked = keyring.token();
    await jest.advanceTimersByTimeAsync(3_600_000);
    open[0]?.(ok());
    expect(await asked).toEqual(token);
  });

  test('a wait of a month is not over at once', async () => {
    const { open, keyring } = waiting({ maxWaitSeconds: Infinity });
    void keyring.token();
    await jest.advanceTimersByTimeAsync(1);
    open[0]?.(busy(30 * 86_400));
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect(open).toHaveLength(1);
  });
});

test.each<[string, KeyringOptions]>([
  ['a key', { apiKey: 'wk_sec\nret' }],
  ['a key with a letter that cannot be seen', { apiKey: 'wk_sec\u200bret' }],
  ['a cookie', { cookie: 'id=sec\nret' }],
])('%s that no header can have is refused at once, and not named', (_, options) => {
  let thrown: unknown;
  try {
    new Keyring({ baseUrl: 'https://keyring.example.com', ...options });
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(TypeError);
  expect(inspect(thrown)).not.toContain('sec');
});

test('a list whose pages lead back to the same page ends with an error', async () => {
  const page = () => Response.json({ openids: ['o'], next: 'again' });
  const { keyring, sent } = answered([page, page, page]);
  await expect(Array.fromAsync(keyring.openids())).rejects.toMatchObject({ code: 'not_understood' });
  expect(sent).toHaveLength(2);
});

test.each<[string, (keyring: Keyring) => Promise<unknown>]>([
  ['a report of a token', (keyring) => keyring.reportToken('a')],
  ['a logout', (keyring) => keyring.logout()],
  ['a deletion', (keyring) => keyring.deleteMe()],
])('%s, which changes something, is never sent twice', async (_, act) => {
  const { keyring, sent } = answered([() => busy(1)]);
  await expect(act(keyring)).rejects.toMatchObject({ code: 'service_busy' });
  expect(sent).toHaveLength(1);
});

test('an error has the wait of the problem document where the header cannot be read', async () => {
  const problem = { type: 'urn:x', status: 503, title: 'Busy.', code: 'service_busy', retryAfter: 7 };
  const { keyring } = answered([() => Response.json(problem, { status: 503 })], { maxRetries: 0 });
  await expect(keyring.token()).rejects.toMatchObject({ code: 'service_busy', retryAfter: 7 });
});

describe('what is no answer of the service', () => {
  test.each<[string, () => Response | Promise<Response>, object]>([
    [
      'a broken connection',
      () => Promise.reject(new TypeError('fetch failed')),
      { code: 'network', cause: new TypeError('fetch failed') },
    ],
    ['a page of a proxy', () => new Response('<html>', { status: 502 }), { code: 'http_502', status: 502 }],
    ['a page of a network', () => new Response('<html>Log in'), { code: 'not_understood' }],
    ['null', () => Response.json(null), { code: 'not_understood' }],
    ['a text', () => Response.json('Hello.'), { code: 'not_understood' }],
    ['nothing where there should be something', () => new Response(''), { code: 'not_understood' }],
    [
      'a code that is a number',
      () => Response.json({ code: 40001 }, { status: 502 }),
      { code: 'http_502', problem: undefined },
    ],
    [
      "API Gateway's own word",
      () => Response.json({ message: 'Not Found' }, { status: 404 }),
      { code: 'http_404' },
    ],
  ])('%s is an error with a code', async (_, answer, expected) => {
    await expect(answered([answer]).keyring.token()).rejects.toMatchObject({
      name: 'KeyringError',
      ...expected,
    });
  });

  test('an answer that does not come is given up', async () => {
    const keyring = new Keyring({
      baseUrl: 'https://keyring.example.com',
      timeoutMs: 1,
      fetch: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')));
        }),
    });
    await expect(keyring.token()).rejects.toMatchObject({ code: 'network' });
  });

  test('an answer that comes to a halt half-way is given up, too', async () => {
    const keyring = new Keyring({
      baseUrl: 'https://keyring.example.com',
      timeoutMs: 1,
      fetch: ({ signal }) => {
        const body = new ReadableStream({
          start(controller) {
            signal.addEventListener('abort', () => controller.error(new Error('aborted')));
          },
        });
        return Promise.resolve(new Response(body, { headers: { 'content-type': 'application/json' } }));
      },
    });
    await expect(keyring.token()).rejects.toMatchObject({ code: 'network' });
  });
});

test('no answer comes out of a cache', async () => {
  const { keyring, sent } = answered([ok]);
  await keyring.token();
  expect(sent[0]?.cache).toBe('no-store');
});

test('a browser sends the cookie of the session along, and a back end with a key none', async () => {
  const page = answered([ok], { apiKey: undefined as unknown as string });
  await page.keyring.token();
  const backEnd = answered([ok]);
  await backEnd.keyring.token();
  expect([...page.sent, ...backEnd.sent].map(({ credentials }) => credentials)).toEqual(['include', 'omit']);
});
