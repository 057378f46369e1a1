import createClient from 'openapi-fetch';
import type { components, operations, paths } from './api.ts';
import { errorOf, heed, KeyringError } from './errors.ts';
import { configure, type Wx, type WxSettings } from './jssdk.ts';
import { patientFetch, wait } from './patience.ts';

export { KeyringError, type ClientCode, type Problem, type ProblemCode } from './errors.ts';
export type { Wx, WxSettings } from './jssdk.ts';

type Schemas = components['schemas'];
export type AvatarUrls = Schemas['AvatarUrls'];
export type Erasure = Schemas['Erasure'];
export type Follower = Schemas['Follower'];
export type FollowerCounts = Schemas['FollowerCounts'];
export type FollowerPage = Schemas['FollowerPage'];
export type Health = Schemas['Health'];
export type JssdkConfig = Schemas['JssdkConfig'];
export type LookupRequest = Schemas['LookupRequest'];
export type LookupResult = Schemas['LookupResult'];
export type Me = Schemas['Me'];
export type ReplacedToken = Schemas['ReplacedToken'];
export type Ticket = Schemas['Ticket'];
export type Token = Schemas['Token'];
export type Usage = Schemas['Usage'];
export type User = Schemas['User'];

type Query<Name extends keyof operations> = NonNullable<operations[Name]['parameters']['query']>;
/** What a list of followers can be asked for, and in which order. */
export type FollowerQuery = Query<'listFollowers'>;

/** Where the service is, and who calls it. */
export interface KeyringOptions {
  /** Scheme and host of the service. Default: those of the page. Node has none, and needs it. */
  readonly baseUrl?: string;
  /** An appid, or `default` for the first registered account, which is the default. */
  readonly account?: string;
  /** For back ends. A browser has none: there the cookie of the session is sent along. */
  readonly apiKey?: string;
  /** For a server that asks on behalf of a visitor: the `Cookie` that the visitor's browser sent it. */
  readonly cookie?: string;
  /** Milliseconds for each attempt. Default: 30,000, which is longer than the service takes. */
  readonly timeoutMs?: number;
  /** How often a request that only reads is repeated when the service asks for it by `Retry-After`. Default: 2. */
  readonly maxRetries?: number;
  /** An answer that asks for a longer wait is an error at once. Default: 10. */
  readonly maxWaitSeconds?: number;
  /** Default: the one of the platform. */
  readonly fetch?: (request: Request) => Promise<Response>;
  /** How it waits, for tests. */
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** How a call may end early. */
export interface CallOptions {
  /**
   * Ends the call, its waits before it is repeated included, or a list: it rejects with `aborted`. What was sent may have
   * been done.
   */
  readonly signal?: AbortSignal | null | undefined;
}

/** A header that no foreign form can send: the service asks for it where a session changes something. */
const header = { 'X-Keyring-CSRF': '1' };

/**
 * WeChat Keyring, as a page or a back end calls it. All that fail reject with a {@link KeyringError}, whose `code` is
 * stable. Requests that only read are repeated when the service asks for it. Each call takes a `signal` that ends it.
 */
export class Keyring {
  readonly #api: ReturnType<typeof createClient<paths>>;
  readonly #baseUrl: string;
  readonly #path: { readonly account: string };

  /** Throws TypeError where the key or the cookie cannot be sent. */
  constructor(options: KeyringOptions = {}) {
    const { baseUrl = '', account = 'default', apiKey, cookie } = options;
    const { timeoutMs = 30_000, maxRetries = 2, maxWaitSeconds = 10 } = options;
    const { fetch: send = (request: Request) => fetch(request), sleep = wait } = options;
    this.#baseUrl = baseUrl.replace(/\/$/, '');
    this.#path = { account };
    this.#api = createClient<paths>({
      baseUrl: this.#baseUrl,
      credentials: apiKey === undefined ? 'include' : 'omit',
      cache: 'no-store',
      headers: headersOf({ ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }), cookie }),
      fetch: patientFetch(send, { timeoutMs, maxRetries, maxWaitSeconds, sleep }),
    });
  }

  /**
   * Where a link sends the browser to log in. WeChat leads back to `returnTo`, by default the page's own address, whose
   * origin must be one of the account's.
   */
  loginUrl(options: Partial<Query<'authorize'>> & { readonly returnTo?: string } = {}): string {
    const { returnTo = pageAddress(), ...others } = options;
    const query = new URLSearchParams({ ...withoutUndefined(others), return_to: returnTo });
    return `${this.#baseUrl}/v1/accounts/${encodeURIComponent(this.#path.account)}/oauth/authorize?${query.toString()}`;
  }

  /** The user who is logged in. `session_missing` and `session_expired` ask for a login. */
  me({ signal = null }: CallOptions = {}): Promise<Me> {
    return answerOf(this.#api.GET('/v1/accounts/{account}/me', { params: { path: this.#path }, signal }));
  }

  /** Has the service delete all it holds of the user who is logged in, sessions included. */
  deleteMe({ signal = null }: CallOptions = {}): Promise<Erasure> {
    return answerOf(
      this.#api.DELETE('/v1/accounts/{account}/me', {
        params: { path: this.#path, header },
        signal,
      }),
    );
  }

  /** Ends the session, or with `everywhere` all sessions of the user. */
  async logout({
    everywhere = false,
    signal = null,
  }: CallOptions & { readonly everywhere?: boolean } = {}): Promise<void> {
    const query = everywhere ? ({ everywhere: 'true' } as const) : {};
    await answerOf(
      this.#api.POST('/v1/accounts/{account}/oauth/logout', {
        params: { path: this.#path, query, header },
        signal,
      }),
    );
  }

  /** Addresses of pictures, ready to show. With a session, or a key with `avatars:read`. */
  avatars(query: Query<'listAvatars'> = {}, { signal = null }: CallOptions = {}): Promise<AvatarUrls> {
    return answerOf(
      this.#api.GET('/v1/accounts/{account}/avatars', {
        params: { path: this.#path, query },
        signal,
      }),
    );
  }

  /** What `wx.config` takes for the page at that address. {@link configureWx} does it all. */
  jssdkConfig(url: string, { signal = null }: CallOptions = {}): Promise<JssdkConfig> {
    const params = { path: this.#path, query: { url: url.replace(/#.*/s, '') } };
    return answerOf(this.#api.GET('/v1/accounts/{account}/jssdk-config', { params, signal }));
  }

  /**
   * Sets WeChat's JS-SDK up for this page, and resolves when it can be used. A page that changes its address asks
   * again; a JS-SDK that was set up before says that it is ready at once then, whatever comes of it.
   */
  async configureWx(wx: Wx, settings: WxSettings): Promise<void> {
    await configure(wx, await this.jssdkConfig(settings.url ?? pageAddress(), settings), settings);
  }

  /** Openids of all followers, page by page. */
  async *openids(query: FollowerQuery = {}, options: CallOptions = {}): AsyncGenerator<string, void> {
    for await (const { openids } of this.followerPages(query, options)) yield* heeding(options, openids);
  }

  /** All followers with their details, page by page. Needs the mirror. */
  async *followers(
    query: Omit<FollowerQuery, 'include'> = {},
    options: CallOptions = {},
  ): AsyncGenerator<Follower, void> {
    for await (const { followers = [] } of this.followerPages({ ...query, include: 'profile' }, options)) {
      yield* heeding(options, followers);
    }
  }

  /**
   * The pages of a list, from `cursor` or the first. Each is asked for when it is wanted. A page that leads to itself is
   * `not_understood`: whoever went on would ask for ever.
   */
  async *followerPages(
    query: FollowerQuery = {},
    { signal = null }: CallOptions = {},
  ): AsyncGenerator<FollowerPage, void> {
    for (let cursor = query.cursor; ;) {
      const params = { path: this.#path, query: { ...query, ...(cursor !== undefined && { cursor }) } };
      const page = await answerOf(this.#api.GET('/v1/accounts/{account}/followers', { params, signal }));
      if (page.next !== undefined && page.next === cursor) throw new KeyringError('not_understood');
      yield page;
      if (page.next === undefined) return;
      cursor = page.next;
    }
  }

  /** How many followers there are, by tag and by scene. */
  followerCounts({ signal = null }: CallOptions = {}): Promise<FollowerCounts> {
    return answerOf(
      this.#api.GET('/v1/accounts/{account}/followers/counts', {
        params: { path: this.#path },
        signal,
      }),
    );
  }

  /** One follower. */
  follower(
    openid: string,
    query: Query<'getFollower'> = {},
    { signal = null }: CallOptions = {},
  ): Promise<Follower> {
    const params = { path: { ...this.#path, openid }, query };
    return answerOf(this.#api.GET('/v1/accounts/{account}/followers/{openid}', { params, signal }));
  }

  /** Many followers by openid. The `problem.partial` of an error has what was found before, and the `rest`. */
  lookup(body: LookupRequest, { signal = null }: CallOptions = {}): Promise<LookupResult> {
    return answerOf(
      this.#api.POST('/v1/accounts/{account}/followers/lookup', {
        params: { path: this.#path },
        signal,
        body,
      }),
    );
  }

  /** What a user granted, with the profile. `authorization_needed` has an `authorizeUrl` in its `problem`. */
  user(openid: string, query: Query<'getUser'> = {}, { signal = null }: CallOptions = {}): Promise<User> {
    const params = { path: { ...this.#path, openid }, query };
    return answerOf(this.#api.GET('/v1/accounts/{account}/users/{openid}', { params, signal }));
  }

  /** The account's global access token, for a back end that calls WeChat itself. */
  token({ signal = null }: CallOptions = {}): Promise<Token> {
    return answerOf(this.#api.GET('/v1/accounts/{account}/token', { params: { path: this.#path }, signal }));
  }

  /** Tells that WeChat rejected the token (40001, 40014, 42001), and gets the one to use instead. */
  reportToken(token: string, { signal = null }: CallOptions = {}): Promise<ReplacedToken> {
    const body = { access_token: token };
    return answerOf(
      this.#api.POST('/v1/accounts/{account}/token/report', {
        params: { path: this.#path },
        signal,
        body,
      }),
    );
  }

  /** A ticket, for a back end that signs by itself. */
  ticket(type: Query<'getTicket'>['type'], { signal = null }: CallOptions = {}): Promise<Ticket> {
    const params = { path: this.#path, query: { type } };
    return answerOf(this.#api.GET('/v1/accounts/{account}/ticket', { params, signal }));
  }

  /** Calls to WeChat by API on a day in China, such as `2026-11-30`; without one, today. */
  usage(day?: string, { signal = null }: CallOptions = {}): Promise<Usage> {
    const params = { path: this.#path, query: day === undefined ? {} : { day } };
    return answerOf(this.#api.GET('/v1/accounts/{account}/usage', { params, signal }));
  }

  /** How the service and its accounts are. */
  health({ signal = null }: CallOptions = {}): Promise<Health> {
    return answerOf(this.#api.GET('/health', { signal }));
  }
}

/** What an answer brings. Throws a KeyringError for any other than success. */
async function answerOf<T>(
  asked: Promise<{ readonly data?: T; readonly error?: unknown; readonly response: Response }>,
): Promise<T> {
  const { data, error, response } = await asked.catch((cause: unknown) => {
    if (cause instanceof KeyringError) throw cause;
    throw new KeyringError(cause instanceof SyntaxError ? 'not_understood' : 'network', { cause });
  });
  if (!response.ok) throw errorOf(response, error);
  const isContent = typeof data === 'object' && data !== null;
  if (!isContent && response.status !== 204) throw new KeyringError('not_understood');
  // An answer with status 204 brings nothing, and its operation has no type of data.
  return data as T;
}

/** These, one after the other, until the signal ends. Throws a KeyringError then. */
function* heeding<T>({ signal }: CallOptions, items: readonly T[]): Generator<T, void> {
  for (const item of items) {
    heed(signal);
    yield item;
  }
}

/** What is sent with each request. A value that no header can have is not named: the platform's own error quotes it. */
function headersOf(given: Readonly<Record<string, string | undefined>>): Headers {
  try {
    return new Headers(withoutUndefined(given));
  } catch {
    throw new TypeError('The API key or the cookie has a character that no header can have.');
  }
}

function withoutUndefined(of: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(of).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** The address of the page. Throws TypeError where there is no page. */
function pageAddress(): string {
  const { location } = globalThis as { location?: { readonly href: string } };
  if (location === undefined) throw new TypeError('There is no page here: pass the address.');
  return location.href;
}
