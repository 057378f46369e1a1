import { createServer } from 'node:http';
import { close, listen } from '../../../local/aws/http.ts';
import { startStack, runAdmin } from '../../../local/stack.ts';
import { MetricStore, type Span } from './cloudwatch.ts';

/** Twelve hours of the local stack under load, with faults; what its functions measured meanwhile. */

const hour = 3600;
/** The period of the metrics, and half of it. */
const step = { quiet: 300, eventful: 150 };
const secondAccount = { appid: 'wx00000000c1a551c0', secret: 'abcdef0123456789abcdef0123456789' };
const origin = 'https://wall.example.com';

/** When what happens, in hours from the start. */
const slowWeChat = [2, 3.5] as const;
const outage = [6.8, 8.2] as const;
const rejections = [10, 11] as const;
/** When there is a look every half period, in the same hours: the outage, the revocations, and what follows them. */
const eventful = [
  [6.5, 9],
  [10, 11.5],
] as const;

/** What takes longer is the fault of a busy machine, and not what the alarm of a slow API is about. */
const maxLatencyMs = 1000;

export interface Played {
  readonly store: MetricStore;
  readonly span: Span;
}

/** What the deployer has pushes forwarded to: it answers some, acknowledges others, and fails now and then. */
function backEnd() {
  let pushes = 0;
  return createServer((request, response) => {
    const turn = pushes++;
    request.resume().on('end', () => {
      const answer =
        turn % 2 === 0 ? 'success' : '<xml><MsgType>text</MsgType><Content>Welcome</Content></xml>';
      response.writeHead(turn % 7 === 5 ? 500 : 200, { 'content-type': 'text/xml' }).end(answer);
    });
  });
}

/** `apiId`: what the gateway's own measurements stand under, as API Gateway's do. */
export async function playTwelveHours({ stage, apiId }: { stage: string; apiId: string }): Promise<Played> {
  const store = new MetricStore();
  const quiet = () => undefined;
  const pushed = backEnd();
  const stack = await startStack({
    ports: { api: 0, simulator: 0, aws: 0 },
    log: { info: quiet, warn: quiet, error: quiet },
    metrics: (line) => {
      store.putLine(line.replaceAll('"Stage":"local"', `"Stage":"${stage}"`));
    },
    followers: 2000,
    origins: [origin],
    forward: `${await listen(pushed)}/wechat`,
  });
  const { clock, api, apiKey, account } = stack;
  try {
    const control = async (path: string, body?: unknown, method = 'POST') => {
      const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
      const response = await fetch(`${stack.simulator ?? ''}/_sim/${path}`, init);
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return response.status === 204 ? undefined : ((await response.json()) as Record<string, string>);
    };
    /** A request that the gateway measures, as API Gateway would. */
    const request = async (path: string, init: RequestInit = {}) => {
      const startedAt = performance.now();
      const response = await fetch(`${api}${path}`, { redirect: 'manual', ...init });
      const body = await response.text();
      const put = (name: string, value: number) => {
        store.put('AWS/ApiGateway', name, { ApiId: apiId }, { at: clock.now(), value });
      };
      put('Count', 1);
      put('Latency', Math.min(performance.now() - startedAt, maxLatencyMs));
      put('4xx', response.status >= 400 && response.status < 500 ? 1 : 0);
      put('5xx', response.status >= 500 ? 1 : 0);
      return { response, body };
    };
    const withKey = { headers: { authorization: `Bearer ${apiKey}` } };
    const reportDeadToken = async () => {
      const { body } = await request('/v1/accounts/default/token', withKey);
      await control('revoke', { appid: account, what: 'access_token' });
      const { access_token } = JSON.parse(body) as { access_token?: string };
      await request('/v1/accounts/default/token/report', {
        method: 'POST',
        headers: { ...withKey.headers, 'content-type': 'application/json' },
        body: JSON.stringify({ access_token }),
      });
    };
    const logIn = async (about: Record<string, unknown>, decision: 'allow' | 'deny') => {
      const user = await control('users', { appid: account, subscribe: true, ...about });
      const base = '/v1/accounts/default/oauth';
      const begin = await request(`${base}/authorize?return_to=${encodeURIComponent(`${origin}/`)}`);
      const asked = new URL(begin.response.headers.get('location') ?? '');
      const cookie = begin.response.headers.getSetCookie().map((text) => text.split(';')[0]);
      const names = ['redirect_uri', 'scope', 'state'] as const;
      const back = await control('consent', {
        appid: account,
        ...Object.fromEntries(names.map((name) => [name, asked.searchParams.get(name)])),
        openid: user?.['openid'],
        decision,
      });
      const { pathname, search } = new URL(back?.['location'] ?? '');
      await request(`${pathname}${search}`, { headers: { cookie: cookie.join('; ') } });
    };

    await control('accounts', { ...secondAccount, followers: 10 });
    await runAdmin(stack.runtime, {
      command: 'account.add',
      account: secondAccount.appid,
      name: 'The second account',
      mode: 'classic',
      secret: secondAccount.secret,
      allowedOrigins: [],
      domainFiles: [],
    });
    await runAdmin(stack.runtime, { command: 'account.set', account, mintBudget: 34 });
    const sdk = (await runAdmin(stack.runtime, {
      command: 'key.create',
      name: 'A back end',
      scopes: ['dropin:proxy'],
      accounts: '*',
    })) as { readonly key: string };
    const callAsSdk = async () => {
      const given = new URLSearchParams({
        grant_type: 'client_credential',
        appid: account,
        secret: sdk.key,
      });
      const { body } = await request(`/cgi-bin/token?${given.toString()}`);
      const { access_token } = JSON.parse(body) as { access_token: string };
      await request(`/cgi-bin/user/get?access_token=${access_token}`);
    };
    // From midnight in China, where mints are counted anew and the day's sync of followers begins.
    const offset = 8 * hour;
    await clock.advance(Math.ceil((clock.now() + offset) / (24 * hour)) * 24 * hour - offset - clock.now());
    // All tokens are new at the start, so that they are due at the same times in every run.
    for (const appid of [account, secondAccount.appid]) {
      await control('revoke', { appid, what: 'access_token' });
      await runAdmin(stack.runtime, { command: 'refresh', account: appid });
    }
    const from = clock.now();
    const during = ([begin, end]: readonly [number, number]) => {
      const at = (clock.now() - from) / hour;
      return at >= begin && at < end;
    };

    let isOut = false;
    for (let turn = 0; clock.now() < from + 12 * hour; turn++) {
      if (during(outage) !== isOut) {
        isOut = !isOut;
        if (!isOut) await control('faults', undefined, 'DELETE');
        for (const path of isOut ? ['/cgi-bin/*', '/sns/*'] : []) {
          await control('faults', { path, kind: 'http', status: 503, times: 100_000 });
        }
      }
      if (during(slowWeChat)) await control('faults', { path: '/sns/*', kind: 'slow', ms: 80, times: 1 });
      if (during(rejections)) await reportDeadToken();

      const busy = 1 + Math.round(2 * Math.sin(((clock.now() - from) / (12 * hour)) * Math.PI));
      for (let n = 0; n < busy; n++) {
        await request('/v1/accounts/default/followers?limit=20', withKey);
        await request('/v1/accounts/default/avatars?limit=10', withKey);
      }
      await request('/v1/accounts/default/token', withKey);
      await request(`/v1/accounts/${secondAccount.appid}/token`, withKey);
      await request(`/v1/accounts/default/jssdk-config?url=${encodeURIComponent(`${origin}/`)}`);
      await callAsSdk();
      if (turn % 3 === 0) await request('/health');
      if (turn % 7 === 0) await request('/v1/accounts/default/me');
      if (turn % 11 === 0) await request('/v1/accounts/nobody/token', withKey);
      await logIn({ snapshot: turn % 9 === 4 }, turn % 8 === 3 ? 'deny' : 'allow');
      if (turn % 3 === 0) await logIn({}, 'allow');
      await stack.settled();
      await clock.advance(eventful.some(during) ? step.eventful : step.quiet);
    }
    await stack.settled();
    return { store, span: { from, to: from + 12 * hour } };
  } finally {
    await stack.close();
    await close(pushed);
  }
}
