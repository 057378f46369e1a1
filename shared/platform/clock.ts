/** Time as the service sees it. Injected everywhere, so that tests and the local stack can move it. */
export interface Clock {
  /** The current time in whole Unix seconds. */
  now(): number;
  /** Waits; `seconds` may be a fraction. */
  sleep(seconds: number): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Math.floor(Date.now() / 1000),
  sleep: (seconds) =>
    new Promise((resolve) => {
      setTimeout(resolve, seconds * 1000);
    }),
};
