import type { Clock } from '../platform/clock.ts';
import { KeyringError } from '../platform/errors.ts';
import type { CredentialStore } from './credential-store.ts';
import { isUsable, type Need, type RefreshOutcome, type UsableCredential } from './credential.ts';

/** Asks for a refresh wherever the keeper runs: in another Lambda, or in this process. */
export type RequestRefresh = (account: string, need: Need) => Promise<RefreshOutcome>;

/** WeChat lets a former token live for 5 minutes, so a minute of memory is safe. */
const rememberSeconds = 60;

/** Reads one kind of credential. Remembers it for up to a minute; asks for a refresh when none is usable. */
export class CredentialReader {
  readonly #store: CredentialStore;
  readonly #requestRefresh: RequestRefresh;
  readonly #clock: Clock;
  readonly #remembered = new Map<string, { credential: UsableCredential; until: number }>();
  readonly #reading = new Map<string, Promise<UsableCredential>>();

  constructor(parts: { store: CredentialStore; requestRefresh: RequestRefresh; clock: Clock }) {
    this.#store = parts.store;
    this.#requestRefresh = parts.requestRefresh;
    this.#clock = parts.clock;
  }

  /** The account's credential. Throws `credential_unavailable` when there is none and none can be had now. */
  async get(account: string): Promise<UsableCredential> {
    const remembered = this.#remembered.get(account);
    const now = this.#clock.now();
    if (remembered && now < remembered.until && isUsable(remembered.credential, now)) {
      return remembered.credential;
    }
    return this.#once(account, async () => {
      const stored = await this.#stored(account);
      return stored ?? this.#refreshed(account, { reason: 'missing' });
    });
  }

  /** The same, without the memory: for who compares with what is stored at this moment. */
  async getStored(account: string): Promise<UsableCredential> {
    this.#remembered.delete(account);
    return this.get(account);
  }

  /**
   * Tells that WeChat rejected the value of `generation`, and answers with the credential to use instead. If a newer
   * one is stored already, that is it; else this asks for a refresh of just that generation.
   */
  async replacement(account: string, generation: number): Promise<UsableCredential> {
    return this.#once(`${account} without ${generation}`, async () => {
      const stored = await this.#stored(account);
      if (stored && stored.generation !== generation) return stored;
      return this.#refreshed(account, { reason: 'rejected', generation });
    });
  }

  /**
   * The credential as it is stored at this moment, if it is usable, or if the keeper has just said so of its
   * generation: the clock of this process may be minutes ahead of the one that the record was written by.
   */
  async #stored(account: string, saidUsable?: number): Promise<UsableCredential | undefined> {
    const credential = await this.#store.read(account);
    const now = this.#clock.now();
    if (!isUsable(credential, credential.generation === saidUsable ? 0 : now)) {
      this.#remembered.delete(account);
      return undefined;
    }
    this.#remembered.set(account, { credential, until: now + rememberSeconds });
    return credential;
  }

  async #refreshed(account: string, need: Need, isLast = false): Promise<UsableCredential> {
    const outcome = await this.#requestRefresh(account, need);
    const saidUsable = outcome.state === 'usable' ? outcome.generation : undefined;
    const stored = await this.#stored(account, saidUsable);
    const stillRejected = need.reason === 'rejected' && stored?.generation === need.generation;
    if (stored && !stillRejected) return stored;
    // Somebody reported the value between the two answers.
    if (!stored && outcome.state === 'usable' && !isLast) return this.#refreshed(account, need, true);
    this.#remembered.delete(account);
    const failure = outcome.state === 'unavailable' ? outcome.failure : undefined;
    const retryAfter = failure ? Math.max(1, failure.retryAt - this.#clock.now()) : 5;
    throw new KeyringError('credential_unavailable', failure?.code, { retryAfter });
  }

  /** Callers that come while a read is under way share it. */
  #once(what: string, read: () => Promise<UsableCredential>): Promise<UsableCredential> {
    const underWay = this.#reading.get(what);
    if (underWay) return underWay;
    const reading = read().finally(() => this.#reading.delete(what));
    this.#reading.set(what, reading);
    return reading;
  }
}
