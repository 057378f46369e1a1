import { tableSchemas } from '../../local/aws/dynamodb.ts';
import type { Account } from '../../shared/accounts/accounts.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import type { Credential, Failure, Need } from '../../shared/credentials/credential.ts';
import { Keeper, type KeeperOptions } from '../../shared/credentials/keeper.ts';
import type { Mint } from '../../shared/credentials/mint.ts';
import type { Verdict } from '../../shared/credentials/token-check.ts';
import type { LeaseTable } from '../../shared/platform/lease.ts';
import { WeChatApiError, WeChatUnreachableError } from '../../shared/wechat/errors.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { MemoryTable } from '../kit/memory-table.ts';

export const account: Account = {
  appId: parseAppId('wx0123456789abcdef'),
  name: 'Model',
  mode: 'classic',
  mintBudget: 200,
  dailyLimits: {},
  allowedOrigins: [],
  createdAt: 0,
};
export const start = 1_800_000_000;
export const manual: Need = { reason: 'manual' };
export const rejects = (): Promise<Verdict> => Promise.resolve({ state: 'rejected' });
export const accepts = (): Promise<Verdict> => Promise.resolve({ state: 'accepted' });
export const saysNothing = (): Promise<Verdict> =>
  Promise.resolve({ state: 'unknown', error: unreachable() });
export const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
export const answered = (errcode: number) =>
  new WeChatApiError({ api: '/cgi-bin/token', errcode, errmsg: 'model', secrets: [] });
/** A mint that fails each time. */
export const failing =
  (error: () => Error): Mint =>
  () =>
    Promise.reject(error());
export const unreachable = () => new WeChatUnreachableError({ api: '/cgi-bin/token', reason: 'reset' });

/** A table in memory, a clock that sleeping moves, and keepers on both. */
export class Scene {
  now = start;
  readonly clock = {
    now: () => Math.floor(this.now),
    sleep: (seconds: number) => {
      this.now += seconds;
      return Promise.resolve();
    },
  };
  readonly memory = new MemoryTable(tableSchemas.credentials);
  readonly table = this.memory.table();
  readonly booked: number[] = [];
  readonly raised: Failure[] = [];
  mints: { force: boolean; until: number }[] = [];

  /** WeChat makes a new value each time. */
  readonly mint: Mint = (_, { force, until }) => {
    this.mints.push({ force, until });
    return Promise.resolve({ value: `value-${this.mints.length}`, expiresIn: 7200 });
  };

  /** The clock of another process. */
  skewed(seconds: number) {
    return { ...this.clock, now: () => this.clock.now() + seconds };
  }

  keeper(options: Partial<KeeperOptions> & { table?: LeaseTable } = {}): Keeper {
    return new Keeper({
      store: new CredentialStore(options.table ?? this.table, 'access_token'),
      mint: this.mint,
      check: rejects,
      bookings: {
        book: (_, at) => {
          this.booked.push(at);
          return Promise.resolve();
        },
      },
      alarms: {
        raise: (_, failure) => {
          this.raised.push(failure);
          return Promise.resolve();
        },
      },
      clock: this.clock,
      log: silent,
      random: () => 0.5,
      ...options,
    });
  }

  read(): Promise<Credential> {
    return new CredentialStore(this.table, 'access_token').read(account.appId);
  }

  /** A write reaches the table so many seconds late. */
  late(isLate: (set: Readonly<Record<string, unknown>>) => boolean, seconds: number): LeaseTable {
    const { table } = this;
    return {
      ...table,
      update: async (key, change) => {
        if (isLate(change.set ?? {})) await this.passing(seconds);
        return table.update(key, change);
      },
    };
  }

  /** Waits until others have slept for so long; if none does, for a while. */
  async passing(seconds: number): Promise<void> {
    const until = this.now + seconds;
    for (let turn = 0; this.now < until && turn < 5000; turn++) await Promise.resolve();
  }

  /** The SDK repeats each write whose answer was lost, and the caller hears of the repetition. */
  repeating(isLost: (set: Readonly<Record<string, unknown>>) => boolean): LeaseTable {
    const { table } = this;
    return {
      ...table,
      update: async (key, change) => {
        const written = await table.update(key, change);
        return isLost(change.set ?? {}) ? table.update(key, change) : written;
      },
    };
  }
}

/** A scene in which the account has its first value. */
export async function minted(mode: Account['mode'] = 'classic'): Promise<{ scene: Scene; of: Account }> {
  const scene = new Scene();
  const of = { ...account, mode };
  await scene.keeper().refresh(of, manual);
  return { scene, of };
}

/** As stable_token has it: the present value until it is forced. */
export function keeping(scene: Scene, present: string): Mint {
  return (_, { force, until }) => {
    scene.mints.push({ force, until });
    return Promise.resolve({ value: force ? 'forced' : present, expiresIn: 7000 });
  };
}
