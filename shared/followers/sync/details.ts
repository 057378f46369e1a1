import type { Account } from '../../accounts/accounts.ts';
import type { Clock } from '../../platform/clock.ts';
import { concurrently } from '../../platform/concurrently.ts';
import { KeyringError } from '../../platform/errors.ts';
import type { Log } from '../../platform/log.ts';
import type { Table } from '../../platform/table.ts';
import { quotaMinuteSeconds } from '../../wechat/quota-day.ts';
import { getFollowers } from '../../wechat/followers.ts';
import type { AppId } from '../../wechat/tokens.ts';
import { askAbout, isUnreadable } from './ask-about.ts';
import { DetailsLedger } from './details-progress.ts';
import { openidsPerMessage, type DetailsMessage } from './details-queue.ts';
import { Mirror } from '../mirror/mirror.ts';
import { readPeople } from '../mirror/people.ts';
import { faultCode, quotaUntil, type SyncCalls } from './calls.ts';

const maxConcurrentWrites = 32;

/** A message as it came. */
export interface Delivery {
  readonly id: string;
  readonly message: DetailsMessage;
}

export interface DetailsWorkerParts {
  readonly followers: Table;
  readonly calls: SyncCalls;
  /** Throws `account_unknown`. */
  readonly findAccount: (appId: AppId) => Promise<Account>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What became of the openids of some deliveries. Who is in none of the sets is settled. */
interface Outcome {
  readonly refused: Set<string>;
  readonly unanswered: Set<string>;
  /** To be asked for later, by a new walk of the sync, */
  readonly owed: Set<string>;
  /** from then on, in Unix seconds. */
  owedUntil?: number | undefined;
  /** To be asked for again soon. */
  readonly failed: Set<string>;
}

/** Fetches the details of followers, as many with one call as WeChat takes, and stores them. */
export class DetailsWorker {
  readonly #parts: DetailsWorkerParts;
  readonly #mirror: Mirror;
  readonly #ledger: DetailsLedger;

  constructor(parts: DetailsWorkerParts) {
    this.#parts = parts;
    this.#mirror = new Mirror(parts.followers);
    this.#ledger = new DetailsLedger(parts.followers);
  }

  /** Works off what was delivered. Returns the ids of what failed and is to be delivered again. */
  async work(deliveries: readonly Delivery[]): Promise<string[]> {
    const byAccount = Map.groupBy(deliveries, ({ message }) => message.account);
    const failed: string[] = [];
    for (const [appId, ofAccount] of byAccount) {
      try {
        failed.push(...(await this.#workFor(appId, ofAccount)));
      } catch (error) {
        if (error instanceof KeyringError && error.code === 'account_unknown') continue;
        await this.#note(appId, error);
        failed.push(...ofAccount.map(({ id }) => id));
      }
    }
    return failed;
  }

  async #workFor(appId: AppId, deliveries: readonly Delivery[]): Promise<string[]> {
    const account = await this.#parts.findAccount(appId);
    // Somebody new is asked about at once only where syncs would ask, too.
    const wanted = deliveries.filter(
      ({ message }) => message.run !== undefined || (account.sync ?? 'details') === 'details',
    );
    const outcome = await this.#fetch(account, await this.#missing(appId, wanted));
    const failed: string[] = [];
    for (const { id, message } of wanted) {
      if (message.openids.some((openid) => outcome.failed.has(openid))) {
        failed.push(id);
        continue;
      }
      if (message.run === undefined) continue;
      const count = (set: ReadonlySet<string>) => message.openids.filter((openid) => set.has(openid)).length;
      const { refused, unanswered, owed, owedUntil } = outcome;
      const settled = {
        done: message.openids.length,
        refused: count(refused),
        unanswered: count(unanswered),
        owed: count(owed),
        owedUntil,
      };
      await this.#ledger.settle(appId, message.run, settled, this.#parts.clock.now());
    }
    return failed;
  }

  /** Whose details are older than the message that asks for them. Who has left is not asked about. */
  async #missing(appId: AppId, deliveries: readonly Delivery[]): Promise<string[]> {
    const askedAt = new Map<string, number>();
    for (const { message } of deliveries) {
      for (const openid of message.openids) {
        askedAt.set(openid, Math.max(message.queuedAt, askedAt.get(openid) ?? 0));
      }
    }
    const known = await readPeople(this.#parts.followers, appId, [...askedAt.keys()]);
    return [...askedAt].flatMap(([openid, at]) => {
      const { subscribed, detailAt = -1 } = known.get(openid) ?? {};
      return subscribed === false || detailAt >= at ? [] : [openid];
    });
  }

  async #fetch(account: Account, openids: readonly string[]): Promise<Outcome> {
    const outcome: Outcome = {
      refused: new Set(),
      unanswered: new Set(),
      owed: new Set(),
      failed: new Set(),
    };
    for (let start = 0; start < openids.length; start += openidsPerMessage) {
      const batch = openids.slice(start, start + openidsPerMessage);
      const unsettled = new Set(batch);
      try {
        await this.#ask(account, batch, outcome, unsettled);
      } catch (error) {
        const [only = '', ...others] = batch;
        if (others.length === 0 && isUnreadable(error)) {
          // It may be this person or WeChat. The next sync asks again.
          outcome.unanswered.add(only);
          continue;
        }
        const now = this.#parts.clock.now();
        const quotaAt = quotaUntil(error, now);
        const isLong = quotaAt !== undefined && quotaAt - now > 2 * quotaMinuteSeconds;
        // A message that waits for long would only come to the dead-letter queue: it is left to a later walk.
        if (isLong) outcome.owedUntil = quotaAt;
        const rest = isLong ? outcome.owed : outcome.failed;
        for (const openid of [...unsettled, ...openids.slice(start + batch.length)]) rest.add(openid);
        await this.#note(account.appId, error);
        return outcome;
      }
    }
    return outcome;
  }

  /** Asks about up to 100 people and stores what WeChat tells. */
  async #ask(
    account: Account,
    openids: readonly string[],
    outcome: Outcome,
    unsettled: Set<string>,
  ): Promise<void> {
    const { calls, clock } = this.#parts;
    let askedAt = clock.now();
    const ask = (some: readonly string[]) => {
      askedAt = clock.now();
      return calls.send(account, 'details', (token) => getFollowers(token, { openids: some }));
    };
    for await (const { followers, unknown, unreadable } of askAbout(openids, ask)) {
      await concurrently(followers, maxConcurrentWrites, async (follower) => {
        await this.#mirror.putDetails(account.appId, follower, askedAt);
        unsettled.delete(follower.openid);
      });
      for (const openid of unknown) {
        await this.#mirror.refuse(account.appId, openid, askedAt);
        outcome.refused.add(openid);
        unsettled.delete(openid);
      }
      for (const openid of unreadable) {
        outcome.unanswered.add(openid);
        unsettled.delete(openid);
      }
    }
  }

  /** Makes an error visible in the log and in the status of the sync. */
  async #note(appId: AppId, error: unknown): Promise<void> {
    const { clock, log } = this.#parts;
    const code = faultCode(error);
    log.warn('Details of followers could not be fetched; their message comes again.', {
      account: appId,
      code,
    });
    try {
      await this.#ledger.fail(appId, code, clock.now());
    } catch {
      // The message comes again in any case; the log has the error.
    }
  }
}
