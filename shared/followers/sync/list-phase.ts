import type { Table } from '../../platform/table.ts';
import { chunksOf, cut, type Chunk } from '../mirror/list-chunks.ts';
import { addPage, deleteManifest, isOfRun, ListLost, putChunk, readList } from '../mirror/stored-list.ts';
import { WeChatApiError } from '../../wechat/errors.ts';
import { listFollowers, type FollowerPage } from '../../wechat/followers.ts';
import { faultCode, openidsPerPage } from './calls.ts';
import { goOn } from './circle.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Hold } from './hold.ts';
import type { PhaseParts } from './phase.ts';
import { listedAnew, RunFailed, succeeded } from './run.ts';

/** Reads a page of WeChat's list and stores it. */
export async function readListPage(parts: PhaseParts, hold: Hold): Promise<Checkpoint> {
  const { calls, clock } = parts;
  const { account, run, memory } = hold;
  // A run that was begun by a version which stored nothing.
  if (run.cursor !== undefined && run.listEnd === undefined) {
    return listedAnew(run, 'list_lost', clock.now());
  }
  const askedAt = clock.now();
  const cursor = memory.tail?.cursor ?? run.cursor;
  let page: FollowerPage;
  try {
    page = await calls.send(account, 'list', (token) =>
      listFollowers(token, cursor === undefined ? {} : { after: cursor }),
    );
  } catch (error) {
    if (!(error instanceof WeChatApiError && error.kind === 'openid_unknown')) throw error;
    return withoutCursor(hold, faultCode(error), clock.now());
  }
  const last = lastOf(page, cursor);
  const isWhole = last === undefined || page.openids.length < openidsPerPage;
  const { segments, rest } = cut([...(memory.tail?.openids ?? []), ...page.openids], { isWhole });
  const listEnd = await store(parts, hold, segments.flatMap(chunksOf));
  const stored = segments.flat();
  const next: Checkpoint = {
    ...hold.run,
    ...succeeded,
    listEnd,
    pages: run.pages + 1,
    listed: run.listed + stored.length,
    firstTotal: run.firstTotal ?? page.total,
    total: page.total,
    workSeconds: run.workSeconds + clock.now() - askedAt,
  };
  if (last === undefined) return afterList(parts, hold, next);
  memory.tail = rest.length === 0 ? undefined : { openids: rest, cursor: last };
  return afterPage(next, { last, stored, cursor: rest.length === 0 ? last : stored.at(-1) });
}

/**
 * Whom the next page comes after. Undefined where the list ends: with a page that is empty or lacks its data, and never
 * with one that is short. A page that leads nowhere new would be read for ever.
 */
function lastOf({ openids, nextOpenid }: FollowerPage, cursor: string | undefined): string | undefined {
  const last = nextOpenid ?? openids.at(-1);
  return openids.length === 0 || last === cursor ? undefined : last;
}

/** Stores the chunks of a page, but for those that are there, and adds the page to the list. */
async function store({ followers }: PhaseParts, hold: Hold, chunks: readonly Chunk[]): Promise<string> {
  const { account, run, memory } = hold;
  const known = (memory.known ??= await knownChunks(followers, hold));
  await hold.each(
    chunks.filter((chunk) => !known.has(nameOf(chunk))),
    async (chunk) => {
      await putChunk(followers, account.appId, run.runId, chunk);
    },
  );
  return addPage(followers, account.appId, { run: run.runId, before: run.listEnd, chunks });
}

/** The chunks of the newest whole list. What is left of lists before it, or was begun and never ended, is forgotten. */
async function knownChunks(followers: Table, hold: Hold): Promise<Set<string>> {
  const { account, run } = hold;
  try {
    const { digests, others } = await readList(followers, account.appId, run.storedList);
    await hold.each(
      others.filter((name) => !isOfRun(name, run.runId)),
      (name) => deleteManifest(followers, account.appId, name),
    );
    return new Set(
      [...digests].flatMap(([shard, some]) => [...some].map((digest) => nameOf({ shard, digest }))),
    );
  } catch (error) {
    if (error instanceof ListLost) return new Set();
    throw error;
  }
}

function nameOf({ shard, digest }: Pick<Chunk, 'shard' | 'digest'>): string {
  return `${shard}${digest}`;
}

/** The run once its list is whole. Throws RunFailed where it cannot be. */
async function afterList(
  { ledger, clock }: PhaseParts,
  { account, memory }: Hold,
  next: Checkpoint,
): Promise<Checkpoint> {
  const odd = implausible(next);
  if (odd !== undefined && !next.force) throw new RunFailed(odd);
  await ledger.begin(account.appId, next.runId, clock.now());
  memory.known = undefined;
  return { ...next, phase: 'comparing', storedList: next.listEnd };
}

/** The run after a page that is not the last, whose people are stored up to `cursor`. `last` ends the page. */
function afterPage(
  next: Checkpoint,
  { last, stored, cursor }: { last: string; stored: readonly string[]; cursor: string | undefined },
): Checkpoint {
  // A list that goes round, or on and on, would be read for ever, too.
  const circle = goOn(next.circle, last);
  const isEndless = next.listed > 2 * Math.max(next.total ?? 0, next.firstTotal ?? 0) + 20_000;
  if (circle === 'round' || isEndless) throw new RunFailed('list_endless');
  const fallbacks = [stored[0], stored.at(-100), stored.at(-10), stored.at(-2)].filter(
    (openid) => openid !== undefined,
  );
  return { ...next, cursor, fallbacks, circle };
}

/** WeChat no longer knows the place to go on from: the one before it, and once none is left the beginning. */
function withoutCursor({ run, memory }: Hold, code: string, now: number): Checkpoint {
  // Places that were passed are passed again.
  const noted = { ...run, circle: undefined, errors: run.errors + 1, lastError: { code, at: now } };
  if (memory.tail) {
    memory.tail = undefined;
    return noted;
  }
  if (run.cursor === undefined) throw new RunFailed(code);
  const fallbacks = [...run.fallbacks];
  const cursor = fallbacks.pop();
  return cursor === undefined ? listedAnew(run, code, now) : { ...noted, cursor, fallbacks };
}

/**
 * Why the list that was read cannot be all there is, if it cannot: nobody is taken for gone on the word of an answer
 * that went wrong.
 */
function implausible({ listed, firstTotal = 0, total = 0, lastListed = 0 }: Checkpoint): string | undefined {
  const expected = Math.min(firstTotal, total);
  if (expected - listed > Math.max(2, expected * 0.05)) return 'list_incomplete';
  if (lastListed >= 100 && listed < lastListed / 2) return 'list_shrunk';
  return undefined;
}
