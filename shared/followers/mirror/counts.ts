import * as z from 'zod/mini';
import { KeyringError } from '../../platform/errors.ts';
import type { Key, Table } from '../../platform/table.ts';
import { Checkpoints } from '../sync/checkpoint.ts';
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
});
export type FollowerCounts = z.infer<typeof followerCountsSchema>;

/** Where the counts of an account stand in the Followers table. */
export function countsKey(account: string): Key {
  return accountItemKey(account, 'counts');
}

/** A sync runs each day: after so long without one, WeChat is asked again. */
const trustedSeconds = 3 * 86_400;
/** The sync of a large account takes days. While it is at it, and events go on, the mirror of the one before will do. */
const trustedMeanwhileSeconds = 30 * 86_400;

/**
 * What stands beside the counts, and before there are any: when somebody began or ceased to follow by the latest event
 * that came. Without one nobody knows whether WeChat pushes events of the account at all.
 */
const eventsSchema = z.object({ run: z.optional(z.string()), eventAt: z.optional(z.number()) });

/** The counts, and whether the mirror stands for WeChat at the moment. */
export interface MirrorState extends FollowerCounts {
  /** False where the last sync is too long ago. */
  readonly current: boolean;
  /** Whether events were ever seen to change it, so that it holds at this moment and not only since the last sync. */
  readonly live: boolean;
}

/** The counts of an account, and whether its mirror may be used. Undefined while no sync has ended yet. */
export async function readMirrorState(
  followers: Table,
  account: string,
  now: number,
): Promise<MirrorState | undefined> {
  const item = await followers.get(countsKey(account));
  if (!item) return undefined;
  const { run, eventAt } = z.parse(eventsSchema, item);
  if (run === undefined) return undefined;
  const counts = z.parse(followerCountsSchema, item);
  const current = await isCurrent(followers, account, now - counts.syncedAt);
  return { ...counts, current, live: current && eventAt !== undefined };
}

async function isCurrent(followers: Table, account: string, age: number): Promise<boolean> {
  if (age < trustedSeconds) return true;
  if (age >= trustedMeanwhileSeconds) return false;
  const { run } = await new Checkpoints(followers).read(account);
  return (run?.state === 'running' || run?.state === 'waiting') && run.pausedAt === undefined;
}

/** What a caller is told who needs the mirror where there is none. */
export function mirrorNotReady(state: MirrorState | undefined): KeyringError {
  return new KeyringError(
    'mirror_not_ready',
    state === undefined
      ? 'No sync of this account has ended yet. The operator starts one with `followers sync`; `followers status` tells how far it is.'
      : 'The last sync of this account is more than 3 days ago. `followers status` tells the operator why.',
  );
}
