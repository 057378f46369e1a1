import type { Table } from '../../platform/table.ts';
import type { AppId } from '../../wechat/tokens.ts';
import { followedAtText, keyOf, shardsOf, type FollowerItem } from './follower-item.ts';
import { indexPage } from './index-page.ts';
import { cursorOf, positionOf } from './page-cursor.ts';
import { PartitionReader } from './partition-reader.ts';

/** Which followers, in which order. */
export interface FollowerList {
  /** By when they followed. Without an order each keeps a place that nothing changes. */
  readonly order?: 'newest' | 'oldest' | undefined;
  readonly tag?: number | undefined;
  readonly scene?: string | undefined;
  /** Whether they share a nickname or an avatar. */
  readonly hasProfile?: boolean | undefined;
}

/** Which part of a list. */
export interface PageRequest {
  readonly cursor?: string | undefined;
  readonly limit: number;
  /** A page reads at most so many people more than its limit, so that a filter few pass is not slow. */
  readonly maxPassedOver?: number;
}

export interface MirrorPage {
  readonly followers: readonly FollowerItem[];
  /** Absent on the page that ends the list. */
  readonly next?: string;
}

/**
 * Up to `limit` followers after `cursor`. Who follows all the while, since the same time, is on exactly one page,
 * however many join and leave in between. A page can be short, or empty, and still have a `next`: filters do that.
 * Throws `cursor_unknown`.
 */
export async function mirrorPage(
  followers: Table,
  appId: AppId,
  list: FollowerList,
  { cursor, limit, maxPassedOver = 5000 }: PageRequest,
): Promise<MirrorPage> {
  const name = [appId, list.order, list.tag, list.scene, list.hasProfile];
  const after = cursor === undefined ? undefined : positionOf(name, cursor);
  const { order } = list;
  const people =
    order === undefined
      ? byKey(followers, appId, { after, expected: limit + 1 })
      : byTime(followers, appId, { order, hasProfile: list.hasProfile, after, expected: limit + 1 });
  const found: FollowerItem[] = [];
  let read = 0;
  let last: FollowerItem | undefined;
  for await (const person of people) {
    if (last && (found.length === limit || read === limit + maxPassedOver)) {
      const position = order === undefined ? last.openid : placeInTime(last);
      return { followers: found, next: cursorOf(name, position) };
    }
    read += 1;
    last = person;
    if (passes(person, list)) found.push(person);
  }
  return { followers: found };
}

/** Where a walk through people begins, and how many are probably wanted. */
interface Walk {
  readonly after: string | undefined;
  readonly expected: number;
}

/** Everyone whom the table keeps of the account: partition by partition, in the order of openids. */
async function* byKey(
  followers: Table,
  appId: AppId,
  { after, expected }: Walk,
): AsyncGenerator<FollowerItem> {
  const shards = shardsOf(appId);
  const first = after === undefined ? 0 : shards.indexOf(keyOf(appId, after).shard);
  let wanted = expected;
  for (const [nth, shard] of shards.slice(first).entries()) {
    const partition = new PartitionReader({
      after: nth === 0 ? after : undefined,
      expected: wanted,
      read: (position, limit) =>
        followers.queryPage({
          partition: { attribute: 'shard', value: shard },
          sortKey: 'openid',
          after: position,
          limit,
        }),
      positionOf: ({ openid }) => openid,
    });
    for (;;) {
      if (partition.empty) await partition.fill();
      const person = partition.take();
      if (!person) break;
      wanted -= 1;
      yield person;
    }
  }
}

/** Followers by time: the partitions of an index, each sorted by itself, merged. */
async function* byTime(
  followers: Table,
  appId: AppId,
  walk: Walk & { order: 'newest' | 'oldest'; hasProfile: boolean | undefined },
): AsyncGenerator<FollowerItem> {
  const { order, hasProfile, after, expected } = walk;
  const index = hasProfile === true ? 'profiled' : 'followed';
  const descending = order === 'newest';
  const shards = shardsOf(appId);
  // Openids are spread at random: a partition seldom has more than its share by twice the deviation.
  const share = expected / shards.length;
  const partitions = shards.map(
    (shard) =>
      new PartitionReader({
        after,
        expected: share + 2 * Math.sqrt(share),
        read: (position, limit) => indexPage(followers, { index, shard, after: position, descending, limit }),
        positionOf: placeInTime,
      }),
  );
  for (;;) {
    const empty = partitions.filter((partition) => partition.empty);
    if (empty.length > 0) await Promise.all(empty.map((partition) => partition.fill()));
    const person = firstOf(partitions, descending)?.take();
    if (!person) return;
    yield person;
  }
}

/** The partition whose next person comes first. Undefined where none has one. */
function firstOf(partitions: readonly PartitionReader[], descending: boolean): PartitionReader | undefined {
  let first: PartitionReader | undefined;
  for (const partition of partitions) {
    const { place } = partition;
    if (place !== undefined && (first?.place === undefined || place > first.place === descending)) {
      first = partition;
    }
  }
  return first;
}

function placeInTime({ followedAt, subscribedAt, openid }: FollowerItem): string {
  return followedAt ?? followedAtText(subscribedAt, openid);
}

function passes(person: FollowerItem, { tag, scene, hasProfile }: FollowerList): boolean {
  return (
    person.subscribed === true &&
    (tag === undefined || (person.tagIds ?? []).includes(tag)) &&
    (scene === undefined || person.subscribeScene === scene) &&
    (hasProfile === undefined || hasProfile === sharesProfile(person))
  );
}

function sharesProfile({ nickname, avatar }: FollowerItem): boolean {
  return nickname !== undefined || avatar !== undefined;
}
