import type { Account } from '../accounts/accounts.ts';
import type { Clock } from '../platform/clock.ts';
import { errorName } from '../platform/error-name.ts';
import type { Log } from '../platform/log.ts';
import type { Alarms } from './alarms.ts';
import type { Bookings } from './bookings.ts';
import type { CredentialStore } from './credential-store.ts';
import type { Credential, Failure } from './credential.ts';
import { isNews } from './failure.ts';
import { withNotice } from './history.ts';
import { noteSeconds, noticeSeconds } from './timing.ts';

/** What notices are sent with. */
export interface NoticesParts {
  readonly store: CredentialStore;
  readonly bookings: Bookings;
  readonly alarms: Alarms;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * What goes to the outside after a refresh: the next booking, and word to a person. Neither fails the refresh, and who
 * waits for that waits a few seconds for each at the most.
 */
export class Notices {
  readonly #parts: NoticesParts;

  constructor(parts: NoticesParts) {
    this.#parts = parts;
  }

  /** Books the account's next refresh. The sweep finds what could not be booked. */
  async book({ appId }: Account, at: number): Promise<void> {
    const { bookings, log } = this.#parts;
    try {
      await bookings.book(appId, at, deadline());
    } catch (error) {
      log.warn('The next refresh could not be booked; the sweep will find it.', {
        account: appId,
        error: errorName(error),
      });
    }
  }

  /**
   * Tells a person of a failure that is news to them, and puts that on record. What could not be told is told at the next
   * failure. `left`: the record after the failure. `told`: the codes of which somebody has been told before it.
   */
  async tell(
    account: Account,
    failure: Failure,
    { left, told }: { left: Credential; told: Credential['told'] },
  ): Promise<void> {
    // An account that is gone must not come back for that.
    if (!isNews(failure, told) || left.revision === 0) return;
    if (await this.#raised(account, failure, left)) await this.#note(account, failure, left);
  }

  async #raised(account: Account, failure: Failure, left: Credential): Promise<boolean> {
    const { alarms, log } = this.#parts;
    try {
      await alarms.raise(account, failure, left, deadline());
      return true;
    } catch (error) {
      log.error('An alarm could not be raised.', {
        account: account.appId,
        code: failure.code,
        error: errorName(error),
      });
      return false;
    }
  }

  async #note({ appId }: Account, { code, at }: Failure, left: Credential): Promise<void> {
    const { store, clock, log } = this.#parts;
    try {
      let seen = left;
      for (let passed = 0; passed < noteSeconds && seen.failure !== undefined; passed++) {
        const told = [...(seen.told ?? []), code];
        const notices = withNotice(seen, { code, at });
        if (await store.amend(appId, seen, { told, notices }, { now: clock.now() })) return;
        // Whoever has taken the lease meanwhile needs a moment.
        await clock.sleep(1);
        seen = await store.read(appId);
        // The write was ours, and only its answer was lost.
        if (seen.told?.includes(code)) return;
      }
    } catch (error) {
      log.warn('It could not be noted that a person was told; they are told again.', {
        account: appId,
        error: errorName(error),
      });
    }
  }
}

function deadline(): AbortSignal {
  return AbortSignal.timeout(noticeSeconds * 1000);
}
