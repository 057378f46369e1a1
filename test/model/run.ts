import type { Account } from '../../shared/accounts/accounts.ts';
import { tableSchemas } from '../../local/aws/dynamodb.ts';
import { CredentialStore, type CredentialTable } from '../../shared/credentials/credential-store.ts';
import {
  credentialSchema,
  isNeeded,
  isUsable,
  type Credential,
  type Need,
  type RefreshOutcome,
  type UsableCredential,
} from '../../shared/credentials/credential.ts';
import { Keeper } from '../../shared/credentials/keeper.ts';
import type { Mint } from '../../shared/credentials/minter.ts';
import { CredentialReader } from '../../shared/credentials/reader.ts';
import type { Clock } from '../../shared/platform/clock.ts';
import { KeyringError } from '../../shared/platform/errors.ts';
import type { Log } from '../../shared/platform/log.ts';
import type { Change, Key } from '../../shared/platform/table.ts';
import { WeChatApiError, WeChatUnreachableError } from '../../shared/wechat/errors.ts';
import { MemoryTable } from '../kit/memory-table.ts';
import type { Mutant } from './mutants.ts';
import { Platform } from './platform.ts';
import { faultySeconds, type Fault, type Schedule, type Step, type WeChatFault } from './schedule.ts';
import { World } from './world.ts';

/** 2026-09-21, an hour before midnight in China. */
const startSeconds = 1_790_000_000 - (1_790_000_000 % 86_400) + 15 * 3600;
const appId = 'wx0123456789abcdef';
const key: Key = { appId, kind: 'access_token' };

/** The platform's overlap and the readers' memory: how long a read may return what the platform rejects. */
const graceSeconds = 300;
const cacheSeconds = 60;
const sweepSeconds = 300;
const leaseSeconds = 20;
/**
 * The longest a read takes with all that comes of it, beside the stalls: two refreshes (none usable, then rejected)
 * of two attempts, each of 26 seconds' wait for the lease and two requests to WeChat that hang for 10.
 */
const boundSeconds = 200;
const longestBackoffSeconds = 3600;

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
interface Refresh {
  readonly process: Process;
  readonly need: Need;
  readonly id: number;
  /** The true time at which it last saw the record, and by which it reckons. */
  lookedAt: number;
  /** The lease it took last. */
  owner: string | undefined;
  /** What its requests to WeChat are for: see `causeOf`. */
  cause: string | undefined;
  /** WeChat has made a token for it. */
  minted: boolean;
  done: boolean;
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
  'a report was made during a back-off',
  'a read got no token',
] as const;
export type Happening = (typeof happenings)[number];

/** Plays a schedule with the real keeper, store and reader. Tells what came up; throws `Violation`. */
export async function play(schedule: Schedule, mutant?: Mutant): Promise<ReadonlySet<Happening>> {
  return new Run(schedule, mutant).play();
}

class Run {
  readonly #schedule: Schedule;
  readonly #mutant: Mutant | undefined;
  readonly #world: World;
  readonly #platform: Platform;
  readonly #table = new MemoryTable(tableSchemas.credentials);
  readonly #account: Account;
  readonly #processes: Process[] = [];
  readonly #steps = { refresh: 0, holder: 0, write: 0, read: 0 };
  readonly #pending = new Set<{ process: Process; startedMs: number }>();
  readonly #mostSkew: number;
  readonly #leastSkew: number;
  #faultsEnd = Number.POSITIVE_INFINITY;
  #faulty = false;
  #violation: Violation | undefined;
  #refreshes = 0;
  readonly #happened = new Set<Happening>();
  /** Steps that went wrong, so that a report during which none did can be told. */
  #disturbances = 0;
  #stalledSeconds = 0;
  /** The refresh that took the lease last, and since when it reckons to have it. */
  #holder: { refresh: Refresh; since: number } | undefined;
  #reading = true;

  // Requests to WeChat, and what accounts for them.
  #asks = 0;
  readonly #causes = new Set<string>();
  /** Writes that set when a refresh is due, and writes that published a value or its remaining life. */
  #dates = 0;
  #publications = 0;
  #disruptions = 0;

  constructor(schedule: Schedule, mutant: Mutant | undefined) {
    this.#schedule = schedule;
    this.#mutant = mutant;
    this.#world = new World(schedule.seed, startSeconds - (schedule.age ?? 0) - 10);
    this.#platform = new Platform(schedule.mode);
    this.#mostSkew = Math.max(...schedule.skews);
    this.#leastSkew = Math.min(...schedule.skews);
    this.#account = {
      account: appId,
      name: 'Model',
      mode: schedule.mode,
      mintBudget: 200,
      dailyLimits: {},
      allowedOrigins: [],
      createdAt: 0,
    };
  }

  async play(): Promise<ReadonlySet<Happening>> {
    const { skews, age, bursts, faults } = this.#schedule;
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
    const slowest = (time: number | undefined) => (time ?? 0) - this.#leastSkew;
    if (slowest(failure?.retryAt) - drained > longestBackoffSeconds + this.#mostSkew - this.#leastSkew) {
      this.#violated('a failure is followed by a longer pause than the longest back-off');
    }
    const waits = [failure?.retryAt, leaseUntil, forced && forced.lastAt + 30].map(slowest);
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
          const held = credential.failure !== undefined && now < credential.failure.retryAt;
          if (!held && isNeeded({ reason: 'due' }, credential, now)) {
            await this.#refresh(process, { reason: 'due' });
          }
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
          () => void this.#platform.ask(world.now, { force: true, by: 'neighbour' }),
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
      lookedAt: this.#world.now,
      owner: undefined,
      cause: undefined,
      minted: false,
      done: false,
    };
    const keeper = new Keeper({
      store: new CredentialStore(this.#view(process, 'refresh', refresh), 'access_token'),
      mint: this.#mintFor(refresh),
      bookings: { book: (_, at) => this.#book(refresh, at) },
      alarms: { raise: () => Promise.resolve() },
      clock: this.#clockOf(process, 'refresh', refresh),
      log: silent,
      random: this.#world.random,
    });
    try {
      return await keeper.refresh(
        this.#account,
        this.#mutant?.reportsAnything ? this.#anyReport(need) : need,
      );
    } finally {
      refresh.done = true;
    }
  }

  /** A report that fits whatever is stored when it is looked at. */
  #anyReport(need: Need): Need {
    const record = () => this.#record();
    if (need.reason !== 'rejected') return need;
    return {
      reason: need.reason,
      get generation() {
        return record().generation;
      },
    };
  }

  /** Reads the token and calls WeChat with it as shared/credentials/account-calls.ts does: whether it was accepted. */
  async #read(process: Process): Promise<boolean> {
    const { reader } = process;
    const remembered = await reader.get(appId);
    if (await this.#call(process, remembered)) return true;
    if (this.#mutant?.reportsAnything) {
      return this.#call(process, await reader.replacement(appId, this.#record().generation));
    }
    const present = await reader.getStored(appId);
    if (present.generation !== remembered.generation && (await this.#call(process, present))) return true;
    return this.#call(process, await this.#replacement(process, present));
  }

  async #replacement(process: Process, rejected: UsableCredential): Promise<UsableCredential> {
    const disturbances = this.#disturbances;
    const { failure } = this.#record();
    if (failure && this.#world.now + process.skew < failure.retryAt) {
      this.#happened.add('a report was made during a back-off');
    }
    try {
      return await process.reader.replacement(appId, rejected.generation);
    } finally {
      const life = this.#platform.life(rejected.value);
      if (disturbances === this.#disturbances) life.reportedAt ??= this.#world.now;
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
          this.#disturbed(path);
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
    if (refresh?.owner !== undefined) steps.push({ path: 'holder', step: this.#steps.holder++ });
    for (const fault of this.#schedule.faults) {
      if (!('step' in fault)) continue;
      if (steps.some(({ path: on, step }) => fault.path === on && fault.step === step)) return fault;
    }
    return undefined;
  }

  #isThrottled(): boolean {
    const passed = this.#world.now - startSeconds;
    return (
      this.#faulty &&
      this.#schedule.faults.some(
        (fault) => fault.kind === 'throttling' && fault.at <= passed && passed < fault.at + fault.seconds,
      )
    );
  }

  #disturbed(path: Path): void {
    this.#disturbances += 1;
    if (path === 'refresh') this.#disruptions += 1;
  }

  #crash(process: Process, restartAfter: number): void {
    this.#disturbances += 1;
    this.#disruptions += 1;
    const { leaseOwner } = this.#record();
    const refresh = this.#holder?.refresh;
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

  #view(process: Process, path: Path, refresh?: Refresh): CredentialTable {
    return {
      get: (at) =>
        this.#step(process, path, {
          kind: 'table',
          refresh,
          act: () => this.#table.get(at),
          delivered: (ms) => {
            if (path === 'read') process.readLagMs = Math.max(process.readLagMs, ms);
            if (refresh) refresh.lookedAt = this.#world.now;
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
        if (!this.#schedule.bookings || !this.#faulty) return;
        this.#world.at(at * 1000, () => this.#refreshBy(this.#anyWorker(), { reason: 'due' }));
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
        return accepted;
      },
    });
  }

  #mintFor(refresh: Refresh): Mint {
    const { process } = refresh;
    const clock = this.#clockOf(process, 'refresh');
    return async (_, { force }) => {
      const sentAt = clock.now();
      let hangs = false;
      const { value, expiresIn } = await this.#step(process, 'refresh', {
        kind: 'other',
        refresh,
        act: () => {
          const fault = this.#faultOfAsk();
          this.#asked(refresh);
          if (fault) {
            hangs = fault.how === 'timeout';
            this.#disruptions += 1;
            if (fault.minted) {
              this.#issue(refresh, force);
              this.#happened.add('WeChat made a token and its reply was lost');
            }
            throw errorOf(fault);
          }
          return this.#issue(refresh, force);
        },
        lost: () => errorOf({ how: 'reset', minted: true }),
        // The deadline of the WeChat client is five seconds, and it tries twice.
        answerMs: () => (hangs ? 10_000 : this.#world.between(20, 2000)),
      });
      return { value, expiresIn: expiresIn + (this.#mutant?.expiryFromReply ? clock.now() - sentAt : 0) };
    };
  }

  #issue(refresh: Refresh, force: boolean) {
    const { value: stored, leaseOwner } = this.#record();
    const by = refresh.owner !== undefined && leaseOwner === refresh.owner ? 'holder' : 'robbed';
    const { now } = this.#world;
    const issued = this.#platform.ask(now, { force, by });
    refresh.minted = true;
    if (by === 'robbed') this.#happened.add('a worker asked WeChat after it had lost the lease');
    if (force && issued.value !== stored) this.#happened.add('a token was had by force');
    // The platform rejects a value and hands it out: that costs one more request, by force.
    if (issued.value === stored && now >= this.#platform.life(stored).rejectedFrom) {
      this.#disruptions += 1;
      this.#happened.add('WeChat handed out a token that it rejects');
    }
    return issued;
  }

  #faultOfAsk(): WeChatFault | undefined {
    if (!this.#faulty) return undefined;
    const passed = this.#world.now - startSeconds;
    for (const fault of this.#schedule.faults) {
      if (fault.kind === 'bad answer' && fault.ask === this.#asks - this.#asksBefore) return fault.fault;
      if (fault.kind === 'outage' && fault.at <= passed && passed < fault.at + fault.seconds)
        return fault.fault;
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
    const held = this.#table.update(at, this.#mutant?.write?.(change) ?? change);
    if (!held) return false;
    const after = this.#record();
    if (change.set?.['refreshAt'] !== undefined) this.#dates += 1;
    if (change.set?.['expiresAt'] !== undefined) this.#publications += 1;
    if (after.generation < before.generation) this.#violated('the generation shrank');
    if (after.value !== before.value && after.generation <= before.generation) {
      this.#violated(`the value changed, the generation did not: ${after.generation}`);
    }
    if (before.value !== undefined && after.value === undefined) this.#violated('the value vanished');
    if (after.expiresAt !== undefined && after.value !== undefined && after.expiresAt !== before.expiresAt) {
      const promised = after.expiresAt - process.skew - this.#platform.life(after.value).naturalEnd;
      if (promised > 0) this.#violated(`the value is said to live ${promised} s longer than it does`);
    }
    if (refresh && after.leaseOwner !== undefined && after.leaseOwner !== before.leaseOwner) {
      this.#leaseTaken(refresh, before, after.leaseOwner);
    }
    return true;
  }

  #leaseTaken(refresh: Refresh, before: Credential, owner: string): void {
    const robbed = before.leaseOwner === undefined ? undefined : this.#holder;
    if (robbed && robbed.refresh.process.alive && !robbed.refresh.done) {
      // By the two clocks, the lease must have run out. Then the robbed one may mint, and once more to make sure.
      const ahead = refresh.process.skew - robbed.refresh.process.skew;
      if (refresh.lookedAt - robbed.since + ahead > leaseSeconds) {
        this.#disruptions += 2;
        this.#happened.add('a lease ran out under a holder that lived on');
      }
    }
    this.#holder = { refresh, since: refresh.lookedAt };
    refresh.owner = owner;
    refresh.cause = this.#causeOf(refresh, before);
  }

  /** What a refresh is for, if that is a good reason; each cause accounts for one request to WeChat. */
  #causeOf({ need, id, process }: Refresh, seen: Credential): string | undefined {
    const now = this.#world.now + process.skew;
    const { generation, value, refreshAt = 0 } = seen;
    const unusable = isUsable(seen, now) ? undefined : `unusable ${this.#publications}`;
    switch (need.reason) {
      case 'manual':
        return `manual ${id}`;
      case 'due':
        return now >= refreshAt ? `due ${this.#dates}` : undefined;
      case 'rejected': {
        const isRejected = value !== undefined && this.#world.now >= this.#platform.life(value).rejectedFrom;
        return isRejected ? `rejected ${generation}` : unusable;
      }
      case 'missing':
        return unusable;
    }
  }

  #asked({ cause }: Refresh): void {
    this.#asks += 1;
    if (cause !== undefined) this.#causes.add(cause);
    const most = this.#causes.size + this.#disruptions;
    if (this.#asks > most) this.#violated(`WeChat is asked ${this.#asks} times, with reason for ${most}`);
  }

  /** A read returned this. Has the platform rejected it for longer than a reader can be kept from knowing? */
  #returned(process: Process, { value }: UsableCredential): void {
    const { rejectedFrom, naturalEnd, foreseeable, reportedAt } = this.#platform.life(value);
    const { now } = this.#world;
    // What is stored was written by another clock, and a process that stood still reads an old answer.
    const slowest = Math.min(process.skew, this.#processes[this.#refresherOf(process)]?.skew ?? 0);
    const unavoidable = this.#mostSkew - slowest + process.readLagMs / 1000;
    const foreseen = now - (foreseeable ? rejectedFrom : Math.max(rejectedFrom, naturalEnd));
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

function errorOf({ how }: WeChatFault): Error {
  const api = '/cgi-bin/token';
  const answered = (errcode: number) => new WeChatApiError({ api, errcode, errmsg: 'model', secrets: [] });
  switch (how) {
    case 'busy':
      return answered(-1);
    case 'ip_not_allowed':
      return answered(40164);
    case 'minute_quota':
      return answered(45011);
    case 'http_500':
      return new WeChatUnreachableError({ api, reason: 'http_status', status: 500 });
    case 'timeout':
    case 'reset':
      return new WeChatUnreachableError({ api, reason: how });
    case 'no_connection':
      return new WeChatUnreachableError({ api, reason: 'refused' });
  }
}
