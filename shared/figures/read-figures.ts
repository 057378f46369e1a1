import * as z from 'zod/mini';
import type { Item, Table } from '../platform/table.ts';
import { chinaDay } from '../wechat/quota-day.ts';
import type { AppId } from '../wechat/tokens.ts';
import { daysShard, keepSeconds, noonOf, type Group } from './day-figures.ts';

/** A day in China of one account. */
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
  counted: z.optional(z.number()),
  moved: z._default(z.number(), 0),
});

const groups = { scene: 'scenes', login: 'logins', push: 'pushes' } as const satisfies Record<
  Group,
  keyof DayFigures
>;

const daySeconds = 86_400;

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
  // DynamoDB removes late what is over.
  const oldest = chinaDay(now - keepSeconds);
  const items = await followers.query('shard', daysShard(appId));
  const stored = new Map(items.map((item) => [z.parse(storedSchema, item).openid, item]));
  const first = [...stored.keys()].filter((day) => day >= oldest && day <= today).sort()[0];
  if (first === undefined) return [];
  const figures: DayFigures[] = [];
  let known: number | undefined;
  for (let at = noonOf(first); chinaDay(at) <= today; at += daySeconds) {
    const day = chinaDay(at);
    const item = stored.get(day) ?? { openid: day };
    const { joined, left, counted = known, moved } = z.parse(storedSchema, item);
    known = counted === undefined ? undefined : counted + moved;
    figures.push({ day, ...(known !== undefined && { followers: known }), joined, left, ...byGroup(item) });
  }
  return figures.slice(-days);
}

function byGroup(item: Item): Pick<DayFigures, (typeof groups)[Group]> {
  const figures: ReturnType<typeof byGroup> = { scenes: {}, logins: {}, pushes: {} };
  for (const [attribute, value] of Object.entries(item)) {
    const [group = '', name] = attribute.split(' ');
    if (name !== undefined && isGroup(group)) figures[groups[group]][name] = z.parse(z.number(), value);
  }
  return figures;
}

function isGroup(text: string): text is Group {
  return text in groups;
}
