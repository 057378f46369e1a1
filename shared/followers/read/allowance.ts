import type { Clock } from '../../platform/clock.ts';
import { KeyringError } from '../../platform/errors.ts';

/** Long enough for 10,000 followers, and short enough for an answer before API Gateway's 30 seconds are over. */
const usualSeconds = 20;
/** Calls beside the one for each 100 people: about those whom nobody here has met, and where a call has to be divided. */
const usualExtraCalls = 100;

/** What asking WeChat about people may cost one request. */
export class Allowance {
  /** When all calls have to be over, in Unix seconds. */
  readonly until: number;
  readonly #clock: Clock;
  #extraCalls = usualExtraCalls;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.until = clock.now() + usualSeconds;
  }

  /** Whether no time is left. */
  get isOver(): boolean {
    return this.#clock.now() >= this.until;
  }

  /** Takes a call. Throws `lookup_too_slow` or `strangers_too_many`. */
  take({ isExtra }: { readonly isExtra: boolean }): void {
    if (this.isOver) throw tooSlow();
    if (!isExtra) return;
    if (this.#extraCalls === 0) throw tooManyStrangers();
    this.#extraCalls -= 1;
  }
}

/** What a caller is told whose request has no time left. */
export function tooSlow(): KeyringError {
  return new KeyringError('lookup_too_slow', 'Ask for `partial.rest` again, in a moment.', { retryAfter: 5 });
}

function tooManyStrangers(): KeyringError {
  const detail = 'Ask for `partial.rest` again. Leave out who has never followed or logged in.';
  return new KeyringError('strangers_too_many', detail, { retryAfter: 1 });
}

/** Whether an allowance was spent, and nothing else is at fault. */
export function isSpent(error: unknown): boolean {
  return (
    error instanceof KeyringError && (error.code === 'lookup_too_slow' || error.code === 'strangers_too_many')
  );
}
