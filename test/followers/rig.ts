import { tableSchemas } from '../../local/aws/dynamodb.ts';
import { startSimulator } from '../../local/simulator/simulator.ts';
import type { SteerableClock } from '../../local/clock.ts';
import type { Account } from '../../shared/accounts/accounts.ts';
import type { AccountCalls } from '../../shared/credentials/account-calls.ts';
import { Checkpoints } from '../../shared/followers/sync/checkpoint.ts';
import type { DetailsMessage, DetailsQueue } from '../../shared/followers/sync/details-queue.ts';
import { DetailsWorker } from '../../shared/followers/sync/details.ts';
import {
  followerItemSchema,
  shardsOf,
  type FollowerItem,
} from '../../shared/followers/mirror/follower-item.ts';
import { Mirror } from '../../shared/followers/mirror/mirror.ts';
import { readSyncStatus, type SyncStatus } from '../../shared/followers/sync/status.ts';
import { SyncCalls } from '../../shared/followers/sync/calls.ts';
import { isWorkable } from '../../shared/followers/sync/run.ts';
import { beginRun } from '../../shared/followers/sync/schedule.ts';
import { FollowerSync } from '../../shared/followers/sync/sync.ts';
import type { Log } from '../../shared/platform/log.ts';
import { createWeChatClient } from '../../shared/wechat/client.ts';
import { parseAppId, parseGlobalAccessToken } from '../../shared/wechat/tokens.ts';
import { standingClock } from '../kit/clock.ts';
import { MemoryTable, open, type Gate } from '../kit/memory-table.ts';

const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
/** Longer than a lease lasts. */
export const leaseIsOver = 301;
const deliveriesPerMessage = 4;

/** A worker's queue without a worker: the test says when it is worked off. */
class MemoryQueue {
  readonly waiting: { message: DetailsMessage; received: number }[] = [];
  readonly deadLetters: DetailsMessage[] = [];

  /** As a process sees it. */
  queue(gate: Gate = open): DetailsQueue {
    const send = (messages: readonly DetailsMessage[]) => {
      for (const message of messages) this.waiting.push({ message, received: 0 });
    };
    return {
      send: async (message) => {
        await gate(() => {
          send([message]);
        });
      },
      sendAll: async (messages) => {
        await gate(() => {
          send(messages);
        });
      },
      idle: () => gate(() => this.waiting.length === 0),
    };
  }
}

/** Syncs of one account against the simulator, on a table in memory: processes are made, and can be killed. */
export async function startRig(
  options: { followers: number; pageSize?: number; account?: Partial<Account> } = { followers: 100 },
) {
  const clock = standingClock();
  const simulator = await startSimulator({ clock });
  const appid = parseAppId('wx0123456789abcdef');
  const secret = 'f'.repeat(32);
  const control = async (what: string, body?: unknown, method = 'POST') => {
    const answer = await fetch(`${simulator.url}/_sim/${what}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  };
  await control('accounts', {
    appid,
    secret,
    followers: options.followers,
    ...(options.pageSize !== undefined && { options: { page_size: options.pageSize } }),
  });
  const account: Account = {
    appId: appid,
    name: 'Test',
    mode: 'stable',
    mintBudget: 200,
    dailyLimits: {},
    allowedOrigins: [],
    createdAt: 0,
    ...options.account,
  };
  const memory = new MemoryTable(tableSchemas.followers);
  const messages = new MemoryQueue();
  const wechat = createWeChatClient({ baseUrl: simulator.url, clock, attempts: 1, deadlineMs: 30_000 });
  const mint = async () => {
    const answer = await fetch(
      `${simulator.url}/cgi-bin/token?grant_type=client_credential&appid=${appid}&secret=${secret}`,
    );
    const { access_token: token, expires_in: seconds } = (await answer.json()) as {
      access_token: string;
      expires_in: number;
    };
    return { token, until: clock.now() + seconds - 600 };
  };
  let minted = await mint();
  const tokenOf = async () => {
    if (clock.now() >= minted.until) minted = await mint();
    return parseGlobalAccessToken(minted.token);
  };

  /** What one process is made of. */
  function processOf(gate: Gate = open) {
    const followers = memory.table(gate);
    const send: AccountCalls['send'] = async (_account, build) => {
      const token = await tokenOf();
      // Through the gate once for the way there, and once for the way back.
      await gate(() => undefined);
      const answer = await wechat.send(build(token));
      await gate(() => undefined);
      return answer;
    };
    const calls = new SyncCalls(followers, { send } as unknown as AccountCalls, clock, () => 0);
    const queue = messages.queue(gate);
    const findAccount = () => Promise.resolve(account);
    return {
      followers,
      mirror: new Mirror(followers),
      sync: new FollowerSync({ followers, calls, queue, clock: impatient(clock), log: quiet }),
      worker: new DetailsWorker({ followers, calls, findAccount, clock, log: quiet }),
    };
  }

  const rig = {
    clock,
    account,
    control,
    memory,
    messages,
    processOf,
    close: () => simulator.close(),

    /** Begins a run, or has one go on. */
    begin: (force = false) => beginRun(new Checkpoints(memory.table()), account, { now: clock.now(), force }),

    /** Works off the queue, messages that fail up to four times, for as long as the worker lives. */
    workOff: async ({ worker } = processOf(), isDead: () => boolean = () => false): Promise<void> => {
      for (let next = messages.waiting.shift(); next; next = messages.waiting.shift()) {
        const { message, received } = next;
        const [failed] = await worker.work([{ id: 'message', message }]);
        if (isDead()) {
          // Nobody has taken the message off the queue.
          messages.waiting.push(next);
          return;
        }
        if (failed === undefined) continue;
        if (received + 1 >= deliveriesPerMessage) messages.deadLetters.push(message);
        else messages.waiting.push({ message, received: received + 1 });
      }
    },

    /** Has the run be worked on once, and the queue. */
    work: async (shouldContinue: () => boolean = () => true): Promise<SyncStatus> => {
      const process = processOf();
      await process.sync.work(account, shouldContinue);
      await rig.workOff(process);
      return rig.status();
    },

    /** Goes on until the run has ended, or waits or is paused. */
    finish: async (): Promise<SyncStatus> => {
      const checkpoints = new Checkpoints(memory.table());
      for (let rounds = 1; ; rounds += 1) {
        if (rounds > 1000) throw new Error('The sync does not end.');
        const { run } = await checkpoints.read(appid);
        if (!run || !isWorkable(run, clock.now())) return rig.status();
        await rig.work();
      }
    },

    /** A whole sync. */
    syncAll: async (force = false): Promise<SyncStatus> => {
      await rig.begin(force);
      return rig.finish();
    },

    status: () =>
      readSyncStatus(memory.table(), account, {
        now: clock.now(),
        queue: { waiting: messages.waiting.length, poisoned: messages.deadLetters.length },
      }),

    people: (): FollowerItem[] =>
      memory
        .items()
        .filter(({ shard }) => shardsOf(appid).includes(String(shard)) || !String(shard).startsWith(appid))
        .map((item) => followerItemSchema.parse(item)),

    mirrored: (): string[] =>
      rig
        .people()
        .flatMap(({ subscribed, openid }) => (subscribed === true ? [openid] : []))
        .sort(),

    /** Who follows as the simulator has it. */
    listed: async (): Promise<string[]> => {
      const openids: string[] = [];
      for (let after = ''; ;) {
        const token = await tokenOf();
        const answer = await fetch(
          `${simulator.url}/cgi-bin/user/get?access_token=${token}&next_openid=${after}`,
        );
        const page = (await answer.json()) as { data?: { openid: string[] }; next_openid: string };
        if (!page.data) return openids.sort();
        openids.push(...page.data.openid);
        after = page.next_openid;
      }
    },

    /** How often the simulator was called since the last count. */
    calls: async (): Promise<{ list: number; details: number }> => {
      const counted = (await control('calls', undefined, 'GET')) as Record<string, number>;
      await control('calls', undefined, 'DELETE');
      return {
        list: counted['/cgi-bin/user/get'] ?? 0,
        details: counted['/cgi-bin/user/info/batchget'] ?? 0,
      };
    },

    /** Has somebody begin or cease to follow. Returns their openid. */
    follow: async (openid: string | undefined, subscribe: boolean): Promise<string> => {
      const user = (await control('users', { appid, openid, subscribe })) as { openid: string };
      return user.openid;
    },
  };
  return rig;
}

export type Rig = Awaited<ReturnType<typeof startRig>>;

/** Waits are over at once, and take their time on the clock: nobody watches in vain for real seconds. */
function impatient(clock: SteerableClock) {
  return {
    now: () => clock.now(),
    sleep: async (seconds: number) => {
      await clock.advance(Math.ceil(seconds));
    },
  };
}

/** Random numbers in [0, 1) that are the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

class Killed extends Error {}

/** A process that ends at some operation: before it, or behind it with its reply lost. */
export function mortal(operations: number, random: () => number): { gate: Gate; isDead: () => boolean } {
  let left = operations;
  let dead = false;
  return {
    isDead: () => dead,
    gate: (operate) => {
      if (dead) return Promise.reject(new Killed());
      left -= 1;
      if (left > 0) return Promise.resolve(operate());
      dead = true;
      if (random() < 0.5) operate();
      return Promise.reject(new Killed());
    },
  };
}
