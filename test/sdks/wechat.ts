import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import * as z from 'zod/mini';

import type { Push } from './setup.ts';

const pushOptions = {
  push_token: 'TokenOfTheSdks',
  encoding_aes_key: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
};
const callsSchema = z.record(z.string(), z.int());
const tokenSchema = z.object({ access_token: z.string() });
const pageSchema = z.object({ data: z.object({ openid: z.array(z.string()) }) });
const refusalSchema = z.object({ errcode: z.optional(z.int()) });

/** The simulated WeChat as the runner uses it: to steer it, and to ask it what is true. */
export class WeChat {
  readonly #url: string;
  readonly #appid: string;
  readonly #secret: string;

  constructor(of: { url: string; appid: string; secret: string }) {
    this.#url = of.url;
    this.#appid = of.appid;
    this.#secret = of.secret;
  }

  /** The stable token, which leaves classic tokens alone. */
  async token(): Promise<string> {
    const body = { grant_type: 'client_credential', appid: this.#appid, secret: this.#secret };
    return z.parse(tokenSchema, await this.#post('/cgi-bin/stable_token', body)).access_token;
  }

  /** The errcode with which it refuses a token; 0 while it is good. */
  async refusal(token: string): Promise<number> {
    const answer = await this.#get('/cgi-bin/get_api_domain_ip', { access_token: token });
    return z.parse(refusalSchema, answer).errcode ?? 0;
  }

  /** The first `count` followers. */
  async openids(count: number): Promise<string[]> {
    const page = await this.#get('/cgi-bin/user/get', { access_token: await this.token() });
    return z.parse(pageSchema, page).data.openid.slice(0, count);
  }

  /** The ticket that it checks signatures with. */
  async ticket(): Promise<string> {
    const query = { access_token: await this.token(), type: 'jsapi' };
    return z.parse(z.object({ ticket: z.string() }), await this.#get('/cgi-bin/ticket/getticket', query))
      .ticket;
  }

  /** A template that the account may send. */
  async template(): Promise<string> {
    const path = `/cgi-bin/template/api_add_template?access_token=${await this.token()}`;
    const answer = await this.#post(path, { template_id_short: 'TM00015' });
    return z.parse(z.object({ template_id: z.string() }), answer).template_id;
  }

  /** Someone who does not follow, and the code of their consent. */
  async visitor(nickname: string): Promise<{ openid: string; code: string }> {
    const user = await this.#control('users', { nickname });
    const { openid } = z.parse(z.object({ openid: z.string() }), user);
    const redirect_uri = 'https://site.example/back';
    const consent = { redirect_uri, scope: 'snsapi_userinfo', state: 's', openid, decision: 'allow' };
    const { location } = z.parse(z.object({ location: z.string() }), await this.#control('consent', consent));
    return { openid, code: new URL(location).searchParams.get('code') ?? '' };
  }

  /** A push in safe mode about someone, as the account's own address gets it. */
  async push(openid: string): Promise<Push> {
    await this.#send('PATCH', '/_sim/accounts', { appid: this.#appid, options: pushOptions });
    let received: Omit<Push, 'token' | 'aesKey'> | undefined;
    const receiver = createServer((request, response) => {
      void text(request).then((body) => {
        const query = Object.fromEntries(new URL(request.url ?? '', 'http://receiver').searchParams);
        received = { query, body };
        response.end('success');
      });
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const event = { FromUserName: openid, Event: 'SCAN', EventKey: 'noon', Ticket: 'ticket' };
    await this.#control('push', { url, event, safe_mode: true });
    receiver.close();
    if (!received) throw new Error('The push did not come.');
    return { ...received, token: pushOptions.push_token, aesKey: pushOptions.encoding_aes_key };
  }

  /** Ends the account's tokens before their time. */
  async revoke(): Promise<void> {
    await this.#control('revoke', { what: 'access_token' });
  }

  /** How many calls came for each path since this was last asked. */
  async takeCalls(): Promise<ReadonlyMap<string, number>> {
    const calls = z.parse(callsSchema, await this.#get('/_sim/calls'));
    await this.#send('DELETE', '/_sim/calls');
    return new Map(Object.entries(calls));
  }

  /** Lets seconds go by. */
  async pass(seconds: number): Promise<void> {
    await this.#post('/_sim/clock', { advance_s: seconds });
  }

  async #get(path: string, query: Record<string, string> = {}): Promise<unknown> {
    const response = await fetch(`${this.#url}${path}?${new URLSearchParams(query).toString()}`);
    return response.json();
  }

  #post(path: string, body: unknown): Promise<unknown> {
    return this.#send('POST', path, body);
  }

  #control(call: string, body: Record<string, unknown>): Promise<unknown> {
    return this.#post(`/_sim/${call}`, { appid: this.#appid, ...body });
  }

  async #send(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(this.#url + path, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${path}: ${answer}`);
    return answer === '' ? undefined : JSON.parse(answer);
  }
}

/** How many of those calls made a token. */
export function mintsOf(calls: ReadonlyMap<string, number>): number {
  return (calls.get('/cgi-bin/token') ?? 0) + (calls.get('/cgi-bin/stable_token') ?? 0);
}
