import { create as createAuthorizer } from '../../functions/access/authorize-key.ts';
import type { Command, CommandResult } from '../../functions/admin/commands.ts';
import type { HttpHandler, HttpResult } from '../../functions/http.ts';
import { routes } from '../../functions/routes.ts';
import type { Runtime } from '../../functions/runtime.ts';
import type { TokenMode } from '../../shared/accounts/accounts.ts';
import { scopes, type Scope } from '../../shared/accounts/api-keys.ts';
import type { Log } from '../../shared/platform/log.ts';
import { SteerableClock } from '../../local/clock.ts';
import { startLocalCloud } from '../../local/cloud.ts';
import { startSimulator } from '../../local/simulator/simulator.ts';
import { runAdmin } from '../../local/stack.ts';
import { httpEvent, lambdaContext, type RequestInit } from './event.ts';

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

/** A response of a handler, taken apart. */
export interface Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | boolean>>;
  /** `name=value` of each cookie that is set, ready to be sent back. */
  readonly cookies: readonly string[];
  /** The JSON of the body, or its text where it is none. */
  readonly body: unknown;
}

export interface KitOptions {
  readonly mode?: TokenMode;
  /** Followers of the simulated account. Default: 30. */
  readonly followers?: number;
  /** Options of the simulated account: docs/simulator.md. */
  readonly accountOptions?: Readonly<Record<string, unknown>>;
}

/** Everything a handler needs, on loopback and in memory. */
export interface Kit {
  readonly clock: SteerableClock;
  /** Pass it to any function's `create`. */
  readonly runtime: Runtime;
  readonly simulator: string;
  /** An account that is registered both at the simulator and with the service. */
  readonly account: string;
  readonly secret: string;
  /** A key with every scope, for every account. */
  readonly apiKey: string;
  readonly origin: string;
  /** Everything that was logged. */
  readonly logged: readonly LogLine[];
  /** Calls the handler of a route as API Gateway would, the authorizer included. `key` is an API key. */
  call(route: keyof typeof routes, request?: RequestInit & { readonly key?: string }): Promise<Response>;
  /** Steers the simulator: `control('faults', {path, kind, times})`. Its answer, parsed. */
  control(what: string, body?: unknown, method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'): Promise<unknown>;
  /** How often the simulator was called at a path since the start, or since `control('calls', undefined, 'DELETE')`. */
  callsTo(path: string): Promise<number>;
  /** Runs a command of the operator. */
  admin(command: Command): Promise<CommandResult>;
  createKey(about: { scopes: Scope[]; accounts: string[] | '*' }): Promise<string>;
  /** What tapping the simulator's consent page does: where the browser is sent next. */
  consent(authorizeLocation: string, openid: string, decision?: 'allow' | 'deny'): Promise<string>;
  /** Waits until what runs behind the requests is done, such as the handling of pushes. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const account = 'wx0123456789abcdef';
const secret = 'fedcba9876543210fedcba9876543210';
const origin = 'https://www.example.com';

/** Starts an embedded DynamoDB, stand-ins for the other AWS services, the WeChat simulator and one account. */
export async function startKit(options: KitOptions = {}): Promise<Kit> {
  const { mode = 'stable', followers = 30, accountOptions } = options;
  const clock = new SteerableClock();
  const logged: LogLine[] = [];
  const log: Log = {
    info: (message, fields = {}) => logged.push({ level: 'info', message, fields }),
    warn: (message, fields = {}) => logged.push({ level: 'warn', message, fields }),
    error: (message, fields = {}) => logged.push({ level: 'error', message, fields }),
  };
  const simulator = await startSimulator({ clock });
  const control: Kit['control'] = async (what, body, method = body === undefined ? 'GET' : 'POST') => {
    const response = await fetch(`${simulator.url}/_sim/${what}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`The simulator answered ${response.status}: ${text}`);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  };
  await control('accounts', {
    appid: account,
    secret,
    followers,
    ...(accountOptions && { options: accountOptions }),
  });
  const cloud = await startLocalCloud({
    clock,
    log,
    publicUrl: 'https://keyring.example.com',
    wechatApiUrl: simulator.url,
    wechatOpenUrl: simulator.url,
  });
  const { runtime } = cloud;
  const admin = (command: Command) => runAdmin(runtime, command);
  const createKey: Kit['createKey'] = async (about) => {
    const made = await admin({ command: 'key.create', name: 'test', ...about });
    if (!('key' in made)) throw new Error('No key was made.');
    return made.key;
  };

  const handlers = new Map<string, HttpHandler>();
  const handlerOf = async (entry: string): Promise<HttpHandler> => {
    const known = handlers.get(entry);
    if (known) return known;
    const { create } = (await import(`../../functions/${entry}.ts`)) as {
      create: (runtime: Runtime) => HttpHandler;
    };
    const handler = create(runtime);
    handlers.set(entry, handler);
    return handler;
  };
  const authorize = createAuthorizer(runtime);
  const call: Kit['call'] = async (name, { key, ...request } = {}) => {
    const route = routes[name];
    const init = {
      ...request,
      path: { account: 'default', ...request.path },
      headers: { ...request.headers, ...(key !== undefined && { authorization: `Bearer ${key}` }) },
    };
    const needsKey = route.access.who === 'key' || route.access.who === 'key-or-session';
    const found = needsKey ? await authorize(httpEvent(route, init), lambdaContext) : undefined;
    const handler = await handlerOf(route.entry);
    return takeApart(await handler(httpEvent(route, init, found?.context), lambdaContext));
  };

  await admin({
    command: 'account.add',
    account,
    name: 'Test',
    mode,
    secret,
    allowedOrigins: [origin],
    domainFiles: ['AbC123'],
  });
  return {
    clock,
    runtime,
    simulator: simulator.url,
    account,
    secret,
    apiKey: await createKey({ scopes: [...scopes], accounts: '*' }),
    origin,
    logged,
    call,
    control,
    callsTo: async (path) => {
      const calls = (await control('calls')) as Record<string, number>;
      return calls[path] ?? 0;
    },
    admin,
    createKey,
    consent: async (authorizeLocation, openid, decision = 'allow') => {
      const asked = new URL(authorizeLocation).searchParams;
      const answer = (await control('consent', {
        appid: asked.get('appid'),
        redirect_uri: asked.get('redirect_uri'),
        scope: asked.get('scope'),
        state: asked.get('state'),
        openid,
        decision,
      })) as { location: string };
      return answer.location;
    },
    settled: () => cloud.settled(),
    close: async () => {
      // First WeChat: a call that hangs there must not keep the rest from ending.
      await simulator.close();
      await cloud.close();
    },
  };
}

function takeApart(result: HttpResult): Response {
  const text = result.body ?? '';
  const type = String(result.headers?.['content-type'] ?? '');
  return {
    status: result.statusCode ?? 200,
    headers: result.headers ?? {},
    cookies: (result.cookies ?? []).map((cookie) => cookie.split(';')[0] ?? ''),
    body: type.includes('json') ? (JSON.parse(text) as unknown) : text,
  };
}
