// wechat-keyring/simulator: the WeChat platform, for tests of code that talks to it.
import * as z from 'zod/mini';
import { SteerableClock } from '../../local/clock.ts';
import { accountSchema } from '../../local/simulator/accounts.ts';
import { startSimulator as start } from '../../local/simulator/simulator.ts';
import { checkOptions, functionSchema } from '../options.ts';
import { steering, type SimulatedAccount, type Steering } from '../steering.ts';

export type { Fault, SimulatedAccount, SimulatedUser, Steering } from '../steering.ts';

/** How to start a simulator. */
export interface SimulatorOptions {
  /** @default one account with 30 followers, whose appid and secret are in {@link Simulator.account} */
  readonly accounts?: readonly [SimulatedAccount, ...SimulatedAccount[]];
  /** @default 0, any free port */
  readonly port?: number;
  /** The address to listen on; whoever reaches it can steer it. @default '127.0.0.1' */
  readonly host?: string;
  /** Where browsers reach it, if not at `url`: pictures have addresses below it. */
  readonly publicUrl?: string;
  /** Host names that pushes may go to beside this machine's. @default none */
  readonly pushHosts?: readonly string[];
  /** The same seed makes the same followers. @default 1 */
  readonly seed?: number;
  /** Told each call in a line: verb, path and outcome, never a query or a body. @default nobody is */
  readonly log?: (line: string) => void;
}

const optionsSchema = z.strictObject({
  accounts: z.optional(z.array(accountSchema).check(z.minLength(1))),
  port: z.optional(z.int().check(z.gte(0), z.lte(65_535))),
  host: z.optional(z.string()),
  publicUrl: z.optional(z.url()),
  pushHosts: z.optional(z.array(z.string())),
  seed: z.optional(z.number()),
  log: z.optional(functionSchema),
} satisfies Record<keyof SimulatorOptions, z.ZodMiniType>);

/** A running simulator. */
export interface Simulator extends Steering {
  /** What to give your code in the place of `https://api.weixin.qq.com` and `https://open.weixin.qq.com`. */
  readonly url: string;
  /** The first account. */
  readonly account: { readonly appid: string; readonly secret: string };
  /** Ends it. Calls that a fault holds are cut off. */
  close(): Promise<void>;
}

const usualAccount: SimulatedAccount = {
  appid: 'wx0123456789abcdef',
  secret: 'fedcba9876543210fedcba9876543210',
  followers: 30,
};

/**
 * Starts a server that behaves like the WeChat platform: tokens that overlap and end, codes that work once, quotas,
 * follower lists, logins, pushes. Its time goes on as everybody's, and further when it is told to. Throws a TypeError for
 * options that are none.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  checkOptions('startSimulator', optionsSchema, options);
  const { accounts = [usualAccount], ...others } = options;
  const [{ appid, secret }] = accounts;
  const simulator = await start({
    ...others,
    clock: new SteerableClock(),
    accounts: accounts.map(({ options: how, ...account }) => ({ ...account, ...(how && { options: how }) })),
  });
  return {
    ...steering(simulator.url, appid),
    url: simulator.url,
    account: { appid, secret },
    close: () => simulator.close(),
  };
}
