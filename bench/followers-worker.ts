import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { existsSync, readFileSync } from 'node:fs';
import type { LambdaHandler } from '../local/aws/lambda.ts';
import { SteerableClock } from '../local/clock.ts';
import type { Runtime } from '../functions/runtime.ts';
import { noMetrics } from '../shared/platform/metrics.ts';
import { routes } from '../functions/routes.ts';
import { httpEvent, lambdaContext } from '../test/kit/event.ts';

/** What the benchmark sends to a process that stands for one Lambda. */
export type ToWorker =
  | { readonly kind: 'setup'; readonly entry: string; readonly environment: Runtime['environment'] }
  | { readonly kind: 'call'; readonly call: number; readonly event: unknown }
  /** Asks for so many pages of the list, one after the other, going on where the page before ended. */
  | {
      readonly kind: 'pages';
      readonly call: number;
      readonly account: string;
      readonly query: Record<string, string>;
      readonly times: number;
    };

/** What the process answers. */
export interface FromWorker {
  readonly call: number;
  readonly result?: unknown;
  readonly error?: string;
  /** The most memory it ever held, in MiB. */
  readonly peakMiB: number;
  /** What it has asked of DynamoDB so far: requests by kind, and the capacity units that each kind cost. */
  readonly dynamo: Readonly<Record<string, Spent>>;
}

export interface Spent {
  requests: number;
  units: number;
}

const dynamo: Record<string, Spent> = {};

/** Has each request tell what it cost, and adds it up. */
function countCapacity(): void {
  const client = DynamoDBClient.prototype as unknown as {
    send(command: { input: object; constructor: { name: string } }): Promise<unknown>;
  };
  // It is called with its own client below.
  // eslint-disable-next-line @typescript-eslint/unbound-method
  const { send } = client;
  client.send = async function (command) {
    Object.assign(command.input, { ReturnConsumedCapacity: 'TOTAL' });
    const answer = (await send.call(this, command)) as { ConsumedCapacity?: Capacity | Capacity[] };
    const spent = (dynamo[command.constructor.name] ??= { requests: 0, units: 0 });
    spent.requests += 1;
    for (const { CapacityUnits = 0 } of [answer.ConsumedCapacity ?? []].flat()) spent.units += CapacityUnits;
    return answer;
  };
}

interface Capacity {
  readonly CapacityUnits?: number;
}

const silent = () => undefined;
let handler: LambdaHandler = () => Promise.reject(new Error('There is no function yet.'));

async function setUp({ entry, environment }: Extract<ToWorker, { kind: 'setup' }>): Promise<void> {
  const { create } = (await import(`../functions/${entry}.ts`)) as {
    create: (runtime: Runtime) => LambdaHandler;
  };
  const log = { info: silent, warn: silent, error: silent };
  handler = create({ environment, clock: new SteerableClock(), log, metrics: noMetrics });
}

/** How long each page took, in milliseconds. */
async function pages({ account, query, times }: Extract<ToWorker, { kind: 'pages' }>): Promise<number[]> {
  const context = { key: 'known', keyId: 'bench', scopes: 'followers:read', accounts: '*' };
  const taken: number[] = [];
  let cursor: string | undefined;
  for (let time = 0; time < times; time += 1) {
    const event = httpEvent(
      routes.listFollowers,
      { path: { account }, query: { ...query, ...(cursor !== undefined && { cursor }) } },
      context,
    );
    const startedAt = performance.now();
    const answer = (await handler(event, lambdaContext)) as { statusCode: number; body: string };
    taken.push(performance.now() - startedAt);
    if (answer.statusCode !== 200) throw new Error(answer.body);
    cursor = (JSON.parse(answer.body) as { next?: string }).next;
  }
  return taken;
}

async function answer(message: ToWorker): Promise<unknown> {
  switch (message.kind) {
    case 'setup':
      return setUp(message);
    case 'call':
      return handler(message.event, { ...lambdaContext, getRemainingTimeInMillis: () => 900_000 });
    case 'pages':
      return pages(message);
  }
}

/** Linux says it of this process alone; what getrusage says may be the parent's at the time of the fork. */
function peakMiB(): number {
  if (!existsSync('/proc/self/status')) return process.resourceUsage().maxRSS / 1024;
  const [, kilobytes = ''] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

function tell(message: FromWorker): void {
  // Nobody is left to be told once the parent has gone.
  if (process.connected) process.send?.(message, silent);
}

countCapacity();
process.on('disconnect', () => process.exit());
process.on('message', (message: ToWorker) => {
  const call = message.kind === 'setup' ? 0 : message.call;
  answer(message).then(
    (result) => tell({ call, result, peakMiB: peakMiB(), dynamo }),
    (error: unknown) => tell({ call, error: String(error), peakMiB: peakMiB(), dynamo }),
  );
});
