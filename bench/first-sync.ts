import { tablesOf } from '../functions/parts.ts';
import { Accounts } from '../shared/accounts/accounts.ts';
import { shardsOf } from '../shared/followers/mirror/follower-item.ts';
import { readPartition } from '../shared/followers/mirror/people.ts';
import { readSpending } from '../shared/followers/sync/calls.ts';
import { Checkpoints, type Checkpoint } from '../shared/followers/sync/checkpoint.ts';
import { DetailsLedger } from '../shared/followers/sync/details-progress.ts';
import { beginRun } from '../shared/followers/sync/schedule.ts';
import type { Table } from '../shared/platform/table.ts';
import { chinaDay, chinaDayEnd } from '../shared/wechat/quota-day.ts';
import type { AppId } from '../shared/wechat/tokens.ts';
import { appIdOf, startPlace, Worker, type Place, type WorkerResult } from './followers-place.ts';
import { peakMiB } from './peak-memory.ts';

export interface FirstSyncOptions {
  /** How many followers the account has. */
  readonly size: number;
  /** What WeChat allows it in a day, as the service is told. Default: what WeChat usually allows. */
  readonly dailyLimits?: Readonly<Record<string, number>>;
}

/** What the first sync of an account took, with the details of all. */
export interface FirstSyncResult {
  readonly size: number;
  /** Followers in the mirror after it, and of how many of them WeChat has told the details. */
  readonly mirrored: number;
  readonly withDetails: number;
  readonly calls: Readonly<Record<string, number>>;
  /** The most calls of a sync to either API in a day. */
  readonly share: { readonly list: number; readonly details: number };
  /** Days in China on which it worked. */
  readonly days: number;
  /** How often each function ran. */
  readonly runs: { readonly sync: number; readonly details: number };
  readonly messages: number;
  readonly seconds: number;
  readonly sync: WorkerResult;
  readonly details: WorkerResult;
  /** The embedded DynamoDB, the simulator and the queue, which are one process. */
  readonly rest: { readonly cpuSeconds: number; readonly peakMiB: number };
}

const peoplePerRead = 1000;

/** The functions of a sync, each in a process of its own. */
interface Functions {
  readonly sync: Worker;
  readonly details: Worker;
}

/** The first sync of an account, from a mirror in which nobody is to the details of all. */
export async function runFirstSync(
  { size, dailyLimits }: FirstSyncOptions,
  tell: (line: string) => void,
): Promise<FirstSyncResult> {
  const clockOffset = secondsUntilNoon(Date.now() / 1000);
  const place = await startPlace({ sizes: [size], clockOffset, dailyLimits });
  const { environment, dynamo } = place;
  const workers: Worker[] = [];
  const start = async (entry: string) => {
    const worker = await Worker.start(entry, environment, { dynamo, clockOffset });
    workers.push(worker);
    return worker;
  };
  try {
    const functions = {
      sync: await start('followers/sync-followers'),
      details: await start('followers/fetch-details'),
    };
    const queue = consume(place, functions.details);
    await place.calls();
    const before = process.cpuUsage();
    const startedAt = performance.now();
    const worked = await syncWhole(place, functions, { size, tell });
    const seconds = (performance.now() - startedAt) / 1000;
    const { user, system } = process.cpuUsage(before);
    return {
      size,
      ...(await mirroredOf(place, appIdOf(size))),
      ...worked,
      calls: await place.calls(),
      runs: { sync: worked.runs, details: queue.runs },
      messages: queue.messages,
      seconds,
      sync: functions.sync.last,
      details: functions.details.last,
      rest: { cpuSeconds: (user + system) / 1e6, peakMiB: peakMiB() },
    };
  } finally {
    for (const worker of workers) worker.stop();
    await place.close();
  }
}

/** A whole day is left for a run that spends no more than a day's quotas, whenever the benchmark is run. */
function secondsUntilNoon(now: number): number {
  const daySeconds = 86_400;
  return Math.ceil((chinaDayEnd(now) - now + daySeconds / 2) % daySeconds);
}

/** Has the queue call the function, and counts. */
function consume({ queues }: Place, details: Worker): { runs: number; messages: number } {
  const counted = { runs: 0, messages: 0 };
  queues.registerFunction('details', async (event) => {
    const { Records } = event as { Records: { attributes: { ApproximateReceiveCount: string } }[] };
    counted.runs += 1;
    counted.messages += Records.filter(({ attributes }) => attributes.ApproximateReceiveCount === '1').length;
    return details.call(event);
  });
  return counted;
}

/** Has the run worked on to its end. Where it waits for a quota, time leaps to when it goes on. */
async function syncWhole(
  { runtime, clock }: Place,
  { sync, details }: Functions,
  { size, tell }: { size: number; tell: (line: string) => void },
): Promise<Pick<FirstSyncResult, 'days' | 'share'> & { runs: number }> {
  const { credentials, followers } = tablesOf(runtime);
  const account = await new Accounts(credentials).get(appIdOf(size));
  if (!account) throw new Error('The account is not registered.');
  const { appId } = account;
  const checkpoints = new Checkpoints(followers);
  await beginRun(checkpoints, { ...account, sync: 'details' }, { now: clock.now() });
  const progress = () => progressOf(followers, appId);
  const telling = setInterval(() => void progress().then(({ line }) => tell(line)), 60_000).unref();
  const days = new Set<string>();
  let runs = 0;
  for (let state: Checkpoint['state'] = 'running'; state !== 'done';) {
    days.add(chinaDay(clock.now()));
    runs += 1;
    await sync.call({ kind: 'work', account: appId });
    const { run, line } = await progress();
    tell(line);
    ({ state } = run);
    if (state === 'failed') throw new Error(`The sync has failed: ${run.lastError?.code ?? ''}`);
    if (state !== 'waiting') continue;
    const seconds = Math.max(0, Math.ceil((run.resumeAt ?? 0) - clock.now()));
    await Promise.all([clock, sync, details].map((one) => one.advance(seconds)));
  }
  clearInterval(telling);
  const share = await readSpending(followers, account, clock.now());
  return { days: days.size, share: { list: share.list.most, details: share.details.most }, runs };
}

/** How many followers are in the mirror, and of how many of them details. */
async function mirroredOf(
  { runtime }: Place,
  appId: AppId,
): Promise<Pick<FirstSyncResult, 'mirrored' | 'withDetails'>> {
  const { followers } = tablesOf(runtime);
  let mirrored = 0;
  let withDetails = 0;
  for (const shard of shardsOf(appId)) {
    for (let page = await readPartition(followers, shard, undefined, peoplePerRead); ;) {
      const following = page.items.filter(({ subscribed }) => subscribed === true);
      mirrored += following.length;
      withDetails += following.filter(({ detailAt }) => detailAt !== undefined).length;
      const last = page.items.at(-1)?.openid;
      if (page.end || last === undefined) break;
      page = await readPartition(followers, shard, last, peoplePerRead);
    }
  }
  return { mirrored, withDetails };
}

/** Where the run is, and a line about it. */
async function progressOf(followers: Table, appId: AppId): Promise<{ run: Checkpoint; line: string }> {
  const { run } = await new Checkpoints(followers).read(appId);
  if (!run) throw new Error('There is no run.');
  const { done = 0, errors = 0 } = (await new DetailsLedger(followers).read(appId, run.runId)) ?? {};
  const { state, phase, listed, joined, queued } = run;
  const line = [
    `${state}, ${phase}: ${listed} listed, ${joined} joined, ${queued} queued`,
    `${done} answered, ${run.errors + errors} errors`,
  ].join(', ');
  return { run, line };
}
