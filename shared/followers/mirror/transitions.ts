import * as z from 'zod/mini';
import type { Condition, Item, Table } from '../../platform/table.ts';
import type { AppId } from '../../wechat/tokens.ts';
import { followerAttributes, leaverAttributes, profileAttributes } from './attributes.ts';
import { countsKey } from './counts.ts';
import { followedAtText, followerItemSchema, keyOf, type FollowerItem } from './follower-item.ts';

/** So long stays what keeps an older event or list from bringing back somebody who left. */
export const leaverTtlSeconds = 7 * 86_400;

/** The beginning of a condition, before what the time is compared with: that no event has come that is newer. */
export const notNewer = 'attribute_not_exists(#changedAt) OR #changedAt';
/** The condition that somebody is no follower, where `:follows` is true. */
export const followsNot = '(attribute_not_exists(#subscribed) OR #subscribed <> :follows)';
const attempts = 5;
/** Who consented so recently when a sync misses them is using the account at the moment, follower or not. */
const recentConsentSeconds = 3600;

/**
 * Makes somebody a follower, on the condition that `decide` derives from what is known of them. Undefined where it
 * decides against it; else whether they were none before.
 */
export async function follow(
  followers: Table,
  appId: AppId,
  openid: string,
  decide: (known: FollowerItem | undefined) =>
    | {
        subscribedAt: number | undefined;
        set: Record<string, unknown>;
        guard: Condition;
      }
    | undefined,
): Promise<{ readonly hasJoined: boolean } | undefined> {
  const key = keyOf(appId, openid);
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const item = await followers.get(key);
    const known = item && z.parse(followerItemSchema, item);
    const decision = decide(known);
    if (!decision) return undefined;
    const { subscribedAt, set, guard } = decision;
    const hasJoined = known?.subscribed !== true;
    const before = await followers.change(
      key,
      {
        set: {
          ...set,
          subscribed: true,
          subscribedAt,
          followedShard: key.shard,
          followedAt: followedAtText(subscribedAt, openid),
        },
        remove: leaverAttributes,
        condition: {
          expression: `(${guard.expression}) AND ${hasJoined ? followsNot : '#subscribed = :follows'}`,
          values: { ...guard.values, follows: true },
        },
      },
      'before',
    );
    if (!before) continue;
    if (hasJoined) await moveCounts(followers, appId, ofOne(before, 1));
    return { hasJoined };
  }
  throw new Error('A follower is being changed by too many at once.');
}

/**
 * Makes a follower somebody who follows no more, under a condition of the caller's. What was shared goes, unless that was
 * so recently that they use the account at the moment. The counts are left to the caller. Returns the person as they
 * were; undefined where nothing changed.
 */
export async function leave(
  followers: Table,
  { shard, openid }: { shard: string; openid: string },
  { at, unseenAt }: { at: number; unseenAt: number },
  guard: Condition,
): Promise<Item | undefined> {
  const attempt = (forget: readonly string[], removeAt: number | undefined, shared: string) =>
    followers.change(
      { shard, openid },
      {
        set: { subscribed: false, leftAt: at, unseenAt, removeAt },
        remove: [...followerAttributes, ...forget],
        condition: {
          expression: `#subscribed = :follows AND (${guard.expression}) AND ${shared}`,
          values: { ...guard.values, follows: true, recently: at - recentConsentSeconds },
        },
      },
      'before',
    );
  return (
    (await attempt(
      [...profileAttributes, 'unionid'],
      at + leaverTtlSeconds,
      '(attribute_not_exists(#consentedAt) OR #consentedAt < :recently)',
    )) ?? (await attempt([], undefined, '#consentedAt >= :recently'))
  );
}

/** Whether a person, as they are stored, shares a nickname or an avatar. */
export function sharesProfile(person: Item): boolean {
  return person['profiledShard'] !== undefined;
}

/** What one person, as they are stored, moves the counts by. */
export function ofOne(person: Item, by: 1 | -1): { subscribed: number; withProfile: number } {
  return { subscribed: by, withProfile: sharesProfile(person) ? by : 0 };
}

/** Moves the counts, where there are any. They are counted anew by each sync. */
export async function moveCounts(
  followers: Table,
  appId: AppId,
  { subscribed, withProfile }: { subscribed: number; withProfile: number },
): Promise<void> {
  await followers.update(countsKey(appId), {
    add: { subscribed, ...(withProfile !== 0 && { withProfile }) },
    condition: { expression: 'attribute_exists(#run)' },
  });
}
