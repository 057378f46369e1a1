import { afterEach } from '@jest/globals';
import type { SteerableClock } from '../../local/clock.ts';
import { startSimulator } from '../../local/simulator/simulator.ts';
import type { Account, TokenMode } from '../../shared/accounts/accounts.ts';
import { SecretStore } from '../../shared/accounts/secrets.ts';
import { AccountCalls } from '../../shared/credentials/account-calls.ts';
import type { Alarms } from '../../shared/credentials/alarms.ts';
import type { Bookings } from '../../shared/credentials/bookings.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import type { Credential, Failure, Need, RefreshOutcome } from '../../shared/credentials/credential.ts';
import { Keeper } from '../../shared/credentials/keeper.ts';
import type { Mint } from '../../shared/credentials/mint.ts';
import { CredentialReader } from '../../shared/credentials/reader.ts';
import { tokenCheck, type Check } from '../../shared/credentials/token-check.ts';
import { accessTokenMint } from '../../shared/credentials/wechat-mint.ts';
import type { Clock } from '../../shared/platform/clock.ts';
import type { LogSink } from '../../shared/platform/log.ts';
import { UsageMeter } from '../../shared/usage/meter.ts';
import { UsageStore } from '../../shared/usage/usage-store.ts';
import { createWeChatClient } from '../../shared/wechat/client.ts';
import { listFollowers } from '../../shared/wechat/followers.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { standingClock } from '../kit/clock.ts';
import { callsTo, controlOf, type Control } from '../kit/control.ts';
import { watch } from '../kit/log-watch.ts';
import { memoryTables } from '../kit/memory-table.ts';

const appId = parseAppId('wx0123456789abcdef');
/** Of the account at WeChat. */
export const secret = 'fedcba9876543210fedcba9876543210';

/**
 * The simulator with one account, a table in memory, and keepers as separate processes would have them: sharing the table
 * and WeChat, nothing else. Nothing happens by itself.
 */
export interface Bench {
  readonly clock: SteerableClock;
  readonly simulator: string;
  readonly control: Control;
  readonly account: Account;
  readonly store: CredentialStore;
  readonly booked: number[];
  readonly raised: Failure[];
  readonly logged: readonly { message: string; fields: unknown }[];
  read(): Promise<Credential>;
  /** By default it asks WeChat about what is reported, and says of bookings and alarms what it was told. */
  readonly worker: (parts?: WorkerParts) => { refresh(need: Need): Promise<RefreshOutcome> };
  /** Lists the followers by a call that carries the token, as any other process does. */
  list(): Promise<unknown>;
  readonly callsTo: (path: string) => Promise<number>;
  /** Whether WeChat accepts the value. */
  accepted(value: string | undefined): Promise<boolean>;
}

export interface WorkerParts {
  readonly clock?: Clock;
  readonly mint?: (real: Mint) => Mint;
  readonly check?: Check;
  readonly bookings?: Bookings;
  readonly alarms?: Alarms;
}

/** How a bench differs from the usual. */
export interface BenchOptions {
  /** Of the account at the simulator: docs/simulator.md. */
  readonly accountOptions?: Readonly<Record<string, unknown>>;
  /** The first token counts. @default 200 */
  readonly mintBudget?: number;
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** Starts one whose account has its first token. */
export async function startBench(
  mode: TokenMode,
  { accountOptions = {}, mintBudget = 200 }: BenchOptions = {},
): Promise<Bench> {
  const clock = standingClock(undefined, 20);
  const wechatServer = await startSimulator({ clock });
  closing.push(() => wechatServer.close());
  const { url: simulator } = wechatServer;
  const control = controlOf(simulator);
  await control('accounts', { appid: appId, secret, followers: 1, options: accountOptions });
  const { log, logged } = watchedLog();
  const account: Account = {
    appId,
    name: 'Test',
    mode,
    mintBudget,
    dailyLimits: {},
    allowedOrigins: [],
    createdAt: 0,
  };
  const { credentials } = memoryTables();
  const store = new CredentialStore(credentials, 'access_token');
  const secrets = new SecretStore(
    () => Promise.resolve({ SecretString: JSON.stringify({ appSecret: secret }) }),
    'test/',
    clock,
  );
  const wechat = createWeChatClient({ baseUrl: simulator, clock, attempts: 1 });
  const meter = new UsageMeter(wechat, new UsageStore(credentials), clock, log);
  const realMint = accessTokenMint(meter, secrets);
  const booked: number[] = [];
  const raised: Failure[] = [];
  const worker: Bench['worker'] = ({
    clock: ownClock = clock,
    mint = (real: Mint) => real,
    ...parts
  } = {}) => {
    const keeper = new Keeper({
      store,
      mint: mint(realMint),
      check: tokenCheck(meter),
      bookings: { book: (_, at) => Promise.resolve(void booked.push(at)) },
      alarms: { raise: (_, failure) => Promise.resolve(void raised.push(failure)) },
      ...parts,
      clock: ownClock,
      log,
    });
    return { refresh: (need) => keeper.refresh(account, need) };
  };
  const reader = new CredentialReader({
    store,
    clock,
    requestRefresh: (_, need) => worker().refresh(need),
  });
  const calls = new AccountCalls(reader, meter);
  await worker().refresh({ reason: 'missing' });
  return {
    clock,
    simulator,
    control,
    account,
    store,
    booked,
    raised,
    logged,
    read: () => store.read(appId),
    worker,
    list: () => calls.send(account, (token) => listFollowers(token)),
    callsTo: (path) => callsTo(control, path),
    accepted: async (value) => {
      const response = await fetch(`${simulator}/cgi-bin/user/get?access_token=${value ?? ''}`);
      return !('errcode' in ((await response.json()) as object));
    },
  };
}

/** A log that is searched for secrets, too. */
function watchedLog(): { log: LogSink; logged: Bench['logged'] } {
  const logged: { message: string; fields: unknown }[] = [];
  const note: LogSink['info'] = (message, fields = {}) => {
    logged.push({ message, fields });
    watch.line({ message, fields });
  };
  return { log: { info: note, warn: note, error: note }, logged };
}

export async function mints({ account, callsTo }: Bench): Promise<number> {
  return callsTo(account.mode === 'stable' ? '/cgi-bin/stable_token' : '/cgi-bin/token');
}

/** Starts to count at zero. */
export async function forgetCalls({ control }: Bench): Promise<void> {
  await control('calls', undefined, 'DELETE');
}
