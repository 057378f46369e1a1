import { SteerableClock } from '../../local/clock.ts';
import { systemClock, type Clock } from '../../shared/platform/clock.ts';

/** Some morning in China, far from the end of its day: 1 March 2027, 10:00. */
const morning = Date.UTC(2027, 2, 1, 2) / 1000;

/**
 * A clock for tests. It stands still unless it is moved, however long a test takes: what expires on it, expires when
 * the test says so.
 *
 * A sleep on it takes its real time, during which others can work, and then the clock has moved on by what was slept
 * (of sleeps at the same time, by the longest). So whoever polls with a deadline gives up after a number of looks that
 * the machine has no part in. Alarms between do not ring by that, but with the next `advance`. With `pace` a sleep takes
 * so many times less: for those who are waited for in the same process, where a look is a turn for everybody.
 */
export function standingClock(startsAt = morning, pace = 1): SteerableClock {
  return new SteerableClock(0, new StandingTime(startsAt, pace));
}

class StandingTime implements Clock {
  /** Seconds with their fraction: many short sleeps make a long one. */
  #now: number;
  readonly #pace: number;

  constructor(startsAt: number, pace: number) {
    this.#now = startsAt;
    this.#pace = pace;
  }

  now(): number {
    return Math.floor(this.#now);
  }

  async sleep(seconds: number): Promise<void> {
    const until = this.#now + seconds;
    await systemClock.sleep(seconds / this.#pace);
    this.#now = Math.max(this.#now, until);
  }
}
