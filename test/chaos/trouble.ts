import type { FailedCall } from './messages.ts';

/** Where in a refresh the one who mints is killed. */
export const moments = [
  'before its request reaches WeChat',
  'before the answer reaches it',
  'as the answer reaches it',
] as const;
export type Moment = (typeof moments)[number];

interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What was done to the service, as what came of it is judged by. */
export class Trouble {
  readonly #outages: Window[] = [];
  readonly #killedMinting = new Map<Moment, number>();
  kills = 0;
  killedWaiting = 0;
  /** Revocations and refreshes by hand: each needs one mint. */
  needs = 0;
  /** Mints that WeChat has made and that nobody may have recorded, for the one who asked is dead. */
  lostMints = 0;
  mintsInOutages = 0;

  /** Told of a kill: when, if it was of the one who mints. */
  killed(role: Moment | 'waiting' | 'idle'): void {
    this.kills += 1;
    if (role === 'waiting') this.killedWaiting += 1;
    if (role === 'waiting' || role === 'idle') return;
    this.#killedMinting.set(role, (this.#killedMinting.get(role) ?? 0) + 1);
    // Of what never reached WeChat nothing can be lost.
    if (role !== 'before its request reaches WeChat') this.lostMints += 1;
  }

  /** Told of a time in which WeChat was away, in milliseconds of the machine's clock. */
  wasOut(window: Window): void {
    this.#outages.push(window);
  }

  /** A call may fail only while WeChat is away. */
  excuses({ startedAtMs, endedAtMs }: FailedCall): boolean {
    return this.#outages.some(({ fromMs, toMs }) => startedAtMs <= toMs && endedAtMs >= fromMs);
  }

  /** How often there was what. */
  counts(): ReadonlyMap<string, number> {
    return new Map([
      ['kills', this.kills],
      ...moments.map((moment): [string, number] => [
        `kills of the one who mints, ${moment}`,
        this.#killedMinting.get(moment) ?? 0,
      ]),
      ['kills of one who waits for a mint', this.killedWaiting],
      ['outages', this.#outages.length],
    ]);
  }
}
