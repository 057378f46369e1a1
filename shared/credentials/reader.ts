import type { Clock } from '../platform/clock.ts';
import { KeyringError } from '../platform/errors.ts';
import type { WeChatCall } from '../wechat/call.ts';
import type { WeChatClient } from '../wechat/client.ts';
import { WeChatApiError } from '../wechat/errors.ts';
import { parseGlobalAccessToken, type GlobalAccessToken } from '../wechat/tokens.ts';
import type { CredentialStore } from './credential-store.ts';
import { isUsable, type Need } from './credential.ts';
import type { RefreshOutcome } from './keeper.ts';

/** Asks for a refresh wherever the keeper runs: in another Lambda, or in this process. */
export type RequestRefresh = (account: string, need: Need) => Promise<RefreshOutcome>;

/** A token as a reader holds it. Times in Unix seconds. */
export interface TokenInHand {
  readonly token: GlobalAccessToken;
  readonly generation: number;
  readonly usableUntil: number;
}

/** WeChat lets the former token live for 5 minutes, so a minute of memory is safe. */
const rememberSeconds = 60;

/** Reads the global access token. Remembers it for up to a minute; asks for a refresh when none is usable. */
export class TokenReader {
  readonly #store: CredentialStore;
  readonly #requestRefresh: RequestRefresh;
  readonly #clock: Clock;
  readonly #remembered = new Map<string, { inHand: TokenInHand; until: number }>();
  readonly #reading = new Map<string, Promise<TokenInHand>>();

  constructor(parts: { store: CredentialStore; requestRefresh: RequestRefresh; clock: Clock }) {
    this.#store = parts.store;
    this.#requestRefresh = parts.requestRefresh;
    this.#clock = parts.clock;
  }

  /** The account's token. Throws `credential_unavailable` when there is none and none can be had now. */
  async token(account: string): Promise<TokenInHand> {
    const remembered = this.#remembered.get(account);
    if (remembered && this.#clock.now() < remembered.until) return remembered.inHand;
    return this.#once(account, async () => {
      const stored = await this.#stored(account);
      return stored ?? this.#refreshed(account, { reason: 'missing' });
    });
  }

  /**
   * Tells that WeChat rejected the token of `generation`, and answers with the one to use instead. If a newer
   * one is stored already, that is it; else this asks for a refresh of just that generation.
   */
  async replacement(account: string, generation: number): Promise<TokenInHand> {
    return this.#once(`${account} without ${generation}`, async () => {
      this.#remembered.delete(account);
      const stored = await this.#stored(account);
      if (stored && stored.generation !== generation) return stored;
      return this.#refreshed(account, { reason: 'rejected', generation });
    });
  }

  async #refreshed(account: string, need: Need): Promise<TokenInHand> {
    const outcome = await this.#requestRefresh(account, need);
    const stored = await this.#stored(account);
    const stillRejected = need.reason === 'rejected' && stored?.generation === need.generation;
    if (stored && !stillRejected) return stored;
    const failure = outcome.state === 'unavailable' ? outcome.failure : undefined;
    const retryAfter = failure ? Math.max(1, failure.retryAt - this.#clock.now()) : 5;
    throw new KeyringError('credential_unavailable', failure?.code, {
      retryAfter,
    });
  }

  async #stored(account: string): Promise<TokenInHand | undefined> {
    const credential = await this.#store.read(account);
    const now = this.#clock.now();
    if (!isUsable(credential, now)) return undefined;
    const inHand = {
      token: parseGlobalAccessToken(credential.value),
      generation: credential.generation,
      usableUntil: credential.usableUntil,
    };
    this.#remembered.set(account, { inHand, until: Math.min(now + rememberSeconds, credential.usableUntil) });
    return inHand;
  }

  /** Callers that come while a read is under way share it. */
  #once(what: string, read: () => Promise<TokenInHand>): Promise<TokenInHand> {
    const underWay = this.#reading.get(what);
    if (underWay) return underWay;
    const reading = read().finally(() => this.#reading.delete(what));
    this.#reading.set(what, reading);
    return reading;
  }
}

/** Sends calls that need the global access token. */
export class AccountCalls {
  readonly #reader: TokenReader;
  readonly #wechat: WeChatClient;

  constructor(reader: TokenReader, wechat: WeChatClient) {
    this.#reader = reader;
    this.#wechat = wechat;
  }

  /**
   * Sends the call that `build` makes from the token. If WeChat rejects the token, sends it once more with the
   * replacement; a second rejection is thrown.
   */
  async send<T>(account: string, build: (token: GlobalAccessToken) => WeChatCall<T>): Promise<T> {
    const { token, generation } = await this.#reader.token(account);
    try {
      return await this.#wechat.send(build(token));
    } catch (error) {
      if (!(error instanceof WeChatApiError && error.kind === 'token_rejected')) throw error;
      const replacement = await this.#reader.replacement(account, generation);
      return this.#wechat.send(build(replacement.token));
    }
  }
}
