import type { Clock } from '../platform/clock.ts';

/** After so many verdicts that a token is good, in so many seconds, WeChat is not asked any more. */
const verdicts = 3;
const windowSeconds = 60;
/** Beyond so many pairs those are forgotten that are past. */
const manyPairs = 1000;

/** The verdict that it was, and when it came, in Unix seconds. */
interface Refutation {
  readonly verdict: object;
  readonly at: number;
}

/**
 * Keeps calls that WeChat rejects for another reason than their token from having it checked without end: some SDKs
 * repeat a call that is answered 40001 for as long as it is. Counted for each key, account and path.
 */
export class Breaker {
  readonly #clock: Clock;
  readonly #refuted = new Map<string, readonly Refutation[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `owner`: whose calls of the account they are, as usageOwner names them. */
  mayCheck(owner: string, path: string): boolean {
    return this.#recent(`${owner} ${path}`).length < verdicts;
  }

  /** Notes that WeChat accepts the token of a call that it rejected. Calls that share a verdict count as one. */
  refuted(owner: string, path: string, verdict: object): void {
    const pair = `${owner} ${path}`;
    const before = this.#recent(pair).filter((known) => known.verdict !== verdict);
    this.#refuted.set(pair, [...before, { verdict, at: this.#clock.now() }]);
    if (this.#refuted.size <= manyPairs) return;
    for (const known of this.#refuted.keys())
      if (this.#recent(known).length === 0) this.#refuted.delete(known);
  }

  #recent(pair: string): readonly Refutation[] {
    const since = this.#clock.now() - windowSeconds;
    return (this.#refuted.get(pair) ?? []).filter(({ at }) => at > since);
  }
}
