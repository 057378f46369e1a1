import type { Config } from '../config.ts';

/**
 * In an AWS account whose Lambda runs few functions at once, how many of them one kind of work behind the API may take: a
 * fifth. There are four: refreshes and syncs that sweeps start, pushes, and details of followers. `undefined` where the
 * configuration names no such limit. Lambda takes no less than 2 for a queue.
 */
export function shareOf({ lambdaConcurrency }: Pick<Config, 'lambdaConcurrency'>): number | undefined {
  return lambdaConcurrency === undefined ? undefined : Math.max(2, Math.floor(lambdaConcurrency / 5));
}
