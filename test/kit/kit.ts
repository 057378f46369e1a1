import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { create as createAuthorizer } from '../../functions/access/authorize-key.ts';
import type { Command, CommandResult } from '../../functions/admin/commands.ts';
import { environmentOf } from '../../functions/environment.ts';
import type { HttpHandler, HttpResult } from '../../functions/http.ts';
import { problemCodes } from '../../functions/openapi/problem-codes.ts';
import { routes } from '../../functions/routes.ts';
import { awsClientConfig, type Runtime, type Tables } from '../../functions/runtime.ts';
import type { SyncMode, TokenMode } from '../../shared/accounts/accounts.ts';
import { generalScopes, type Scope } from '../../shared/accounts/api-keys.ts';
import type { ProblemCode } from '../../shared/platform/errors.ts';
import type { LogSink } from '../../shared/platform/log.ts';
import type { SteerableClock } from '../../local/clock.ts';
import { startLocalCloud } from '../../local/cloud.ts';
import { startSimulator } from '../../local/simulator/simulator.ts';
import { runAdmin } from '../../local/stack.ts';
import { type AppId, parseAppId } from '../../shared/wechat/tokens.ts';
import { standingClock } from './clock.ts';
import { callsTo, controlOf, type Control } from './control.ts';
import { httpEvent, lambdaContext, type RequestInit } from './event.ts';
import { listen, watch } from './log-watch.ts';
import { memoryStores, open, tablesThrough, type Gate } from './memory-table.ts';

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
  /** The same as sent, with their attributes. */
  readonly setCookies: readonly string[];
  /** The JSON of the body, or its text where it is none. */
  readonly body: unknown;
}

export interface KitOptions {
  readonly mode?: TokenMode;
  /** Followers of the simulated account. Default: 30. */
  readonly followers?: number;
  /** What the daily sync of followers brings. Default: there is none, for tests that move the clock a lot. */
  readonly sync?: SyncMode;
  /** An embedded DynamoDB, or tables in memory, for tests that are not about it. Default: embedded. */
  readonly tables?: 'embedded' | 'memory';
  /** What each operation on tables in memory passes through. Default: it happens at once. */
  readonly gate?: Gate;
  /** Of the clock: test/kit/clock.ts. Default: 1. */
  readonly pace?: number;
  /** Where the service finds WeChat, for who stands between it and the simulator at that address. */
  readonly wechatAt?: (simulator: string) => string;
  /** Options of the simulated account: docs/simulator.md. */
  readonly accountOptions?: Readonly<Record<string, unknown>>;
}

/** Calls the handler of a route as API Gateway would, the authorizer included. `key` is an API key. */
export type Call = (
  route: keyof typeof routes,
  request?: RequestInit & { readonly key?: string },
) => Promise<Response>;

/** Gets the module of an entry point, a path below `functions/` without its ending. */
export type LoadFunction = (entry: string) => Promise<unknown>;

/** Everything a handler needs, on loopback and in memory. */
export interface Kit {
  readonly clock: SteerableClock;
  /** Pass it to any function's `create`. */
  readonly runtime: Runtime;
  readonly simulator: string;
  /** An account that is registered both at the simulator and with the service. */
  readonly account: AppId;
  readonly secret: string;
  /** A key with every scope, for every account. */
  readonly apiKey: string;
  readonly origin: string;
  /** Everything that was logged. */
  readonly logged: readonly LogLine[];
  /** Every line of metrics, parsed. */
  readonly measured: readonly Readonly<Record<string, unknown>>[];
  readonly call: Call;
  /** Steers the simulator: `control('faults', {path, kind, times})`. Its answer, parsed. */
  readonly control: Control;
  /** How often the simulator was called at a path since the start, or since `control('calls', undefined, 'DELETE')`. */
  callsTo(path: string): Promise<number>;
  /** Runs a command of the operator. */
  admin(command: Command): Promise<CommandResult>;
  /** All items of a table, as somebody sees them who can read it. */
  items(table: keyof Tables): Promise<Record<string, unknown>[]>;
  createKey(about: { scopes: Scope[]; accounts: string[] | '*' }): Promise<string>;
  /** What tapping the simulator's consent page does: where the browser is sent next. */
  consent(authorizeLocation: string, openid: string, decision?: 'allow' | 'deny'): Promise<string>;
  /** Waits until what runs behind the requests is done, such as the handling of pushes. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const tableVariables = {
  credentials: 'KEYRING_CREDENTIALS_TABLE',
  users: 'KEYRING_USERS_TABLE',
  followers: 'KEYRING_FOLLOWERS_TABLE',
} as const;

const account = parseAppId('wx0123456789abcdef');
const secret = 'fedcba9876543210fedcba9876543210';
const origin = 'https://www.example.com';

/** Starts an embedded DynamoDB, stand-ins for the other AWS services, the WeChat simulator and one account. */
export async function startKit(options: KitOptions = {}): Promise<Kit> {
  const {
    mode = 'stable',
    followers = 30,
    sync = 'off',
    tables = 'embedded',
    gate = open,
    pace,
    wechatAt = (address: string) => address,
    accountOptions,
  } = options;
  const clock = standingClock(undefined, pace);
  const stopListening = listen();
  const printedBefore = watch.texts.length;
  const logged: LogLine[] = [];
  const measured: Record<string, unknown>[] = [];
  const log: LogSink = {
    info: (message, fields = {}) => logged.push({ level: 'info', message, fields }),
    warn: (message, fields = {}) => logged.push({ level: 'warn', message, fields }),
    error: (message, fields = {}) => logged.push({ level: 'error', message, fields }),
  };
  const simulator = await startSimulator({ clock });
  const control = controlOf(simulator.url);
  await control('accounts', {
    appid: account,
    secret,
    followers,
    ...(accountOptions && { options: accountOptions }),
  });
  const memory = tables === 'memory' ? memoryStores() : undefined;
  const cloud = await startLocalCloud({
    clock,
    syncs: sync !== 'off',
    // What is booked runs on the minute. Within it, as on AWS, is for the tests that play days.
    scheduleDelay: () => 0,
    tables: memory && tablesThrough(gate, memory),
    log,
    metrics: (line) => measured.push(JSON.parse(line) as Record<string, unknown>),
    publicUrl: 'https://keyring.example.com',
    wechatApiUrl: wechatAt(simulator.url),
    wechatOpenUrl: simulator.url,
  });
  const { runtime } = cloud;
  const admin = (command: Command) => {
    if ('secret' in command) watch.issued('AppSecret', command.secret);
    if ('pushToken' in command) watch.issued('push token', command.pushToken ?? '');
    if ('encodingAesKey' in command) watch.issued('AES key', command.encodingAesKey ?? '');
    return runAdmin(runtime, command);
  };
  const createKey: Kit['createKey'] = async (about) => {
    const made = await admin({ command: 'key.create', name: 'test', ...about });
    if (!('key' in made)) throw new Error('No key was made.');
    watch.issued('API key', made.key);
    return made.key;
  };

  await admin({
    command: 'account.add',
    account,
    name: 'Test',
    mode,
    secret,
    allowedOrigins: [origin],
    domainFiles: ['AbC123'],
    sync,
  });
  return {
    clock,
    runtime,
    simulator: simulator.url,
    account,
    secret,
    apiKey: await createKey({ scopes: [...generalScopes], accounts: '*' }),
    origin,
    logged,
    measured,
    call: createCall(runtime),
    control,
    callsTo: (path) => callsTo(control, path),
    admin,
    items: (table) => (memory ? Promise.resolve(memory[table].items()) : scan(runtime, table)),
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
      // With what was logged to the very end. What was printed before is searched when the file ends.
      stopListening();
      watch.check(printedBefore);
    },
  };
}

async function scan(runtime: Runtime, table: keyof Tables): Promise<Record<string, unknown>[]> {
  const { tableName } = environmentOf(runtime, { tableName: tableVariables[table] });
  const client = new DynamoDBClient(awsClientConfig(runtime, 'DYNAMODB'));
  const items: Record<string, unknown>[] = [];
  for await (const page of paginateScan({ client }, { TableName: tableName })) {
    items.push(...(page.Items ?? []).map((item) => unmarshall(item)));
  }
  client.destroy();
  return items;
}

/** Makes what calls the handlers: those of the source, or others that `load` gets. */
export function createCall(
  runtime: Runtime,
  load: LoadFunction = (entry) => import(`../../functions/${entry}.ts`),
): Call {
  const handlers = new Map<string, Promise<unknown>>();
  const handlerOf = async <Handler>(entry: string): Promise<Handler> => {
    let handler = handlers.get(entry);
    if (!handler) {
      handler = load(entry).then((module) =>
        (module as { create: (of: Runtime) => unknown }).create(runtime),
      );
      handlers.set(entry, handler);
    }
    return (await handler) as Handler;
  };
  return async (name, { key, ...request } = {}) => {
    const route = routes[name];
    const init = {
      ...request,
      path: { account: 'default', ...request.path },
      headers: { ...request.headers, ...(key !== undefined && { authorization: `Bearer ${key}` }) },
    };
    let context: unknown;
    if (route.access.who === 'key' || route.access.who === 'key-or-session') {
      const authorize = await handlerOf<ReturnType<typeof createAuthorizer>>('access/authorize-key');
      ({ context } = await authorize(httpEvent(route, init), lambdaContext));
    }
    const handler = await handlerOf<HttpHandler>(route.entry);
    const response = takeApart(await handler(httpEvent(route, init, context), lambdaContext));
    for (const cookie of response.cookies) watch.issued('cookie', cookie.slice(cookie.indexOf('=') + 1));
    requireDeclared(name, response);
    return response;
  };
}

/** Whoever reads docs/openapi.json relies on the codes that it names: no test may meet another. */
function requireDeclared(name: keyof typeof routes, { status, headers, body }: Response): void {
  if (headers['content-type'] !== 'application/problem+json') return;
  const { code } = body as { code: ProblemCode };
  if (problemCodes(routes[name]).includes(code)) return;
  throw new Error(`${name} answers ${status} ${code}, which its route does not name under problems.`);
}

function takeApart(result: HttpResult): Response {
  const type = String(result.headers?.['content-type'] ?? '');
  const isPacked = result.isBase64Encoded === true && /json|^text/.test(type);
  const text = isPacked ? Buffer.from(result.body ?? '', 'base64').toString('utf8') : (result.body ?? '');
  return {
    status: result.statusCode ?? 200,
    headers: result.headers ?? {},
    cookies: (result.cookies ?? []).map((cookie) => cookie.split(';')[0] ?? ''),
    setCookies: result.cookies ?? [],
    body: type.includes('json') ? (JSON.parse(text) as unknown) : text,
  };
}
