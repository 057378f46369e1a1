import { SteerableClock } from '../../local/clock.ts';
import { simulatedAccount } from '../../local/demo-account.ts';
import { startSimulator } from '../../local/simulator/simulator.ts';
import { runAdmin, startStack, type LocalStack } from '../../local/stack.ts';
import type { Scope } from '../../shared/accounts/api-keys.ts';
import type { LogSink } from '../../shared/platform/log.ts';
import { WeChat } from './wechat.ts';

/** A running service that SDKs are led to. */
export interface Service {
  /** Where the SDK finds WeChat. */
  readonly base: string;
  /** Where it asks for tokens and logs users in. */
  readonly keyBase: string;
  /** The account at the token broker, for an adapter. */
  readonly broker?: string;
  readonly appid: string;
  /** What the SDK has as its AppSecret. */
  readonly secret: string;
  readonly wechat: WeChat;
  close(): Promise<void>;
}

/** A way for an SDK to reach WeChat. */
export interface Way {
  /** What the table calls it. */
  readonly title: string;
  /** Whether a token that the SDK holds is WeChat's own. */
  readonly realToken: boolean;
  /** Whether the SDK's requests for a token make one at WeChat. */
  readonly sdkMints: boolean;
  /** Whether all calls after a revocation must succeed. */
  readonly outlivesRevocation: boolean;
  start(): Promise<Service>;
}

export const followerCount = 25_000;

const quiet = () => undefined;
const silent: LogSink = { info: quiet, warn: quiet, error: quiet };

const appid = 'wx0123456789abcdef';
const secret = '0123456789abcdef0123456789abcdef';

export const ways = {
  alone: {
    title: 'alone',
    realToken: true,
    sdkMints: true,
    // Whether an SDK recovers by itself depends on which of its calls comes first.
    outlivesRevocation: false,
    start: async () => {
      // After one revocation wechatpy has been seen to ask for a thousand tokens.
      const accounts = [{ appid, secret, followers: followerCount, options: { daily_token_limit: 100_000 } }];
      const simulator = await startSimulator({ clock: new SteerableClock(), accounts });
      const { url } = simulator;
      const wechat = new WeChat({ url, appid, secret });
      return { base: url, keyBase: url, appid, secret, wechat, close: () => simulator.close() };
    },
  },
  proxy: {
    title: 'proxy mode',
    realToken: false,
    sdkMints: false,
    outlivesRevocation: true,
    start: () => startService('dropin:proxy', ({ api }) => api),
  },
  token: {
    title: 'token mode',
    realToken: true,
    sdkMints: false,
    outlivesRevocation: true,
    start: () => startService('dropin:token', ({ simulator }) => simulator ?? ''),
  },
  adapter: {
    title: 'adapter',
    realToken: true,
    sdkMints: false,
    outlivesRevocation: true,
    start: async () => {
      const service = await startService('token:read', ({ simulator }) => simulator ?? '');
      return { ...service, broker: `${service.keyBase}/v1/accounts/${service.appid}` };
    },
  },
} satisfies Record<string, Way>;

/** The local stack, with a key. `baseOf` says where calls go that do not take the key. */
async function startService(scope: Scope, baseOf: (stack: LocalStack) => string): Promise<Service> {
  const ports = { api: 0, simulator: 0, aws: 0 };
  const stack = await startStack({ ports, log: silent, followers: followerCount });
  const { api, simulator: url = '', account } = stack;
  const scopes: Scope[] = scope === 'token:read' ? [scope] : [scope, 'dropin:oauth'];
  const made = await runAdmin(stack.runtime, {
    command: 'key.create',
    name: 'sdks',
    scopes,
    accounts: '*',
  });
  if (!('key' in made)) throw new Error('The admin function made no key.');
  const wechat = new WeChat({
    url,
    appid: account,
    secret: simulatedAccount({ followers: 0, apiPort: '0' }).secret,
  });
  return {
    base: baseOf(stack),
    keyBase: api,
    appid: account,
    secret: made.key,
    wechat,
    close: () => stack.close(),
  };
}

/** The name of a way. */
export type WayName = keyof typeof ways;
