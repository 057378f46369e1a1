import { startLocalAws, type LocalAws, type LocalAwsOptions } from '../../local/aws/server.ts';
import type { SteerableClock } from '../../local/clock.ts';
import { standingClock } from '../kit/clock.ts';

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
  const clock = options.clock ?? standingClock();
  const log: string[] = [];
  const aws = await startLocalAws({
    clock,
    scheduleDelay: () => 0,
    log: (line) => log.push(line),
    ...options,
  });
  return { aws, clock, log };
}
