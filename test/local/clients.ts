import { jest } from '@jest/globals';
import { startLocalAws, type LocalAws, type LocalAwsOptions } from '../../local/aws/server.ts';
import { SteerableClock } from '../../local/clock.ts';

/** What every AWS client of these tests is made with. */
export function clientConfig(endpoint: string) {
  return {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  };
}

/** A fresh set of stand-ins for one test, with the clock that moves them and what they have logged. */
export async function startForTest(options: Partial<LocalAwsOptions> = {}): Promise<{
  aws: LocalAws;
  clock: SteerableClock;
  log: string[];
}> {
  const clock = options.clock ?? new SteerableClock();
  const log: string[] = [];
  const aws = await startLocalAws({
    clock,
    scheduleDelay: () => 0,
    log: (line) => log.push(line),
    ...options,
  });
  return { aws, clock, log };
}

/** Stops real time, and nothing else that Jest could fake: a clock then moves only when it is told to. */
export function freezeDate(): void {
  jest.useFakeTimers({
    doNotFake: [
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
      'setTimeout',
      'clearTimeout',
    ],
  });
}
