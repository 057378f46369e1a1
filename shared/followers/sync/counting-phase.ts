import type { Checkpoint } from './checkpoint.ts';
import type { Hold } from './hold.ts';
import type { PhaseParts } from './phase.ts';
import { finished, succeeded } from './run.ts';
import { placeBehind, putCounts, readOn, tallied } from './walk.ts';

/** Counts some people of one partition. */
export async function countPeople({ followers, clock }: PhaseParts, hold: Hold): Promise<Checkpoint> {
  const { account, run } = hold;
  const { items, end } = await readOn(followers, hold);
  const { next, isLast } = placeBehind(hold, end ? undefined : items.at(-1)?.openid);
  const staying = items.filter((person) => person.subscribed === true);
  const counted = { ...run, ...next, ...succeeded, tally: tallied(run.tally, staying) };
  if (!isLast) return counted;
  await putCounts(followers, account.appId, {
    run: counted,
    now: clock.now(),
    hasDetails: run.missing === undefined,
  });
  return finished(counted, clock.now());
}
