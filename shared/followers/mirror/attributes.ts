import type { FollowerItem } from './follower-item.ts';

/** What WeChat tells of a follower. */
export const detailAttributes = [
  'tagIds',
  'subscribeScene',
  'remark',
  'language',
  'qrScene',
  'qrSceneStr',
] as const satisfies readonly (keyof FollowerItem)[];

/** What a user consented to share. */
export const profileAttributes = [
  'nickname',
  'avatar',
  'consentedAt',
  'profileFrom',
  'profiledShard',
] as const satisfies readonly (keyof FollowerItem)[];

/** What a follower has that nobody has who left, apart from a profile. */
export const followerAttributes = [
  ...detailAttributes,
  'detailAt',
  'refusedAt',
  'subscribedAt',
  'seenRun',
  'followedAt',
  'followedShard',
  'joinedOn',
] as const satisfies readonly (keyof FollowerItem)[];

/** What only somebody has who left. */
export const leaverAttributes = [
  'leftAt',
  'unseenAt',
  'removeAt',
] as const satisfies readonly (keyof FollowerItem)[];
