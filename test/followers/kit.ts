import { tablesOf } from '../../functions/parts.ts';
import {
  followerItemSchema,
  shardsOf,
  type FollowerItem,
} from '../../shared/followers/mirror/follower-item.ts';
import type { SyncStatus } from '../../shared/followers/sync/status.ts';
import type { Kit } from '../kit/kit.ts';

/** Everyone in the mirror of the kit's account, followers and those who left. */
export async function everyone(kit: Kit): Promise<FollowerItem[]> {
  const { followers } = tablesOf(kit.runtime);
  const people = shardsOf(kit.account).map((shard) => followers.query('shard', shard));
  return (await Promise.all(people)).flat().map((item) => followerItemSchema.parse(item));
}

/** The openids of those who follow, as the mirror has it, sorted. */
export async function mirrored(kit: Kit): Promise<string[]> {
  return (await everyone(kit))
    .flatMap(({ subscribed, openid }) => (subscribed === true ? [openid] : []))
    .sort();
}

/** The openids of those who follow, as the simulator has it, sorted. */
export async function listedByWeChat(kit: Kit): Promise<string[]> {
  const token = await kit.call('getToken', { key: kit.apiKey });
  const { access_token: accessToken } = token.body as { access_token: string };
  const openids: string[] = [];
  for (let after = ''; ;) {
    const answer = await fetch(
      `${kit.simulator}/cgi-bin/user/get?access_token=${accessToken}&next_openid=${after}`,
    );
    const page = (await answer.json()) as { data?: { openid: string[] }; next_openid: string };
    if (!page.data) return openids.sort();
    openids.push(...page.data.openid);
    after = page.next_openid;
  }
}

/** How the sync is, as the operator sees it. */
export async function statusOf(kit: Kit): Promise<SyncStatus> {
  const result = await kit.admin({ command: 'followers.status', account: 'default' });
  if (!('sync' in result)) throw new Error('This is no status.');
  return result.sync;
}

/** Has the operator begin a sync, and waits until nothing is under way any more. */
export async function sync(kit: Kit, force = false): Promise<SyncStatus> {
  await kit.admin({ command: 'followers.sync', account: 'default', force });
  await kit.settled();
  return statusOf(kit);
}
