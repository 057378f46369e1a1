import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Runtime } from '../functions/runtime.ts';
import { startDynamoDb, type LocalDynamoDb } from '../local/aws/dynamodb.ts';
import { startLocalAws, type LocalAws } from '../local/aws/server.ts';
import { deadLetterSuffix } from '../local/aws/sqs.ts';
import { SteerableClock } from '../local/clock.ts';
import { startLocalCloud } from '../local/cloud.ts';
import { startSimulator } from '../local/simulator/simulator.ts';
import { runAdmin } from '../local/stack.ts';
import { parseAppId } from '../shared/wechat/tokens.ts';
import type { DynamoRequest, FromWorker, Spent, ToWorker } from './followers-worker.ts';

/** The account with so many followers. */
export const appIdOf = (size: number) => parseAppId(`wx${String(size).padStart(16, '0')}`);
export const secret = 'f'.repeat(32);
/** As many as the CDK stack lets run. */
const maxConcurrentDetails = 5;
/** A heap as in a Lambda with 256 MB; without a limit V8 takes what this machine has before it collects anything. */
const heapOfLambda = ['--max-old-space-size=192', '--max-semi-space-size=8'];

/** What one process did that stands for a Lambda. */
export interface WorkerResult {
  readonly peakMiB: number;
  readonly cpuSeconds: number;
  readonly dynamo: Readonly<Record<string, Spent>>;
}

/** How a process reaches the tables, and what time it is there. */
export interface WorkerOptions {
  /** The tables that it asks by messages to this process. Default: by HTTP, with the SDK. */
  readonly dynamo?: LocalDynamoDb;
  /** How many seconds its clock is ahead. Default: none. */
  readonly clockOffset?: number;
}

/** A process with one function of the service in it. */
export class Worker {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<
    number,
    { resolve: (answer: FromWorker) => void; reject: (error: Error) => void }
  >();
  #calls = 0;
  last: WorkerResult = { peakMiB: 0, cpuSeconds: 0, dynamo: {} };

  private constructor(child: ChildProcess, dynamo: LocalDynamoDb | undefined) {
    this.#child = child;
    child.on('message', (answer: FromWorker | DynamoRequest) => {
      if ('operation' in answer) {
        if (dynamo) void this.#askFor(answer, dynamo);
        return;
      }
      this.last = answer;
      const waiting = this.#waiting.get(answer.call);
      this.#waiting.delete(answer.call);
      if (answer.error === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Error(answer.error));
    });
    child.on('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`The process ended with ${code}.`));
    });
  }

  static async start(
    entry: string,
    environment: Runtime['environment'],
    { dynamo, clockOffset = 0 }: WorkerOptions = {},
  ): Promise<Worker> {
    const child = fork(new URL('followers-worker.ts', import.meta.url), { execArgv: heapOfLambda });
    const worker = new Worker(child, dynamo);
    const isDirect = dynamo !== undefined;
    await worker.#send(0, { kind: 'setup', entry, environment, clockOffset, isDirect });
    return worker;
  }

  /** Moves its clock forward. */
  async advance(seconds: number): Promise<void> {
    const call = (this.#calls += 1);
    await this.#send(call, { kind: 'advance', call, seconds });
  }

  async call(event: unknown): Promise<unknown> {
    const call = (this.#calls += 1);
    return (await this.#send(call, { kind: 'call', call, event })).result;
  }

  async pages(about: Omit<Extract<ToWorker, { kind: 'pages' }>, 'kind' | 'call'>): Promise<number[]> {
    const call = (this.#calls += 1);
    return (await this.#send(call, { kind: 'pages', call, ...about })).result as number[];
  }

  async #askFor({ request, operation, body }: DynamoRequest, dynamo: LocalDynamoDb): Promise<void> {
    const answer = await dynamo.call(operation, body);
    if (this.#child.connected) this.#child.send({ kind: 'dynamo', request, answer } satisfies ToWorker);
  }

  #send(call: number, message: ToWorker): Promise<FromWorker> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(call, { resolve, reject });
      this.#child.send(message);
    });
  }

  stop(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}

/** The simulator, the stand-ins of AWS and the queue of details, all in this process. */
export interface Place {
  readonly simulator: string;
  readonly dynamo: LocalDynamoDb;
  readonly runtime: Runtime;
  readonly clock: SteerableClock;
  readonly queues: LocalAws;
  /** What workers are given as their environment. */
  readonly environment: Runtime['environment'];
  /** What WeChat was asked since this was called last. */
  calls(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

/** What there is to be around the functions. */
export interface PlaceOptions {
  /** Accounts of so many followers. */
  readonly sizes: readonly number[];
  /** Whether the tables are kept in a folder instead of memory. @default false */
  readonly onDisk?: boolean;
  /** How many seconds the clock is ahead. @default 0 */
  readonly clockOffset?: number;
  /** What WeChat allows the accounts in a day, as the service is told. */
  readonly dailyLimits?: Readonly<Record<string, number>> | undefined;
}

/** The simulator with accounts of those sizes, and what the functions need around them; none of them runs yet. */
export async function startPlace(options: PlaceOptions): Promise<Place> {
  const { sizes, onDisk = false, clockOffset = 0, dailyLimits } = options;
  const clock = new SteerableClock(clockOffset);
  const simulator = await startSimulator({
    clock,
    accounts: sizes.map((size) => ({ appid: appIdOf(size), secret, followers: size })),
  });
  const folder = onDisk ? mkdtempSync(join(tmpdir(), 'keyring-bench-')) : undefined;
  const silent = () => undefined;
  const dynamo = await startDynamoDb(folder === undefined ? {} : { dataDir: folder });
  const cloud = await startLocalCloud({
    clock,
    log: { info: silent, warn: silent, error: silent },
    publicUrl: 'https://keyring.example.com',
    wechatApiUrl: simulator.url,
    wechatOpenUrl: simulator.url,
    dynamo,
    // Only the processes sync.
    syncs: false,
  });
  for (const size of sizes) {
    const account = appIdOf(size);
    await runAdmin(cloud.runtime, {
      command: 'account.add',
      account,
      name: account,
      mode: 'stable',
      secret,
      allowedOrigins: [],
      domainFiles: [],
      sync: 'off',
      dailyLimits: dailyLimits && { ...dailyLimits },
    });
  }
  const queues = await startLocalAws({ clock });
  const queueUrl = queues.createQueue('details', 'details', { maxConcurrency: maxConcurrentDetails });
  return {
    simulator: simulator.url,
    dynamo,
    runtime: cloud.runtime,
    clock,
    queues,
    environment: {
      ...cloud.runtime.environment,
      AWS_ENDPOINT_URL_SQS: queues.url,
      KEYRING_DETAILS_QUEUE_URL: queueUrl,
      KEYRING_DETAILS_DLQ_URL: `${queueUrl}${deadLetterSuffix}`,
    },
    calls: async () => {
      const answer = await fetch(`${simulator.url}/_sim/calls`);
      const calls = (await answer.json()) as Record<string, number>;
      await fetch(`${simulator.url}/_sim/calls`, { method: 'DELETE' });
      return calls;
    },
    close: async () => {
      await queues.close();
      await simulator.close();
      await cloud.close();
      await dynamo.close();
      if (folder !== undefined) rmSync(folder, { recursive: true });
    },
  };
}
