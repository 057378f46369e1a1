import type { Held } from './gate.ts';
import type { Worker } from './fleet.ts';
import { pause } from './patience.ts';
import type { Rig } from './rig.ts';
import { moments, type Moment, type Trouble } from './trouble.ts';

/** Something that happens to the service. */
type Disturbance = (rig: Rig, trouble: Trouble) => Promise<void>;

export function oneOf<T>(...choices: readonly T[]): T {
  return choices[Math.floor(Math.random() * choices.length)] as T;
}

/** Up to so many of them, each as likely as another. */
function someOf<T>(all: readonly T[], atMost: number): T[] {
  const left = [...all];
  return Array.from({ length: Math.min(atMost, left.length) }, () => {
    return left.splice(Math.floor(Math.random() * left.length), 1)[0] as T;
  });
}

/**
 * Disturbs the service once, when all its processes are there and no lease of a dead one is left: who waits for a
 * refresh is promised to outlast one crash, and not two.
 */
export async function disturb(rig: Rig, trouble: Trouble): Promise<void> {
  await rig.until('every worker has been replaced', () => rig.fleet.isWhole);
  await rig.settle();
  await oneOf(revocation, revocation, byHand, rotation, rotation, leap, outage)(rig, trouble);
}

const revocation: Disturbance = async (rig, trouble) => {
  await rig.drain();
  const { generation } = await rig.read();
  await killMidway(rig, trouble, async () => {
    trouble.needs += 1;
    await rig.revoke();
  });
  await rig.until('a revoked token is replaced', async () => (await rig.read()).generation > generation);
};

const byHand: Disturbance = (rig, trouble) =>
  killMidway(rig, trouble, () => {
    trouble.needs += 1;
    rig.fleet.send(oneOf(...rig.fleet.workers), { kind: 'refresh', need: { reason: 'manual' } });
    return Promise.resolve();
  });

/** The token comes to its time, and workers are called before the schedule, which is late. */
const rotation: Disturbance = async (rig, trouble) => {
  const { clock, fleet } = rig;
  await rig.settle();
  clock.lateBy = 50;
  const { refreshAt = 0 } = await rig.read();
  await rig.leap(refreshAt - clock.now());
  await rig.settle();
  // The sweep may have been quicker.
  const isDue = (await rig.read()).refreshAt === refreshAt;
  const call = () => {
    for (const worker of someOf(fleet.workers, 3)) {
      fleet.send(worker, { kind: 'refresh', need: { reason: 'due' } });
    }
    return Promise.resolve();
  };
  if (isDue) await killMidway(rig, trouble, call);
  clock.lateBy = 0;
};

const leap: Disturbance = async (rig, trouble) => {
  await rig.leap(oneOf(70, 300, 1800, 6500, 7300));
  await killAnybody(rig, trouble);
};

/** WeChat's token endpoint is away for a moment, and whatever is asked of it comes to nothing or to no answer. */
const outage: Disturbance = async (rig, trouble) => {
  await rig.drain();
  const mintsBefore = await rig.mints();
  const fromMs = Date.now();
  await rig.fault({
    times: 100_000,
    ...oneOf(
      { kind: 'http', status: 502 },
      { kind: 'errcode', errcode: -1 },
      { kind: 'reset', after: true },
      { kind: 'hang', ms: 100 },
    ),
  });
  trouble.needs += 1;
  if (Math.random() < 0.5) await rig.revoke();
  else rig.fleet.send(oneOf(...rig.fleet.workers), { kind: 'refresh', need: { reason: 'manual' } });
  await rig.until('somebody has asked in vain', async () => (await rig.mints()) > mintsBefore);
  await killAnybody(rig, trouble);
  await rig.endFaults();
  // Past the longest pause after a failure, so that the next caller may try again.
  await rig.leap(70);
  await rig.recover();
  trouble.wasOut({ fromMs, toMs: Date.now() });
  trouble.mintsInOutages += (await rig.mints()) - mintsBefore;
};

/**
 * kill -9 of up to three of the workers at one moment of a refresh, which `need` brings about. Each worker that asks for
 * a refresh is either the one that mints or waits for that one.
 */
async function killMidway(rig: Rig, trouble: Trouble, need: () => Promise<void>): Promise<void> {
  const moment = oneOf(...moments);
  const trap = rig.gate.trap(
    moment === 'before its request reaches WeChat' ? 'before WeChat' : 'after WeChat',
  );
  await need();
  await rig.until('somebody mints', () => trap.held !== undefined);
  const { held } = trap;
  if (!held) return;
  // Less than a mint's deadline and the lease: nobody loses it by that.
  for (let seconds = oneOf(0, 1, 3); seconds > 0; seconds--) await rig.step(1);
  const minter = rig.fleet.workers.find(({ name }) => name === held.from);
  const waiting = rig.fleet.workers.filter((worker) => worker !== minter && worker.refreshing > 0);
  const others = someOf(waiting, oneOf(0, 1, 2));
  const killing = others.map((worker) => killOne(rig, trouble, worker, 'waiting'));
  if (minter && Math.random() < 0.75) await killMinter(rig, trouble, minter, held, moment);
  else held.release();
  await Promise.all(killing);
}

async function killMinter(
  rig: Rig,
  trouble: Trouble,
  minter: Worker,
  held: Held,
  moment: Moment,
): Promise<void> {
  if (moment === 'as the answer reaches it') {
    held.release();
    await pause(oneOf(0, 1, 2, 5));
    await killOne(rig, trouble, minter, moment);
  } else {
    await killOne(rig, trouble, minter, moment);
    held.drop();
  }
}

/** kill -9 of one of the workers, in a refresh if there is one. */
async function killAnybody(rig: Rig, trouble: Trouble): Promise<void> {
  const { workers } = rig.fleet;
  const refreshing = workers.filter((worker) => worker.refreshing > 0);
  const victim = oneOf(...(refreshing.length > 0 ? refreshing : workers));
  // What it has asked WeChat for, it will never record.
  if (victim.refreshing > 0) trouble.lostMints += 1;
  await killOne(rig, trouble, victim, 'idle');
}

async function killOne(
  { fleet }: Rig,
  trouble: Trouble,
  worker: Worker,
  role: Moment | 'waiting' | 'idle',
): Promise<void> {
  trouble.killed(role);
  await fleet.replace(worker);
}
