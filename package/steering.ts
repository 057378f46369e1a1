/** An Official Account of the simulator. */
export interface SimulatedAccount {
  /** Such as `wx0123456789abcdef`. */
  readonly appid: string;
  /** Its AppSecret. */
  readonly secret: string;
  /** How many follow it; the same seed makes the same ones. @default 0 */
  readonly followers?: number;
  /** How the platform treats it, such as `{ ip_allow_list: [] }`: docs/simulator.md has all options. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Somebody whom an account knows. */
export interface SimulatedUser {
  readonly openid: string;
  readonly unionid: string;
  readonly nickname: string;
  /** Where their picture is; empty where they have none. */
  readonly headimgurl: string;
  /** Whether they follow the account. */
  readonly subscribe: boolean;
}

/** Something that goes wrong at the platform. */
export type Fault = {
  /** The path of the calls that it is about, such as `/cgi-bin/token`; with `*` at its end, all that begin so. */
  readonly path: string;
  /** How many calls it hits. @default 1 */
  readonly times?: number;
  /** Hits only the calls of this account. @default those of all */
  readonly appid?: string;
  /** Whether the call has its effect first, and only its answer is lost. @default false */
  readonly after?: boolean;
} & (
  | { readonly kind: 'errcode'; readonly errcode: number; readonly errmsg?: string }
  | { readonly kind: 'http'; readonly status: number; readonly body?: string }
  /** Holds the call for so many milliseconds: `hang` then ends the connection, `slow` then answers. */
  | { readonly kind: 'hang' | 'slow'; readonly ms: number }
  | { readonly kind: 'reset' }
  | { readonly kind: 'garbage'; readonly body?: string }
);

/**
 * Steers a simulator. Whatever is about an account is about the first one unless an `appid` says otherwise. Each throws
 * an Error that says what is wrong with what it was given.
 */
export interface Steering {
  /** The platform's time, in Unix seconds. */
  now(): Promise<number>;
  /** Moves time forward, and resolves to the new time once everything that was due on the way has been done. */
  advance(seconds: number): Promise<number>;
  /** Adds an account, or puts one in the place of that of the same appid. */
  addAccount(account: SimulatedAccount): Promise<void>;
  /** Changes a living account. A new secret ends its tokens. */
  changeAccount(change: {
    readonly appid?: string;
    readonly secret?: string;
    readonly options?: SimulatedAccount['options'];
  }): Promise<void>;
  /** Adds somebody, or changes who has this openid; `subscribe` says whether they follow. */
  putUser(user: {
    readonly appid?: string;
    readonly openid?: string;
    readonly nickname?: string;
    /** Empty: no picture. */
    readonly headimgurl?: string;
    readonly unionid?: string;
    readonly subscribe?: boolean;
  }): Promise<SimulatedUser>;
  /** Does what a user does on the consent page of this authorize address. Resolves to where the browser is sent. */
  consent(
    authorizeUrl: string,
    how?: { readonly openid?: string; readonly decision?: 'allow' | 'deny' },
  ): Promise<string>;
  /** Ends a token, a ticket, or what a user has granted, as if somebody else had replaced it. */
  revoke(
    what: 'access_token' | 'jsapi_ticket' | 'wx_card_ticket' | { readonly openid: string },
    appid?: string,
  ): Promise<void>;
  /** Has the next calls go wrong. Faults of a path are used up in the order they came. */
  fail(fault: Fault): Promise<void>;
  /** Takes all faults back. */
  mend(): Promise<void>;
  /** How often each path was called, since the start or the last {@link Steering.forgetCalls}. */
  calls(): Promise<Readonly<Record<string, number>>>;
  forgetCalls(): Promise<void>;
  /** Pushes an event to the account's address, or to `url`, and tells how it was answered. */
  push(push: {
    readonly appid?: string;
    readonly url?: string;
    readonly event: Readonly<Record<string, string | number>>;
    /** Whether it is encrypted. @default false */
    readonly safe_mode?: boolean;
  }): Promise<{ readonly status: number | null; readonly body: string | null; readonly reply?: string }>;
  /** Begins anew, with the accounts of the start. Time does not go back. */
  reset(): Promise<void>;
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** Steers the simulator at this address by its control calls. `appid` is its first account. */
export function steering(simulator: string, appid: string): Steering {
  const control = async (method: Method, what: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${simulator}/_sim/${what}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const parsed: unknown = text === '' ? undefined : JSON.parse(text);
    if (!answer.ok) throw new Error(errorOf(parsed) ?? `The simulator answered ${answer.status}.`);
    return parsed;
  };
  const ofFirst = <About extends { readonly appid?: string }>(about: About) => ({
    ...about,
    appid: about.appid ?? appid,
  });
  const timeOf = (answer: unknown) => (answer as { now: number }).now;
  return {
    now: async () => timeOf(await control('GET', 'clock')),
    advance: async (seconds) => timeOf(await control('POST', 'clock', { advance_s: seconds })),
    addAccount: async (account) => {
      await control('POST', 'accounts', account);
    },
    changeAccount: async (change) => {
      await control('PATCH', 'accounts', ofFirst(change));
    },
    putUser: async (user) => (await control('POST', 'users', ofFirst(user))) as SimulatedUser,
    consent: async (authorizeUrl, { openid, decision = 'allow' } = {}) => {
      const asked = Object.fromEntries(new URL(authorizeUrl).searchParams);
      const { appid: of, redirect_uri, scope, state } = asked;
      const body = { appid: of, redirect_uri, scope, state, openid, decision };
      const { location } = (await control('POST', 'consent', body)) as { location: string | null };
      if (location === null) throw new Error('The platform sends nobody back who says no to this.');
      return location;
    },
    revoke: async (what, of = appid) => {
      const about = typeof what === 'string' ? { what } : { what: 'user', openid: what.openid };
      await control('POST', 'revoke', { appid: of, ...about });
    },
    fail: async (fault) => {
      await control('POST', 'faults', fault);
    },
    mend: async () => {
      await control('DELETE', 'faults');
    },
    calls: async () => (await control('GET', 'calls')) as Record<string, number>,
    forgetCalls: async () => {
      await control('DELETE', 'calls');
    },
    push: async (push) =>
      (await control('POST', 'push', ofFirst(push))) as Awaited<ReturnType<Steering['push']>>,
    reset: async () => {
      await control('POST', 'reset');
    },
  };
}

function errorOf(answer: unknown): string | undefined {
  const { error } = (answer ?? {}) as { error?: unknown };
  return typeof error === 'string' ? error : undefined;
}
