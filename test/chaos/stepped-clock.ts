import { SteerableClock } from '../../local/clock.ts';

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

interface Alarm {
  readonly at: number;
  readonly run: () => Promise<void>;
}

/**
 * A clock that stands still between its steps. Whoever sleeps on it wakes by a step, and whoever moves it sees how many
 * sleep: so time waits for the machine, however slow that is.
 */
export class SteppedClock extends SteerableClock {
  #now: number;
  #running = 0;
  readonly #sleepers = new Set<Sleeper>();
  readonly #alarms = new Set<Alarm>();
  readonly #onSleep: () => void;
  readonly #waiting = new Set<() => void>();
  /** By how many seconds alarms are late, as those of EventBridge Scheduler may be by up to a minute. */
  lateBy = 0;

  /** `now` in Unix seconds; `onSleep` is called whenever somebody falls asleep or wakes up. */
  constructor(now: number, onSleep: () => void = () => undefined) {
    super();
    this.#now = now;
    this.#onSleep = onSleep;
  }

  override now(): number {
    return this.#now;
  }

  /** How many sleep. */
  get asleep(): number {
    return this.#sleepers.size;
  }

  /** How many alarms have gone off whose work is not done. */
  get running(): number {
    return this.#running;
  }

  /** When the next alarm goes off, if there is one. */
  get nextAlarm(): number | undefined {
    const times = [...this.#alarms].map(({ at }) => at + this.lateBy);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  override sleep(seconds: number): Promise<void> {
    return new Promise((wake) => {
      this.#sleepers.add({ until: this.#now + seconds, wake });
      this.#onSleep();
    });
  }

  /** Resolves when time goes on. Who waits for that does not count as asleep: time does not go on for its sake. */
  nextStep(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  override alarm(at: number, run: () => Promise<void>): () => void {
    const alarm = { at, run };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** One step. What it sets going has begun when this returns, and has not ended. */
  override advance(seconds: number): Promise<number> {
    this.stepTo(this.#now + seconds);
    return Promise.resolve(this.#now);
  }

  /** The same, to a time in Unix seconds. */
  stepTo(now: number): void {
    this.#now = Math.max(now, this.#now);
    for (const sleeper of this.#sleepers) {
      if (sleeper.until > this.#now) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
    for (const goOn of this.#waiting) goOn();
    this.#waiting.clear();
    this.#onSleep();
    for (const alarm of this.#alarms) {
      if (alarm.at + this.lateBy > this.#now) continue;
      this.#alarms.delete(alarm);
      this.#running += 1;
      void alarm.run().finally(() => (this.#running -= 1));
    }
  }
}
