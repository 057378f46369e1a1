import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createServer } from 'node:http';
import { accountHandler, httpHandler } from '../../functions/http.ts';
import { problemSchema } from '../../functions/openapi/problem-schema.ts';
import { pageHandler } from '../../functions/pages.ts';
import { accountsOf, tablesOf } from '../../functions/parts.ts';
import type { Route } from '../../functions/route.ts';
import { routes } from '../../functions/routes.ts';
import { problems } from '../../shared/platform/errors.ts';
import { close, listen } from '../../local/aws/http.ts';
import { keepCounts } from '../followers/rows.ts';
import type { RequestInit } from '../kit/event.ts';
import { startKit, type Kit, type Response } from '../kit/kit.ts';

type Routes = typeof routes;
/** What SDKs call has WeChat's own contract: test/dropin. */
type Name = { [N in keyof Routes]: Routes[N]['audience'] extends 'sdk' ? never : N }[keyof Routes];

const pushToken = 'aTokenForPushes';

let kit: Kit;
let openids: string[];
/** The cookies of a browser in which the first follower has logged in and shared the profile. */
let session: readonly string[];
beforeAll(async () => {
  kit = await startKit({ tables: 'memory', pace: 20 });
  const { body } = await withKey('listFollowers');
  ({ openids } = body as { openids: string[] });
  session = (await logIn()).cookies;
  await kit.admin({ command: 'account.set-push', account: kit.account, pushToken });
  await keepCounts(kit, { syncedAt: 1 });
});
afterAll(() => kit.close());

function withKey(name: Name, request: RequestInit = {}): Promise<Response> {
  return kit.call(name, { key: kit.apiKey, ...request });
}

/** The same request once more, with the tag of the answer before. */
async function again(name: Name, request: RequestInit = {}): Promise<Response> {
  const { headers } = await withKey(name, request);
  return withKey(name, { ...request, headers: { 'if-none-match': String(headers['etag']) } });
}

/** A login up to where WeChat sends the browser back. */
async function comeBack(decision: 'allow' | 'deny', openid = openids[0] ?? ''): Promise<Response> {
  const { headers, cookies } = await kit.call('authorize', { query: { return_to: `${kit.origin}/` } });
  const back = await kit.consent(String(headers['location']), openid, decision);
  return kit.call('callback', { query: new URL(back).search.slice(1), cookies });
}

function logIn(): Promise<Response> {
  return comeBack('allow');
}

/** The query of a push that WeChat signs now. */
function signed(nonce: string): Record<string, string> {
  const timestamp = String(kit.clock.now());
  const signature = createHash('sha1').update([pushToken, timestamp, nonce].sort().join('')).digest('hex');
  return { signature, timestamp, nonce };
}

function pushedEvent(): string {
  const openid = openids[2] ?? '';
  return `<xml><ToUserName><![CDATA[gh_0]]></ToUserName><FromUserName><![CDATA[${openid}]]></FromUserName><CreateTime>${kit.clock.now()}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event></xml>`;
}

/** An account whose AppSecret is elsewhere; the lender is gone after it has been registered. */
async function borrowAccount(): Promise<string> {
  const account = 'wxb0bb0bb0bb0bb0bb';
  const lender = createServer((_, response) => {
    response.end(JSON.stringify({ access_token: 'lent', expires_in: 7200 }));
  });
  const url = await listen(lender);
  await kit.admin({
    command: 'account.add',
    account,
    name: 'Borrowed',
    mode: 'stable',
    secret: 'wk_of-the-lender',
    lender: url,
    allowedOrigins: [kit.origin],
    domainFiles: [],
  });
  await close(lender);
  return account;
}

/** For each route and each status that it declares, a call that is answered so. A new one needs an example here. */
const examples: Record<Name, Readonly<Record<number, () => Promise<Response>>>> = {
  listFollowers: {
    200: () => withKey('listFollowers', { query: { limit: '7' } }),
    304: async () => {
      await keepCounts(kit);
      const answer = await again('listFollowers', { query: { order: 'newest' } });
      await keepCounts(kit, { syncedAt: 1 });
      return answer;
    },
  },
  countFollowers: { 200: () => withKey('countFollowers'), 304: () => again('countFollowers') },
  getFollower: {
    200: () => withKey('getFollower', { path: { openid: openids[0] ?? '' } }),
    304: () => again('getFollower', { path: { openid: openids[0] ?? '' } }),
  },
  lookupFollowers: {
    200: () => withKey('lookupFollowers', { body: { openids: [...openids, 'oNobodyHasThisOpenid'] } }),
  },
  getToken: { 200: () => withKey('getToken') },
  reportToken: { 200: () => withKey('reportToken', { body: { access_token: 'an-older-one' } }) },
  getTicket: { 200: () => withKey('getTicket', { query: { type: 'jsapi' } }) },
  getJssdkConfig: { 200: () => kit.call('getJssdkConfig', { query: { url: `${kit.origin}/page` } }) },
  getUsage: { 200: () => withKey('getUsage') },
  listAvatars: {
    200: () => kit.call('listAvatars', { cookies: session }),
    304: () => again('listAvatars'),
  },
  getPlaceholder: {
    200: () => kit.call('getPlaceholder', { path: { seed: '0123456789abcdef', size: '46' } }),
  },
  authorize: {
    302: () => kit.call('authorize', { query: { return_to: `${kit.origin}/` } }),
    400: () => kit.call('authorize', { query: { return_to: 'https://elsewhere.example.com/' } }),
    409: async () => {
      const account = await borrowAccount();
      return kit.call('authorize', { path: { account }, query: { return_to: `${kit.origin}/` } });
    },
  },
  callback: {
    200: () => comeBack('deny'),
    303: () => logIn(),
    400: () => kit.call('callback', { query: { state: 'neverMade' } }),
  },
  logout: {
    204: async () =>
      kit.call('logout', { cookies: (await logIn()).cookies, headers: { 'x-keyring-csrf': '1' } }),
  },
  getUser: {
    200: () => withKey('getUser', { path: { openid: openids[0] ?? '' }, query: { refresh: 'true' } }),
  },
  getMe: { 200: () => kit.call('getMe', { cookies: session }) },
  deleteMe: {
    200: async () => {
      const { cookies } = await comeBack('allow', openids[3]);
      return kit.call('deleteMe', { cookies, headers: { 'x-keyring-csrf': '1' } });
    },
  },
  checkEventsUrl: {
    200: () => kit.call('checkEventsUrl', { query: { ...signed('1'), echostr: '42' } }),
  },
  receiveEvent: { 200: () => kit.call('receiveEvent', { query: signed('2'), body: pushedEvent() }) },
  health: { 200: () => kit.call('health') },
  domainFile: { 200: () => kit.call('domainFile', { path: { file: 'MP_verify_AbC123.txt' } }) },
};

const names = (Object.keys(routes) as (keyof Routes)[]).filter(
  (name): name is Name => routes[name].audience !== 'sdk',
);

describe('an answer is as declared:', () => {
  const declared = names.flatMap((name) =>
    Object.entries<Route['answers'][number]>(routes[name].answers).map(
      ([status, answer]) => [name, Number(status), answer] as const,
    ),
  );

  test.each(declared)(
    '%s %i',
    async (name, status, { schema, contentType = schema && 'application/json' }) => {
      const example = examples[name][status];
      if (!example) throw new Error(`Add an example of ${name} that is answered with ${status}.`);
      const { body, headers, ...answer } = await example();

      expect(answer.status).toBe(status);
      expect(mediaType(headers)).toBe(contentType);
      if (status >= 300 && status < 400 && status !== 304) expect(headers).toHaveProperty('location');
      if (contentType === undefined) expect(body).toBe('');
      // Parsing leaves out what is not declared, at every depth.
      if (schema) expect(body).toEqual(schema.parse(body));
    },
  );
});

/** What a caller can do wrong, wherever a route allows for it. */
const faults: {
  readonly fault: string;
  readonly applies: (route: Route) => boolean;
  readonly commit: (name: Name) => Promise<Response>;
}[] = [
  {
    fault: 'a call without credentials',
    applies: ({ access }) => access.who !== 'anyone',
    commit: (name) => kit.call(name),
  },
  {
    fault: 'a parameter it does not know',
    applies: ({ looseQuery }) => looseQuery !== true,
    commit: (name) => withKey(name, { query: 'unknown=1' }),
  },
  {
    fault: 'an account that is not registered',
    applies: ({ path }) => path.includes('{account}'),
    commit: (name) => withKey(name, { path: { account: 'wxbbbbbbbbbbbbbbbb' } }),
  },
  {
    fault: 'names in its path that are none',
    applies: ({ path }) => path.replace('{account}', '').includes('{'),
    commit: (name) => withKey(name),
  },
  {
    fault: 'a body that is not JSON',
    applies: ({ body }) => Object.keys(body.shape).length > 0,
    commit: (name) => withKey(name, { body: '{', headers: { 'content-type': 'application/json' } }),
  },
];

describe('a problem document is as declared:', () => {
  const faultsOf = (name: Name) => faults.filter(({ applies }) => applies(routes[name]));

  test.each(names.flatMap((name) => faultsOf(name).map(({ fault, commit }) => ({ name, fault, commit }))))(
    '$name for $fault',
    async ({ name, commit }) => expectProblem(routes[name], await commit(name)),
  );

  test('each route has a fault that it is tried with, but for the one that takes nothing', () => {
    expect(names.filter((name) => faultsOf(name).length === 0)).toEqual(['health']);
  });

  test.each<[string, Name, string, object, number]>([
    ['a refusal', 'getFollower', '/cgi-bin/user/info', { kind: 'errcode', errcode: 48001 }, 502],
    ['a garbled answer', 'getFollower', '/cgi-bin/user/info', { kind: 'garbage', body: '<html>' }, 502],
    ['a spent quota', 'listFollowers', '/cgi-bin/user/get', { kind: 'errcode', errcode: 45009 }, 429],
  ])('of %s at WeChat', async (_, name, path, fault, status) => {
    await kit.control('faults', { path, times: 3, ...fault });
    const answer = await withKey(name, { path: { openid: openids[1] ?? '' } });
    await kit.control('faults', undefined, 'DELETE');
    expect(answer.status).toBe(status);
    expectProblem(routes[name], answer);
  });
});

test('every route that a person may open from a chat bears what WeChat adds to its address', async () => {
  const open: Name[] = ['authorize', 'callback', 'domainFile', 'health', 'getPlaceholder'];
  const seen = names.filter((name) => routes[name].audience === 'person');
  expect(open).toEqual(expect.arrayContaining(seen));
  for (const name of open) {
    const { body } = await kit.call(name, { query: 'from=singlemessage&isappinstalled=0' });
    expect(JSON.stringify(body)).not.toContain('unknown_parameter');
  }
});

test('a route that people see compiles with pages only, and one for programs without', () => {
  const { runtime } = kit;
  const accounts = accountsOf(runtime, tablesOf(runtime));
  const answer = () => Promise.resolve({ statusCode: 200 });
  // The type checker is the judge: an unused expectation below is an error of `npm run typecheck`.
  const misuses = [
    // @ts-expect-error its faults would be problem documents
    () => httpHandler(runtime, routes.callback, answer),
    // @ts-expect-error its faults would be problem documents
    () => accountHandler(runtime, routes.callback, accounts, answer),
    // @ts-expect-error its faults would be pages
    () => pageHandler(runtime, routes.logout, accounts, answer),
  ];
  expect(misuses).toHaveLength(3);
});

function expectProblem({ audience }: Route, { status, headers, body }: Response): void {
  if (audience === 'person') {
    const codes = Object.entries(problems).filter(([code]) => String(body).includes(code));
    expect(mediaType(headers)).toBe('text/html');
    expect(codes.map(([, problem]) => problem.status)).toEqual([status]);
    return;
  }
  expect(mediaType(headers)).toBe('application/problem+json');
  const problem = problemSchema.parse(body);
  expect(body).toEqual(problem);
  const { code } = problem as { code: keyof typeof problems };
  expect(problem).toMatchObject({ type: `urn:wechat-keyring:problem:${code}`, ...problems[code] });
  expect(problem.status).toBe(status);
}

/** The media type, without what follows it. */
function mediaType(headers: Response['headers']): string | undefined {
  return headers['content-type'] === undefined
    ? undefined
    : String(headers['content-type']).replace(/;.*/, '');
}
