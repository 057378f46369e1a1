import { noteCounted } from '../../figures/day-figures.ts';
import type { Table } from '../../platform/table.ts';
import type { AppId } from '../../wechat/tokens.ts';
import { countsKey } from '../mirror/counts.ts';
import { shardsOf, type FollowerItem } from '../mirror/follower-item.ts';
import { readPartition } from '../mirror/people.ts';
import type { Checkpoint, Tally } from './checkpoint.ts';
import type { Hold } from './hold.ts';
import { RunFailed } from './run.ts';

/** A page of DynamoDB's has a megabyte, which is about as many. */
const peoplePerRead = 2500;

/** Where a walk through the partitions is. */
export type Place = Pick<Checkpoint, 'partition' | 'after'>;

/** Some people of one partition. What was written a moment ago may be missing. */
export async function readOn(followers: Table, { account, run }: Hold) {
  const shard = shardsOf(account.appId)[run.partition];
  if (shard === undefined) throw new RunFailed('checkpoint_unusable');
  return readPartition(followers, shard, run.after, peoplePerRead);
}

/** Where the walk goes on behind that person of a partition, or once none is left in it. */
export function placeBehind(
  { account, run: { partition } }: Hold,
  openid: string | undefined,
): { next: Place; isLast: boolean } {
  if (openid !== undefined) return { next: { partition, after: openid }, isLast: false };
  const next = { partition: partition + 1, after: undefined };
  return { next, isLast: next.partition === shardsOf(account.appId).length };
}

/** Counts what a walk has seen in all partitions. */
export async function putCounts(
  followers: Table,
  appId: AppId,
  { run, now, hasDetails }: { run: Checkpoint; now: number; hasDetails: boolean },
): Promise<void> {
  await followers.update(countsKey(appId), {
    set: { run: run.runId, syncedAt: now, ...run.tally, ...(hasDetails && { detailsAt: now }) },
  });
  await noteCounted(followers, appId, { at: now, counted: run.tally.subscribed });
}

/** The tally with some followers more. */
export function tallied(tally: Tally, followers: readonly FollowerItem[]): Tally {
  const tags = new Map(Object.entries(tally.tags));
  const scenes = new Map(Object.entries(tally.scenes));
  let { withProfile } = tally;
  for (const { nickname, avatar, tagIds = [], subscribeScene } of followers) {
    if (nickname !== undefined || avatar !== undefined) withProfile += 1;
    for (const tag of tagIds) tags.set(String(tag), (tags.get(String(tag)) ?? 0) + 1);
    if (subscribeScene !== undefined) scenes.set(subscribeScene, (scenes.get(subscribeScene) ?? 0) + 1);
  }
  return {
    subscribed: tally.subscribed + followers.length,
    withProfile,
    tags: Object.fromEntries(tags),
    scenes: Object.fromEntries(scenes),
  };
}
