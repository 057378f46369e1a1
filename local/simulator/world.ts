import type { Clock } from '../../shared/platform/clock.ts';

import { Account, type AccountInput } from './accounts.ts';
import { BlockCodec } from './block-codec.ts';
import { WeChatError } from './errors.ts';
import { Faults } from './faults.ts';
import type { User } from './followers.ts';

/** Marks the address of the picture that a snapshot visitor's virtual identity shows. */
const virtualVersion = 0xffff;

/** Everything the simulated platform holds. */
export class World {
  readonly clock: Clock;
  readonly faults = new Faults();
  /** Where browsers reach the simulator; users' pictures have addresses below it. */
  readonly publicUrl: string;
  readonly #seed: number;
  readonly #initial: readonly AccountInput[];
  readonly #accounts = new Map<string, Account>();
  readonly #byOrdinal: Account[] = [];
  readonly #calls = new Map<string, number>();
  readonly #avatarIds: BlockCodec;

  constructor(of: { clock: Clock; publicUrl: string; seed: number; accounts: readonly AccountInput[] }) {
    this.clock = of.clock;
    this.publicUrl = of.publicUrl;
    this.#seed = of.seed;
    this.#initial = of.accounts;
    this.#avatarIds = new BlockCodec(`avatar ${of.seed}`);
    this.reset();
  }

  /** Forgets all but the accounts it was started with, which begin anew. Time does not go back. */
  reset(): void {
    this.#accounts.clear();
    this.#byOrdinal.length = 0;
    this.#calls.clear();
    this.faults.clear();
    for (const account of this.#initial) this.addAccount(account);
  }

  /** Makes an account. One of the same appid is replaced, with its users and tokens. */
  addAccount(input: AccountInput): Account {
    const account = new Account(input, {
      ordinal: this.#byOrdinal.length,
      seed: this.#seed,
      now: this.clock.now(),
    });
    this.#byOrdinal.push(account);
    this.#accounts.set(account.appid, account);
    return account;
  }

  account(appid: string): Account | undefined {
    return this.#accounts.get(appid);
  }

  /**
   * The account that a global token belongs to.
   * @throws {WeChatError} 42001 when it ran out, 40001 for any other that is not good (now)
   */
  accountOfToken(token: string): Account {
    const now = this.clock.now();
    for (const account of this.#accounts.values()) {
      const verdict = account.tokens.judge(token, now);
      if (verdict === 'valid') return account;
      if (verdict === 'expired') throw new WeChatError(42001);
      if (verdict === 'dead') throw new WeChatError(account.options.unknown_token_errcode);
    }
    // Nobody can say which of several accounts a token was meant for that none of them has made.
    const [only, ...others] = this.#accounts.values();
    throw new WeChatError(only && others.length === 0 ? only.options.unknown_token_errcode : 40001);
  }

  /** The account that a user's web token belongs to; undefined where it is nobody's. */
  accountOfSnsToken(token: string): Account | undefined {
    const now = this.clock.now();
    return [...this.#accounts.values()].find((account) => account.oauth.judge(token, now) !== undefined);
  }

  /** A user's headimgurl in its usual size, '' where they have no picture. */
  avatarUrl(account: Account, user: User, virtual = false): string {
    if (virtual || user.avatar.kind === 'drawn') {
      return `${this.publicUrl}/mmopen/${this.#avatarId(account, user, virtual)}/132`;
    }
    return user.avatar.kind === 'url' ? user.avatar.url : '';
  }

  /** Whether a picture's address is still good: the user has it as their picture now. */
  isAvatar(id: string): boolean {
    const [position, mark] = this.#avatarIds.decode(id) ?? [0, 0];
    const account = this.#byOrdinal[Math.floor(mark / 0x10000)];
    const user = account?.followers.at(position);
    if (!account || !user || this.#accounts.get(account.appid) !== account) return false;
    if (id === this.#avatarId(account, user, true)) return true;
    return user.avatar.kind === 'drawn' && id === this.#avatarId(account, user);
  }

  countCall(path: string): void {
    this.#calls.set(path, (this.#calls.get(path) ?? 0) + 1);
  }

  calls(): Record<string, number> {
    return Object.fromEntries(this.#calls);
  }

  forgetCalls(): void {
    this.#calls.clear();
  }

  /** Opaque: an address must not tell an outsider whose picture it is. */
  #avatarId(account: Account, user: User, virtual = false): string {
    return this.#avatarIds.encode(
      user.position,
      account.ordinal * 0x10000 + (virtual ? virtualVersion : user.avatarVersion % virtualVersion),
    );
  }
}
