// wechat-keyring/testing: the whole service in a process of tests.
import { setTimeout } from 'node:timers/promises';
import * as z from 'zod/mini';
import type { CommandResult } from '../../functions/admin/commands.ts';
import { startStack, runAdmin, type LocalStack, type StackOptions } from '../../local/stack.ts';
import { tokenModes } from '../../shared/accounts/accounts.ts';
import { scopeSchema, type scopes as allScopes } from '../../shared/accounts/api-keys.ts';
import type { LogSink } from '../../shared/platform/log.ts';
import { checkOptions, functionSchema } from '../options.ts';
import { steering, type Steering } from '../steering.ts';

export type { Fault, SimulatedAccount, SimulatedUser, Steering } from '../steering.ts';

/** What an API key may be used for. */
export type Scope = (typeof allScopes)[number];

/** How to start the service. */
export interface KeyringOptions {
  /** Followers of the simulated account. @default 30 */
  readonly followers?: number;
  /** How the account's token is minted. @default 'stable' */
  readonly mode?: 'stable' | 'classic';
  /** Origins of pages that may call the API with a session, beside all of http://localhost. @default none */
  readonly origins?: readonly string[];
  /** Where the account's pushes are forwarded, such as `http://localhost:3000/wechat`. @default nowhere */
  readonly forward?: string;
  /** Called with each push as it would come from EventBridge: docs/events.md. @default there is no bus */
  readonly onEvent?: (event: unknown) => unknown;
  /** Told what the service logs: level, message and fields. @default nobody is */
  readonly log?: (
    level: 'info' | 'warn' | 'error',
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ) => void;
}

const optionsSchema = z.strictObject({
  followers: z.optional(z.int().check(z.gte(0))),
  mode: z.optional(z.enum(tokenModes)),
  origins: z.optional(z.array(z.string())),
  forward: z.optional(z.string()),
  onEvent: z.optional(functionSchema),
  log: z.optional(functionSchema),
} satisfies Record<keyof KeyringOptions, z.ZodMiniType>);

const keySchema = z.strictObject({
  scopes: z.array(scopeSchema).check(z.minLength(1)),
  accounts: z.optional(z.array(z.string()).check(z.minLength(1))),
});

/** The running service, with one account of a simulated platform. */
export interface LocalKeyring {
  /** Where the API is, without a slash at the end. */
  readonly api: string;
  /** The appid of the account; `default` stands for it in addresses. */
  readonly account: string;
  /** An API key with every scope under `/v1`. */
  readonly key: string;
  /**
   * The platform that the service talks to. To move time there moves it here, refreshes included. Pushes to the account
   * are encrypted unless they say `safe_mode: false`: it takes no others.
   */
  readonly simulator: Steering & { readonly url: string };
  /** For the operator's commands: `AWS_PORT=<this> npx wechat-keyring status --local`. */
  readonly awsPort: number;
  /** Makes another key, for all accounts or those named. */
  createKey(about: {
    readonly scopes: readonly Scope[];
    readonly accounts?: readonly string[];
  }): Promise<string>;
  /** Has somebody log in, the first follower without an openid. Resolves to the session as a `cookie` header. */
  logIn(openid?: string): Promise<{ readonly cookie: string }>;
  /**
   * Mirrors the followers, as a deployment does each night: lists in an order, filters, profiles and counts come from
   * the mirror. Resolves when the sync has ended; throws where it waits or has failed.
   */
  syncFollowers(): Promise<void>;
  /** Waits until what runs behind the requests is done, such as pushes in their queue. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts the functions that are deployed to AWS, behind an API on this machine and with everything in memory. Throws a
 * TypeError for options that are none.
 */
export async function startKeyring(options: KeyringOptions = {}): Promise<LocalKeyring> {
  checkOptions('startKeyring', optionsSchema, options);
  const { followers = 30, log, onEvent, ...others } = options;
  const stack = await startStack({
    ...others,
    followers,
    ports: { api: 0, simulator: 0, aws: 0 },
    log: sinkOf(log),
    ...(onEvent && { eventConsumer: consumerOf(onEvent) }),
  });
  const { api, account, apiKey, awsPort } = stack;
  // It is there: no account at WeChat itself was given.
  const url = stack.simulator ?? '';
  const steer = steering(url, account);
  const simulator: LocalKeyring['simulator'] = {
    ...steer,
    url,
    push: (push) => steer.push({ safe_mode: true, ...push }),
  };
  return {
    api,
    account,
    key: apiKey,
    awsPort,
    simulator,
    createKey: async (key) => {
      checkOptions('createKey', keySchema, key);
      const { scopes, accounts } = key;
      const about = {
        name: 'test',
        scopes: [...scopes],
        accounts: accounts ? [...accounts] : ('*' as const),
      };
      return keyOf(await runAdmin(stack.runtime, { command: 'key.create', ...about }));
    },
    logIn: (openid) => logIn(api, simulator, openid),
    syncFollowers: () => syncFollowers(stack),
    settled: () => stack.settled(),
    close: () => stack.close(),
  };
}

function sinkOf(log: KeyringOptions['log']): LogSink {
  const at =
    (level: keyof LogSink): LogSink['info'] =>
    (message, fields = {}) =>
      log?.(level, message, fields);
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

function consumerOf(onEvent: (event: unknown) => unknown): NonNullable<StackOptions['eventConsumer']> {
  return (event) => Promise.resolve(onEvent(event));
}

function keyOf(made: CommandResult): string {
  if (!('key' in made)) throw new Error('No key was made.');
  return made.key;
}

const lookAtSyncEveryMs = 50;

async function syncFollowers(stack: LocalStack): Promise<void> {
  const { runtime, account } = stack;
  let result = await runAdmin(runtime, { command: 'followers.sync', account });
  for (;;) {
    if (!('sync' in result)) throw new Error('No sync was begun.');
    const { state } = result.sync;
    if (state === 'done') return;
    if (state !== 'running') throw new Error(`The sync of the followers is ${state}.`);
    await stack.settled();
    await setTimeout(lookAtSyncEveryMs);
    result = await runAdmin(runtime, { command: 'followers.status', account });
  }
}

/** What a browser does: asks for the login, consents, and comes back. */
async function logIn(api: string, simulator: Steering, openid?: string): Promise<{ cookie: string }> {
  const query = new URLSearchParams({ return_to: `${api}/` }).toString();
  const asked = await fetch(`${api}/v1/accounts/default/oauth/authorize?${query}`, { redirect: 'manual' });
  const consented = await simulator.consent(
    asked.headers.get('location') ?? '',
    openid === undefined ? {} : { openid },
  );
  const back = await fetch(consented, { redirect: 'manual', headers: { cookie: cookieOf(asked) } });
  if (back.status !== 303) throw new Error(`The login ended with HTTP ${back.status}.`);
  return { cookie: cookieOf(back) };
}

/** The cookies that a response sets, as the next request sends them. */
function cookieOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0] ?? '')
    .filter((pair) => !pair.endsWith('='))
    .join('; ');
}
