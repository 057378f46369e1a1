import type { RequestInit } from '../kit/event.ts';
import type { Response } from '../kit/kit.ts';
import type { Service } from './scene.ts';

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly httpOnly: boolean;
  readonly sameSite: string;
}

type Route = Parameters<Service['call']>[0];

/** What page has a browser send a request. `sibling` is on another subdomain of the service's own domain. */
export type From = 'own' | 'sibling' | 'foreign';

/** As much of a browser as attacks on cookies and redirects need. */
export class Browser {
  readonly #service: Service;
  readonly #knowsPrefixes: boolean;
  #cookies = new Map<string, Cookie>();
  readonly #tossed = new Set<string>();

  /** `knowsPrefixes: false` is a browser from before `__Host-` meant anything. */
  constructor(service: Service, { knowsPrefixes = true } = {}) {
    this.#service = service;
    this.#knowsPrefixes = knowsPrefixes;
  }

  /** The same browser, which talks to another process of the service. */
  at(service: Service): Browser {
    const browser = new Browser(service, { knowsPrefixes: this.#knowsPrefixes });
    browser.#cookies = this.#cookies;
    return browser;
  }

  /** The cookies of the service that it holds, by their names. */
  get cookies(): ReadonlyMap<string, { readonly value: string }> {
    return this.#cookies;
  }

  /** What a script on a page of the service reads in `document.cookie`. */
  get documentCookie(): string {
    return [...this.#cookies.values()]
      .filter(({ httpOnly }) => !httpOnly)
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }

  /** Puts a cookie of its own choice for the service: its user may, or somebody who has it in their hands. */
  plant(name: string, value: string): void {
    this.#cookies.set(name, { name, value, httpOnly: true, sameSite: 'Lax' });
  }

  /** A sibling domain sets a cookie for the whole domain, with a longer path, so that it is sent first. */
  toss(name: string, value: string): void {
    if (this.#knowsPrefixes && name.toLowerCase().startsWith('__host-')) return;
    this.#tossed.add(`${name}=${value}`);
  }

  async request(route: Route, init: RequestInit = {}, from: From = 'own'): Promise<Response> {
    const isNavigation = route === 'authorize' || route === 'callback';
    const own = [...this.#cookies.values()]
      .filter(
        ({ sameSite }) => from !== 'foreign' || sameSite === 'None' || (sameSite === 'Lax' && isNavigation),
      )
      .map(({ name, value }) => `${name}=${value}`);
    const answer = await this.#service.call(route, { ...init, cookies: [...this.#tossed, ...own] });
    for (const line of answer.setCookies) this.#store(line);
    return answer;
  }

  /** Begins a login and lets `openid` agree. Returns where WeChat sends the browser, which does not go there yet. */
  async begin(
    openid: string,
    { returnTo = `${this.#service.kit.origin}/`, account = this.#service.kit.account } = {},
  ) {
    const started = await this.request('authorize', { path: { account }, query: { return_to: returnTo } });
    return this.#service.kit.consent(String(started.headers['location']), openid);
  }

  /** Goes where WeChat, or somebody else's link, sends it. */
  visit(location: string | URL, account = this.#service.kit.account): Promise<Response> {
    return this.request(
      'callback',
      { path: { account }, query: new URL(location).search.slice(1) },
      'foreign',
    );
  }

  async logIn(openid: string, options: Parameters<Browser['begin']>[1] = {}): Promise<Response> {
    return this.visit(await this.begin(openid, options), options.account);
  }

  /** Who is logged in at the account. */
  async user(account = this.#service.kit.account): Promise<string | undefined> {
    const { body } = await this.request('getMe', { path: { account } });
    return (body as { openid?: string }).openid;
  }

  /** The value of its session at the account. */
  session(account = this.#service.kit.account): string {
    const [, cookie] = [...this.#cookies].find(([name]) => name.endsWith(`keyring_${account}`)) ?? [];
    if (!cookie) throw new Error('Nobody is logged in.');
    return cookie.value;
  }

  /** https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-the-__host-prefix */
  #store(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const name = pair.slice(0, pair.indexOf('='));
    const value = pair.slice(name.length + 1);
    const has = (attribute: string) => attributes.includes(attribute);
    const isHost = has('Secure') && has('Path=/') && !attributes.some((text) => text.startsWith('Domain'));
    if (name.startsWith('__Host-') && !isHost) return;
    if (has('Max-Age=0')) {
      this.#cookies.delete(name);
      return;
    }
    const sameSite =
      attributes.find((text) => text.startsWith('SameSite='))?.slice('SameSite='.length) ?? 'Lax';
    this.#cookies.set(name, { name, value, httpOnly: has('HttpOnly'), sameSite });
  }
}
