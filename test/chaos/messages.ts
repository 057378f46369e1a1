import type { Need } from '../../shared/credentials/credential.ts';
import type { Runtime } from '../../functions/runtime.ts';

/** What the test sends to a worker. The first message is `start`. */
export type ToWorker =
  | {
      readonly kind: 'start';
      readonly environment: Runtime['environment'];
      readonly clock: { readonly startedAtMs: number; readonly pace: number; readonly offset: number };
      readonly account: string;
      /** How many callers there are in the process. */
      readonly callers: number;
      /** How long a caller rests between two calls, in real milliseconds. */
      readonly pauseMs: number;
    }
  | { readonly kind: 'time'; readonly offset: number }
  | { readonly kind: 'refresh'; readonly need: Need }
  /** Asks to be told once the calls that are open now have ended. */
  | { readonly kind: 'drain'; readonly id: number }
  | { readonly kind: 'stop' };

/** A call that got no answer. Times in milliseconds of the machine's clock, which all processes share. */
export interface FailedCall {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** `code` of the error. */
  readonly code: string;
  readonly detail: string;
}

/** What a worker tells. */
export type FromWorker =
  | { readonly kind: 'refreshing'; readonly count: number }
  | {
      readonly kind: 'answered';
      readonly calls: number;
      readonly slowestMs: number;
      readonly generations: readonly number[];
    }
  | { readonly kind: 'failed'; readonly call: FailedCall }
  | { readonly kind: 'drained'; readonly id: number }
  | { readonly kind: 'stopped' };
