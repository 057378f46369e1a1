import * as z from 'zod/mini';
import type { Item, Key, Table } from '../platform/table.ts';
import { chinaDay, chinaDayEnd } from '../wechat/quota-day.ts';
import type { AppId } from '../wechat/tokens.ts';

/** What is counted by groups, and where a day has the group: `scene ADD_SCENE_SEARCH`, `login granted`, `push handled`. */
const groups = { scene: 'scenes', login: 'logins', push: 'pushes' } as const;
export type Group = keyof typeof groups;

/** A day in China of one account. Nothing of it says who. */
export const dayFiguresSchema = z.object({
  /** `2026-11-30` */
  day: z.string(),
  /** Followers at the end of the day; today, up to now. Absent where no sync has counted them yet. */
  followers: z.optional(z.number()),
  /** Who began, and who ceased to follow. */
  joined: z.number(),
  left: z.number(),
  /** Of those who joined, as far as WeChat has told how: by its word for that, such as `ADD_SCENE_QR_CODE`. */
  scenes: z.record(z.string(), z.number()),
  /** Logins by how they ended: `granted`, `snapshot`, `refused` by the user, or the code of what went wrong. */
  logins: z.record(z.string(), z.number()),
  /** Pushes: `handled`, `unconfirmed`, `repeated`, or `failed`, which counts each try. */
  pushes: z.record(z.string(), z.number()),
});
export type DayFigures = z.infer<typeof dayFiguresSchema>;

/** What is stored of a day, beside the groups. */
const storedSchema = z.object({
  openid: z.string(),
  joined: z._default(z.number(), 0),
  left: z._default(z.number(), 0),
  /** How many followers a sync counted that day, the last one. */
  counted: z.optional(z.number()),
  /** By how much their number has changed since then; since the day began, where no sync has counted. */
  moved: z._default(z.number(), 0),
});

const daySeconds = 86_400;
/** A day can be compared with the same one a year before. */
const keepSeconds = 400 * daySeconds;
/** WeChat's words for scenes have up to 30 characters, and the service's own codes are as short. */
const namePattern = /^[A-Za-z][A-Za-z0-9_]{0,39}$/;

/** The attribute of one member of a group. What is no word that could be expected is counted as `other`. */
export function figureOf(group: Group, name: string): string {
  return `${group} ${namePattern.test(name) ? name : 'other'}`;
}

/** What moves a day's figures, by attribute. */
export type Moves = ReadonlyMap<string, number>;

/** The moves of so many who joined and so many who left. A negative number takes back what was counted. */
export function movesOf({ joined = 0, left = 0 }: { joined?: number; left?: number }): Moves {
  const moves = { joined, left, moved: joined - left };
  return new Map(Object.entries(moves).filter(([, by]) => by !== 0));
}

/**
 * Adds to the figures of the day in China in which `at` (Unix seconds) is. It is one write without a condition, so that
 * of those who add at once none waits: whoever calls it has found out before that it is to be counted once.
 */
export async function addFigures(followers: Table, appId: AppId, at: number, moves: Moves): Promise<void> {
  if (moves.size === 0) return;
  await followers.add(keyOf(appId, chinaDay(at)), moves, { removeAt: removeAt(at) });
}

/** Notes how many followers a sync has counted at that time. */
export async function noteCounted(
  followers: Table,
  appId: AppId,
  { at, counted }: { at: number; counted: number },
): Promise<void> {
  const set = { counted, moved: 0, removeAt: removeAt(at) };
  await followers.update(keyOf(appId, chinaDay(at)), { set });
}

/**
 * The figures of the last `days` days in China up to the one of `now`, the oldest first. Days before the first one of
 * which something is kept are left out; later ones of which nothing is kept are there.
 */
export async function readFigures(
  followers: Table,
  appId: AppId,
  { now, days }: { now: number; days: number },
): Promise<DayFigures[]> {
  const today = chinaDay(now);
  const items = await followers.query('shard', daysShard(appId));
  const stored = new Map(
    items.flatMap((item): [string, Item][] => {
      const { openid: day } = z.parse(storedSchema, item);
      return day <= today ? [[day, item]] : [];
    }),
  );
  const first = [...stored.keys()].sort()[0];
  if (first === undefined) return [];
  const figures: DayFigures[] = [];
  let known: number | undefined;
  // An item may be left over from long ago; DynamoDB removes what is over late.
  const from = Math.max(noonOf(first), now - keepSeconds);
  for (let at = from; chinaDay(at) <= today; at += daySeconds) {
    const day = chinaDay(at);
    const { figures: ofDay, counted, moved } = parse(day, stored.get(day));
    known = counted === undefined && known === undefined ? undefined : (counted ?? known ?? 0) + moved;
    figures.push({ ...ofDay, ...(known !== undefined && { followers: known }) });
  }
  return figures.slice(-days);
}

/** The partition of the days of an account, in the Followers table. */
export function daysShard(appId: AppId): string {
  return `${appId}#days`;
}

/** What tells that an item of a day has changed. */
export const dayMarks = ['joined', 'left', 'moved', 'counted'] as const;

function keyOf(appId: AppId, day: string): Key {
  return { shard: daysShard(appId), openid: day };
}

/** Counted from the day and not from the write, so that a late one does not keep it longer. */
function removeAt(at: number): number {
  return chinaDayEnd(at) + keepSeconds;
}

/** Noon in China of a day, in Unix seconds. */
function noonOf(day: string): number {
  return Date.parse(`${day}T12:00:00+08:00`) / 1000;
}

function parse(
  day: string,
  item: Item | undefined,
): { figures: DayFigures; counted: number | undefined; moved: number } {
  const { joined, left, counted, moved } = z.parse(storedSchema, item ?? { openid: day });
  const ofGroups: Pick<DayFigures, (typeof groups)[Group]> = { scenes: {}, logins: {}, pushes: {} };
  for (const [attribute, value] of Object.entries(item ?? {})) {
    const [group = '', name] = attribute.split(' ');
    if (name !== undefined && isGroup(group)) ofGroups[groups[group]][name] = z.parse(z.number(), value);
  }
  return { figures: { day, joined, left, ...ofGroups }, counted, moved };
}

function isGroup(text: string): text is Group {
  return text in groups;
}
