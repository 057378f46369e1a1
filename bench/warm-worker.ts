import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { createHash } from 'node:crypto';
import { awsClientConfig, type Runtime } from '../functions/runtime.ts';
import { noMetrics } from '../shared/platform/metrics.ts';
import type { RequestInit } from '../test/kit/event.ts';
import { createCall } from '../test/kit/kit.ts';
import { tableNames } from '../local/cloud.ts';
import { countOperations } from './operations.ts';
import { SharedClock } from './service.ts';
import { median } from './statistics.ts';

/** What the benchmark sends to the process of the functions. */
export interface WarmOrder {
  readonly environment: Runtime['environment'];
  /** How far the service's time is ahead of the machine's, in seconds. */
  readonly offset: number;
  /** The account whose token the function that is built the usual way answers. */
  readonly account: string;
  readonly requests: readonly WarmRequest[];
  /** Blocks of requests of each kind; the kinds take turns. */
  readonly rounds: number;
  readonly requestsARound: number;
}

export interface WarmRequest {
  readonly what: string;
  /** A route, with its authorizer where it has one; or one of the two functions to compare with. */
  readonly to: Parameters<ReturnType<typeof createCall>>[0] | 'bare' | 'token, the usual way';
  readonly init: RequestInit & { readonly key?: string };
}

export interface WarmResult {
  readonly what: string;
  /** Of one request, in the median round: milliseconds of CPU time, and DynamoDB operations. */
  readonly cpuMs: number;
  readonly reads: number;
  readonly writes: number;
}

type Send = () => Promise<unknown>;

/** What is left when a function does nothing. */
const bare: Send = () =>
  Promise.resolve({
    statusCode: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ access_token: 'token', expires_in: 7200 }),
  });

/**
 * A broker as one writes it at first: the key, the account and the token are read for each request, and there is nothing
 * else around it.
 */
function theUsualWay(runtime: Runtime, account: string, key = ''): Send {
  const client = new DynamoDBClient(awsClientConfig(runtime, 'DYNAMODB'));
  const get = async (appId: string, kind: string) => {
    const Key = { appId: { S: appId }, kind: { S: kind } };
    const { Item } = await client.send(
      new GetItemCommand({ TableName: tableNames.credentials, Key, ConsistentRead: true }),
    );
    return Item && unmarshall(Item);
  };
  return async () => {
    const apiKey = await get('api-keys', createHash('sha256').update(key).digest('hex'));
    const registered = await get('accounts', account);
    const token = await get(account, 'access_token');
    if (!apiKey || !registered || !token) return { status: 404 };
    const body = { access_token: token['value'] as string, expires_in: token['usableUntil'] as number };
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  };
}

async function measure(order: WarmOrder): Promise<WarmResult[]> {
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const clock = new SharedClock(order.offset);
  const runtime: Runtime = { environment: order.environment, clock, log: silent, metrics: noMetrics };
  const call = createCall(runtime);
  const kinds = order.requests.map(({ what, to, init }) => {
    const send: Send =
      to === 'bare'
        ? bare
        : to === 'token, the usual way'
          ? theUsualWay(runtime, order.account, init.key)
          : () => call(to, init);
    return { what, send, cpuMs: [] as number[], reads: 0, writes: 0 };
  });
  const counted = countOperations();
  for (let round = -1; round < order.rounds; round += 1) {
    for (const kind of kinds) {
      counted.reset();
      const before = process.cpuUsage();
      for (let index = 0; index < order.requestsARound; index += 1) requireFine(kind.what, await kind.send());
      const { user, system } = process.cpuUsage(before);
      // The first one makes them warm.
      if (round < 0) continue;
      kind.cpuMs.push((user + system) / 1000 / order.requestsARound);
      kind.reads += counted.reads;
      kind.writes += counted.writes;
    }
  }
  const requests = order.rounds * order.requestsARound;
  return kinds.map(({ what, cpuMs, reads, writes }) => ({
    what,
    cpuMs: median(cpuMs) ?? Number.NaN,
    reads: reads / requests,
    writes: writes / requests,
  }));
}

function requireFine(what: string, answer: unknown): void {
  const { status = 200, body } = answer as { status?: number; body?: { errcode?: number } };
  if (status !== 200 || body?.errcode) throw new Error(`${what} answered ${JSON.stringify(answer)}.`);
}

process.on('disconnect', () => process.exit());
process.on('message', (order: WarmOrder) => {
  void measure(order).then((results) => process.send?.(results));
});
