import { WeChatApiError } from '../../wechat/errors.ts';
import { listFollowers, type FollowerPage } from '../../wechat/followers.ts';
import { faultCode } from './calls.ts';
import { goOn } from './circle.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Hold } from './hold.ts';
import type { PhaseParts } from './phase.ts';
import { RunFailed, succeeded } from './run.ts';

/** Reads a page of WeChat's list, and notes in the mirror who is on it. */
export async function readListPage(
  { calls, clock, mirror, ledger }: PhaseParts,
  hold: Hold,
): Promise<Checkpoint> {
  const { account, run } = hold;
  const askedAt = clock.now();
  let page: FollowerPage;
  try {
    page = await calls.send(account, 'list', (token) =>
      listFollowers(token, run.cursor === undefined ? {} : { after: run.cursor }),
    );
  } catch (error) {
    if (!(error instanceof WeChatApiError && error.kind === 'openid_unknown')) throw error;
    return withoutCursor(run, faultCode(error), clock.now());
  }
  let joined = 0;
  let passedOver = 0;
  await hold.each(page.openids, async (openid) => {
    const listed = await mirror.stamp(account.appId, openid, { run: run.runId, askedAt });
    if (listed === 'joined') joined += 1;
    if (listed === 'passed over') passedOver += 1;
  });
  const next = afterPage(hold.run, page, clock.now() - askedAt);
  const counted = { ...next, joined: run.joined + joined, passedOver: run.passedOver + passedOver };
  if (counted.phase === 'listing') return counted;
  const odd = implausible(counted);
  if (odd !== undefined && !counted.force) throw new RunFailed(odd);
  await ledger.begin(account.appId, run.runId, clock.now());
  return counted;
}

/** The list ends with a page that is empty or lacks its data, and never with one that is short. */
function afterPage(run: Checkpoint, page: FollowerPage, seconds: number): Checkpoint {
  const last = page.nextOpenid ?? page.openids.at(-1);
  const next: Checkpoint = {
    ...run,
    ...succeeded,
    pages: run.pages + 1,
    listed: run.listed + page.openids.length,
    firstTotal: run.firstTotal ?? page.total,
    total: page.total,
    workSeconds: run.workSeconds + seconds,
  };
  // A page that leads nowhere new would be read for ever.
  if (page.openids.length === 0 || last === undefined || last === run.cursor) {
    return { ...next, phase: 'leavers' };
  }
  // So would a list that goes round, or on and on.
  const circle = goOn(run.circle, last);
  const isEndless = next.listed > 2 * Math.max(page.total, run.firstTotal ?? 0) + 20_000;
  if (circle === 'round' || isEndless) throw new RunFailed('list_endless');
  const { openids } = page;
  const fallbacks = [openids[0], openids.at(-100), openids.at(-10), openids.at(-2)].flatMap((openid) =>
    openid === undefined || openid === last ? [] : [openid],
  );
  return { ...next, cursor: last, fallbacks, circle };
}

/** WeChat no longer knows the place to go on from: the one before it, and once none is left the beginning. */
function withoutCursor(run: Checkpoint, code: string, now: number): Checkpoint {
  // Places that were passed are passed again.
  const noted = { ...run, circle: undefined, errors: run.errors + 1, lastError: { code, at: now } };
  const fallbacks = [...run.fallbacks];
  const cursor = fallbacks.pop();
  if (run.cursor === undefined || (cursor === undefined && run.restarts >= 2)) throw new RunFailed(code);
  return cursor === undefined
    ? { ...noted, cursor, fallbacks, restarts: run.restarts + 1, listed: 0 }
    : { ...noted, cursor, fallbacks };
}

/**
 * Why the list that was read cannot be all there is, if it cannot: nobody is taken for gone on the word of an answer
 * that went wrong.
 */
function implausible({ listed, firstTotal = 0, total = 0, lastListed = 0 }: Checkpoint): string | undefined {
  const expected = Math.min(firstTotal, total);
  if (expected - listed > Math.max(2, expected * 0.05)) return 'list_incomplete';
  if (lastListed >= 100 && listed < lastListed / 2) return 'list_shrunk';
  return undefined;
}
