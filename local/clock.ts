import { systemClock, type Clock } from '../shared/platform/clock.ts';

interface Alarm {
  readonly at: number;
  readonly run: () => Promise<void>;
}

/**
 * A clock that runs with real time, or with another clock, and can be moved forward. The simulator, the local schedules
 * and the functions of a local stack share one, so that two days pass in a second.
 */
export class SteerableClock implements Clock {
  #offset: number;
  readonly #time: Clock;
  #moving: Promise<unknown> = Promise.resolve();
  #moved: () => void = () => undefined;
  readonly #alarms = new Set<Alarm>();

  /** `offset` is how many seconds ahead of `time` it starts. */
  constructor(offset = 0, time: Clock = systemClock) {
    this.#offset = offset;
    this.#time = time;
  }

  get offset(): number {
    return this.#offset;
  }

  now(): number {
    return this.#time.now() + this.#offset;
  }

  sleep(seconds: number): Promise<void> {
    return this.#time.sleep(seconds);
  }

  /** Runs `run` once when the clock reaches `at` (Unix seconds). Returns how to take it back. */
  alarm(at: number, run: () => Promise<void>): () => void {
    const alarm = { at, run };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** Has `moved` called after each move forward, before whoever moved it is told. */
  onMove(moved: () => void): void {
    this.#moved = moved;
  }

  /**
   * Moves the clock forward, stopping at every alarm on the way: each runs at its own instant, and to its
   * end, before time goes on. Moves that overlap run one after the other. Returns the new time. An alarm must
   * not wait for a move of its own.
   */
  advance(seconds: number): Promise<number> {
    const move = this.#moving.then(() => this.#advance(seconds));
    this.#moving = move.catch(() => undefined);
    return move;
  }

  /** Runs what has become due by itself. A running stack calls this every second. */
  async tick(): Promise<void> {
    await this.advance(0);
  }

  async #advance(seconds: number): Promise<number> {
    const target = this.now() + seconds;
    for (let alarm = this.#next(target); alarm; alarm = this.#next(target)) {
      if (alarm.at > this.now()) this.#offset += alarm.at - this.now();
      this.#alarms.delete(alarm);
      await alarm.run();
    }
    if (target > this.now()) this.#offset += target - this.now();
    if (seconds > 0) this.#moved();
    return this.now();
  }

  #next(until: number): Alarm | undefined {
    let next: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (alarm.at <= until && (next === undefined || alarm.at < next.at)) next = alarm;
    }
    return next;
  }
}
