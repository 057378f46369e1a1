import type { Need } from '../../shared/credentials/credential.ts';
import type { Runtime } from '../../functions/runtime.ts';
import type { AppId } from '../../shared/wechat/tokens.ts';

/** What the test sends to a worker, once it has been told that the worker is there. The first message is `start`. */
export type ToWorker =
  | {
      readonly kind: 'start';
      readonly environment: Runtime['environment'];
      readonly now: number;
      readonly account: AppId;
      /** How many callers there are in the process. */
      readonly callers: number;
      /** How long a caller rests between two calls, in real milliseconds. */
      readonly pauseMs: number;
    }
  /** Moves the clock, and asks to be told when that is done. */
  | { readonly kind: 'time'; readonly now: number }
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
  | { readonly kind: 'loaded' }
  /** Refreshes under way, and how many of what is under way sleep. */
  | { readonly kind: 'busy'; readonly refreshing: number; readonly asleep: number }
  | { readonly kind: 'moved'; readonly now: number }
  | { readonly kind: 'answered'; readonly calls: number; readonly generations: readonly number[] }
  | { readonly kind: 'failed'; readonly call: FailedCall }
  | { readonly kind: 'drained'; readonly id: number }
  | { readonly kind: 'stopped' };
