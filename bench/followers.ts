import CoWeChatApi from 'co-wechat-api';
import { tablesOf } from '../functions/parts.ts';
import { Accounts } from '../shared/accounts/accounts.ts';
import { countsKey, readCounts } from '../shared/followers/mirror/counts.ts';
import { shardsOf } from '../shared/followers/mirror/follower-item.ts';
import { Checkpoints } from '../shared/followers/sync/checkpoint.ts';
import { beginRun } from '../shared/followers/sync/schedule.ts';
import { createWeChatClient } from '../shared/wechat/client.ts';
import { getFollower } from '../shared/wechat/followers.ts';
import { parseGlobalAccessToken, type AppId } from '../shared/wechat/tokens.ts';
import { appIdOf, secret, startPlace, Worker, type Place, type WorkerResult } from './followers-place.ts';
import { ToPort } from './herd-clients.ts';
import { quantile } from './statistics.ts';

export interface FollowersOptions {
  /** Accounts of so many followers, in one table. */
  readonly sizes: readonly number[];
  /** Larger accounts are synced once, and without details. */
  readonly thoroughUpTo: number;
  /** How often each account is asked for 10 pages of each kind. They take turns, so that noise falls on all of them. */
  readonly rounds: number;
  /** Whether the tables are kept in a folder instead of memory. */
  readonly onDisk: boolean;
}

/** The syncs of an account, one after the other, and those of one that is synced without details. */
const thoroughKinds = ['list, nobody known', 'details of all', 'nothing changed', '1 % changed'] as const;
const quickKinds = ['list, nobody known', 'nothing changed', '1 % changed'] as const;

/** One sync of one account, with processes of its own. */
export interface SyncResult {
  readonly size: number;
  readonly what: (typeof thoroughKinds)[number];
  readonly followers: number;
  readonly seconds: number;
  readonly calls: Readonly<Record<string, number>>;
  readonly sync: WorkerResult;
  /** Nothing where none were asked for. */
  readonly details: WorkerResult | undefined;
}

/** Pages of one account's list. */
export interface PagesResult {
  readonly size: number;
  readonly what: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Capacity units of one page. */
  readonly reads: number;
}

export interface FollowersResult {
  readonly syncs: readonly SyncResult[];
  readonly pages: readonly PagesResult[];
}

/** One way of asking for every follower's details. */
export interface LoopResult {
  readonly what: string;
  readonly size: number;
  readonly calls: Readonly<Record<string, number>>;
  readonly seconds: number;
}

const pagesPerRound = 10;

const pageQueries = [
  ['plain, 100', { limit: '100' }],
  ['newest first, 100', { order: 'newest', limit: '100' }],
  ['newest first with profiles, 100', { order: 'newest', limit: '100', include: 'profile' }],
] as const satisfies readonly (readonly [string, Record<string, string>])[];

/** Syncs each account, and then asks for pages of all of them in turns. */
export async function runFollowers(
  options: FollowersOptions,
  tell: (line: string) => void,
): Promise<FollowersResult> {
  const place = await startPlace(options);
  const { runtime, clock, queues, environment } = place;
  const workers: Worker[] = [];
  try {
    const start = async (entry: string) => {
      const worker = await Worker.start(entry, environment);
      workers.push(worker);
      return worker;
    };
    const tables = tablesOf(runtime);
    const accounts = new Accounts(tables.credentials);
    const checkpoints = new Checkpoints(tables.followers);

    const syncs: SyncResult[] = [];
    for (const size of options.sizes) {
      const account = await accounts.get(appIdOf(size));
      if (!account) throw new Error('The account is not registered.');
      const isThorough = size <= options.thoroughUpTo;
      for (const what of isThorough ? thoroughKinds : quickKinds) {
        if (what === '1 % changed') await change(place, account.appId, size);
        const sync = await start('followers/sync-followers');
        const details = what === 'details of all' ? await start('followers/fetch-details') : undefined;
        if (details) queues.registerFunction('details', (event) => details.call(event));
        await place.calls();
        const startedAt = performance.now();
        const mode = what === 'details of all' ? 'details' : 'list';
        await beginRun(checkpoints, { ...account, sync: mode }, { now: clock.now() });
        for (let isUnderWay = true; isUnderWay;) {
          await sync.call({ kind: 'work', account: account.appId });
          const { run } = await checkpoints.read(account.appId);
          isUnderWay = run?.state === 'running';
          tell(`${size}, ${what}: ${run?.state ?? 'no run'}, ${run?.listed ?? 0} listed`);
        }
        const seconds = (performance.now() - startedAt) / 1000;
        // As after the first event, with which plain lists begin to come from the mirror, too.
        await tables.followers.update(countsKey(account.appId), { set: { eventAt: clock.now() } });
        const counts = await readCounts(tables.followers, account.appId);
        const followers = counts?.subscribed ?? 0;
        const calls = await place.calls();
        syncs.push({ size, what, followers, seconds, calls, sync: sync.last, details: details?.last });
        sync.stop();
        details?.stop();
      }
    }

    const api = await start('followers/list-followers');
    const pages: PagesResult[] = [];
    for (const [what, query] of pageQueries) {
      const took = new Map<number, number[]>(options.sizes.map((size) => [size, []]));
      const units = new Map<number, number>();
      // The first round is there to warm up.
      for (let round = 0; round <= options.rounds; round += 1) {
        for (const [size, all] of took) {
          const before = unitsOf(api.last);
          const some = await api.pages({ account: appIdOf(size), query, times: pagesPerRound });
          if (round > 0) all.push(...some);
          if (round > 0) units.set(size, (units.get(size) ?? 0) + unitsOf(api.last) - before);
        }
      }
      for (const [size, all] of took) {
        const reads = (units.get(size) ?? 0) / all.length;
        pages.push({ size, what, p50Ms: quantile(all, 0.5) ?? 0, p99Ms: quantile(all, 0.99) ?? 0, reads });
      }
    }
    return { syncs, pages };
  } finally {
    for (const worker of workers) worker.stop();
    await place.close();
  }
}

/** Half of a hundredth of the followers leave, from all over the list, and as many others come. */
async function change({ simulator, runtime }: Place, appId: AppId, size: number): Promise<void> {
  const { followers } = tablesOf(runtime);
  const shards = shardsOf(appId);
  const each = Math.ceil(size / 200 / shards.length);
  const set = async (openid: string | undefined, subscribe: boolean) => {
    const body = JSON.stringify({ appid: appId, openid, subscribe });
    await fetch(`${simulator}/_sim/users`, { method: 'POST', body });
  };
  for (const value of shards) {
    const partition = { attribute: 'shard', value };
    const { items } = await followers.queryPage({ partition, sortKey: 'openid', limit: each });
    for (const { openid } of items) {
      await set(String(openid), false);
      await set(undefined, true);
    }
  }
}

function unitsOf({ dynamo }: WorkerResult): number {
  return Object.values(dynamo).reduce((sum, { units }) => sum + units, 0);
}

/**
 * What is done elsewhere: one `user/info` for each follower, and co-wechat-api's loop of pages and batches. Neither
 * keeps anything. `size` followers are asked for, of an account that has just as many.
 */
export async function runLoops(size: number): Promise<LoopResult[]> {
  const place = await startPlace({ sizes: [size] });
  try {
    const port = Number(new URL(place.simulator).port);
    const peer = new CoWeChatApi(appIdOf(size), secret);
    peer.setOpts({ agent: new ToPort(port) });
    const openids: string[] = [];
    const listed = await timed(place, 'co-wechat-api: getFollowers, batchGetUsers', async () => {
      for (let after: string | undefined; ;) {
        const page = await peer.getFollowers(after);
        if (!page.data) break;
        openids.push(...page.data.openid);
        after = page.next_openid;
      }
      for (let from = 0; from < openids.length; from += 100) {
        await peer.batchGetUsers(openids.slice(from, from + 100));
      }
    });
    const { accessToken } = await peer.ensureAccessToken();
    const token = parseGlobalAccessToken(accessToken);
    const wechat = createWeChatClient({ baseUrl: place.simulator, clock: place.clock });
    const single = await timed(place, 'one user/info after the other', async () => {
      for (const openid of openids) await wechat.send(getFollower(token, { openid }));
    });
    return [listed, single].map((result) => ({ ...result, size }));
  } finally {
    await place.close();
  }
}

async function timed(
  place: Place,
  what: string,
  act: () => Promise<void>,
): Promise<Omit<LoopResult, 'size'>> {
  await place.calls();
  const startedAt = performance.now();
  await act();
  const seconds = (performance.now() - startedAt) / 1000;
  return { what, seconds, calls: await place.calls() };
}
