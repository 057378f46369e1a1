import { SteerableClock } from '../../local/clock.ts';
import { startSimulator } from '../../local/simulator/simulator.ts';
import { WeChat } from './wechat.ts';

/** A running service that SDKs are led to. */
export interface Service {
  /** Where the SDK finds WeChat. */
  readonly base: string;
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
      return { base: url, appid, secret, wechat, close: () => simulator.close() };
    },
  },
} satisfies Record<string, Way>;

/** The name of a way. */
export type WayName = keyof typeof ways;
