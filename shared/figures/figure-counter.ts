import { aborted } from '../platform/aborted.ts';
import type { Clock } from '../platform/clock.ts';
import { errorName } from '../platform/error-name.ts';
import type { Log } from '../platform/log.ts';
import type { Table } from '../platform/table.ts';
import { chinaDay } from '../wechat/quota-day.ts';
import type { AppId } from '../wechat/tokens.ts';
import { addFigures, figureOf, type Group } from './day-figures.ts';

/** Counts what has just happened to an account. Never throws, and is over in a second. */
export type CountFigure = (appId: AppId, group: Group, name: string) => Promise<void>;

/** A database that is not well must not keep somebody waiting for a count. */
const patienceMs = 1000;

/** Counts where nothing may depend on it, such as for the end of a login: what cannot be counted is logged and lost. */
export function figureCounter({
  followers,
  clock,
  log,
}: {
  readonly followers: Table;
  readonly clock: Clock;
  readonly log: Log;
}): CountFigure {
  return async (appId, group, name) => {
    try {
      const moves = new Map([[figureOf(group, name), 1]]);
      await Promise.race([
        addFigures(followers, appId, chinaDay(clock.now()), moves),
        aborted(AbortSignal.timeout(patienceMs), () => new Error('It took too long.')),
      ]);
    } catch (error) {
      log.warn('What happened could not be counted.', { account: appId, error: errorName(error) });
    }
  };
}
