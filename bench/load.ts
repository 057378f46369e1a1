import { startKit, type Kit } from '../test/kit/kit.ts';
import { busyMessage, startFaultyProxy } from './faulty-proxy.ts';
import { inWorker } from './in-worker.ts';
import type { Answered, LoadOrder } from './load-worker.ts';
import { quantile } from './statistics.ts';
import { prepareRequests } from './warm.ts';

export interface LoadOptions {
  readonly processes: number;
  readonly seconds: number;
  /** Requests that are under way in each process at any time. */
  readonly atOnce: number;
  /** Which part of the calls to WeChat is answered -1, of 0 to 1. */
  readonly busy: number;
  /** Which part of the requests to DynamoDB is refused as too many. */
  readonly throttled: number;
  /** So often WeChat revokes the token, in seconds; 0 for never. */
  readonly revokeEvery: number;
}

export interface LoadResult {
  readonly what: string;
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** By cause. */
  readonly failures: Readonly<Record<string, number>>;
}

export interface LoadResults {
  readonly rows: readonly LoadResult[];
  /** What was done to the service. */
  readonly injected: { readonly busy: number; readonly throttled: number; readonly revocations: number };
  readonly mints: number;
  readonly checks: number;
  /** Failures that none of that explains, by cause. */
  readonly unexplained: Readonly<Record<string, number>>;
}

const busyAnswer = {
  status: 200,
  contentType: 'application/json; encoding=utf-8',
  body: JSON.stringify({ errcode: -1, errmsg: busyMessage }),
};
const throttledAnswer = {
  status: 400,
  contentType: 'application/x-amz-json-1.0',
  body: '{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Rate exceeded"}',
};

/** Which faults, all of them together, explain what a request is answered with. */
const explanations: Readonly<Record<string, readonly (keyof LoadResults['injected'])[]>> = {
  'errcode -1 of WeChat': ['busy'],
  // The drop-in waits for the next token for two and a half seconds.
  'errcode -1': ['revocations'],
  // WeChat's own, which the drop-in passes on where WeChat is too busy to be asked about the token.
  'errcode 40001': ['revocations', 'busy'],
  wechat_busy: ['busy'],
  wechat_unavailable: ['busy'],
  credential_unavailable: ['busy'],
  service_busy: ['throttled'],
};

/** Has processes answer requests of all kinds while WeChat is busy, DynamoDB refuses requests, and tokens are revoked. */
export async function runLoad(options: LoadOptions): Promise<LoadResults> {
  const wechat = await startFaultyProxy({ part: options.busy, fault: busyAnswer });
  const dynamo = await startFaultyProxy({ part: options.throttled, fault: throttledAnswer });
  const kit = await startKit({
    followers: 300,
    wechatAt: (simulator) => {
      wechat.leadTo(simulator);
      return wechat.url;
    },
  });
  dynamo.leadTo(kit.runtime.environment['AWS_ENDPOINT_URL_DYNAMODB'] ?? '');
  try {
    const requests = await prepareRequests(kit);
    await kit.control('calls', undefined, 'DELETE');
    wechat.begin();
    dynamo.begin();
    const order: LoadOrder = {
      environment: { ...kit.runtime.environment, AWS_ENDPOINT_URL_DYNAMODB: dynamo.url },
      offset: kit.clock.now() - Date.now() / 1000,
      requests,
      seconds: options.seconds,
      atOnce: options.atOnce,
    };
    const revoking = revoke(kit, options);
    const answers = await Promise.all(
      Array.from({ length: options.processes }, () => inWorker<Answered[]>('load-worker.ts', order)),
    );
    const revocations = await revoking;
    const made = (await kit.control('calls')) as Record<string, number | undefined>;
    const injected = {
      busy: wechat.counted.faults,
      throttled: dynamo.counted.faults,
      revocations,
    };
    const all = answers.flat();
    const explained = (cause: string) => explanations[cause]?.every((fault) => injected[fault] > 0) ?? false;
    return {
      rows: [
        rowOf('all', all),
        ...requests.map(({ what }) =>
          rowOf(
            what,
            all.filter((each) => each.what === what),
          ),
        ),
      ].filter((row) => row.requests > 0),
      injected,
      mints: made['/cgi-bin/stable_token'] ?? 0,
      checks: made['/cgi-bin/get_api_domain_ip'] ?? 0,
      unexplained: Object.fromEntries(Object.entries(causesOf(all)).filter(([cause]) => !explained(cause))),
    };
  } finally {
    await kit.close();
    await wechat.close();
    await dynamo.close();
  }
}

async function revoke(kit: Kit, { seconds, revokeEvery }: LoadOptions): Promise<number> {
  if (revokeEvery === 0) return 0;
  let revocations = 0;
  for (; (revocations + 1) * revokeEvery < seconds; revocations += 1) {
    await new Promise((resolve) => setTimeout(resolve, revokeEvery * 1000));
    await kit.control('revoke', { appid: kit.account, what: 'access_token' });
  }
  return revocations;
}

function rowOf(what: string, answers: readonly Answered[]): LoadResult {
  const times = answers.map(({ ms }) => ms);
  return {
    what,
    requests: answers.length,
    p50Ms: quantile(times, 0.5) ?? Number.NaN,
    p99Ms: quantile(times, 0.99) ?? Number.NaN,
    failures: causesOf(answers),
  };
}

function causesOf(answers: readonly Answered[]): Record<string, number> {
  const causes: Record<string, number> = {};
  for (const { failure } of answers) if (failure !== undefined) causes[failure] = (causes[failure] ?? 0) + 1;
  return causes;
}

/** The results as Markdown. */
export function loadTables({ rows, injected, mints, checks, unexplained }: LoadResults): string {
  const told = (causes: Readonly<Record<string, number>>) =>
    Object.entries(causes)
      .map(([cause, count]) => `${cause}: ${count}`)
      .join(', ') || '0';
  return [
    '| request | requests | p50 ms | p99 ms | failures |',
    '| --- | ---: | ---: | ---: | --- |',
    ...rows.map(
      ({ what, requests, p50Ms, p99Ms, failures }) =>
        `| ${what} | ${requests} | ${p50Ms.toFixed(0)} | ${p99Ms.toFixed(0)} | ${told(failures)} |`,
    ),
    '',
    '| answered -1 | requests that DynamoDB refused | revocations | mints | checks | failures without an explanation |',
    '| ---: | ---: | ---: | ---: | ---: | --- |',
    `| ${injected.busy} | ${injected.throttled} | ${injected.revocations} | ${mints} | ${checks} | ${told(unexplained)} |`,
  ].join('\n');
}
