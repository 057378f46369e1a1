import { create as createAuthorize } from '../functions/oauth/authorize.ts';
import { create as createCallback } from '../functions/oauth/callback.ts';
import { create as createMe } from '../functions/users/get-me.ts';
import type { HttpResult } from '../functions/http.ts';
import { routes } from '../functions/routes.ts';
import { exchangeCode, getUserProfile } from '../shared/wechat/authorization.ts';
import { createWeChatClient } from '../shared/wechat/client.ts';
import { httpEvent, lambdaContext } from '../test/kit/event.ts';
import { startKit, type Kit } from '../test/kit/kit.ts';
import { markdownTable } from './markdown-table.ts';
import { countOperations } from './operations.ts';
import { startSlowLink } from './slow-link.ts';
import { quantile } from './statistics.ts';

export interface OAuthOptions {
  /** Logins, and as many calls of each other kind. */
  readonly times: number;
  /** Added to every exchange with WeChat, in milliseconds. */
  readonly latencyMs: number;
}

/** One kind of request. Counts are those of each single request, and the highest where they differ. */
export interface OAuthResult {
  readonly what: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The row that makes the same calls to WeChat and does nothing else. */
  readonly rawOf: string | undefined;
  readonly reads: number;
  readonly writes: number;
  readonly upstream: number;
}

const returnTo = 'https://www.example.com/after';
const warmUps = 20;

/** Logs users in one after the other, and beside it makes the same calls to WeChat with nothing around them. */
export async function runOAuth({ times, latencyMs }: OAuthOptions): Promise<OAuthResult[]> {
  const kit = await startKit({ followers: 1000 });
  const link = await startSlowLink({ port: Number(new URL(kit.simulator).port), delayMs: latencyMs });
  const counted = countOperations();
  try {
    const runtime = {
      ...kit.runtime,
      environment: { ...kit.runtime.environment, KEYRING_WECHAT_API_URL: link.url },
    };
    const wechat = createWeChatClient({ baseUrl: link.url, clock: kit.clock });
    const callback = createCallback(runtime);
    const me = createMe(runtime);
    const openids = await followersOf(kit);
    const comeBack = async (login: Login): Promise<HttpResult> =>
      callback(
        httpEvent(routes.callback, {
          path: { account: kit.account },
          query: new URL(login.location).search.slice(1),
          cookies: login.cookies,
        }),
        lambdaContext,
      );
    const session = cookiesOf(await comeBack(await startLogin(kit, 'snsapi_userinfo', openids[0])));
    const nth = (index: number) => openids[index % openids.length];
    const codeFor = async (scope: Scope, index: number) =>
      new URL((await startLogin(kit, scope, nth(index))).location).searchParams.get('code') ?? '';
    const exchange = (code: string) =>
      wechat.send(exchangeCode({ appId: kit.account, secret: kit.secret, code }));

    const kinds: readonly Kind[] = [
      kind('exchange alone', undefined, (index) => codeFor('snsapi_base', index), exchange),
      kind(
        'callback, snsapi_base',
        'exchange alone',
        (i) => startLogin(kit, 'snsapi_base', nth(i)),
        comeBack,
      ),
      kind(
        'exchange and userinfo alone',
        undefined,
        (index) => codeFor('snsapi_userinfo', index),
        async (code) => {
          const { openid, accessToken } = await exchange(code);
          return wechat.send(getUserProfile(accessToken, { openid, lang: 'zh_CN' }));
        },
      ),
      kind(
        'callback, snsapi_userinfo',
        'exchange and userinfo alone',
        (index) => startLogin(kit, 'snsapi_userinfo', nth(index)),
        comeBack,
      ),
      kind(
        'me',
        undefined,
        () => Promise.resolve(session),
        (cookies) => me(httpEvent(routes.getMe, { path: { account: kit.account }, cookies }), lambdaContext),
      ),
    ];
    const results: OAuthResult[] = [];
    for (const each of kinds) results.push(await measure(each, { times, counted, kit }));
    return results;
  } finally {
    counted.stop();
    await link.close();
    await kit.close();
  }
}

type Scope = 'snsapi_base' | 'snsapi_userinfo';

interface Login {
  /** Where WeChat sends the browser back to. */
  readonly location: string;
  readonly cookies: readonly string[];
}

interface Kind {
  readonly what: string;
  readonly rawOf: string | undefined;
  /** Makes ready, unmeasured; what it returns is then run. */
  readonly prepare: (index: number) => Promise<() => Promise<unknown>>;
}

function kind<T>(
  what: string,
  rawOf: string | undefined,
  prepare: (index: number) => Promise<T>,
  run: (prepared: T) => Promise<unknown>,
): Kind {
  return {
    what,
    rawOf,
    prepare: async (index) => {
      const prepared = await prepare(index);
      return () => run(prepared);
    },
  };
}

async function startLogin(kit: Kit, scope: Scope, openid = ''): Promise<Login> {
  const authorize = createAuthorize(kit.runtime);
  const query = new URLSearchParams({ scope, return_to: returnTo }).toString();
  const started = await authorize(
    httpEvent(routes.authorize, { path: { account: kit.account }, query }),
    lambdaContext,
  );
  const location = String(started.headers?.['location']);
  return { location: await kit.consent(location, openid), cookies: cookiesOf(started) };
}

function cookiesOf({ cookies = [] }: HttpResult): string[] {
  return cookies.map((cookie) => cookie.split(';')[0] ?? '');
}

async function followersOf(kit: Kit): Promise<string[]> {
  const { body } = await kit.call('listFollowers', { key: kit.apiKey });
  return (body as { openids: string[] }).openids;
}

async function measure(
  { what, rawOf, prepare }: Kind,
  { times, counted, kit }: { times: number; counted: ReturnType<typeof countOperations>; kit: Kit },
): Promise<OAuthResult> {
  const took: number[] = [];
  let [reads, writes, upstream] = [0, 0, 0];
  for (let index = -warmUps; index < times; index += 1) {
    const run = await prepare(index + warmUps);
    await kit.control('calls', undefined, 'DELETE');
    counted.reset();
    const startedAt = performance.now();
    const answer = await run();
    const ended = performance.now();
    if (isFailure(answer)) throw new Error(`${what} was answered with ${JSON.stringify(answer)}.`);
    if (index < 0) continue;
    took.push(ended - startedAt);
    reads = Math.max(reads, counted.reads);
    writes = Math.max(writes, counted.writes);
    const calls = (await kit.control('calls')) as Record<string, number>;
    upstream = Math.max(
      upstream,
      Object.values(calls).reduce((sum, count) => sum + count, 0),
    );
  }
  return {
    what,
    rawOf,
    p50Ms: quantile(took, 0.5) ?? Number.NaN,
    p99Ms: quantile(took, 0.99) ?? Number.NaN,
    reads,
    writes,
    upstream,
  };
}

function isFailure(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'statusCode' in answer
    ? Number(answer.statusCode) >= 400
    : false;
}

/** The results as Markdown. What is `over` is the time beyond that of the raw calls, in the same run. */
export function oauthTable(results: readonly OAuthResult[]): string {
  const rows = results.map(({ what, rawOf, p50Ms, p99Ms, reads, writes, upstream }) => {
    const raw = results.find((other) => other.what === rawOf);
    return [
      what,
      p50Ms.toFixed(1),
      p99Ms.toFixed(1),
      raw ? (p50Ms - raw.p50Ms).toFixed(1) : '–',
      raw ? (p50Ms / raw.p50Ms).toFixed(2) : '–',
      String(reads),
      String(writes),
      String(upstream),
    ];
  });
  const times = ['p50 ms', 'p99 ms', 'p50 over raw, ms', 'p50 ratio'];
  return markdownTable(['request', ...times, 'reads', 'writes', 'calls to WeChat'], rows, { texts: 1 });
}
