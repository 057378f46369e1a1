import type { Account, Accounts } from '../accounts/accounts.ts';
import type { Clock } from '../platform/clock.ts';
import { errorName } from '../platform/error-name.ts';
import type { Log } from '../platform/log.ts';
import type { AppId } from '../wechat/tokens.ts';
import type { CredentialStores } from './credential-store.ts';
import {
  isWorthwhile,
  ticketKinds,
  type Credential,
  type CredentialKind,
  type Need,
  type RefreshOutcome,
  type TicketKind,
} from './credential.ts';
import type { Keeper } from './keeper.ts';
import type { RequestRefresh } from './reader.ts';
import { noticeSeconds } from './timing.ts';

/** Has a refresh made in a run of its own, for which nobody waits. `signal` ends the call that starts it. */
export type StartRefresh = (
  kind: CredentialKind,
  appId: AppId,
  need: Need,
  signal?: AbortSignal,
) => Promise<void>;

export interface RefresherParts {
  readonly accounts: Pick<Accounts, 'get'>;
  readonly stores: CredentialStores;
  /** The keeper of a kind. That of a ticket asks for the token with `requestToken`. It tells of what it has refreshed. */
  readonly keeperOf: (kind: CredentialKind, requestToken: RequestRefresh, onSuccess: () => void) => Keeper;
  readonly start: StartRefresh;
  /** Told before an account is refreshed by hand. */
  readonly onManual: (appId: AppId) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Refreshes the credentials of registered accounts, and has the tickets follow the token that they are got with. */
export class Refresher {
  readonly #parts: RefresherParts;

  constructor(parts: RefresherParts) {
    this.#parts = parts;
  }

  /** Refreshes a credential if `need` stands. An account that is not registered has none. */
  async refresh(kind: CredentialKind, appId: AppId, need: Need): Promise<RefreshOutcome> {
    const { accounts, stores, log } = this.#parts;
    const [account, seen] = await Promise.all([accounts.get(appId), stores[kind].read(appId)]);
    if (!account) {
      log.info('A refresh of an account that is no longer registered was passed over.', { account: appId });
      return { state: 'unavailable', failure: undefined };
    }
    if (need.reason === 'manual') this.#parts.onManual(appId);
    return kind === 'access_token'
      ? this.#refreshToken(account, need, { seen })
      : this.#refreshTicket(kind, account, need, seen);
  }

  async #refreshTicket(
    kind: TicketKind,
    account: Account,
    need: Need,
    seen: Credential,
  ): Promise<RefreshOutcome> {
    // Not the ticket that the token is for: its lease is held until it has been got.
    return this.#keep(kind, account, need, {
      requestToken: (_, ofToken) => this.#refreshToken(account, ofToken, { forTicket: kind }),
      onSuccess: () => undefined,
      seen,
    });
  }

  /** Refreshes the token, and has the tickets follow it, but for the one that it is for. */
  async #refreshToken(
    account: Account,
    need: Need,
    { seen, forTicket }: { seen?: Credential; forTicket?: TicketKind },
  ): Promise<RefreshOutcome> {
    const run = { isOurs: false };
    const outcome = await this.#keep('access_token', account, need, {
      requestToken: () => {
        throw new Error('A token is got without one.');
      },
      onSuccess: () => {
        run.isOurs = true;
      },
      seen,
    });
    // Who takes what another run brings leaves the rest to that run, too.
    if (run.isOurs && outcome.state === 'usable') {
      const { generation } = outcome;
      // A borrowed ticket names no token: it would be asked for each time that the lender is asked about the token.
      const isSame = account.lender !== undefined && generation === seen?.generation;
      if (isSame && need.reason !== 'manual') return outcome;
      const following = ticketKinds.filter((kind) => kind !== forTicket);
      await Promise.all(following.map((kind) => this.#follow(kind, account, need, generation)));
    }
    return outcome;
  }

  async #keep(
    kind: CredentialKind,
    account: Account,
    need: Need,
    {
      requestToken,
      onSuccess,
      seen,
    }: { requestToken: RequestRefresh; onSuccess: () => void; seen: Credential | undefined },
  ): Promise<RefreshOutcome> {
    const { stores, keeperOf } = this.#parts;
    const outcome = await keeperOf(kind, requestToken, onSuccess).refresh(account, need, seen);
    if (await this.#isRegistered(account.appId)) return outcome;
    // Removed while its credential was refreshed: a value that nobody watches over must not live on.
    await stores[kind].forget(account.appId);
    return { state: 'unavailable', failure: undefined };
  }

  /** Where that cannot be read it is taken to be: what has been brought must not be lost over it. */
  async #isRegistered(appId: AppId): Promise<boolean> {
    const { accounts, log } = this.#parts;
    try {
      return (await accounts.get(appId)) !== undefined;
    } catch (error) {
      log.warn('It could not be read whether an account is still registered.', {
        account: appId,
        error: errorName(error),
      });
      return true;
    }
  }

  /**
   * A ticket is got with a token, so one that somebody has asked for follows it. In a run of its own, for nobody who wants
   * the token is to wait for it.
   */
  async #follow(
    kind: TicketKind,
    account: Account,
    { reason }: Need,
    tokenGeneration: number,
  ): Promise<void> {
    const { appId, mintBudget } = account;
    const { stores, start, clock, log } = this.#parts;
    try {
      const ticket = await stores[kind].read(appId);
      if (ticket.generation === 0 && ticket.failure === undefined) return;
      const need: Need = reason === 'manual' ? { reason } : { reason: 'due', tokenGeneration };
      const now = clock.now();
      if (!isWorthwhile(need, ticket, { now, mintBudget })) return;
      await start(kind, appId, need, AbortSignal.timeout(noticeSeconds * 1000));
    } catch (error) {
      log.warn('A ticket could not follow its token; the sweep will find it.', {
        account: appId,
        error: errorName(error),
      });
    }
  }
}
