import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FailedCall, FromWorker, ToWorker } from './messages.ts';

/** A worker process, and what it has last told of itself. */
export interface Worker {
  readonly process: ChildProcess;
  /** Refreshes under way in it. */
  refreshing: number;
  /** The last `drain` that it has answered. */
  drained: number;
  stopped: boolean;
}

/** What all the workers together have come to. */
export interface Tally {
  calls: number;
  slowestMs: number;
  readonly generations: Set<number>;
  readonly failed: FailedCall[];
}

/** Processes that are started, killed and replaced. Each is ended by its own handle. */
export class Fleet {
  readonly #startMessage: () => ToWorker;
  readonly #workers = new Set<Worker>();
  #drains = 0;
  readonly tally: Tally = { calls: 0, slowestMs: 0, generations: new Set(), failed: [] };

  /** `startMessage` makes the first message to a worker, at the time when it is started. */
  constructor(size: number, startMessage: () => ToWorker) {
    this.#startMessage = startMessage;
    for (let index = 0; index < size; index++) this.#start();
  }

  get workers(): readonly Worker[] {
    return [...this.#workers];
  }

  send(worker: Worker, message: ToWorker): void {
    if (worker.process.connected) worker.process.send(message, () => undefined);
  }

  broadcast(message: ToWorker): void {
    for (const worker of this.#workers) this.send(worker, message);
  }

  /** kill -9, and a new worker in its place. */
  replace(worker: Worker): void {
    if (!this.#workers.delete(worker)) return;
    worker.process.kill('SIGKILL');
    this.#start();
  }

  /** Resolves once every call that is open now has ended, to whether they all did within the time. */
  async drain(withinMs: number): Promise<boolean> {
    const id = ++this.#drains;
    this.broadcast({ kind: 'drain', id });
    return eventually(() => this.workers.every(({ drained }) => drained === id), withinMs);
  }

  /** Lets every worker end the calls it has begun and begin no more. Resolves to whether all did within the time. */
  async stop(withinMs: number): Promise<boolean> {
    this.broadcast({ kind: 'stop' });
    return eventually(() => this.workers.every(({ stopped }) => stopped), withinMs);
  }

  /** Ends every process, whatever it is doing. */
  async close(): Promise<void> {
    const ending = this.workers.map(async ({ process: child }) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    });
    this.#workers.clear();
    await Promise.all(ending);
  }

  #start(): void {
    const child = fork(fileURLToPath(new URL('worker.ts', import.meta.url)), {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const worker: Worker = { process: child, refreshing: 0, drained: 0, stopped: false };
    this.#workers.add(worker);
    child.on('message', (message: FromWorker) => this.#hear(worker, message));
    this.send(worker, this.#startMessage());
  }

  #hear(worker: Worker, message: FromWorker): void {
    switch (message.kind) {
      case 'refreshing':
        worker.refreshing = message.count;
        break;
      case 'answered':
        this.tally.calls += message.calls;
        this.tally.slowestMs = Math.max(this.tally.slowestMs, message.slowestMs);
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

async function eventually(condition: () => boolean, withinMs: number): Promise<boolean> {
  for (const endsAt = Date.now() + withinMs; Date.now() < endsAt;) {
    if (condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return condition();
}
