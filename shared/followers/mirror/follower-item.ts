import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { Key } from '../../platform/table.ts';
import type { AppId } from '../../wechat/tokens.ts';

/**
 * One person of an account, as kept in the Followers table. Times in Unix seconds. Three parties write it, each its own
 * attributes: the sync and the events, the details that WeChat gives, and what the person consented to share.
 */
export const followerItemSchema = z.object({
  shard: z.string(),
  openid: z.string(),
  /** Absent where only a consented profile is kept: the mirror has not met the person yet. */
  subscribed: z.optional(z.boolean()),
  /** Of the last follow. */
  subscribedAt: z.optional(z.number()),
  /** `CreateTime` of the latest event that was applied. */
  changedAt: z.optional(z.number()),
  /** The day in China on which they were counted as one who joined, until it is counted how they came. */
  joinedOn: z.optional(z.string()),
  /** Of a version before WeChat's list was stored. Nothing reads it, and it goes with the next write of details. */
  seenRun: z.optional(z.string()),
  /** When a sync found that the person follows no more. */
  leftAt: z.optional(z.number()),
  /** Since when, at the latest, they had not been following then. */
  unseenAt: z.optional(z.number()),
  /** When the item goes, of somebody who left and shares nothing. */
  removeAt: z.optional(z.number()),
  /** When the details below were asked for; also set where WeChat does not know the openid, see `refusedAt`. */
  detailAt: z.optional(z.number()),
  /** When WeChat refused to tell anything about the openid. */
  refusedAt: z.optional(z.number()),
  tagIds: z.optional(z.array(z.number())),
  subscribeScene: z.optional(z.string()),
  remark: z.optional(z.string()),
  language: z.optional(z.string()),
  qrScene: z.optional(z.number()),
  qrSceneStr: z.optional(z.string()),
  unionid: z.optional(z.string()),
  nickname: z.optional(z.string()),
  /** As WeChat gave it; its last path segment is the size. */
  avatar: z.optional(z.string()),
  consentedAt: z.optional(z.number()),
  profileFrom: z.optional(z.string()),
  /** The same as `shard`, while the person follows. */
  followedShard: z.optional(z.string()),
  /** The same as `shard`, while the person shares a nickname or an avatar, follower or not. */
  profiledShard: z.optional(z.string()),
  /**
   * Sort key of the indexes by time of following, {@link followedAtText}, while the person follows: an item that lacks
   * one of its keys is not in an index.
   */
  followedAt: z.optional(z.string()),
});
export type FollowerItem = z.infer<typeof followerItemSchema>;

/** An account's people are spread over so many partitions that none gets hot. */
const shardCount = 8;

/** Where one person is kept. */
export function keyOf(appId: AppId, openid: string): { shard: string; openid: string } {
  return { shard: shardOf(appId, shardNumberOf(openid)), openid };
}

/** The number of the partition that a person is kept in, from 0. */
export function shardNumberOf(openid: string): number {
  return hashOf(openid).readUInt8() % shardCount;
}

/** What is drawn by lot for a person is drawn from this: the shard from the first byte. */
export function hashOf(openid: string): Buffer {
  return createHash('sha256').update(openid).digest();
}

/** The partition of that number, from 0. */
function shardOf(appId: AppId, shard: number): string {
  return `${appId}#${shard}`;
}

/** All partitions of an account, in order. */
export function shardsOf(appId: AppId): string[] {
  return Array.from({ length: shardCount }, (_, shard) => shardOf(appId, shard));
}

/** Where what is kept about the mirror of an account as a whole stands: `checkpoint`, `spent`, `counts`. */
export function accountItemKey(appId: AppId, name: string): Key {
  return { shard: accountShard(appId), openid: name };
}

/** The partition of what is kept about the mirror of an account as a whole. */
export function accountShard(appId: AppId): string {
  return `${appId}#sync`;
}

/** Sorts people by when they followed: ten digits, and the openid behind them. Unknown times come first, as 0. */
export function followedAtText(subscribedAt: number | undefined, openid: string): string {
  return `${String(subscribedAt ?? 0).padStart(10, '0')}#${openid}`;
}

/** The id of a run begun at that time; later runs sort behind earlier ones. */
export function runIdOf(startedAt: number, suffix: string): string {
  return `${String(startedAt).padStart(10, '0')}-${suffix}`;
}

/**
 * The sparse indexes of the Followers table: who follows, and who among them shares a profile, by time of following;
 * and whoever shares one, follower or not, by time of consent. They hold what the API shows and nothing that a sync
 * writes each time, so that a sync of people who are known already costs no write to an index.
 *
 * A new one stands behind the others: an existing table gets them one by one, in this order (docs/upgrading.md).
 */
export const followerIndexes = {
  followed: { partitionKey: 'followedShard', sortKey: 'followedAt', sortType: 'S' },
  profiled: { partitionKey: 'profiledShard', sortKey: 'followedAt', sortType: 'S' },
  sharing: { partitionKey: 'profiledShard', sortKey: 'consentedAt', sortType: 'N' },
} as const;

/** What the indexes hold beside the keys of the table and their own. */
export const followerIndexAttributes = [
  'subscribed',
  'subscribedAt',
  'unionid',
  'nickname',
  'avatar',
  'consentedAt',
  'profileFrom',
  'remark',
  'language',
  'tagIds',
  'subscribeScene',
  'qrScene',
  'qrSceneStr',
] as const;
