import * as z from 'zod/mini';
import type { Key, Table } from '../../platform/table.ts';
import type { AppId } from '../../wechat/tokens.ts';
import { accountItemKey } from './follower-item.ts';

const listMarkShape = {
  /** When the run began that read the newest whole list of WeChat's, */
  listedAt: z.optional(z.number()),
  /** and by what that list is known: its last manifest. */
  storedList: z.optional(z.string()),
};
const listMarkSchema = z.object(listMarkShape);
export type ListMark = z.infer<typeof listMarkSchema>;

/**
 * How many followers an account has, as one item: written whole at the end of each sync, and moved by events in
 * between. It is also the sign that there is a mirror at all. Times in Unix seconds.
 */
export const followerCountsSchema = z.object({
  /** The run of the sync that counted. */
  run: z.string(),
  /** When that sync ended. */
  syncedAt: z.number(),
  subscribed: z.number(),
  /** Those who share a nickname or an avatar. */
  withProfile: z.number(),
  /** Followers by tag and by how they came to follow, as of the sync. */
  tags: z.record(z.string(), z.number()),
  scenes: z.record(z.string(), z.number()),
  /** When everyone's details were known last; absent where a sync never asked for them. */
  detailsAt: z.optional(z.number()),
  /**
   * When somebody began or ceased to follow by the latest event that came. Without one nobody knows whether WeChat
   * pushes events of the account at all.
   */
  eventAt: z.optional(z.number()),
  ...listMarkShape,
});
export type FollowerCounts = z.infer<typeof followerCountsSchema>;

/** Before a sync has ended there may be what events and lists note, and nothing else. */
const uncountedSchema = z.object({ run: z.optional(z.undefined()) });

/**
 * Notes that an event came, and returns which list of WeChat's is the newest. They stand in one item so that an event
 * costs no read for it.
 */
export async function noteEvent(followers: Table, appId: AppId, createdAt: number): Promise<ListMark> {
  const noted = await followers.change(countsKey(appId), { set: { eventAt: createdAt } }, 'after');
  return z.parse(listMarkSchema, noted ?? {});
}

/** Which list of WeChat's is the newest. */
export async function readListMark(followers: Table, appId: AppId): Promise<ListMark> {
  const item = await followers.get(countsKey(appId), ['listedAt', 'storedList']);
  return z.parse(listMarkSchema, item ?? {});
}

/** Notes that a list is whole whose run began at `listedAt`, unless a later one is. */
export async function noteList(
  followers: Table,
  appId: AppId,
  { listedAt, storedList }: Required<ListMark>,
): Promise<void> {
  await followers.update(countsKey(appId), {
    set: { listedAt, storedList },
    condition: {
      expression: 'attribute_not_exists(#listedAt) OR #listedAt <= :listedAt',
      values: { listedAt },
    },
  });
}

/** Where the counts of an account stand in the Followers table. */
export function countsKey(appId: AppId): Key {
  return accountItemKey(appId, 'counts');
}

/** The counts of an account. Undefined while no sync has ended yet. */
export async function readCounts(followers: Table, appId: AppId): Promise<FollowerCounts | undefined> {
  const item = await followers.get(countsKey(appId));
  const counts = item && z.parse(z.union([followerCountsSchema, uncountedSchema]), item);
  return counts?.run === undefined ? undefined : counts;
}
