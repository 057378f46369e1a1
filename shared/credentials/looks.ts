import type { Clock } from '../platform/clock.ts';

/** The pauses between looks at a record, in seconds. No refresh ends before the first one does. */
const firstPause = 0.04;
const shortestPause = 0.02;
const longestPause = 0.4;

/**
 * The pauses of somebody who waits for what another one does: they look soon, and then less often. Each pause is half of
 * the time that has been waited so far, so nobody waits for much longer than it takes; and it is up to a quarter shorter
 * or longer, so that those who began together do not look together.
 */
export class Looks {
  readonly #clock: Clock;
  readonly #random: () => number;
  #waited = 0;

  /** `random`: numbers in [0, 1). */
  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Waits until it is time for the next look. */
  async pause(): Promise<void> {
    const half = Math.min(Math.max(this.#waited / 2, shortestPause), longestPause);
    const pause = this.#waited === 0 ? firstPause : half;
    this.#waited += pause;
    await this.#clock.sleep(pause * (0.75 + this.#random() / 2));
  }
}
