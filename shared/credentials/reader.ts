import type { Clock } from '../platform/clock.ts';
import { KeyringError } from '../platform/errors.ts';
import type { AppId } from '../wechat/tokens.ts';
import {
  isUsable,
  type Credential,
  type Need,
  type RefreshOutcome,
  type UsableCredential,
} from './credential.ts';

/** What came of asking for a refresh, with the record as it was found after that, by who has read it. */
export type Refreshed = RefreshOutcome & { readonly found?: Credential };

/**
 * Asks for a refresh wherever the keeper runs: in another Lambda, or in this process. `seen`: the record, where the caller
 * has read it just now.
 */
export type RequestRefresh = (appId: AppId, need: Need, seen?: Credential) => Promise<Refreshed>;

/** Where a reader finds credentials: a CredentialStore does, and less is enough. */
export interface StoredCredentials {
  read(appId: AppId): Promise<Credential>;
}

/** WeChat lets a former token live for 5 minutes, so a minute of memory is safe. */
const cacheTtlSeconds = 60;

/** What to use after a value was rejected: another one, or the same again where WeChat does not confirm that. */
export interface Replacement {
  readonly credential: UsableCredential;
  /** Why WeChat could not be asked, where it could not. */
  readonly unchecked: string | undefined;
}

/** Reads one kind of credential. Remembers it for up to a minute; asks for a refresh when none is usable. */
export class CredentialReader {
  readonly #store: StoredCredentials;
  readonly #requestRefresh: RequestRefresh;
  readonly #clock: Clock;
  readonly #remembered = new Map<AppId, { credential: UsableCredential; until: number }>();
  readonly #reading = new Map<AppId, Promise<UsableCredential>>();
  /** Reports that are under way, by account and generation, with the moment at which they began. */
  readonly #reporting = new Map<string, { moment: number; answer: Promise<Replacement> }>();
  /** Those that begin at the end of one of these. */
  readonly #waiting = new Map<string, Promise<Replacement>>();
  #moments = 0;

  constructor(parts: { store: StoredCredentials; requestRefresh: RequestRefresh; clock: Clock }) {
    this.#store = parts.store;
    this.#requestRefresh = parts.requestRefresh;
    this.#clock = parts.clock;
  }

  /** The account's credential. Throws `credential_unavailable` when there is none and none can be had now. */
  async get(appId: AppId): Promise<UsableCredential> {
    const remembered = this.#remembered.get(appId);
    const now = this.#clock.now();
    if (remembered && now < remembered.until && isUsable(remembered.credential, now)) {
      return remembered.credential;
    }
    return this.#once(appId, async () => {
      const seen = await this.#store.read(appId);
      const stored = this.#ifUsable(appId, seen);
      return stored ?? (await this.#refresh(appId, { reason: 'missing' }, seen)).credential;
    });
  }

  /** The same, without the memory or a read that is under way: for who compares with what is stored now. */
  async getStored(appId: AppId): Promise<UsableCredential> {
    return this.#ifUsable(appId, await this.#store.read(appId)) ?? this.get(appId);
  }

  /** The present moment in the life of this reader: each one is later than all before it. */
  moment(): number {
    return (this.#moments += 1);
  }

  /**
   * Tells that WeChat rejected the value of `generation` in a call that was sent at `sentAt`, a moment of this
   * reader. If a newer one is stored already, that is the answer; else the keeper has WeChat asked whether it rejects
   * the value, and replaces it only then. Throws `credential_unavailable`.
   *
   * That a value is good refutes only rejections of calls that were sent before WeChat was asked. So a report joins one
   * that is under way only if its call was sent before that one began. All others share the next one, which begins at the
   * end of that one: else WeChat would be asked by each of a herd of them, all at once.
   */
  async replacement(appId: AppId, generation: number, sentAt: number): Promise<Replacement> {
    const about = `${appId} ${generation}`;
    const underWay = this.#reporting.get(about);
    if (underWay && sentAt < underWay.moment) return underWay.answer;
    return underWay
      ? this.#reportAfter(underWay.answer, appId, generation)
      : this.#reportNow(appId, generation);
  }

  #reportAfter(underWay: Promise<unknown>, appId: AppId, generation: number): Promise<Replacement> {
    const about = `${appId} ${generation}`;
    const waiting = this.#waiting.get(about);
    if (waiting) return waiting;
    const reportNext = () => {
      this.#waiting.delete(about);
      return this.#reportNow(appId, generation);
    };
    const next = underWay.then(reportNext, reportNext);
    this.#waiting.set(about, next);
    return next;
  }

  async #reportNow(appId: AppId, generation: number): Promise<Replacement> {
    const about = `${appId} ${generation}`;
    const report = { moment: this.moment(), answer: this.#report(appId, generation) };
    this.#reporting.set(about, report);
    try {
      return await report.answer;
    } finally {
      // Before the one that waits for this end begins.
      this.#reporting.delete(about);
    }
  }

  async #report(appId: AppId, generation: number): Promise<Replacement> {
    const seen = await this.#store.read(appId);
    const stored = this.#ifUsable(appId, seen);
    if (stored && stored.generation !== generation) return { credential: stored, unchecked: undefined };
    return this.#refresh(appId, { reason: 'rejected', generation }, seen);
  }

  /**
   * The credential as it has just been read, if it is usable, or if the keeper has just said so of its generation: the
   * clock of this process may be minutes ahead of the one that the record was written by.
   */
  #ifUsable(appId: AppId, credential: Credential, saidUsable?: number): UsableCredential | undefined {
    const now = this.#clock.now();
    if (!isUsable(credential, credential.generation === saidUsable ? 0 : now)) {
      this.#remembered.delete(appId);
      return undefined;
    }
    // A slow read must not take the place of a newer one.
    const known = this.#remembered.get(appId);
    if (!known || now >= known.until || credential.generation >= known.credential.generation) {
      this.#remembered.set(appId, { credential, until: now + cacheTtlSeconds });
    }
    return credential;
  }

  async #refresh(appId: AppId, need: Need, seen: Credential, isLast = false): Promise<Replacement> {
    const outcome = await this.#requestRefresh(appId, need, seen);
    const isSaidUsable = outcome.state === 'usable';
    const found = outcome.found ?? (await this.#store.read(appId));
    const stored = this.#ifUsable(appId, found, isSaidUsable ? outcome.generation : undefined);
    if (stored) return { credential: stored, unchecked: isSaidUsable ? outcome.unchecked : undefined };
    // Somebody reported the value between the two answers.
    if (isSaidUsable && !isLast) return this.#refresh(appId, need, found, true);
    const failure = isSaidUsable ? undefined : outcome.failure;
    const retryAfter = failure ? Math.max(1, failure.retryAt - this.#clock.now()) : 5;
    // The caller may be anybody's browser, and what WeChat answered can hold an address.
    const detail =
      failure &&
      `The last refresh failed (${failure.code}). The operator finds why, and what to do, in \`status\` or the console.`;
    throw new KeyringError('credential_unavailable', detail, { retryAfter });
  }

  /** Callers that come while a read is under way share it. */
  #once(appId: AppId, read: () => Promise<UsableCredential>): Promise<UsableCredential> {
    const underWay = this.#reading.get(appId);
    if (underWay) return underWay;
    const reading = read().finally(() => this.#reading.delete(appId));
    this.#reading.set(appId, reading);
    return reading;
  }
}
