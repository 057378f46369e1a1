import { Agent } from 'node:https';
import { connect, type Socket } from 'node:net';

import { jest } from '@jest/globals';
import * as z from 'zod/mini';

import { SteerableClock } from '../../local/clock.ts';
import type { AccountInput } from '../../local/simulator/accounts.ts';
import { startSimulator } from '../../local/simulator/simulator.ts';

export const appid = 'wx0123456789abcdef';
export const secret = '0123456789abcdef0123456789abcdef';
export const followerCount = 25_000;
export const redirectUri = 'https://site.example/back?from=wechat';

/** Noon in China on 15 June 2025: far from both ends of the platform's day. */
const noon = Date.UTC(2025, 5, 15, 4);

/** All that could be faked but `Date`. */
const realTimers = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

const tokenSchema = z.object({ access_token: z.string() });
const ticketSchema = z.object({ ticket: z.string() });
const pageSchema = z.object({ data: z.object({ openid: z.array(z.string()) }) });
const refusalSchema = z.object({ errcode: z.optional(z.int()) });
const locationSchema = z.object({ location: z.string() });
const callsSchema = z.record(z.string(), z.int());
const userSchema = z.object({
  openid: z.string(),
  unionid: z.string(),
  nickname: z.string(),
  headimgurl: z.string(),
});

/**
 * For clients that write `https://api.weixin.qq.com` into their code: given to them as the `agent` option of their
 * HTTP library, it leads each connection to the simulator, without TLS and without looking a name up. What they send
 * is, to the byte, what they would send to the platform.
 */
class ToSimulator extends Agent {
  readonly #port: number;

  constructor(port: number) {
    super();
    this.#port = port;
  }

  override createConnection(options: { host?: string | null }): Socket {
    if (options.host !== 'api.weixin.qq.com')
      throw new Error(`not a host of the platform: ${options.host ?? ''}`);
    return connect(this.#port, '127.0.0.1');
  }
}

/** A simulator with one account of 25,000 followers. */
export type Platform = Awaited<ReturnType<typeof startPlatform>>;

/**
 * Starts a simulator. `Date` stands still for it and for the clients alike, until `pass` moves it; timers of sockets
 * are real.
 */
export async function startPlatform(options: AccountInput['options'] = {}) {
  jest.useFakeTimers({ now: noon, doNotFake: [...realTimers] });
  const account = { appid, secret, followers: followerCount, options };
  const simulator = await startSimulator({ clock: new SteerableClock(), accounts: [account] });
  const agent = new ToSimulator(simulator.port);

  const get = async (path: string, query: Record<string, string> = {}): Promise<unknown> => {
    const response = await fetch(`${simulator.url}${path}?${new URLSearchParams(query).toString()}`);
    return response.json();
  };
  const control = async (path: string, body: Record<string, unknown>): Promise<unknown> => {
    const response = await fetch(`${simulator.url}/_sim/${path}`, {
      method: 'POST',
      body: JSON.stringify({ appid, ...body }),
    });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  };
  /** A stable token, which leaves the classic tokens of the client under test alone. */
  const token = async () => {
    const response = await fetch(`${simulator.url}/cgi-bin/stable_token`, {
      method: 'POST',
      body: JSON.stringify({ grant_type: 'client_credential', appid, secret }),
    });
    return z.parse(tokenSchema, await response.json()).access_token;
  };

  return {
    url: simulator.url,
    agent,
    /** Lets seconds go by, for the platform and for the client. */
    pass: (seconds: number) => {
      jest.setSystemTime(Date.now() + seconds * 1000);
    },
    /** How often a path was called. */
    calls: async (path: string) => z.parse(callsSchema, await get('/_sim/calls'))[path] ?? 0,
    /** The errcode with which the platform refuses a global token; 0 while it is good. */
    refusal: async (accessToken: string) => {
      const answer = await get('/cgi-bin/get_api_domain_ip', { access_token: accessToken });
      return z.parse(refusalSchema, answer).errcode ?? 0;
    },
    /** The first `count` followers. */
    openids: async (count: number) => {
      const page = z.parse(pageSchema, await get('/cgi-bin/user/get', { access_token: await token() }));
      return page.data.openid.slice(0, count);
    },
    /** The ticket that the platform checks signatures with: it hands out the same one until it is about to end. */
    ticket: async (type: 'jsapi' | 'wx_card') => {
      const answer = await get('/cgi-bin/ticket/getticket', { access_token: await token(), type });
      return z.parse(ticketSchema, answer).ticket;
    },
    /** Registers a user. */
    user: async (fields: Record<string, unknown>) => z.parse(userSchema, await control('users', fields)),
    /** Ends tokens before their time. */
    revoke: (what: 'access_token' | 'user', openid?: string) => control('revoke', { what, openid }),
    /** The code that comes back after this user has agreed. */
    code: async (openid: string, scope = 'snsapi_userinfo') => {
      const consent = { redirect_uri: redirectUri, scope, state: 's', openid, decision: 'allow' };
      const { location } = z.parse(locationSchema, await control('consent', consent));
      return new URL(location).searchParams.get('code') ?? '';
    },
    /** Opens an authorize link as the browser does: where it leads at once, and the page otherwise. */
    open: async (link: string) => {
      const { origin, pathname, search, hash } = new URL(link);
      const response = await fetch(simulator.url + pathname + search, { redirect: 'manual' });
      return { origin, hash, location: response.headers.get('location'), page: await response.text() };
    },
    /** Taps Allow on the consent page of an authorize link. Returns where that leads. */
    allow: async (link: string, openid: string) => {
      const query = new URL(link).search.slice(1);
      const response = await fetch(`${simulator.url}/connect/confirm`, {
        method: 'POST',
        body: new URLSearchParams({ query, openid, decision: 'allow' }),
        redirect: 'manual',
      });
      return response.headers.get('location') ?? '';
    },
    close: async () => {
      agent.destroy();
      await simulator.close();
      jest.useRealTimers();
    },
  };
}

interface Page {
  readonly count?: number;
  readonly data?: { readonly openid: readonly string[] };
  readonly next_openid?: string;
}

/** Asks for page after page as the platform's manual says, up to the one with nobody on it. */
export async function followPages(page: (cursor: string) => Promise<Page>): Promise<(readonly string[])[]> {
  const pages: (readonly string[])[] = [];
  let cursor = '';
  for (;;) {
    const { count, data, next_openid: next } = await page(cursor);
    if (count === 0 || data === undefined || next === undefined) return pages;
    pages.push(data.openid);
    cursor = next;
  }
}
