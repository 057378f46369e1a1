import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { secretsOf, tablesOf } from '../functions/parts.ts';
import { SteerableClock } from '../local/clock.ts';
import { startLocalCloud } from '../local/cloud.ts';
import { startSimulator } from '../local/simulator/simulator.ts';
import { Accounts } from '../shared/accounts/accounts.ts';
import type { Log } from '../shared/platform/log.ts';
import { type AppId, parseAppId } from '../shared/wechat/tokens.ts';
import type { ClientName } from './herd-clients.ts';
import type { FromWorker, Settled, ToWorker } from './herd-worker.ts';
import { startSharedStore } from './shared-store.ts';
import { startSlowLink } from './slow-link.ts';
import { quantile } from './statistics.ts';
import { startRedis } from './wxjava.ts';

/** What has happened before all processes call at once. */
export const scenarios = {
  cold: 'No token anywhere',
  expired: 'The token has expired; no schedule has renewed it',
  revoked: 'WeChat revoked the token before its time; every process has used it',
  'bad secret, 40125': 'The AppSecret is wrong, answered as the platform does; two waves of calls',
  'bad secret, 40001': 'The same, answered as the platform’s manual says',
} as const;
export type Scenario = keyof typeof scenarios;
export const scenarioNames = Object.keys(scenarios) as Scenario[];

export interface HerdOptions {
  readonly client: ClientName;
  readonly processes: number;
  /** Calls in total that begin at once. */
  readonly calls: number;
  /** Added to every exchange with WeChat, in milliseconds. */
  readonly latencyMs: number;
  /** When a wave of calls has not ended after so long, its processes are killed. */
  readonly giveUpMs: number;
}

export interface HerdResult {
  readonly scenario: Scenario;
  readonly client: ClientName;
  /** Calls that began at once, in each wave. */
  readonly calls: number;
  readonly waves: number;
  /** Calls to the two token endpoints. */
  readonly mints: number;
  readonly succeeded: number;
  /** Calls that had not ended when the processes were killed. */
  readonly unfinished: number;
  /** How long calls took until they ended, well or badly; undefined where none ended. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  /** All calls to WeChat. */
  readonly upstream: number;
  /** Calls of the refresh function, each a run of it that is paid for; 0 for those that have none. */
  readonly refreshes: number;
  /** Operations of DynamoDB for each call, with those of the refresh function; 0 for those that use another store. */
  readonly readsEach: number;
  readonly writesEach: number;
  /** Milliseconds of CPU time for each call: of the clients' processes, and of that with the stores and WeChat. */
  readonly cpuEachMs: number;
  readonly standInsCpuEachMs: number;
}

/** So long a first wave may take, in which Java loads its classes. */
const warmUpMs = 60_000;

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** One client's processes, in one scenario after the other. */
export async function runHerd(options: HerdOptions, chosen = scenarioNames): Promise<HerdResult[]> {
  const { client, calls, latencyMs, giveUpMs } = options;
  // Alone, one call after the other: this is what the others are held against.
  const oneByOne = client === 'raw';
  const processes = oneByOne ? 1 : options.processes;
  const clock = new SteerableClock();
  const simulator = await startSimulator({ clock });
  const link = await startSlowLink({ port: simulator.port, delayMs: latencyMs });
  const store = await startSharedStore(clock);
  const redis = client.startsWith('WxJava') ? await startRedis() : undefined;
  // Its clock stands apart, so that no schedule comes to the rescue.
  const cloud = await startLocalCloud({
    clock: new SteerableClock(),
    log: silent,
    publicUrl: 'https://keyring.example.com',
    wechatApiUrl: simulator.url,
    wechatOpenUrl: simulator.url,
  });
  const workers: ChildProcess[] = [];

  const control = async (what: string, body?: unknown, method = body === undefined ? 'GET' : 'POST') => {
    const response = await fetch(`${simulator.url}/_sim/${what}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`The simulator answered ${response.status}.`);
    return response.status === 204 ? undefined : await response.json();
  };

  /** Sends to every process and waits until each is ready. */
  const tellAll = (message: ToWorker) =>
    Promise.all(
      workers.map(async (worker) => {
        const ready = once(worker, 'message');
        worker.send(message);
        await ready;
      }),
    );

  /** Begins so many calls in each process at once. Resolves to what came of those that ended in time. */
  const wave = (shares: readonly number[], patienceMs = giveUpMs): Promise<Settled[]> =>
    new Promise((resolve) => {
      const settled: Settled[] = [];
      const wanted = shares.reduce((sum, share) => sum + share, 0);
      const finish = () => {
        clearTimeout(timer);
        for (const worker of workers) worker.off('message', hear);
        resolve(settled);
      };
      const hear = (message: FromWorker) => {
        if (message.kind !== 'settled') return;
        if (settled.push(message) === wanted) finish();
      };
      const timer = setTimeout(finish, patienceMs);
      workers.forEach((worker, index) => {
        worker.on('message', hear);
        worker.send({ kind: 'herd', calls: shares[index] ?? 0, oneByOne } satisfies ToWorker);
      });
    });

  /** Those that are idle exit by themselves, and so leave what Node has compiled to those of the next run. */
  const endWorkers = (end: (worker: ChildProcess) => void) =>
    Promise.all(
      workers.splice(0).map(async (worker) => {
        if (worker.exitCode !== null || worker.signalCode !== null) return;
        const exited = once(worker, 'exit');
        end(worker);
        await exited;
      }),
    );

  const run = async (scenario: Scenario, index: number, patienceMs = giveUpMs): Promise<HerdResult> => {
    while (workers.length < processes) {
      workers.push(
        fork(fileURLToPath(new URL('herd-worker.ts', import.meta.url)), {
          execArgv: [],
          stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        }),
      );
    }
    // Each scenario has an account of its own, so nothing is left from the one before.
    const appId = parseAppId(`wx${`${index}`.padStart(16, '0')}`);
    const rightSecret = '0123456789abcdef0123456789abcdef';
    const isBad = scenario.startsWith('bad secret');
    const secret = isBad ? 'f'.repeat(32) : rightSecret;
    await control('accounts', { appid: appId, secret: rightSecret, followers: 1 });
    await register(cloud.runtime, {
      appId,
      secret,
      mode: client === 'keyring (classic)' ? 'classic' : 'stable',
    });
    const offset = clock.offset;
    const { environment } = cloud.runtime;
    const wechatPort = link.port;
    const shared = { storeUrl: store.url, redisPort: redis?.port };
    const setup = { client, appId, secret, wechatPort, ...shared, environment, offset };
    await tellAll({ kind: 'setup', setup });

    if (scenario === 'expired' || scenario === 'revoked') {
      // First one process gets the token, then the others find it.
      await wave([1]);
      await wave(Array.from({ length: processes }, () => 1));
    }
    if (scenario === 'expired') {
      await clock.advance(7201);
      await tellAll({ kind: 'time', offset: clock.offset });
    }
    if (scenario === 'revoked') await control('revoke', { appid: appId, what: 'access_token' });
    if (scenario === 'bad secret, 40001') {
      for (const path of ['/cgi-bin/token', '/cgi-bin/stable_token']) {
        await control('faults', { path, kind: 'errcode', errcode: 40001, times: 1_000_000_000 });
      }
    }
    await control('calls', undefined, 'DELETE');

    const shares = Array.from({ length: processes }, (_, at) => Math.floor((calls + at) / processes));
    const cpuBefore = process.cpuUsage();
    const settled = await wave(shares, patienceMs);
    let waves = 1;
    if (isBad && settled.length === calls) {
      settled.push(...(await wave(shares)));
      waves = 2;
    }
    const standIns = process.cpuUsage(cpuBefore);
    const each = (total: number) => total / Math.max(1, settled.length);
    const sum = (of: keyof Settled['since']) => settled.reduce((total, { since }) => total + since[of], 0);
    const counts = (await control('calls')) as Record<string, number>;
    const unfinished = waves * calls - settled.length;
    if (unfinished > 0) await endWorkers((worker) => worker.kill('SIGKILL'));
    await control('faults', undefined, 'DELETE');

    const times = settled.map(({ ms }) => ms);
    return {
      scenario,
      client,
      calls,
      waves,
      mints: (counts['/cgi-bin/token'] ?? 0) + (counts['/cgi-bin/stable_token'] ?? 0),
      succeeded: settled.filter(({ ok }) => ok).length,
      unfinished,
      p50Ms: quantile(times, 0.5),
      p99Ms: quantile(times, 0.99),
      upstream: Object.values(counts).reduce((sum, count) => sum + count, 0),
      refreshes: sum('refreshes'),
      readsEach: each(sum('reads')),
      writesEach: each(sum('writes')),
      cpuEachMs: each(sum('cpuMs')),
      standInsCpuEachMs: each((standIns.user + standIns.system) / 1000),
    };
  };

  try {
    // Once without a record, so that no client is measured while its code is being compiled.
    await run('cold', chosen.length, warmUpMs);
    const results: HerdResult[] = [];
    for (const [index, scenario] of chosen.entries()) results.push(await run(scenario, index));
    return results;
  } finally {
    await endWorkers((worker) => worker.disconnect());
    await cloud.close();
    await store.close();
    await redis?.close();
    await link.close();
    await simulator.close();
  }
}

/** Registers the account as the operator's command does, but without its first refresh. */
async function register(
  runtime: Parameters<typeof tablesOf>[0],
  { appId, secret, mode }: { appId: AppId; secret: string; mode: 'stable' | 'classic' },
): Promise<void> {
  await secretsOf(runtime).put(appId, { appSecret: secret });
  await new Accounts(tablesOf(runtime).credentials).add({
    appId,
    name: 'Herd',
    mode,
    mintBudget: 200,
    dailyLimits: {},
    allowedOrigins: [],
    createdAt: runtime.clock.now(),
  });
}
