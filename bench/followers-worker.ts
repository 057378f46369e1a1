import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { directTables, type DirectAnswer } from '../local/aws/dynamodb-direct.ts';
import type { LambdaHandler } from '../local/aws/lambda.ts';
import { SteerableClock } from '../local/clock.ts';
import { tableNames } from '../local/cloud.ts';
import type { Runtime } from '../functions/runtime.ts';
import { noMetrics } from '../shared/platform/metrics.ts';
import { routes } from '../functions/routes.ts';
import { httpEvent, lambdaContext } from '../test/kit/event.ts';
import { peakMiB } from './peak-memory.ts';

/** What the benchmark sends to a process that stands for one Lambda. */
export type ToWorker =
  | {
      readonly kind: 'setup';
      readonly entry: string;
      readonly environment: Runtime['environment'];
      readonly clockOffset: number;
      /** Whether the tables are asked by messages to the parent. */
      readonly isDirect: boolean;
    }
  | { readonly kind: 'advance'; readonly call: number; readonly seconds: number }
  /** What came of a request to DynamoDB. */
  | { readonly kind: 'dynamo'; readonly request: number; readonly answer: DirectAnswer }
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
  /** Of processor time. */
  readonly cpuSeconds: number;
  /** What it has asked of DynamoDB so far: requests by kind, and the capacity units that each kind cost. */
  readonly dynamo: Readonly<Record<string, Spent>>;
}

/** What the process asks the parent to ask DynamoDB. */
export interface DynamoRequest {
  readonly request: number;
  readonly operation: string;
  readonly body: string;
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

const asked = new Map<number, (answer: DirectAnswer) => void>();
let requests = 0;

/** Asks for something by a message to the parent, and adds up what it cost. */
async function askParent(operation: string, body: string): Promise<DirectAnswer> {
  const request = (requests += 1);
  const answer = await new Promise<DirectAnswer>((resolve) => {
    asked.set(request, resolve);
    tell({ request, operation, body: `{"ReturnConsumedCapacity":"TOTAL",${body.slice(1)}` });
  });
  const spent = (dynamo[operation] ??= { requests: 0, units: 0 });
  spent.requests += 1;
  for (const [, units] of answer.body.matchAll(/"CapacityUnits":([\d.]+)/g)) spent.units += Number(units);
  return answer;
}

/** As long as Lambda lets a function run. */
const longestRunMs = 900_000;
const silent = () => undefined;
const clock = new SteerableClock();
let handler: LambdaHandler = () => Promise.reject(new Error('There is no function yet.'));

async function setUp(message: Extract<ToWorker, { kind: 'setup' }>): Promise<void> {
  const { entry, environment, clockOffset, isDirect } = message;
  await clock.advance(clockOffset);
  const tables = isDirect ? directTables({ call: askParent }, tableNames) : undefined;
  const { create } = (await import(`../functions/${entry}.ts`)) as {
    create: (runtime: Runtime) => LambdaHandler;
  };
  const log = { info: silent, warn: silent, error: silent };
  handler = create({ environment, clock, log, metrics: noMetrics, tables });
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

type Work = Exclude<ToWorker, { kind: 'dynamo' }>;

async function answer(message: Work): Promise<unknown> {
  switch (message.kind) {
    case 'setup':
      return setUp(message);
    case 'advance':
      return clock.advance(message.seconds);
    case 'call': {
      const endsAt = performance.now() + longestRunMs;
      const getRemainingTimeInMillis = () => endsAt - performance.now();
      return handler(message.event, { ...lambdaContext, getRemainingTimeInMillis });
    }
    case 'pages':
      return pages(message);
  }
}

function tell(message: FromWorker | DynamoRequest): void {
  // Nobody is left to be told once the parent has gone.
  if (process.connected) process.send?.(message, silent);
}

function measured(): Pick<FromWorker, 'peakMiB' | 'cpuSeconds' | 'dynamo'> {
  const { user, system } = process.cpuUsage();
  return { peakMiB: peakMiB(), cpuSeconds: (user + system) / 1e6, dynamo };
}

countCapacity();
process.on('disconnect', () => process.exit());
process.on('message', (message: ToWorker) => {
  if (message.kind === 'dynamo') {
    asked.get(message.request)?.(message.answer);
    asked.delete(message.request);
    return;
  }
  const call = message.kind === 'setup' ? 0 : message.call;
  answer(message).then(
    (result) => tell({ call, result, ...measured() }),
    (error: unknown) => tell({ call, error: String(error), ...measured() }),
  );
});
