import type { Key, Table } from '../platform/table.ts';
import { chinaDay, chinaDayEnd } from '../wechat/quota-day.ts';
import type { AppId } from '../wechat/tokens.ts';

/**
 * What is counted of each account by the day in China: one item a day in the Followers table, one number attribute for
 * each figure. None of it says who. read-figures.ts reads it. Beside what is in a group, these are:
 *
 * - `joined`, `left`: who began, and who ceased to follow.
 * - `counted`: how many followers a sync counted that day, the last one.
 * - `moved`: by how much their number has changed since then; since the day began, where no sync has counted.
 */
type Moves = ReadonlyMap<string, number>;

/**
 * What is counted by a word of WeChat's or the service's. `scene`: of those who joined how they came, as far as WeChat has
 * told; `login`: how logins ended; `push`: what became of pushes. Such an attribute is `scene ADD_SCENE_SEARCH`.
 */
export type Group = 'scene' | 'login' | 'push';

/** A day can be compared with the same one a year before. */
export const keepSeconds = 400 * 86_400;
/** WeChat's words for scenes have up to 30 characters, and the service's own codes are as short. */
const namePattern = /^[A-Za-z]\w{0,39}$/;

/** The attribute of one figure of a group. What is no word that could be expected is counted as `other`. */
export function figureOf(group: Group, name: string): string {
  return `${group} ${namePattern.test(name) ? name : 'other'}`;
}

/** The moves of so many who joined and so many who left. A negative number takes back what was counted. */
export function movesOf({ joined = 0, left = 0 }: { joined?: number; left?: number }): Moves {
  const moves = { joined, left, moved: joined - left };
  return new Map(Object.entries(moves).filter(([, by]) => by !== 0));
}

/**
 * Adds to the figures of a day in China. It is one write without a condition, so that of those who add at once none
 * waits: whoever calls it has found out before that it is to be counted once.
 */
export async function addFigures(followers: Table, appId: AppId, day: string, moves: Moves): Promise<void> {
  if (moves.size === 0) return;
  await followers.add(keyOf(appId, day), moves, { removeAt: removeAt(day) });
}

/** Notes how many followers a sync has counted at that time. */
export async function noteCounted(
  followers: Table,
  appId: AppId,
  { at, counted }: { at: number; counted: number },
): Promise<void> {
  const day = chinaDay(at);
  await followers.update(keyOf(appId, day), { set: { counted, moved: 0, removeAt: removeAt(day) } });
}

/** The partition of the days of an account, in the Followers table. */
export function daysShard(appId: AppId): string {
  return `${appId}#days`;
}

/** What tells that an item of a day has changed. */
export const dayMarks = ['joined', 'left', 'moved', 'counted'] as const;

/** Noon in China of a day, in Unix seconds. */
export function noonOf(day: string): number {
  return Date.parse(`${day}T12:00:00+08:00`) / 1000;
}

function keyOf(appId: AppId, day: string): Key {
  return { shard: daysShard(appId), openid: day };
}

/** Counted from the day and not from the write, so that a late one does not keep it longer. */
function removeAt(day: string): number {
  return chinaDayEnd(noonOf(day)) + keepSeconds;
}
