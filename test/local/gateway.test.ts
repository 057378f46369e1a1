import { afterEach, describe, expect, test } from '@jest/globals';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import type { LambdaHandler } from '../../local/aws/lambda.ts';
import { startGateway, type Gateway, type GatewayOptions } from '../../local/gateway.ts';
import type { FunctionEvent } from '../../local/gateway/event.ts';
import type { GatewayRoute } from '../../local/gateway/routing.ts';
import { standingClock } from '../kit/clock.ts';

const anyone = { who: 'anyone' } as const;
const withKey = { who: 'key', scope: 'followers:read' } as const;

const routes: readonly GatewayRoute[] = [
  { method: 'GET', path: '/v1/{account}/followers', entry: 'followers/list', access: anyone },
  { method: 'GET', path: '/v1/{account}/followers/{openid}', entry: 'followers/one', access: anyone },
  {
    method: 'GET',
    path: '/v1/{account}/followers/random',
    entry: 'followers/random',
    access: anyone,
  },
  {
    method: 'POST',
    path: '/v1/{account}/followers/lookup',
    entry: 'followers/lookup',
    access: anyone,
  },
  { method: 'GET', path: '/keys', entry: 'access/keys', access: withKey },
  {
    method: 'GET',
    path: '/either',
    entry: 'access/either',
    access: { ...withKey, who: 'key-or-session' },
  },
  { method: 'GET', path: '/session', entry: 'access/session', access: { who: 'session' } },
  {
    method: 'GET',
    path: '/cgi-bin/token',
    entry: 'dropin/serve-sdk',
    access: { who: 'sdk', gives: 'a key' },
  },
  { method: 'GET', path: '/{file}', entry: 'open/file', access: anyone },
  { method: 'ANY', path: '/pass/{proxy+}', entry: 'pass/rest', access: anyone },
  { method: 'ANY', path: '/pass/token', entry: 'pass/any', access: anyone },
  { method: 'POST', path: '/pass/token', entry: 'pass/token', access: anyone },
];

let gateway: Gateway | undefined;

afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
});

async function start(handler: LambdaHandler, options: Partial<GatewayOptions> = {}): Promise<string> {
  gateway = await startGateway({
    port: 0,
    routes,
    functionFor: () => handler,
    authorizer: () => Promise.resolve({ isAuthorized: true }),
    ...options,
  });
  return gateway.url;
}

/** Answers with the event itself. */
const echo: LambdaHandler = (event) => Promise.resolve({ statusCode: 200, body: JSON.stringify(event) });

async function eventOf(response: Response): Promise<FunctionEvent> {
  return (await response.json()) as FunctionEvent;
}

/** Node's own client sends what fetch would not. */
function send(
  url: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string | string[]> } = {},
): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode, text }));
    })
      .on('error', reject)
      .end();
  });
}

describe('a route', () => {
  const matched = async (path: string, method = 'GET') => {
    const url = await start(echo);
    const { status, text } = await send(url + path, { method });
    if (status !== 200) return status;
    const { routeKey, pathParameters } = JSON.parse(text) as FunctionEvent;
    return { routeKey, ...(pathParameters && { pathParameters }) };
  };

  test.each([
    ['a parameter', '/v1/wx1/followers', 'GET /v1/{account}/followers', { account: 'wx1' }],
    [
      'two parameters',
      '/v1/wx1/followers/o1',
      'GET /v1/{account}/followers/{openid}',
      { account: 'wx1', openid: 'o1' },
    ],
    [
      'text where a parameter matches too',
      '/v1/wx1/followers/random',
      'GET /v1/{account}/followers/random',
      { account: 'wx1' },
    ],
    [
      'a parameter where the text is another method’s',
      '/v1/wx1/followers/lookup',
      'GET /v1/{account}/followers/{openid}',
      { account: 'wx1', openid: 'lookup' },
    ],
    ['an encoded parameter', '/MP%5Fverify%20%E4%BD%A0.txt', 'GET /{file}', { file: 'MP_verify 你.txt' }],
    ['text before a parameter at the root', '/session', 'GET /session', undefined],
    ['the rest of a path', '/pass/user/get', 'ANY /pass/{proxy+}', { proxy: 'user/get' }],
    ['the rest of a path with slashes of its own', '/pass//user/', 'ANY /pass/{proxy+}', { proxy: '/user/' }],
    ['text where the rest of a path matches too', '/pass/token', 'ANY /pass/token', undefined],
  ])('is found by %s', async (_kind, path, routeKey, pathParameters) => {
    expect(await matched(path)).toEqual({ routeKey, ...(pathParameters && { pathParameters }) });
  });

  test('is found by its method before one for any', async () => {
    expect(await matched('/pass/token', 'POST')).toEqual({ routeKey: 'POST /pass/token' });
  });

  test.each([
    ['the rest of a path, where there is none', '/pass/', 'GET', 404],
    ['the root, which is no file', '/', 'GET', 404],
    ['an empty parameter', '/v1//followers', 'GET', 404],
    ['a slash at the end', '/v1/wx1/followers/', 'GET', 404],
    ['an encoded slash', '/a%2Fb', 'GET', 404],
    ['another method', '/keys', 'POST', 404],
    ['HEAD', '/session', 'HEAD', 404],
    ['a malformed path', '/%zz', 'GET', 400],
    ['a path that is no UTF-8', '/a%ff', 'GET', 400],
  ])('does not take %s', async (_kind, path, method, status) => {
    expect(await matched(path, method)).toBe(status);
  });
});

describe('the event', () => {
  test('is that of payload format 2.0', async () => {
    const clock = standingClock();
    const now = await clock.advance(86_400);
    const url = await start(echo, { clock });
    const response = await fetch(`${url}/v1/wx1/followers?limit=2&tag=a&tag=b%20c`, {
      headers: { 'user-agent': 'tests', 'X-Custom': 'Value' },
    });
    const event = await eventOf(response);
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'GET /v1/{account}/followers',
      rawPath: '/v1/wx1/followers',
      rawQueryString: 'limit=2&tag=a&tag=b%20c',
      headers: {
        'x-custom': 'Value',
        host: new URL(url).host,
        'x-forwarded-proto': 'http',
        'x-forwarded-for': '127.0.0.1',
      },
      queryStringParameters: { limit: '2', tag: 'a,b c' },
      pathParameters: { account: 'wx1' },
      requestContext: {
        domainName: '127.0.0.1',
        http: {
          method: 'GET',
          path: '/v1/wx1/followers',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'tests',
        },
        routeKey: 'GET /v1/{account}/followers',
        stage: '$default',
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: now * 1000,
      },
      isBase64Encoded: false,
    });
    expect(event.requestContext.requestId).toBe(response.headers.get('apigw-requestid'));
  });

  test('leaves out what the request has not', async () => {
    const url = await start(echo);
    const event = await eventOf(await fetch(`${url}/session`));
    for (const absent of ['cookies', 'queryStringParameters', 'pathParameters', 'body', 'stageVariables']) {
      expect(event).not.toHaveProperty(absent);
    }
    expect(event.requestContext).not.toHaveProperty('authorizer');
    expect(event.rawQueryString).toBe('');
  });

  test('has cookies in a list of their own, and repeated headers joined', async () => {
    const url = await start(echo);
    const { text } = await send(`${url}/session`, {
      headers: { Cookie: '__Host-session=a%20b; theme=dark', 'X-Tag': ['one', 'two'] },
    });
    const { cookies, headers } = JSON.parse(text) as FunctionEvent;
    expect(cookies).toEqual(['__Host-session=a%20b', 'theme=dark']);
    expect(headers['x-tag']).toBe('one,two');
    expect(headers).not.toHaveProperty('cookie');
  });

  test('has cookies without the blanks around them, and no other character is a blank', async () => {
    const url = await start(echo);
    // Node writes the byte 0xA0 for it. A sibling site may set such a cookie: it does not begin with __Host-.
    const { text } = await send(`${url}/session`, { headers: { Cookie: 'a=1 ;\t b=2;\u00a0__Host-c=3' } });
    const { cookies } = JSON.parse(text) as FunctionEvent;
    expect(cookies).toEqual(['a=1', 'b=2', '\u00a0__Host-c=3']);
  });

  test.each([
    ['application/json; charset=utf-8', false],
    ['text/xml', false],
    ['application/x-www-form-urlencoded', true],
    ['application/problem+json', true],
    ['image/png', true],
  ])('has a body of type %s in base64: %s', async (contentType, isBase64Encoded) => {
    const url = await start(echo);
    const event = await eventOf(
      await fetch(`${url}/v1/wx1/followers/lookup`, {
        method: 'POST',
        headers: { 'content-type': contentType },
        body: '{"a":"é"}',
      }),
    );
    expect(event.isBase64Encoded).toBe(isBase64Encoded);
    expect(Buffer.from(event.body ?? '', isBase64Encoded ? 'base64' : 'utf8').toString()).toBe('{"a":"é"}');
  });

  test('comes with a context that has a request id and less than 29 seconds', async () => {
    const url = await start((_event, context) =>
      Promise.resolve({
        statusCode: 200,
        body: JSON.stringify([
          context.functionName,
          context.awsRequestId,
          context.getRemainingTimeInMillis(),
        ]),
      }),
    );
    const [name, requestId, remaining] = (await (await fetch(`${url}/session`)).json()) as [
      string,
      string,
      number,
    ];
    expect(name).toBe('access-session');
    expect(requestId).toMatch(/^[\da-f-]{36}$/);
    expect(remaining).toBeGreaterThan(0);
    expect(remaining).toBeLessThanOrEqual(29_000);
  });
});

describe('the authorizer', () => {
  test.each(['/keys?x=1', '/either?x=1'])(
    'is asked about %s, and the function is told its context',
    async (path) => {
      const asked: unknown[] = [];
      const url = await start(echo, {
        authorizer: (event) => {
          asked.push(event);
          return Promise.resolve({ isAuthorized: true, context: { key: 'known', scopes: 'followers:read' } });
        },
      });
      const event = await eventOf(await fetch(url + path, { headers: { authorization: 'Bearer k' } }));
      expect(event.requestContext.authorizer).toEqual({ lambda: { key: 'known', scopes: 'followers:read' } });
      expect(asked).toEqual([
        expect.objectContaining({
          version: '2.0',
          type: 'REQUEST',
          routeArn: expect.stringMatching(/^arn:aws:execute-api:.*\/\$default\/GET\//),
          identitySource: [],
          headers: expect.objectContaining({ authorization: 'Bearer k' }),
          rawQueryString: 'x=1',
        }),
      ]);
    },
  );

  test.each(['/session', '/file.txt'])('is not asked about %s', async (path) => {
    const url = await start(echo, { authorizer: () => Promise.reject(new Error('asked')) });
    const response = await fetch(url + path);
    expect(response.status).toBe(200);
  });

  test('keeps a request that it refuses from the function', async () => {
    let called = false;
    const url = await start(
      () => {
        called = true;
        return Promise.resolve();
      },
      { authorizer: () => Promise.resolve({ isAuthorized: false }) },
    );
    const response = await fetch(`${url}/keys`);
    expect([response.status, await response.json()]).toEqual([403, { message: 'Forbidden' }]);
    expect(called).toBe(false);
  });

  test.each<[string, LambdaHandler]>([
    ['throws', () => Promise.reject(new Error('no table'))],
    ['answers something else', () => Promise.resolve({ authorized: 'yes' })],
  ])('that %s makes the answer 500', async (_fault, authorizer) => {
    const url = await start(echo, { authorizer });
    const response = await fetch(`${url}/keys`);
    expect([response.status, await response.json()]).toEqual([500, { message: 'Internal Server Error' }]);
  });
});

describe('the answer', () => {
  test('has the status, headers, cookies and body of the result', async () => {
    const url = await start(() =>
      Promise.resolve({
        statusCode: 303,
        headers: { Location: '/after', 'X-Count': 3 },
        cookies: ['a=1; Path=/; HttpOnly', 'b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT'],
        body: 'see there',
      }),
    );
    const response = await fetch(`${url}/session`, { redirect: 'manual' });
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe('/after');
    expect(response.headers.get('x-count')).toBe('3');
    expect(response.headers.getSetCookie()).toEqual([
      'a=1; Path=/; HttpOnly',
      'b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT',
    ]);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await response.text()).toBe('see there');
  });

  test.each([
    ['application/json', '{"a":1}', '{"a":1}\n'],
    ['application/problem+json', '{"a":1}', '{"a":1}\n'],
    ['application/json', '', ''],
    // WeChat looks for these seven letters.
    ['text/plain', 'success', 'success'],
  ])(
    'of %s ends in a newline for those who read it in a terminal, only where it is JSON',
    async (type, body, sent) => {
      const url = await start(() =>
        Promise.resolve({ statusCode: 200, headers: { 'Content-Type': type }, body }),
      );
      const response = await fetch(`${url}/session`);
      expect(response.headers.get('content-type')).toBe(type);
      expect(await response.text()).toBe(sent);
    },
  );

  test('of JSON for an SDK has no newline, for co-wechat-api takes JSON with one for none', async () => {
    const url = await start(() =>
      Promise.resolve({
        statusCode: 200,
        headers: { 'content-type': 'application/json; encoding=utf-8' },
        body: '{"a":1}',
      }),
    );
    expect(await (await fetch(`${url}/cgi-bin/token`)).text()).toBe('{"a":1}');
  });

  test('can be binary', async () => {
    const url = await start(() =>
      Promise.resolve({
        statusCode: 200,
        headers: { 'content-type': 'image/png' },
        body: Buffer.from([137, 80, 255]).toString('base64'),
        isBase64Encoded: true,
      }),
    );
    const response = await fetch(`${url}/session`);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([137, 80, 255]);
  });

  test('can be empty', async () => {
    const url = await start(() => Promise.resolve({ statusCode: 204 }));
    const response = await fetch(`${url}/session`);
    expect([response.status, await response.text()]).toEqual([204, '']);
    expect(response.headers.has('content-length')).toBe(false);
  });

  test.each<[string, LambdaHandler]>([
    ['throws', () => Promise.reject(new RangeError('secret-free reason'))],
    [
      'throws before it returns a promise',
      () => {
        throw new RangeError('secret-free reason');
      },
    ],
    ['returns a body that is no text', () => Promise.resolve({ statusCode: 200, body: { a: 1 } })],
    ['returns no status code', () => Promise.resolve({ body: 'a' })],
    ['returns nothing', () => Promise.resolve()],
    ['returns a status code that is none', () => Promise.resolve({ statusCode: 9000 })],
    [
      'returns a header that HTTP forbids',
      () => Promise.resolve({ statusCode: 200, headers: { a: 'b\r\nc: d' } }),
    ],
  ])('of a function that %s is 500', async (_fault, handler) => {
    const url = await start(handler);
    const response = await fetch(`${url}/session`);
    expect([response.status, await response.json()]).toEqual([500, { message: 'Internal Server Error' }]);
  });

  test('of a function that throws leaves the reason to the log', async () => {
    const log: string[] = [];
    const url = await start(() => Promise.reject(new RangeError('too far')), {
      log: (line) => log.push(line),
    });
    await fetch(`${url}/v1/wx1/followers/o1?code=c`);
    expect(log).toEqual(['GET /v1/{account}/followers/{openid}: followers/one failed: RangeError: too far']);
  });

  test('of a function that takes too long is 503', async () => {
    const url = await start(() => Promise.withResolvers<undefined>().promise, { timeoutMs: 10 });
    const response = await fetch(`${url}/session`);
    expect([response.status, await response.json()]).toEqual([503, { message: 'Service Unavailable' }]);
  });

  test('to a body over 10 MB is 413, and to one of 10 MB is the function’s', async () => {
    const url = await start(() => Promise.resolve({ statusCode: 200 }));
    const post = (bytes: number) =>
      fetch(`${url}/v1/wx1/followers/lookup`, { method: 'POST', body: Buffer.alloc(bytes) });
    const tooLarge = await post(10_000_001);
    expect([tooLarge.status, await tooLarge.json()]).toEqual([413, { message: 'Request Entity Too Large' }]);
    expect((await post(10_000_000)).status).toBe(200);
  });

  test.each(['localhost:99999', 'keyring.localhost:65536'])(
    'to a request under %s, where no port is, is 400',
    async (host) => {
      const lines: string[] = [];
      const url = await start(echo, { hostname: 'keyring.localhost', log: (line) => lines.push(line) });
      const { status, text } = await send(`${url}/session`, { headers: { host } });
      expect([status, text]).toEqual([400, '{"message":"Bad Request"}\n']);
      expect(lines).toEqual([]);
    },
  );

  test('to a request under a foreign host name is 403', async () => {
    const url = await start(echo);
    const { status, text } = await send(`${url}/session`, { headers: { host: 'rebound.example' } });
    expect([status, JSON.parse(text)]).toEqual([403, { message: 'Forbidden' }]);
  });
});

describe('what is no request that a server can read', () => {
  const refused = async (requestText: string) => {
    const { port } = new URL(await start(echo));
    const socket = connect(Number(port), '127.0.0.1').end(requestText);
    const [head = '', body = ''] = (await textOf(socket)).split('\r\n\r\n');
    expect(head).toMatch(/^content-type: application\/json$/im);
    return [Number(head.split(' ')[1]), JSON.parse(body) as unknown];
  };

  test('is 431 when its headers are too long', async () => {
    const requestText = `GET /session?${'x'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    expect(await refused(requestText)).toEqual([431, { message: 'Request Header Fields Too Large' }]);
  });

  test('is 400 when it is not HTTP', async () => {
    expect(await refused('hello\r\n\r\n')).toEqual([400, { message: 'Bad Request' }]);
  });

  test('is 403 without a host', async () => {
    const requestText = 'GET /session HTTP/1.1\r\nConnection: close\r\n\r\n';
    expect(await refused(requestText)).toEqual([403, { message: 'Forbidden' }]);
  });
});

test('a method that the path has no route for is not found, as at API Gateway', async () => {
  const response = await fetch(`${await start(echo)}/v1/wx1/followers`, { method: 'PATCH' });
  expect([response.status, response.headers.get('allow')]).toEqual([404, null]);
  expect(await response.json()).toEqual({ message: 'Not Found' });
});

describe('the fallback', () => {
  const fallback: GatewayOptions['fallback'] = (message, response) => {
    if (message.url !== '/') return false;
    response.end('the web client');
    return true;
  };

  test('answers what no route takes', async () => {
    const url = await start(echo, { fallback });
    expect(await (await fetch(`${url}/`)).text()).toBe('the web client');
  });

  test('leaves the rest to be not found', async () => {
    const url = await start(echo, { fallback });
    const response = await fetch(`${url}/no/such/page`);
    expect([response.status, await response.json()]).toEqual([404, { message: 'Not Found' }]);
  });

  test('is not asked when a route matches', async () => {
    const url = await start(() => Promise.resolve({ statusCode: 200, body: 'the function' }), {
      fallback: () => Promise.reject(new Error()),
    });
    expect(await (await fetch(`${url}/session`)).text()).toBe('the function');
  });
});

test('closing ends kept-alive connections and requests that wait', async () => {
  const { promise: called, resolve: call } = Promise.withResolvers<undefined>();
  const { promise: held, resolve: release } = Promise.withResolvers<undefined>();
  const url = await start(() => {
    call(undefined);
    return held;
  });
  const agent = new Agent({ keepAlive: true });
  const ended = new Promise<string>((resolve) => {
    request(`${url}/session`, { agent }, () => resolve('answered'))
      .on('error', () => resolve('cut off'))
      .end();
  });
  await called;
  await gateway?.close();
  expect(await ended).toBe('cut off');
  release(undefined);
  agent.destroy();
});
