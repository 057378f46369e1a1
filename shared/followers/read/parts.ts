import type { AccountCalls } from '../../credentials/account-calls.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Table } from '../../platform/table.ts';

/** What it takes to read the mirror. */
export interface MirrorParts {
  readonly followers: Table;
  readonly clock: Clock;
}

/** What it takes to ask WeChat where the mirror does not know. */
export interface FollowerParts extends MirrorParts {
  readonly calls: AccountCalls;
  /** Waits until the calls so far have been counted as far as that is due. */
  readonly counted: () => Promise<void>;
}
