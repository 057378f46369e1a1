import * as z from 'zod/mini';
import { eachAtOnce } from '../../platform/each-at-once.ts';
import type { Table } from '../../platform/table.ts';
import {
  followedAtText,
  followerIndexes,
  followerItemSchema,
  keyOf,
  shardsOf,
  type FollowerItem,
} from './follower-item.ts';
import { cursorOf, positionOf } from './page-cursor.ts';

/** Which followers, in which order. */
export interface FollowerList {
  /** By when they followed. Without an order each keeps a place that nothing changes. */
  readonly order?: 'newest' | 'oldest' | undefined;
  readonly tag?: number | undefined;
  readonly scene?: string | undefined;
  /** Whether they share a nickname or an avatar. */
  readonly hasProfile?: boolean | undefined;
}

export interface ListedPage {
  readonly followers: readonly FollowerItem[];
  /** Absent on the page that ends the list. */
  readonly next?: string;
}

/** DynamoDB reads a megabyte at once: some 2,500 people. */
const mostPerQuery = 2500;
const leastPerQuery = 16;
const keysPerRead = 100;
const readsAtOnce = 8;

/** Reads the mirror of an account's followers. */
export class Listing {
  readonly #table: Table;
  readonly #mostPassedOver: number;

  /** A page reads at most `mostPassedOver` people more than its limit, so that a filter few pass is not slow. */
  constructor(followers: Table, { mostPassedOver = 5000 }: { readonly mostPassedOver?: number } = {}) {
    this.#table = followers;
    this.#mostPassedOver = mostPassedOver;
  }

  /**
   * Up to `limit` followers after `cursor`. Who follows all the while, since the same time, is on exactly one page,
   * however many join and leave in between. A page can be short, or empty, and still have a `next`: filters do that.
   * Throws `cursor_unknown`.
   */
  async page(
    account: string,
    list: FollowerList,
    { cursor, limit }: { cursor?: string | undefined; limit: number },
  ): Promise<ListedPage> {
    const name = [account, list.order, list.tag, list.scene, list.hasProfile];
    const after = cursor === undefined ? undefined : positionOf(name, cursor);
    const people =
      list.order === undefined
        ? this.#byKey(account, after, limit + 1)
        : this.#byTime(account, { ...list, order: list.order }, after, limit + 1);
    const followers: FollowerItem[] = [];
    let read = 0;
    let last: FollowerItem | undefined;
    for await (const person of people) {
      if (last && (followers.length === limit || read === limit + this.#mostPassedOver)) {
        const position = list.order === undefined ? last.openid : placeInTime(last);
        return { followers, next: cursorOf(name, position) };
      }
      read += 1;
      last = person;
      if (passes(person, list)) followers.push(person);
    }
    return { followers };
  }

  /** What the mirror keeps of the given people, by openid. Reads may lag behind writes by a moment. */
  async getMany(account: string, openids: readonly string[]): Promise<Map<string, FollowerItem>> {
    const batches: string[][] = [];
    for (let start = 0; start < openids.length; start += keysPerRead) {
      batches.push(openids.slice(start, start + keysPerRead));
    }
    const found = new Map<string, FollowerItem>();
    await eachAtOnce(batches, readsAtOnce, async (batch) => {
      for (const item of await this.#table.getMany(batch.map((openid) => keyOf(account, openid)))) {
        const person = z.parse(followerItemSchema, item);
        found.set(person.openid, person);
      }
    });
    return found;
  }

  /** One person as the mirror keeps them. */
  async get(account: string, openid: string): Promise<FollowerItem | undefined> {
    const item = await this.#table.get(keyOf(account, openid));
    return item && z.parse(followerItemSchema, item);
  }

  /** Everyone whom the table keeps of the account: partition by partition, in the order of openids. */
  async *#byKey(account: string, after: string | undefined, expected: number): AsyncGenerator<FollowerItem> {
    const shards = shardsOf(account);
    const first = after === undefined ? 0 : shards.indexOf(keyOf(account, after).shard);
    let wanted = expected;
    for (const [nth, shard] of shards.slice(first).entries()) {
      const partition = new PartitionReader({
        after: nth === 0 ? after : undefined,
        expected: wanted,
        read: (position, limit) =>
          this.#table.queryPage({
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
  async *#byTime(
    account: string,
    { order, hasProfile }: FollowerList & { order: 'newest' | 'oldest' },
    after: string | undefined,
    expected: number,
  ): AsyncGenerator<FollowerItem> {
    const index = hasProfile === true ? 'profiled' : 'followed';
    const { partitionKey, sortKey } = followerIndexes[index];
    const descending = order === 'newest';
    const shards = shardsOf(account);
    // Openids are spread at random: a partition seldom has more than its share by twice the deviation.
    const share = expected / shards.length;
    const partitions = shards.map(
      (shard) =>
        new PartitionReader({
          after,
          expected: share + 2 * Math.sqrt(share),
          read: (position, limit) =>
            this.#table.queryPage({
              index,
              partition: { attribute: partitionKey, value: shard },
              sortKey,
              after: position,
              descending,
              limit,
            }),
          positionOf: placeInTime,
        }),
    );
    for (;;) {
      const empty = partitions.filter((partition) => partition.empty);
      if (empty.length > 0) await Promise.all(empty.map((partition) => partition.fill()));
      let best: PartitionReader | undefined;
      for (const partition of partitions) {
        const place = partition.place;
        if (place !== undefined && (best?.place === undefined || place > best.place === descending)) {
          best = partition;
        }
      }
      const person = best?.take();
      if (!person) return;
      yield person;
    }
  }
}

interface Partition {
  readonly after: string | undefined;
  /** How many people are probably wanted. */
  readonly expected: number;
  read(after: string | undefined, limit: number): Promise<{ items: readonly unknown[]; end: boolean }>;
  positionOf(person: FollowerItem): string;
}

/** Reads one partition bit by bit: first about as many people as are wanted, then ever more. */
class PartitionReader {
  readonly #partition: Partition;
  #waiting: readonly FollowerItem[] = [];
  #taken = 0;
  #after: string | undefined;
  #limit: number;
  #end = false;

  constructor(partition: Partition) {
    this.#partition = partition;
    this.#after = partition.after;
    this.#limit = partition.expected;
  }

  /** Whether the next person, if there is one, is still to be read. */
  get empty(): boolean {
    return this.#taken === this.#waiting.length && !this.#end;
  }

  /** Where the next person stands. Undefined when there is none at hand. */
  get place(): string | undefined {
    const person = this.#waiting[this.#taken];
    return person && this.#partition.positionOf(person);
  }

  /** Reads on until the next person is at hand, or the end is reached. */
  async fill(): Promise<void> {
    while (this.empty) {
      const limit = Math.min(mostPerQuery, Math.max(leastPerQuery, Math.ceil(this.#limit)));
      const { items, end } = await this.#partition.read(this.#after, limit);
      this.#waiting = items.map((item) => z.parse(followerItemSchema, item));
      this.#taken = 0;
      this.#end = end;
      this.#limit = limit * 2;
      const last = this.#waiting.at(-1);
      if (last) this.#after = this.#partition.positionOf(last);
    }
  }

  /** The next person. Undefined at the end. */
  take(): FollowerItem | undefined {
    const person = this.#waiting[this.#taken];
    if (person) this.#taken += 1;
    return person;
  }
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
