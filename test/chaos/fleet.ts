import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FailedCall, FromWorker, ToWorker } from './messages.ts';

/** A worker process, and what it has last told of itself. */
export interface Worker {
  readonly name: string;
  readonly process: ChildProcess;
  /** Refreshes under way in it. */
  refreshing: number;
  /** How many of them sleep. */
  asleep: number;
  /** The time that its clock shows. */
  now: number;
  /** The last `drain` that it has answered. */
  drained: number;
  stopped: boolean;
}

/** What all the workers together have come to. */
export interface Tally {
  calls: number;
  readonly generations: Set<number>;
  readonly failed: FailedCall[];
}

/** The first message to the worker of that name. */
export type StartMessage = (name: string) => ToWorker & { kind: 'start' };

/** Processes that are started, killed and replaced. Each is ended by its own handle. */
export class Fleet {
  readonly #startMessage: StartMessage;
  readonly #loading = new Set<ChildProcess>();
  readonly #workers = new Set<Worker>();
  #named = 0;
  #drains = 0;
  readonly tally: Tally = { calls: 0, generations: new Set(), failed: [] };

  /** `startMessage` is asked for when a worker is there to be started. */
  constructor(size: number, startMessage: StartMessage) {
    this.#startMessage = startMessage;
    for (let index = 0; index < size; index++) this.#load();
  }

  /** Those that have been started. */
  get workers(): readonly Worker[] {
    return [...this.#workers];
  }

  /** Whether all are there again, after kills. */
  get isWhole(): boolean {
    return this.#loading.size === 0;
  }

  send(worker: Worker, message: ToWorker): void {
    if (worker.process.connected) worker.process.send(message, () => undefined);
  }

  broadcast(message: ToWorker): void {
    for (const worker of this.#workers) this.send(worker, message);
  }

  /** kill -9, and a new worker in its place as soon as that is loaded. Resolves once the process is gone. */
  async replace(worker: Worker): Promise<void> {
    if (!this.#workers.delete(worker)) return;
    this.#load();
    await end(worker.process);
  }

  /** Asks every worker to end the calls that are open now. Returns whether all have. */
  drain(): () => boolean {
    const id = ++this.#drains;
    this.broadcast({ kind: 'drain', id });
    return () => this.workers.every(({ drained }) => drained >= id);
  }

  /** Has every worker end the calls it has begun and begin no more. Returns whether all have. */
  stop(): () => boolean {
    this.broadcast({ kind: 'stop' });
    return () => this.workers.every(({ stopped }) => stopped);
  }

  /** Ends every process, whatever it is doing. */
  async close(): Promise<void> {
    const all = [...this.#loading, ...this.workers.map(({ process: child }) => child)];
    this.#loading.clear();
    this.#workers.clear();
    await Promise.all(all.map(end));
  }

  #load(): void {
    const child = fork(fileURLToPath(new URL('worker.ts', import.meta.url)), {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#loading.add(child);
    child.once('message', () => {
      if (this.#loading.delete(child)) this.#start(child);
    });
  }

  #start(child: ChildProcess): void {
    const name = `worker-${++this.#named}`;
    const message = this.#startMessage(name);
    const drained = this.#drains;
    const { now } = message;
    const worker = { name, process: child, refreshing: 0, asleep: 0, now, drained, stopped: false };
    this.#workers.add(worker);
    child.on('message', (said: FromWorker) => this.#hear(worker, said));
    this.send(worker, message);
  }

  #hear(worker: Worker, message: FromWorker): void {
    switch (message.kind) {
      case 'loaded':
        break;
      case 'busy':
        worker.refreshing = message.refreshing;
        worker.asleep = message.asleep;
        break;
      case 'moved':
        worker.now = message.now;
        break;
      case 'answered':
        this.tally.calls += message.calls;
        for (const generation of message.generations) this.tally.generations.add(generation);
        break;
      case 'failed':
        this.tally.failed.push(message.call);
        break;
      case 'drained':
        worker.drained = message.id;
        break;
      case 'stopped':
        worker.stopped = true;
        break;
    }
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
