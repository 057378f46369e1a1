import type { Clock } from '../platform/clock.ts';

/** The pauses between looks at a record, in seconds: most refreshes end within a tenth of one. */
const firstPause = 0.02;
const longestPause = 0.4;

/**
 * The pauses of somebody who waits for what another one does: they look soon, and then less often. Each pause is up to a
 * quarter shorter or longer than twice the one before, so that those who began together do not look together.
 */
export class Looks {
  readonly #clock: Clock;
  readonly #random: () => number;
  #next = firstPause;

  /** `random`: numbers in [0, 1). */
  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Waits until it is time for the next look. */
  async pause(): Promise<void> {
    const pause = this.#next;
    this.#next = Math.min(2 * pause, longestPause);
    await this.#clock.sleep(pause * (0.75 + this.#random() / 2));
  }
}
