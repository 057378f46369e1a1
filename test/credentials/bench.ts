import { afterEach } from '@jest/globals';
import { secretsOf, tablesOf } from '../../functions/parts.ts';
import { Accounts, type Account, type TokenMode } from '../../shared/accounts/accounts.ts';
import type { Alarms } from '../../shared/credentials/alarms.ts';
import type { Bookings } from '../../shared/credentials/bookings.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import {
  type Credential,
  type Failure,
  type Need,
  type RefreshOutcome,
} from '../../shared/credentials/credential.ts';
import { Keeper } from '../../shared/credentials/keeper.ts';
import type { Mint } from '../../shared/credentials/mint.ts';
import { tokenCheck, type Check } from '../../shared/credentials/token-check.ts';
import { accessTokenMint } from '../../shared/credentials/wechat-mint.ts';
import type { Clock } from '../../shared/platform/clock.ts';
import { UsageMeter } from '../../shared/usage/meter.ts';
import { UsageStore } from '../../shared/usage/usage-store.ts';
import { createWeChatClient } from '../../shared/wechat/client.ts';
import { startKit, type Kit, type KitOptions } from '../kit/kit.ts';

/** A kit, and keepers as separate processes would have them: sharing the table and WeChat, nothing else. */
export interface Bench {
  readonly kit: Kit;
  readonly account: Account;
  readonly store: CredentialStore;
  readonly booked: number[];
  readonly raised: Failure[];
  read(): Promise<Credential>;
  /** By default it asks WeChat about what is reported, and says of bookings and alarms what it was told. */
  worker(parts?: WorkerParts): { refresh(need: Need): Promise<RefreshOutcome> };
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

const benches: Kit[] = [];
afterEach(async () => {
  await Promise.all(benches.splice(0).map((kit) => kit.close()));
});

export async function startBench(mode: TokenMode, options: KitOptions = {}): Promise<Bench> {
  const kit = await startKit({ mode, tables: 'memory', ...options });
  benches.push(kit);
  const { clock, log } = kit.runtime;
  const { credentials } = tablesOf(kit.runtime);
  const accounts = new Accounts(credentials);
  const account = await accounts.get(kit.account);
  if (!account) throw new Error('The kit has no account.');
  const store = new CredentialStore(credentials, 'access_token');
  const secrets = secretsOf(kit.runtime);
  const wechat = createWeChatClient({ baseUrl: kit.simulator, clock, attempts: 1 });
  const meter = new UsageMeter(wechat, new UsageStore(credentials), clock, log);
  const realMint = accessTokenMint(meter, secrets);
  const booked: number[] = [];
  const raised: Failure[] = [];
  return {
    kit,
    account,
    store,
    booked,
    raised,
    read: () => store.read(kit.account),
    worker: ({ clock: ownClock = clock, mint = (real: Mint) => real, ...parts } = {}) => {
      const keeper = new Keeper({
        store,
        mint: mint(realMint),
        check: tokenCheck(meter),
        bookings: {
          book: (_, at) => {
            booked.push(at);
            return Promise.resolve();
          },
        },
        alarms: {
          raise: (_, failure) => {
            raised.push(failure);
            return Promise.resolve();
          },
        },
        ...parts,
        clock: ownClock,
        log,
      });
      return { refresh: async (need) => keeper.refresh((await accounts.get(kit.account)) ?? account, need) };
    },
    accepted: async (value) => {
      const response = await fetch(`${kit.simulator}/cgi-bin/user/get?access_token=${value ?? ''}`);
      return !('errcode' in ((await response.json()) as object));
    },
  };
}

export async function mints({ kit, account }: Bench): Promise<number> {
  return kit.callsTo(account.mode === 'stable' ? '/cgi-bin/stable_token' : '/cgi-bin/token');
}

/** Starts to count at zero. */
export async function forgetCalls({ kit }: Bench): Promise<void> {
  await kit.control('calls', undefined, 'DELETE');
}
