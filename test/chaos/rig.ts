import { tablesOf } from '../../functions/parts.ts';
import { startLocalCloud } from '../../local/cloud.ts';
import { startSimulator } from '../../local/simulator/simulator.ts';
import { runAdmin } from '../../local/stack.ts';
import type { TokenMode } from '../../shared/accounts/accounts.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import { isUsable, type Credential } from '../../shared/credentials/credential.ts';
import type { Log } from '../../shared/platform/log.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { outlastSlowMachines } from './deadlines.ts';
import { Fleet } from './fleet.ts';
import { Gate } from './gate.ts';
import { eventually, pause } from './patience.ts';
import { SteppedClock } from './stepped-clock.ts';

const account = parseAppId('wx0123456789abcdef');
const secret = 'fedcba9876543210fedcba9876543210';

/** Noon in China. */
const beginsAt = Date.UTC(2026, 0, 15, 4) / 1000;

/** By then the service has mended what it can: the longest pause after a first failure, a lease and two sweeps later. */
const recoverySeconds = 15 * 60;

/** One account of the service on loopback, and processes that use it. */
export type Rig = Awaited<ReturnType<typeof startRig>>;

/**
 * Starts an embedded DynamoDB, stand-ins for AWS and the simulator in this process, and `size` workers. This process
 * also runs the schedules, with a refresher of its own, as EventBridge Scheduler and Lambda would.
 *
 * Time is the same for all of them and stands still, but in `step` and what waits: those move it by a second whenever
 * everybody who refreshes sleeps. Nobody is overtaken by it in the middle of something, however slow the machine is.
 */
export async function startRig({ mode, size }: { mode: TokenMode; size: number }) {
  outlastSlowMachines();
  const clock = new SteppedClock(beginsAt);
  const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const simulator = await startSimulator({
    clock,
    accounts: [{ appid: account, secret, followers: 1, options: { daily_token_limit: 1_000_000 } }],
  });
  const mintPath = mode === 'stable' ? '/cgi-bin/stable_token' : '/cgi-bin/token';
  const gate = new Gate(simulator.url, mintPath);
  await gate.open();
  const cloud = await startLocalCloud({
    clock,
    log: silent,
    publicUrl: 'https://keyring.example.com',
    wechatApiUrl: gate.urlFor('schedules'),
    wechatOpenUrl: simulator.url,
    syncs: false,
  });
  const store = new CredentialStore(tablesOf(cloud.runtime).credentials, 'access_token');
  await runAdmin(cloud.runtime, {
    command: 'account.add',
    account,
    name: 'Chaos',
    mode,
    secret,
    allowedOrigins: [],
    domainFiles: [],
    mintBudget: 1_000_000,
  });
  // Before it was stored the secret was tried, with the stable token.
  const trials = mode === 'stable' ? 1 : 0;
  const fleet = new Fleet(size, (name) => ({
    kind: 'start',
    environment: { ...cloud.runtime.environment, KEYRING_WECHAT_API_URL: gate.urlFor(name) },
    now: clock.now(),
    account,
    callers: 4,
    pauseMs: 100,
  }));

  const read = (): Promise<Credential> => store.read(account);

  /** How many refreshes are under way in each process, and how many of them sleep. */
  const busy = () => [{ refreshing: clock.running, asleep: clock.asleep }, ...fleet.workers];
  const areAllAsleep = () =>
    busy().every(({ refreshing, asleep }) => refreshing <= asleep) && busy().some(({ asleep }) => asleep > 0);

  /** Moves time for everybody. */
  const step = async (seconds: number) => {
    await clock.advance(seconds);
    const now = clock.now();
    fleet.broadcast({ kind: 'time', now });
    await eventually('every process has the new time', () =>
      fleet.workers.every((worker) => worker.now >= now),
    );
  };
  const howThingsStand = async () => {
    const workers = busy().map(({ refreshing, asleep }) => ({ refreshing, asleep }));
    return {
      now: clock.now(),
      nextAlarm: clock.nextAlarm,
      workers,
      record: { ...(await read()), value: '' },
    };
  };
  const until = (what: string, condition: () => boolean | Promise<boolean>) =>
    eventually(what, condition, () => (areAllAsleep() ? step(1) : pause(5)), howThingsStand);

  /** Waits until nobody refreshes, and no lease of somebody who is dead is left. */
  const settle = async () => {
    for (;;) {
      await until('nobody refreshes', () => busy().every(({ refreshing }) => refreshing === 0));
      const { leaseUntil = 0 } = await read();
      if (leaseUntil < clock.now()) return;
      await step(1);
    }
  };
  const drain = () => until('the calls that are open have ended', fleet.drain());

  const control = async (what: string, body?: unknown, method = body === undefined ? 'GET' : 'POST') => {
    const response = await fetch(`${simulator.url}/_sim/${what}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`The simulator answered ${response.status}: ${text}`);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  };

  const accepts = async (value: string | undefined) => {
    const response = await fetch(`${simulator.url}/cgi-bin/get_api_domain_ip?access_token=${value ?? ''}`);
    return !('errcode' in ((await response.json()) as object));
  };

  const isHealthy = async () => {
    const credential = await read();
    const isWhole = isUsable(credential, clock.now()) && credential.failure === undefined;
    return isWhole && (await accepts(credential.value));
  };
  /**
   * Lets so many seconds go by, schedules included. To a refresh that is under way a leap would be a stall of that
   * length, so time leaps from alarm to alarm, and only while nobody refreshes.
   */
  const leap = async (seconds: number) => {
    const endsAt = clock.now() + seconds;
    while (clock.now() < endsAt) {
      await settle();
      const left = endsAt - clock.now();
      await step(Math.max(1, Math.min(left, (clock.nextAlarm ?? endsAt) - clock.now())));
      await drain();
    }
  };

  return {
    clock,
    fleet,
    gate,
    read,
    step,
    /** Waits until `condition` holds. Time goes on where everybody who refreshes waits for it. */
    until,
    settle,
    /** Lets the calls end that are under way: each is promised one replacement for a rejected token, and no second. */
    drain,
    leap,
    /** Lets time go by until the record holds a value that WeChat accepts, and no failure. */
    recover: async () => {
      const endsAt = clock.now() + recoverySeconds;
      while (!(await isHealthy())) {
        if (clock.now() >= endsAt) throw new Error(`The record is not healthy after ${recoverySeconds} s.`);
        await leap(30);
      }
    },
    /** Makes the call that mints go wrong. */
    fault: (about: Record<string, unknown>) => control('faults', { path: mintPath, ...about }),
    endFaults: () => control('faults', undefined, 'DELETE'),
    revoke: () => control('revoke', { appid: account, what: 'access_token' }),
    /** How often WeChat was asked for a token so far. */
    mints: async () => (((await control('calls')) as Record<string, number>)[mintPath] ?? 0) - trials,
    close: async () => {
      await fleet.close();
      await gate.close();
      await cloud.close();
      await simulator.close();
    },
  };
}
