import { tablesOf } from '../../functions/parts.ts';
import { countsKey, type FollowerCounts } from '../../shared/followers/mirror/counts.ts';
import { followedAtText, keyOf, type FollowerItem } from '../../shared/followers/mirror/follower-item.ts';
import type { Table } from '../../shared/platform/table.ts';
import type { AppId } from '../../shared/wechat/tokens.ts';
import type { Kit } from '../kit/kit.ts';

export type Person = Partial<FollowerItem> & { readonly openid: string };

/** The item of somebody who follows, as the mirror keeps it. */
function rowOf(account: AppId, person: Person): FollowerItem {
  const { openid, subscribedAt, nickname, avatar } = person;
  const key = keyOf(account, openid);
  const shares = nickname !== undefined || avatar !== undefined;
  return {
    ...key,
    subscribed: true,
    followedShard: key.shard,
    followedAt: followedAtText(subscribedAt, openid),
    ...(shares && { profiledShard: key.shard, consentedAt: 1, profileFrom: 'consent' }),
    ...person,
  };
}

/** Puts followers into the mirror, a few at a time. */
export async function keep(table: Table, account: AppId, people: readonly Person[]): Promise<void> {
  const waiting = people.values();
  const worker = async () => {
    for (const person of waiting) await table.put(rowOf(account, person));
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

/** What the end of a sync leaves behind. */
export async function keepCounts(
  kit: Pick<Kit, 'account' | 'runtime' | 'clock'>,
  counts: Partial<FollowerCounts> & { readonly eventAt?: number | undefined } = {},
): Promise<void> {
  const syncedAt = kit.clock.now();
  await tablesOf(kit.runtime).followers.put({
    ...countsKey(kit.account),
    run: 'run',
    syncedAt,
    detailsAt: syncedAt,
    subscribed: 0,
    withProfile: 0,
    tags: {},
    scenes: {},
    eventAt: syncedAt,
    ...counts,
  });
}

/** An openid for a number, of the usual length. */
export function openidOf(number: number): string {
  return `oTest${String(number).padStart(23, '0')}`;
}
