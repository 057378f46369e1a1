import { randomBytes } from 'node:crypto';
import * as z from 'zod/mini';
import type { Item, Key, Table } from '../../platform/table.ts';
import type { AppId } from '../../wechat/tokens.ts';
import { shardNumberOf, shardsOf } from './follower-item.ts';
import { packDigests, packMembers, unpackDigests, unpackMembers, type Chunk } from './list-chunks.ts';

/*
 * WeChat's list as a sync read it, in the Followers table. A chunk is an item named by its digest, so that a list of
 * whom most are the same shares most chunks with the one before. For each page a manifest names the page's chunks, and
 * the manifest before it: a list is the chain that ends with its last manifest, and is known by that one's name. Nothing
 * of it is ever written again with another content, so a process that was overtaken can add strays and change nothing.
 */

/** The partition of an account's manifests. */
function manifestsShard(appId: AppId): string {
  return `${appId}#list`;
}

/** The partition of the chunks whose members are in that shard of the mirror, from 0. */
function chunksShard(appId: AppId, shard: number): string {
  return `${appId}#list-${shard}`;
}

/** Every partition that has something of an account's lists. */
export function listShardsOf(appId: AppId): string[] {
  return [manifestsShard(appId), ...shardsOf(appId).map((_, shard) => chunksShard(appId, shard))];
}

/** Part of the list is no longer there: somebody else has deleted it, or it cannot be read. */
export class ListLost extends Error {
  override readonly name = 'ListLost';
}

/** What a list is made of. */
export interface StoredList {
  /** The digests of its chunks, by shard. */
  readonly digests: ReadonlyMap<number, ReadonlySet<string>>;
  /** The names of manifests that are not of this list. */
  readonly others: readonly string[];
}

const manifestSchema = z.object({
  openid: z.string(),
  before: z.optional(z.string()),
  chunks: z.record(z.string(), z.instanceof(Uint8Array)),
});

const chunkSchema = z.object({ openid: z.string(), members: z.instanceof(Uint8Array) });

/** Stores a chunk of the list that `run` reads. It may be there already. */
export async function putChunk(
  followers: Table,
  appId: AppId,
  run: string,
  { shard, digest, members }: Chunk,
): Promise<void> {
  await followers.put({
    shard: chunksShard(appId, shard),
    openid: digest,
    run,
    members: packMembers(members),
  });
}

/**
 * Adds a page to the list that ends with `before`, or begins one. Its chunks have to be stored already. Returns by what
 * the longer list is known.
 */
export async function addPage(
  followers: Table,
  appId: AppId,
  { run, before, chunks }: { run: string; before: string | undefined; chunks: readonly Chunk[] },
): Promise<string> {
  const name = `${startOfNames(run)}${randomBytes(9).toString('base64url')}`;
  const byShard = [...Map.groupBy(chunks, ({ shard }) => shard)].map(([shard, some]) => [
    String(shard),
    packDigests(some.map(({ digest }) => digest)),
  ]);
  await followers.put({
    shard: manifestsShard(appId),
    openid: name,
    run,
    before,
    chunks: Object.fromEntries(byShard),
  });
  return name;
}

function startOfNames(run: string): string {
  return `${run}#`;
}

/** Whether the manifest is of the list that this run reads. */
export function isOfRun(manifest: string, run: string): boolean {
  return manifest.startsWith(startOfNames(run));
}

export async function deleteManifest(followers: Table, appId: AppId, manifest: string): Promise<void> {
  await followers.delete({ shard: manifestsShard(appId), openid: manifest });
}

/** The list that ends with that manifest; without one, a list of nobody. Throws ListLost. */
export async function readList(followers: Table, appId: AppId, end: string | undefined): Promise<StoredList> {
  const items = await followers.query('shard', manifestsShard(appId));
  const manifests = new Map(
    items.map((item) => [String(item['openid']), z.safeParse(manifestSchema, item).data]),
  );
  const digests = new Map<number, Set<string>>();
  for (let name = end; name !== undefined;) {
    const manifest = manifests.get(name);
    if (!manifest) throw new ListLost();
    manifests.delete(name);
    for (const [shard, packed] of Object.entries(manifest.chunks)) {
      const ofShard = digests.get(Number(shard)) ?? new Set();
      for (const digest of unpackDigests(packed)) ofShard.add(digest);
      digests.set(Number(shard), ofShard);
    }
    name = manifest.before;
  }
  return { digests, others: [...manifests.keys()] };
}

const chunksPerRead = 2500;

/**
 * Whom the list has in a shard, in the order of the openids, each once; and the chunks of the shard that it does not
 * name. Throws ListLost.
 */
export async function readShard(
  followers: Table,
  appId: AppId,
  shard: number,
  { digests }: StoredList,
): Promise<{ members: string[]; unnamed: Key[] }> {
  const named = new Set(digests.get(shard));
  const members: string[] = [];
  const unnamed: Key[] = [];
  const partition = { attribute: 'shard', value: chunksShard(appId, shard) };
  for (let after: string | undefined, isEnd = false; !isEnd;) {
    const page = await followers.queryPage({ partition, sortKey: 'openid', after, limit: chunksPerRead });
    for (const item of page.items) {
      const digest = String(item['openid']);
      const some = named.has(digest) ? membersOf(item) : undefined;
      if (some && named.delete(digest)) members.push(...some);
      else unnamed.push({ shard: partition.value, openid: digest });
      after = digest;
    }
    isEnd = page.end;
  }
  if (named.size > 0) throw new ListLost();
  return { members: withoutRepeats(members.sort()), unnamed };
}

/** Undefined where they cannot be read. */
function membersOf(item: Item): string[] | undefined {
  const { data } = z.safeParse(chunkSchema, item);
  return data && unpackMembers(data.members, data.openid);
}

function withoutRepeats(sorted: readonly string[]): string[] {
  return sorted.filter((openid, index) => openid !== sorted[index - 1]);
}

/** Whether the list has that person. Reads an eighth of it. Throws ListLost. */
export async function isListed(
  followers: Table,
  appId: AppId,
  end: string | undefined,
  openid: string,
): Promise<boolean> {
  const list = await readList(followers, appId, end);
  const { members } = await readShard(followers, appId, shardNumberOf(openid), list);
  return members.includes(openid);
}
