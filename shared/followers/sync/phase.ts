import type { Clock } from '../../platform/clock.ts';
import type { Table } from '../../platform/table.ts';
import type { Mirror } from '../mirror/mirror.ts';
import type { SyncCalls } from './calls.ts';
import type { DetailsLedger } from './details-progress.ts';
import type { DetailsQueue } from './details-queue.ts';

/** What the phases of a run work with. */
export interface PhaseParts {
  readonly followers: Table;
  readonly mirror: Mirror;
  readonly ledger: DetailsLedger;
  readonly calls: SyncCalls;
  readonly queue: DetailsQueue;
  readonly clock: Clock;
}
