import * as z from 'zod/mini';
import { concurrently } from '../../platform/concurrently.ts';
import type { Table } from '../../platform/table.ts';
import type { AppId } from '../../wechat/tokens.ts';
import { followerItemSchema, keyOf, type FollowerItem } from './follower-item.ts';

const keysPerRead = 100;
const maxConcurrentReads = 8;

/** One person as the mirror keeps them. */
export async function readPerson(
  followers: Table,
  appId: AppId,
  openid: string,
): Promise<FollowerItem | undefined> {
  const item = await followers.get(keyOf(appId, openid));
  return item && z.parse(followerItemSchema, item);
}

/** What the mirror keeps of the given people, by openid. Reads may lag behind writes by a moment. */
export async function readPeople(
  followers: Table,
  appId: AppId,
  openids: readonly string[],
): Promise<Map<string, FollowerItem>> {
  const batches: string[][] = [];
  for (let start = 0; start < openids.length; start += keysPerRead) {
    batches.push(openids.slice(start, start + keysPerRead));
  }
  const found = new Map<string, FollowerItem>();
  await concurrently(batches, maxConcurrentReads, async (batch) => {
    for (const item of await followers.getMany(batch.map((openid) => keyOf(appId, openid)))) {
      const person = z.parse(followerItemSchema, item);
      found.set(person.openid, person);
    }
  });
  return found;
}

/** The items of one partition behind `after`, in the order of their openids. They may lag behind writes by a moment. */
export async function readPartition(
  followers: Table,
  shard: string,
  after: string | undefined,
  limit: number,
): Promise<{ items: FollowerItem[]; end: boolean }> {
  const page = await followers.queryPage({
    partition: { attribute: 'shard', value: shard },
    sortKey: 'openid',
    after,
    limit,
    mayLag: true,
  });
  return { items: page.items.map((item) => z.parse(followerItemSchema, item)), end: page.end };
}
