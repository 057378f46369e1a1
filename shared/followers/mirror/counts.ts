import * as z from 'zod/mini';
import type { Key, Table } from '../../platform/table.ts';
import type { AppId } from '../../wechat/tokens.ts';
import { accountItemKey } from './follower-item.ts';

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
});
export type FollowerCounts = z.infer<typeof followerCountsSchema>;

/** Before a sync has ended there may be the time of an event, and nothing else. */
const uncountedSchema = z.object({ run: z.optional(z.undefined()) });

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
