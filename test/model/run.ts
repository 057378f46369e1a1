import type { Account, TokenMode } from '../../shared/accounts/accounts.ts';
import { tableSchemas } from '../../local/aws/dynamodb.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import {
  credentialSchema,
  isWorthwhile,
  isUsable,
  type Credential,
  type Need,
  type RefreshOutcome,
  type UsableCredential,
} from '../../shared/credentials/credential.ts';
import { Keeper } from '../../shared/credentials/keeper.ts';
import type { Mint } from '../../shared/credentials/mint.ts';
import { CredentialReader } from '../../shared/credentials/reader.ts';
import type { Check, Verdict } from '../../shared/credentials/token-check.ts';
import type { LeaseTable } from '../../shared/platform/lease.ts';
import type { Clock } from '../../shared/platform/clock.ts';
import { KeyringError } from '../../shared/platform/errors.ts';
import type { Log } from '../../shared/platform/log.ts';
import type { Change, Key } from '../../shared/platform/table.ts';
import { WeChatApiError, WeChatUnreachableError } from '../../shared/wechat/errors.ts';
import { chinaDayEnd } from '../../shared/wechat/quota-day.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { MemoryTable } from '../kit/memory-table.ts';
import { foreseenFrom, Platform, type Minter, type Stalled } from './platform.ts';
import { faultySeconds, type Fault, type Schedule, type Step, type WeChatFault } from './schedule.ts';
import { World } from './world.ts';

/** 2026-09-21, an hour before midnight in China. */
const startSeconds = 1_790_000_000 - (1_790_000_000 % 86_400) + 15 * 3600;
const appId = parseAppId('wx0123456789abcdef');
const key: Key = { appId, kind: 'access_token' };

/** The platform's overlap and the readers' memory: how long a read may return what the platform rejects. */
const graceSeconds = 300;
const cacheSeconds = 60;
const sweepSeconds = 300;
const leaseSeconds = 20;
/** For so long nothing has to come of a lease before somebody takes it away to settle one that it has lost. */
const settleSeconds = 5;
/**
 * The longest a read takes with all that comes of it, beside the stalls: two refreshes (none usable, then rejected)
 * of two attempts, each of 26 seconds' wait for the lease and two requests to WeChat that hang for 10.
 */
const boundSeconds = 200;
const maxBackoffSeconds = 3600;
/** For how long it may be believed that the calls of the day are used up. */
const quotaBeliefSeconds = 600;

/** An invariant that did not hold. */
class Violation extends Error {
  override readonly name = 'Violation';
}

/** What the model does to a worker's step. Anything else that comes out of the service is a fault of its own. */
class InjectedFault extends Error {
  override readonly name = 'InjectedFault';
}

/** One life of a worker: until it crashes. */
class Process {
  readonly worker: number;
  readonly skew: number;
  alive = true;
  frozenUntilMs = 0;
  /** How old the oldest answer was by the time its reader got it, because the process stood still. */
  readLagMs = 0;
  readonly onDeath = new Set<() => void>();
  readonly reader: CredentialReader;

  constructor(worker: number, skew: number, reader: (process: Process) => CredentialReader) {
    this.worker = worker;
    this.skew = skew;
    this.reader = reader(this);
  }
}

/** What a worker makes a step for. */
type Path = 'refresh' | 'read';

/** One refresh by one process. */
interface Refresh extends Stalled {
  readonly process: Process;
  readonly need: Need;
  readonly id: number;
  /** The lease it took last. */
  owner: string | undefined;
  /** What its requests to WeChat are for: see `causeOf`. */
  cause: string | undefined;
  /** The day in China for which its mint is counted. */
  day: string;
  /** WeChat has made a token for it. */
  minted: boolean;
  done: boolean;
  endedAt: number | undefined;
}

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** What can happen in a run that is worth knowing, so that nobody takes for tried what never came up. */
export const happenings = [
  'a holder crashed',
  'a worker crashed after WeChat had made a token and before it was stored',
  'a lease ran out under a holder that lived on',
  'a worker asked WeChat after it had lost the lease',
  'a write was repeated by the SDK',
  'a write took effect and its answer was lost',
  'WeChat made a token and its reply was lost',
  'WeChat rejected a token that a read had returned',
  'WeChat handed out a token that it rejects',
  'a token was had by force',
  'a good token was rejected',
  'WeChat was asked about a token and accepted it',
  'WeChat was asked about a token and rejected it',
  'WeChat could not be asked about a token',
  'WeChat rejected a good token twice',
  'a worker that had lost the lease got no answer to its mint',
  'a booked refresh ran before its time',
  'WeChat said that the calls of the day are used up',
  'the budget of mints was spent',
  'the mode was changed',
  'a report was made during a back-off',
  'a read got no token',
] as const;
export type Happening = (typeof happenings)[number];

/** Plays a schedule with the real keeper, store and reader. Tells what came up; throws `Violation`. */
export async function play(schedule: Schedule): Promise<ReadonlySet<Happening>> {
  return new Run(schedule).play();
}

class Run {
  readonly #schedule: Schedule;
  readonly #world: World;
  readonly #platform = new Platform();
  readonly #table = new MemoryTable(tableSchemas.credentials);
  #account: Account;
  readonly #processes: Process[] = [];
  readonly #steps = { refresh: 0, holder: 0, write: 0, read: 0 };
  readonly #pending = new Set<{ process: Process; startedMs: number }>();
  readonly #maxSkew: number;
  readonly #minSkew: number;
  #faultsEnd = Number.POSITIVE_INFINITY;
  #faulty = false;
  #violation: Violation | undefined;
  #refreshes = 0;
  readonly #happened = new Set<Happening>();
  /** Steps that went wrong, so that a report during which none did can be told. */
  #disturbances = 0;
  #stalledSeconds = 0;
  /** The true time of the last transition. */
  #changedAt = 0;
  /** The refresh that took the lease last. */
  #holder: Refresh | undefined;
  #reading = true;

  // Requests to WeChat, and what accounts for them.
  #asks = 0;
  readonly #causes = new Set<string>();
  /** Writes that set when a refresh is due, and writes that published a value or its remaining life. */
  #dates = 0;
  #publications = 0;
  #disruptions = 0;
  /** Checks that were asked for, forced refreshes, and rejections that WeChat confirmed. */
  #checks = 0;
  #forces = 0;
  #confirmations = 0;
  /** Tokens made for a need of the service's own, by China day. */
  readonly #automatic = new Map<string, number>();

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
    this.#world = new World(schedule.seed, startSeconds - (schedule.age ?? 0) - 10);
    this.#maxSkew = Math.max(...schedule.skews);
    this.#minSkew = Math.min(...schedule.skews);
    this.#account = {
      appId,
      name: 'Model',
      mode: schedule.mode,
      mintBudget: schedule.mintBudget,
      dailyLimits: {},
      allowedOrigins: [],
      createdAt: 0,
    };
  }

  async play(): Promise<ReadonlySet<Happening>> {
    const { skews, age, bursts, faults, modeChanges } = this.#schedule;
    const world = this.#world;
    if (age !== undefined) {
      const installer = this.#newProcess(0, skews[0] ?? 0);
      this.#watched(installer, () => this.#refresh(installer, { reason: 'missing' }));
      await world.runUntil(startSeconds - age);
      this.#pending.clear();
    }
    world.skipTo(startSeconds);
    for (const [worker, skew] of skews.entries()) this.#processes[worker] = this.#newProcess(worker, skew);
    this.#faulty = true;
    this.#faultsEnd = startSeconds + faultySeconds;

    for (const worker of skews.keys()) this.#readRepeatedly(worker);
    world.after(world.between(0, sweepSeconds * 1000), () => this.#sweepRepeatedly());
    for (const { at, manual } of bursts) world.after(at * 1000, () => this.#burst(manual));
    for (const fault of faults) this.#plan(fault);
    for (const change of modeChanges)
      if ('at' in change) world.after(change.at * 1000, () => this.#changeMode());

    await world.runUntil(this.#faultsEnd);
    this.#faulty = false;
    await world.runUntil(this.#faultsEnd + boundSeconds);
    await world.runUntil(this.#recoveredBy());
    for (let round = 0; round < 3; round++) {
      for (const process of this.#processes) {
        this.#watched(process, async () => {
          let accepted = false;
          try {
            accepted = await this.#read(process);
          } finally {
            if (!accepted) this.#violated('a read fails although the faults are long over');
          }
        });
      }
      await world.runUntil(world.now + 100);
    }
    this.#reading = false;
    await world.runUntil(world.now + boundSeconds);
    if (this.#pending.size > 0) this.#violated('a worker does not come to an end');
    if (this.#violation) throw this.#violation;
    return this.#happened;
  }

  /**
   * By when reads must succeed once the faults are over: one sweep, or the back-off that the last failure asked for,
   * or the end of a lease whose holder died. What one clock wrote, another one reads.
   */
  #recoveredBy(): number {
    const { failure, leaseUntil, forced } = this.#record();
    const drained = this.#world.now;
    const slowest = (time: number | undefined) => (time ?? 0) - this.#minSkew;
    if (slowest(failure?.retryAt) - drained > maxBackoffSeconds + this.#maxSkew - this.#minSkew) {
      this.#violated('a failure is followed by a longer pause than the longest back-off');
    }
    const isOfQuota = failure?.code === 'wechat_quota_day';
    if (isOfQuota && failure.retryAt - failure.at > quotaBeliefSeconds) {
      this.#violated('a used-up quota is believed for more than ten minutes');
    }
    if (failure?.code === 'mint_budget_spent') this.#happened.add('the budget of mints was spent');
    const waits = [failure?.retryAt, leaseUntil, forced && forced.lastAt + 30].map(slowest);
    // A budget that is spent, or nearly, keeps the account without a token until the next day in China.
    if (this.#account.mintBudget < 200) waits.push(chinaDayEnd(drained) + sweepSeconds - this.#minSkew);
    return Math.max(this.#faultsEnd + sweepSeconds, ...waits) + 60;
  }

  // ---- what happens by itself

  #readRepeatedly(worker: number): void {
    const everyMs = this.#schedule.readEvery * 1000;
    this.#world.after(this.#world.between(Math.floor(everyMs / 2), everyMs), () => {
      if (!this.#reading) return;
      this.#readBy(worker);
      this.#readRepeatedly(worker);
    });
  }

  #burst(manual: boolean): void {
    for (const worker of this.#processes.keys()) {
      this.#readBy(worker);
      this.#readBy(worker);
    }
    if (manual) this.#refreshBy(this.#anyWorker(), { reason: 'manual' });
  }

  #readBy(worker: number): void {
    const process = this.#processes[worker];
    if (!process?.alive) return;
    this.#whenAwake(process, () => this.#watched(process, () => this.#read(process)));
  }

  #refreshBy(worker: number, need: Need): void {
    const process = this.#processes[worker];
    if (!process?.alive) return;
    this.#whenAwake(process, () => this.#watched(process, () => this.#refresh(process, need)));
  }

  /** As functions/admin/commands/account-set.ts has it: the change is proved by a refresh. */
  #changeMode(): void {
    this.#account = { ...this.#account, mode: this.#account.mode === 'stable' ? 'classic' : 'stable' };
    this.#happened.add('the mode was changed');
    this.#refreshBy(this.#anyWorker(), { reason: 'manual', isProof: true });
  }

  /** As shared/credentials/sweep.ts has it, for the one account. */
  #sweepRepeatedly(): void {
    if (!this.#reading) return;
    const process = this.#processes[this.#anyWorker()];
    if (process?.alive) {
      this.#whenAwake(process, () =>
        this.#watched(process, async () => {
          const store = new CredentialStore(this.#view(process, 'read'), 'access_token');
          const credential = await store.read(appId);
          const now = this.#clockOf(process, 'read').now();
          const due: Need = { reason: 'due' };
          const { mintBudget } = this.#account;
          if (isWorthwhile(due, credential, { now, mintBudget })) await this.#refresh(process, due);
        }),
      );
    }
    this.#world.after(sweepSeconds * 1000, () => this.#sweepRepeatedly());
  }

  #anyWorker(): number {
    return this.#world.between(0, this.#processes.length - 1);
  }

  #plan(fault: Fault): void {
    const world = this.#world;
    switch (fault.kind) {
      case 'neighbour':
        world.after(
          fault.at * 1000,
          () =>
            void this.#platform.ask(world.now, { mode: this.#account.mode, force: true, by: 'neighbour' }),
        );
        break;
      case 'revocation':
        world.after(fault.at * 1000, () => this.#platform.revoke(world.now, fault.how));
        break;
      default:
      // The others are looked up when a step is made.
    }
  }

  // ---- workers

  #newProcess(worker: number, skew: number): Process {
    return new Process(worker, skew, (process) => {
      const store = new CredentialStore(this.#view(process, 'read'), 'access_token');
      return new CredentialReader({
        store,
        clock: this.#clockOf(process, 'read'),
        requestRefresh: (_, need) =>
          this.#schedule.refresher === 'self' ? this.#refresh(process, need) : this.#ask(process, need),
      });
    });
  }

  #kill(process: Process, restartAfter: number): void {
    if (!process.alive) return;
    process.alive = false;
    for (const operation of this.#pending) if (operation.process === process) this.#pending.delete(operation);
    for (const died of process.onDeath) died();
    const { worker, skew } = process;
    this.#world.after(restartAfter * 1000, () => {
      this.#processes[worker] = this.#newProcess(worker, skew);
    });
  }

  #whenAwake(process: Process, run: () => void): void {
    if (!process.alive) return;
    if (this.#world.nowMs >= process.frozenUntilMs) run();
    else this.#world.at(process.frozenUntilMs, () => this.#whenAwake(process, run));
  }

  /** Runs an operation that must come to an end, and in no other way than is foreseen. */
  #watched(process: Process, run: () => Promise<unknown>): void {
    const operation = { process, startedMs: this.#world.nowMs };
    this.#pending.add(operation);
    const ended = (error?: unknown) => {
      this.#pending.delete(operation);
      const took = (this.#world.nowMs - operation.startedMs) / 1000;
      if (took > boundSeconds + this.#stalledSeconds) this.#violated(`an operation took ${took} s`);
      if (error instanceof KeyringError) this.#happened.add('a read got no token');
      const foreseen =
        error === undefined ||
        error instanceof InjectedFault ||
        (error instanceof KeyringError && error.code === 'credential_unavailable');
      if (!foreseen)
        this.#violated(`an operation failed: ${error instanceof Error ? error.message : 'without an error'}`);
    };
    run().then(() => ended(), ended);
  }

  /** Has the next worker refresh, as another Lambda would. */
  #ask(caller: Process, need: Need): Promise<RefreshOutcome> {
    return new Promise((resolve, reject) => {
      const answer = (deliver: () => void) =>
        this.#world.after(this.#world.between(1, 50), () => this.#whenAwake(caller, deliver));
      const failed = () => answer(() => reject(new InjectedFault('The refresh function failed.')));
      this.#world.after(this.#world.between(1, 50), () => {
        const callee = this.#processes[this.#refresherOf(caller)];
        if (!callee?.alive) {
          failed();
          return;
        }
        callee.onDeath.add(failed);
        this.#whenAwake(callee, () => {
          this.#refresh(callee, need)
            .then((outcome) => answer(() => resolve(outcome)), failed)
            .finally(() => callee.onDeath.delete(failed));
        });
      });
    });
  }

  #refresherOf({ worker }: Process): number {
    return this.#schedule.refresher === 'self' ? worker : (worker + 1) % this.#processes.length;
  }

  async #refresh(process: Process, need: Need): Promise<RefreshOutcome> {
    this.#refreshes += 1;
    const refresh: Refresh = {
      process,
      need,
      id: this.#refreshes,
      owner: undefined,
      cause: undefined,
      day: '',
      minted: false,
      done: false,
      endedAt: undefined,
    };
    const keeper = new Keeper({
      store: new CredentialStore(this.#view(process, 'refresh', refresh), 'access_token'),
      accountOf: () => Promise.resolve(this.#account),
      mint: this.#mintFor(refresh),
      check: this.#checkFor(refresh),
      bookings: { book: (_, at) => this.#book(refresh, at) },
      alarms: { raise: () => Promise.resolve() },
      clock: this.#clockOf(process, 'refresh', refresh),
      log: silent,
      random: this.#world.random,
    });
    try {
      const outcome = await keeper.refresh(this.#account, need);
      refresh.endedAt = this.#world.now;
      return outcome;
    } finally {
      refresh.done = true;
    }
  }

  /** Reads the token and calls WeChat with it as shared/credentials/account-calls.ts does: whether it was accepted. */
  async #read(process: Process): Promise<boolean> {
    const { reader } = process;
    const remembered = await reader.get(appId);
    let sentAt = reader.moment();
    if (await this.#call(process, remembered)) return true;
    const present = await reader.getStored(appId);
    if (present.generation !== remembered.generation) {
      sentAt = reader.moment();
      if (await this.#call(process, present)) return true;
    }
    return this.#call(process, await this.#replacement(process, present, sentAt));
  }

  async #replacement(
    process: Process,
    rejected: UsableCredential,
    sentAt: number,
  ): Promise<UsableCredential> {
    const disturbances = this.#disturbances;
    const { failure } = this.#record();
    if (failure && this.#world.now + process.skew < failure.retryAt) {
      this.#happened.add('a report was made during a back-off');
    }
    // A report that WeChat refutes ends nothing: the value may be revoked right after.
    const isTrue = !this.#platform.accepts(rejected.value, this.#world.now);
    let isDealtWith = false;
    try {
      const { credential, unchecked } = await process.reader.replacement(appId, rejected.generation, sentAt);
      isDealtWith = unchecked === undefined;
      return credential;
    } catch (error) {
      // Nobody has taken the report where the refresh function is away.
      isDealtWith = error instanceof KeyringError;
      throw error;
    } finally {
      const life = this.#platform.life(rejected.value);
      if (isTrue && isDealtWith && disturbances === this.#disturbances) life.reportedAt ??= this.#world.now;
    }
  }

  // ---- their surroundings, step by step

  /**
   * One step of a worker: its request travels, takes effect at one moment, and the answer travels back. Before and
   * after it takes effect, everything else can happen.
   */
  #step<T>(
    process: Process,
    path: Path,
    what: {
      readonly kind: 'table' | 'other';
      readonly refresh?: Refresh | undefined;
      readonly writes?: true;
      readonly act: () => T;
      /** Milliseconds until the answer is there. */
      readonly answerMs?: () => number;
      readonly delivered?: (ms: number) => void;
      /** What the caller sees when the answer is lost. */
      readonly lost?: () => Error;
    },
  ): Promise<T> {
    const world = this.#world;
    return new Promise((resolve, reject) => {
      const fault = this.#faultOf(path, what.writes === true, what.refresh);
      const deliver = (run: () => void, ms = world.between(1, 20)) => {
        const actedMs = world.nowMs;
        world.after(ms, () =>
          this.#whenAwake(process, () => {
            what.delivered?.(world.nowMs - actedMs);
            run();
          }),
        );
      };
      const perform = (): (() => void) => {
        try {
          const done = what.act();
          return () => resolve(done);
        } catch (error) {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- What was thrown is passed on.
          return () => reject(error);
        }
      };
      const act = () => {
        if (fault?.kind === 'crash' && fault.when === 'before') {
          this.#crash(process, fault.restartAfter);
          return;
        }
        const throttled = what.kind === 'table' && this.#isThrottled();
        if (fault?.kind === 'throttle' || throttled) {
          this.#disturbed(path);
          deliver(() => reject(new InjectedFault('Throttled.')));
          return;
        }
        let answer = perform();
        if (fault?.kind === 'silent retry' && what.kind === 'table') {
          // Whoever writes knows its own write again, so this is no reason to ask WeChat once more.
          this.#disturbances += 1;
          // But where another proof has ended meanwhile, which takes the place of what tells it. Then it mints once more.
          const need = what.refresh?.need;
          if (what.writes && need?.reason === 'manual' && need.isProof === true) this.#disruptions += 1;
          if (what.writes) this.#happened.add('a write was repeated by the SDK');
          world.after(world.between(1, 3000), () => this.#whenAwake(process, () => deliver(perform())));
          return;
        }
        if (fault?.kind === 'crash') {
          this.#crash(process, fault.restartAfter);
          return;
        }
        if (fault?.kind === 'lost reply') {
          this.#disturbed(path);
          if (what.writes) this.#happened.add('a write took effect and its answer was lost');
          answer = () => reject(what.lost?.() ?? new InjectedFault('The answer was lost.'));
        }
        if (fault?.kind === 'stall' && fault.when === 'after') this.#stall(process, fault.seconds);
        deliver(answer, what.answerMs?.());
      };
      world.after(world.between(1, 20), () => {
        if (fault?.kind === 'stall' && fault.when === 'before') this.#stall(process, fault.seconds);
        this.#whenAwake(process, act);
      });
    });
  }

  #faultOf(path: Path, writes: boolean, refresh: Refresh | undefined): Extract<Fault, Step> | undefined {
    if (!this.#faulty) return undefined;
    const steps: Step[] = [{ path, step: this.#steps[path]++ }];
    if (writes) steps.push({ path: 'write', step: this.#steps.write++ });
    if (refresh?.owner !== undefined) {
      const holderStep = this.#steps.holder++;
      steps.push({ path: 'holder', step: holderStep });
      for (const change of this.#schedule.modeChanges) {
        if ('holderStep' in change && change.holderStep === holderStep)
          this.#world.after(0, () => this.#changeMode());
      }
    }
    for (const fault of this.#schedule.faults) {
      if (!('step' in fault)) continue;
      if (steps.some(({ path: on, step }) => fault.path === on && fault.step === step)) return fault;
    }
    return undefined;
  }

  #isThrottled(): boolean {
    return this.#isNow('throttling');
  }

  #disturbed(path: Path): void {
    this.#disturbances += 1;
    if (path === 'refresh') this.#disruptions += 1;
  }

  #crash(process: Process, restartAfter: number): void {
    this.#disturbances += 1;
    this.#disruptions += 1;
    const { leaseOwner } = this.#record();
    const refresh = this.#holder;
    if (refresh?.process === process && leaseOwner !== undefined && refresh.owner === leaseOwner) {
      this.#happened.add('a holder crashed');
      if (refresh.minted) {
        this.#happened.add('a worker crashed after WeChat had made a token and before it was stored');
      }
    }
    this.#kill(process, restartAfter);
  }

  /** The whole process stands still; at the latest the end of the faults moves it on. */
  #stall(process: Process, seconds: number): void {
    this.#disturbances += 1;
    this.#stalledSeconds += seconds;
    const untilMs = Math.min(this.#world.nowMs + seconds * 1000, this.#faultsEnd * 1000);
    process.frozenUntilMs = Math.max(process.frozenUntilMs, untilMs);
  }

  #clockOf(process: Process, path: Path, refresh?: Refresh): Clock {
    const world = this.#world;
    return {
      now: () => world.now + process.skew,
      sleep: (seconds) =>
        this.#step(process, path, {
          kind: 'other',
          refresh,
          act: () => undefined,
          answerMs: () => Math.ceil(seconds * 1000),
        }),
    };
  }

  #view(process: Process, path: Path, refresh?: Refresh): LeaseTable {
    return {
      get: (at) =>
        this.#step(process, path, {
          kind: 'table',
          refresh,
          act: () => this.#table.get(at),
          delivered: (ms) => {
            if (path === 'read') process.readLagMs = Math.max(process.readLagMs, ms);
          },
        }),
      update: (at, change) =>
        this.#step(process, path, {
          kind: 'table',
          refresh,
          writes: true,
          act: () => this.#write(at, change, process, refresh),
        }),
      delete: () => Promise.reject(new Error('Nothing is deleted here.')),
    };
  }

  #book(refresh: Refresh, at: number): Promise<void> {
    return this.#step(refresh.process, 'refresh', {
      kind: 'other',
      refresh,
      act: () => {
        const { bookings } = this.#schedule;
        if (bookings === 'never' || !this.#faulty) return;
        // As shared/credentials/bookings.ts and EventBridge Scheduler have it, or a clock that is a minute ahead.
        const minute = Math.ceil(at / 60) * 60;
        const shift = bookings === 'late' ? this.#world.between(0, 59) : this.#world.between(-60, 0);
        const runsAt = minute + shift;
        if (runsAt < at) this.#happened.add('a booked refresh ran before its time');
        this.#world.at(runsAt * 1000, () => {
          // Nobody would see the end of one that begins at the end of all.
          if (this.#reading) this.#refreshBy(this.#anyWorker(), { reason: 'due' });
        });
      },
    });
  }

  /** Whether WeChat accepts a call with the token that a read returned. */
  #call(process: Process, read: UsableCredential): Promise<boolean> {
    this.#returned(process, read);
    return this.#step(process, 'read', {
      kind: 'other',
      act: () => {
        const accepted = this.#platform.accepts(read.value, this.#world.now);
        if (!accepted) this.#happened.add('WeChat rejected a token that a read had returned');
        if (accepted && this.#isStray()) {
          this.#happened.add('a good token was rejected');
          return false;
        }
        return accepted;
      },
    });
  }

  #isStray(): boolean {
    return this.#isNow('strays');
  }

  /** Whether a time of such faults is on. */
  #isNow(kind: 'strays' | 'throttling'): boolean {
    const passed = this.#world.now - startSeconds;
    return (
      this.#faulty &&
      this.#schedule.faults.some(
        (fault) => fault.kind === kind && fault.at <= passed && passed < fault.at + fault.seconds,
      )
    );
  }

  #mintFor(refresh: Refresh): Mint {
    const { process } = refresh;
    return async ({ mode }, { force, until }) => {
      if (this.#world.now + process.skew >= until) throw errorOf({ how: 'no_time', minted: false });
      let hangs = false;
      const { value, expiresIn } = await this.#step(process, 'refresh', {
        kind: 'other',
        refresh,
        act: () => {
          const fault = this.#faultOfAsk(refresh);
          this.#asked(refresh, force);
          if (fault) {
            hangs = fault.how === 'timeout';
            this.#disruptions += 1;
            if (fault.how === 'day_quota') {
              this.#happened.add('WeChat said that the calls of the day are used up');
            }
            if (fault.minted) {
              this.#issue(refresh, { mode, force });
              this.#happened.add('WeChat made a token and its reply was lost');
            }
            throw errorOf(fault);
          }
          return this.#issue(refresh, { mode, force });
        },
        lost: () => errorOf({ how: 'reset', minted: true }),
        // The deadline of the WeChat client is five seconds, and it tries twice.
        answerMs: () => (hangs ? 10_000 : this.#world.between(20, 2000)),
      });
      return { value, expiresIn };
    };
  }

  #checkFor(refresh: Refresh): Check {
    return async (_, value) => {
      try {
        return await this.#step(refresh.process, 'refresh', {
          kind: 'other',
          refresh,
          act: () => this.#verdictOn(value, refresh),
          lost: () => errorOf({ how: 'reset', minted: false }),
        });
      } catch (error) {
        this.#happened.add('WeChat could not be asked about a token');
        return { state: 'unknown', error };
      }
    };
  }

  #verdictOn(value: string, refresh: Refresh): Verdict {
    const outage = this.#outage();
    const check = this.#checks++;
    if (outage) {
      this.#disturbances += 1;
      throw errorOf(outage);
    }
    const isStray =
      this.#faulty &&
      this.#schedule.faults.some((fault) => fault.kind === 'stray verdict' && fault.check === check);
    const isAccepted = this.#platform.accepts(value, this.#world.now);
    if (isAccepted && !isStray) {
      this.#happened.add('WeChat was asked about a token and accepted it');
      return { state: 'accepted' };
    }
    this.#happened.add('WeChat was asked about a token and rejected it');
    if (isAccepted) {
      this.#disruptions += 2;
      this.#happened.add('WeChat rejected a good token twice');
    }
    this.#confirmations += 1;
    refresh.cause ??= `rejected ${this.#record().generation}`;
    return { state: 'rejected' };
  }

  #issue(refresh: Refresh, { mode, force }: { mode: TokenMode; force: boolean }) {
    const { value: stored } = this.#record();
    const by: Minter = this.#holds(refresh) ? 'holder' : refresh;
    const { now } = this.#world;
    const issued = this.#platform.ask(now, { mode, force, by });
    if (issued.isNew) {
      // Of what a person asked for, only the first one is made by hand; or each, where it is to prove a change.
      const { need, minted, day } = refresh;
      if (need.reason !== 'manual' || (minted && need.isProof !== true)) this.#count(day);
      refresh.minted = true;
    }
    if (by !== 'holder') this.#happened.add('a worker asked WeChat after it had lost the lease');
    if (force && issued.value !== stored) this.#happened.add('a token was had by force');
    // The platform rejects a value and hands it out: that costs one more request, by force.
    if (issued.value === stored && now >= this.#platform.life(stored).rejectedFrom) {
      this.#disruptions += 1;
      this.#happened.add('WeChat handed out a token that it rejects');
    }
    return issued;
  }

  #holds({ owner }: Refresh): boolean {
    return owner !== undefined && this.#record().leaseOwner === owner;
  }

  /** Only a person's hand may go beyond the budget. */
  #count(day: string): void {
    const count = (this.#automatic.get(day) ?? 0) + 1;
    this.#automatic.set(day, count);
    if (count > this.#account.mintBudget) {
      this.#violated(`${count} tokens are made by themselves, with a budget of ${this.#account.mintBudget}`);
    }
  }

  #faultOfAsk(refresh: Refresh): WeChatFault | undefined {
    if (!this.#faulty) return undefined;
    const isRobbed = refresh.owner !== undefined && !this.#holds(refresh);
    if (isRobbed && this.#schedule.faults.some(({ kind }) => kind === 'lost answer of the stalled')) {
      this.#happened.add('a worker that had lost the lease got no answer to its mint');
      return { how: 'reset', minted: true };
    }
    const asked = this.#asks - this.#asksBefore;
    for (const fault of this.#schedule.faults) {
      if (fault.kind === 'bad answer' && fault.ask === asked) return fault.fault;
    }
    return this.#outage();
  }

  #outage(): WeChatFault | undefined {
    const passed = this.#world.now - startSeconds;
    if (!this.#faulty) return undefined;
    for (const fault of this.#schedule.faults) {
      if (fault.kind === 'outage' && fault.at <= passed && passed < fault.at + fault.seconds) {
        return fault.fault;
      }
    }
    return undefined;
  }

  get #asksBefore(): number {
    return this.#schedule.age === undefined ? 0 : 1;
  }

  // ---- the invariants

  #violated(what: string): void {
    const after = (this.#world.nowMs / 1000 - startSeconds).toFixed(3);
    this.#violation ??= new Violation(`${after} s after the start: ${what}.`);
  }

  #record(): Credential {
    return credentialSchema.parse(this.#table.get(key) ?? {});
  }

  #write(at: Key, change: Change, process: Process, refresh: Refresh | undefined): boolean {
    const before = this.#record();
    const held = this.#table.update(at, change);
    if (!held) return false;
    const after = this.#record();
    if (refresh && after.mints && change.set?.['mints'] !== undefined) refresh.day = after.mints.day;
    if (change.set?.['refreshAt'] !== undefined) this.#dates += 1;
    if (change.set?.['expiresAt'] !== undefined) this.#publications += 1;
    if (after.generation < before.generation) this.#violated('the generation shrank');
    if (after.value !== before.value && after.generation <= before.generation) {
      this.#violated(`the value changed, the generation did not: ${after.generation}`);
    }
    // Between the two the account had a token of the other mode, whose record says nothing of this one.
    if (after.value !== undefined && after.value !== before.value) {
      this.#platform.life(after.value).reportedAt = undefined;
    }
    if (before.value !== undefined && after.value === undefined) this.#violated('the value vanished');
    if (after.expiresAt !== undefined && after.value !== undefined && after.expiresAt !== before.expiresAt) {
      const promised = after.expiresAt - process.skew - this.#platform.life(after.value).naturalEnd;
      if (promised > 0) this.#violated(`the value is said to live ${promised} s longer than it does`);
    }
    if (refresh && after.leaseOwner !== before.leaseOwner) this.#leaseChanged(refresh, change, before, after);
    if (after.revision !== before.revision) this.#changedAt = this.#world.now;
    return true;
  }

  /** The lease was taken, given back, or taken away from somebody for whom it has run out. */
  #leaseChanged(refresh: Refresh, change: Change, before: Credential, after: Credential): void {
    const stalled = this.#holder;
    const isRobbery = before.leaseOwner !== undefined && before.leaseOwner !== refresh.owner;
    // By the taker's clock the lease must have run out, or nothing has come of it for as long as a lease is. Then the
    // stalled one may mint, and once more to make sure.
    const isPast = (before.leaseUntil ?? 0) < Number(change.condition?.values?.['leaseNow']);
    const stoodStill = this.#world.now - this.#changedAt;
    // Or by who has to settle a lost lease, which waits less long.
    const isTakenAway = after.leaseOwner === undefined && stoodStill >= settleSeconds;
    const hasRunOut = isPast || stoodStill >= leaseSeconds || isTakenAway;
    if (isRobbery && stalled?.process.alive && !stalled.done && hasRunOut) {
      this.#disruptions += 2;
      this.#happened.add('a lease ran out under a holder that lived on');
    }
    if (after.leaseOwner === undefined) return;
    this.#holder = refresh;
    refresh.owner = after.leaseOwner;
    refresh.cause = this.#causeOf(refresh, before);
  }

  /** What a refresh is for, if that is a good reason; each cause accounts for one request to WeChat. */
  #causeOf({ need, id, process }: Refresh, seen: Credential): string | undefined {
    const now = this.#world.now + process.skew;
    const { refreshAt = 0 } = seen;
    const unusable = isUsable(seen, now) ? undefined : `unusable ${this.#publications}`;
    switch (need.reason) {
      case 'manual':
        return `manual ${id}`;
      case 'due':
        return now >= refreshAt ? `due ${this.#dates}` : undefined;
      // A report is a reason once WeChat has confirmed it.
      case 'rejected':
      case 'missing':
        return unusable;
    }
  }

  #asked({ cause }: Refresh, force: boolean): void {
    this.#asks += 1;
    if (force) this.#forces += 1;
    if (this.#forces > this.#confirmations) {
      this.#violated(`${this.#forces} forced refreshes, for ${this.#confirmations} confirmed rejections`);
    }
    if (cause !== undefined) this.#causes.add(cause);
    const most = this.#causes.size + this.#disruptions;
    if (this.#asks > most) this.#violated(`WeChat is asked ${this.#asks} times, with reason for ${most}`);
  }

  /** A read returned this. Has the platform rejected it for longer than a reader can be kept from knowing? */
  #returned(process: Process, { value }: UsableCredential): void {
    const life = this.#platform.life(value);
    const { rejectedFrom, reportedAt } = life;
    const { now } = this.#world;
    // What is stored was written by another clock, and a process that stood still reads an old answer.
    const slowest = Math.min(process.skew, this.#processes[this.#refresherOf(process)]?.skew ?? 0);
    const unavoidable = this.#maxSkew - slowest + process.readLagMs / 1000;
    const foreseen = now - foreseenFrom(life);
    if (foreseen > cacheSeconds + unavoidable) {
      this.#violated(
        `a read returns a token that has been rejected for ${foreseen} s, as was to be foreseen`,
      );
    }
    const known = now - Math.max(rejectedFrom, reportedAt ?? Number.POSITIVE_INFINITY);
    if (known > graceSeconds + cacheSeconds + unavoidable) {
      this.#violated(`a read returns a token that has been rejected for ${known} s, as was reported`);
    }
  }
}

function errorOf({ how }: WeChatFault | { how: 'no_time'; minted: false }): Error {
  const api = '/cgi-bin/token';
  const answered = (errcode: number) => new WeChatApiError({ api, errcode, errmsg: 'model', secrets: [] });
  switch (how) {
    case 'busy':
      return answered(-1);
    case 'ip_not_allowed':
      return answered(40164);
    case 'minute_quota':
      return answered(45011);
    case 'day_quota':
      return answered(45009);
    case 'http_500':
      return new WeChatUnreachableError({ api, reason: 'http_status', status: 500 });
    case 'timeout':
    case 'reset':
      return new WeChatUnreachableError({ api, reason: how });
    case 'no_time':
      return new WeChatUnreachableError({ api, reason: 'late' });
    case 'no_connection':
      return new WeChatUnreachableError({ api, reason: 'refused' });
  }
}
