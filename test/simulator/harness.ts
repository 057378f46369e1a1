import type { AccountInput } from '../../local/simulator/accounts.ts';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../local/simulator/simulator.ts';
import { standingClock } from '../kit/clock.ts';

/** Noon in China on 15 June 2025: far from both ends of the platform's day. */
export const noon = Date.UTC(2025, 5, 15, 4) / 1000;
export const appid = 'wx0123456789abcdef';
export const secret = '0123456789abcdef0123456789abcdef';

/** What the tests read of an answer; which fields are there is what they are about. */
export type Body = Record<string, unknown>;

const running: Simulator[] = [];

/** A simulator whose clock stands still at noon until it is moved, and short ways to call it. */
export async function start(options: Partial<SimulatorOptions> = {}) {
  const clock = standingClock(noon);
  const simulator = await startSimulator({ clock, ...options });
  running.push(simulator);

  const fetchFrom = (path: string, init?: RequestInit) => fetch(simulator.url + path, init);
  const get = async (
    path: string,
    query: Record<string, string> = {},
    headers: Record<string, string> = {},
  ) => {
    const response = await fetchFrom(`${path}?${new URLSearchParams(query).toString()}`, { headers });
    return parse(await response.text());
  };
  const post = async (path: string, body: unknown) => {
    const response = await fetchFrom(path, { method: 'POST', body: JSON.stringify(body) });
    return parse(await response.text());
  };
  const account = (input: Partial<AccountInput> = {}) => post('/_sim/accounts', { appid, secret, ...input });
  const credentials = { grant_type: 'client_credential', appid, secret };

  return {
    url: simulator.url,
    simulator,
    clock,
    fetch: fetchFrom,
    get,
    post,
    account,
    advance: (seconds: number) => clock.advance(seconds),
    classic: () => get('/cgi-bin/token', credentials),
    stable: (force = false) => post('/cgi-bin/stable_token', { ...credentials, force_refresh: force }),
    /** A good global token. */
    token: async () => text((await get('/cgi-bin/token', credentials))['access_token']),
    /** The errcode with which a global token is refused, or 0 while it is good. */
    tokenError: async (token: unknown) =>
      (await get('/cgi-bin/get_api_domain_ip', { access_token: text(token) }))['errcode'] ?? 0,
    user: (fields: Body = {}) => post('/_sim/users', { appid, ...fields }),
    /** The code that a user's consent makes. */
    code: async (openid: string, scope = 'snsapi_userinfo') => {
      const redirect_uri = 'https://site.example/back';
      const consent = { appid, redirect_uri, scope, state: 's', openid, decision: 'allow' };
      const { location } = await post('/_sim/consent', consent);
      return new URL(text(location)).searchParams.get('code') ?? '';
    },
    exchange: (code: string, fields: Record<string, string> = {}) =>
      get('/sns/oauth2/access_token', { appid, secret, code, grant_type: 'authorization_code', ...fields }),
    refresh: (refreshToken: unknown) =>
      get('/sns/oauth2/refresh_token', {
        appid,
        grant_type: 'refresh_token',
        refresh_token: text(refreshToken),
      }),
    userinfo: (token: unknown, openid: unknown) =>
      get('/sns/userinfo', { access_token: text(token), openid: text(openid) }),
  };
}

/** Ends what the test started. */
export async function stopAll(): Promise<void> {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
}

/** A field that must be a text. */
export function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`not a text: ${JSON.stringify(value)}`);
  return value;
}

/** A field that must be a list of texts. */
export function texts(value: unknown): string[] {
  if (!Array.isArray(value)) throw new Error(`not a list: ${JSON.stringify(value)}`);
  return value.map(text);
}

function parse(body: string): Body {
  const parsed: unknown = body === '' ? {} : JSON.parse(body);
  if (typeof parsed !== 'object' || parsed === null) throw new Error(`not an object: ${body}`);
  return { ...parsed };
}
