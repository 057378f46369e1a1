import { tablesOf } from '../../functions/parts.ts';
import { SharedClock } from '../../bench/service.ts';
import { startLocalCloud } from '../../local/cloud.ts';
import { startSimulator } from '../../local/simulator/simulator.ts';
import { runAdmin } from '../../local/stack.ts';
import type { TokenMode } from '../../shared/accounts/accounts.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import type { Credential } from '../../shared/credentials/credential.ts';
import type { Log } from '../../shared/platform/log.ts';
import { Fleet } from './fleet.ts';

const account = 'wx0123456789abcdef';
const secret = 'fedcba9876543210fedcba9876543210';

/** The service's time runs this much faster than the machine's. */
const pace = 10;

/** One account of the service on loopback, and processes that use it. */
export type Rig = Awaited<ReturnType<typeof startRig>>;

/**
 * Starts an embedded DynamoDB, stand-ins for AWS and the simulator in this process, and `size` workers. This process
 * also runs the schedules, with a refresher of its own, as EventBridge Scheduler and Lambda would.
 */
export async function startRig({ mode, size }: { mode: TokenMode; size: number }) {
  const startedAtMs = Date.now();
  const clock = new SharedClock({ startedAtMs, pace, offset: 0 });
  const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const simulator = await startSimulator({
    clock,
    accounts: [{ appid: account, secret, followers: 1, options: { daily_token_limit: 1_000_000 } }],
  });
  const cloud = await startLocalCloud({
    clock,
    log: silent,
    publicUrl: 'https://keyring.example.com',
    wechatApiUrl: simulator.url,
    wechatOpenUrl: simulator.url,
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
  const fleet = new Fleet(size, () => ({
    kind: 'start',
    environment: cloud.runtime.environment,
    clock: { startedAtMs, pace, offset: clock.offset },
    account,
    callers: 4,
    pauseMs: 25,
  }));

  const ticking = setInterval(() => void clock.tick(), 20);

  const read = (): Promise<Credential> => store.read(account);
  /** Waits until nobody mints and nobody waits for a token. */
  const calm = () =>
    until('nobody waits for a token', async () => {
      const { leaseUntil = 0 } = await read();
      return leaseUntil < clock.now() && fleet.workers.every(({ refreshing }) => refreshing === 0);
    });

  const control = async (what: string, body?: unknown, method = body === undefined ? 'GET' : 'POST') => {
    const response = await fetch(`${simulator.url}/_sim/${what}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`The simulator answered ${response.status}: ${text}`);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  };
  const fault = (about: Record<string, unknown>) => control('faults', { path: mintPath, ...about });
  const mintPath = mode === 'stable' ? '/cgi-bin/stable_token' : '/cgi-bin/token';

  return {
    clock,
    fleet,
    read,
    /** Lets the calls end that are under way: each is promised one replacement for a rejected token, and no second. */
    drain: async () => {
      if (!(await fleet.drain(15_000))) throw new Error('Calls hang.');
    },
    /**
     * Lets so many seconds go by, schedules included. To a refresh that is under way a leap would be a stall of that
     * length, so time leaps only while nobody refreshes, and goes in small steps whenever somebody may begin to.
     */
    leap: async (seconds: number) => {
      const endsAt = clock.now() + seconds;
      while (clock.now() < endsAt) {
        await calm();
        const { refreshAt = 0, usableUntil = 0 } = await read();
        const quietFor = Math.min(refreshAt, usableUntil) - clock.now() - 60;
        await clock.advance(Math.min(Math.max(quietFor, 5), 300, endsAt - clock.now()));
        fleet.broadcast({ kind: 'time', offset: clock.offset });
        await pause(5);
      }
    },
    /** Makes the call that mints go wrong. */
    fault,
    endFaults: () => control('faults', undefined, 'DELETE'),
    revoke: () => control('revoke', { appid: account, what: 'access_token' }),
    /** How often WeChat was asked for a token so far. */
    mints: async () => ((await control('calls')) as Record<string, number>)[mintPath] ?? 0,
    /** Whether WeChat accepts the value. */
    accepts: async (value: string | undefined) => {
      const response = await fetch(`${simulator.url}/cgi-bin/get_api_domain_ip?access_token=${value ?? ''}`);
      return !('errcode' in ((await response.json()) as object));
    },
    close: async () => {
      clearInterval(ticking);
      await fleet.close();
      await cloud.close();
      await simulator.close();
    },
  };
}

/** Waits until `condition` holds, in real time. Throws `what` when it does not within the time. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 15_000,
): Promise<void> {
  const endsAt = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > endsAt) throw new Error(`Not within ${withinMs} ms: ${what}.`);
    await pause(20);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
