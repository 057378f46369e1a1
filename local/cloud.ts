import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import type { Environment } from '../functions/environment.ts';
import { entries, manifest, requestEntries, type Entry } from '../functions/manifest.ts';
import type { Runtime, Tables } from '../functions/runtime.ts';
import type { LogSink } from '../shared/platform/log.ts';
import { namingRequests } from '../shared/platform/request-id.ts';
import { emfMetrics } from '../shared/platform/metrics.ts';
import { localCredentials, localFunctionName, localRegion, localSimulatorFunction } from './addresses.ts';
import { createTables, startDynamoDb, type LocalDynamoDb } from './aws/dynamodb.ts';
import type { LambdaHandler } from './aws/lambda.ts';
import { startLocalAws, type LocalAws, type LocalAwsOptions } from './aws/server.ts';
import { scheduleGroup } from './aws/scheduler.ts';
import { deadLetterSuffix } from './aws/sqs.ts';
import type { SteerableClock } from './clock.ts';
import { observedLine, observedLog } from './diagnostics.ts';

/** What the functions find around them when they run on a laptop instead of AWS. */
export interface LocalCloud {
  /** Pass it to any function's `create`. */
  readonly runtime: Runtime;
  /** Where the stand-ins listen. */
  readonly awsUrl: string;
  /** The state of the stand-ins, for `restore`. */
  snapshot(): ReturnType<LocalAws['snapshot']>;
  /** Waits until what runs behind the requests is done: asynchronous calls, and pushes in their queue. */
  settled(which?: { background?: boolean }): Promise<void>;
  close(): Promise<void>;
}

export interface LocalCloudOptions {
  readonly clock: SteerableClock;
  readonly log: LogSink;
  /** Told each line of metrics, as it would stand in a log of Lambda's. */
  readonly metrics?: ((line: string) => void) | undefined;
  /** Where the API is reached, without a slash at the end. */
  readonly publicUrl: string;
  readonly wechatApiUrl: string;
  readonly wechatOpenUrl: string;
  /** Where the simulator is, for who asks. Default: there is none. */
  readonly simulator?: string | undefined;
  /** Default 0: a free one. */
  readonly awsPort?: number | undefined;
  /** Where the tables are kept, for the caller to close. Default: in memory. */
  readonly dynamo?: LocalDynamoDb | undefined;
  /** Tables to work with, for tests. Default: those of an embedded DynamoDB. */
  readonly tables?: Tables | undefined;
  /** A former snapshot, and who is told of changes: local/aws/server.ts. */
  readonly restore?: LocalAwsOptions['restore'];
  readonly changed?: LocalAwsOptions['changed'];
  /** Whether there is a daily sync of followers. Default: there is. */
  readonly syncs?: boolean | undefined;
  /** Called with each event on the bus that pushes are passed on to. Default: they are not passed on. */
  readonly eventConsumer?: LambdaHandler | undefined;
  /** As for the stand-ins: local/aws/server.ts. */
  readonly scheduleDelay?: (() => number) | undefined;
}

const scheduleRole = 'arn:aws:iam::000000000000:role/local-schedules';
/** The names of the tables in the embedded DynamoDB. */
export const tableNames = { credentials: 'Credentials', users: 'Users', followers: 'Followers' };
const eventBus = 'pushes';
const eventConsumer = 'event-consumer';
const connection = { region: localRegion, credentials: localCredentials };
/** As many as the CDK stack lets run. */
const maxConcurrentDetails = 5;
/** They may work for long, and `settled` waits for them only if it is told to. */
const inBackground: ReadonlySet<Entry> = new Set<Entry>([
  'followers/sync-followers',
  'followers/fetch-details',
]);

/**
 * Starts an embedded DynamoDB and the stand-ins for the other AWS services, with the functions that others
 * invoke, the queues, and the sweeps that the CDK stack schedules.
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const { clock } = options;
  const log = namingRequests(observedLog(options.log));
  const aws = await startLocalAws({
    clock,
    restore: options.restore,
    changed: options.changed,
    scheduleDelay: options.scheduleDelay,
    log: (line) => log.warn(line),
    ...(options.awsPort !== undefined && { port: options.awsPort }),
  });
  const own = options.tables || options.dynamo ? undefined : await startDynamoDb();
  const dynamo = options.dynamo ?? own;
  if (dynamo) await makeTables(dynamo);
  const runtime: Runtime = {
    clock,
    log,
    tables: options.tables,
    forwarding: { allowsLoopback: true },
    metrics: emfMetrics({ stage: 'local', clock, write: observedLine('metrics', options.metrics) }),
    environment: {
      AWS_REGION: localRegion,
      AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
      AWS_ENDPOINT_URL: aws.url,
      AWS_ENDPOINT_URL_DYNAMODB: dynamo?.url,
      ...environmentOn(aws, options),
    },
  };
  if (options.eventConsumer) {
    aws.registerFunction(eventConsumer, options.eventConsumer);
    aws.createBus(eventBus, eventConsumer);
  }
  aws.registerFunction(localSimulatorFunction, () => Promise.resolve(options.simulator ?? null));
  const sweepArns = await registerFunctions(aws, runtime);
  await startSweeps(aws, sweepArns, options);
  return {
    runtime,
    awsUrl: aws.url,
    snapshot: () => aws.snapshot(),
    settled: (which) => aws.settled(which),
    async close() {
      await aws.close();
      await own?.close();
    },
  };
}

async function makeTables(dynamo: LocalDynamoDb): Promise<void> {
  const client = new DynamoDBClient({ ...connection, endpoint: dynamo.url });
  await createTables(client, tableNames);
  client.destroy();
}

/** What the stack tells the functions: all of them the same, for what one does not read does it no harm. */
function environmentOn(aws: LocalAws, options: LocalCloudOptions): Environment {
  const pushes = aws.createQueue('pushes', localFunctionName(consumerOf('pushes')));
  const details = aws.createQueue('details', localFunctionName(consumerOf('details')), {
    maxConcurrency: maxConcurrentDetails,
    background: true,
  });
  return {
    // One process is all of these services, and may be busy with a sync.
    KEYRING_AWS_SOCKET_TIMEOUT_MS: '120000',
    KEYRING_CREDENTIALS_TABLE: tableNames.credentials,
    KEYRING_USERS_TABLE: tableNames.users,
    KEYRING_FOLLOWERS_TABLE: tableNames.followers,
    KEYRING_DATA_KEY: aws.keyArn,
    KEYRING_SECRET_PREFIX: 'wechat-keyring/local/',
    KEYRING_PUBLIC_URL: options.publicUrl,
    KEYRING_WECHAT_API_URL: options.wechatApiUrl,
    KEYRING_WECHAT_OPEN_URL: options.wechatOpenUrl,
    KEYRING_REFRESH_FUNCTION: localFunctionName('credentials/refresh-credentials'),
    KEYRING_SCHEDULE_GROUP: scheduleGroup,
    KEYRING_SCHEDULE_ROLE_ARN: scheduleRole,
    KEYRING_ALARM_TOPIC: 'arn:aws:sns:us-east-1:000000000000:local-alarms',
    KEYRING_PLACE: '--local',
    KEYRING_SCHEDULE_DLQ_ARN: 'arn:aws:sqs:us-east-1:000000000000:local-dead-letters',
    KEYRING_PUSH_QUEUE_URL: pushes,
    KEYRING_EVENT_BUS: options.eventConsumer && eventBus,
    KEYRING_SYNC_FUNCTION: localFunctionName('followers/sync-followers'),
    KEYRING_DETAILS_QUEUE_URL: details,
    KEYRING_DETAILS_DLQ_URL: `${details}${deadLetterSuffix}`,
  };
}

function consumerOf(queue: 'pushes' | 'details'): Entry {
  const found = entries.find((entry) => {
    const { trigger } = manifest[entry];
    return trigger?.by === 'queue' && trigger.queue === queue;
  });
  if (found === undefined) throw new Error(`No function works the queue "${queue}" off.`);
  return found;
}

/** Loads the functions that no request leads to. Returns the ARNs of those that sweep. */
async function registerFunctions(aws: LocalAws, runtime: Runtime): Promise<ReadonlyMap<Entry, string>> {
  const sweepArns = new Map<Entry, string>();
  for (const entry of entries.filter((each) => !requestEntries.includes(each))) {
    const handler = await loadFunction(entry, runtime);
    const background = inBackground.has(entry);
    const arn = aws.registerFunction(localFunctionName(entry), handler, { background });
    if (manifest[entry].trigger?.by === 'sweep') sweepArns.set(entry, arn);
  }
  return sweepArns;
}

/** Puts the function of an entry together. */
export async function loadFunction(entry: Entry, runtime: Runtime): Promise<LambdaHandler> {
  const { create } = (await import(`../functions/${entry}.ts`)) as {
    create: (runtime: Runtime) => LambdaHandler;
  };
  return create(runtime);
}

/** Starts those that a former snapshot does not have. */
async function startSweeps(
  aws: LocalAws,
  arns: ReadonlyMap<Entry, string>,
  { syncs = true, restore }: LocalCloudOptions,
): Promise<void> {
  const scheduler = new SchedulerClient({ ...connection, endpoint: aws.url });
  const restored = new Set(restore?.scheduler.schedules.map(({ name }) => name));
  for (const [entry, Arn] of arns) {
    const Name = `${localFunctionName(entry)}-sweep`;
    if (restored.has(Name) || (entry === 'followers/sync-followers' && !syncs)) continue;
    await scheduler.send(
      new CreateScheduleCommand({
        Name,
        GroupName: scheduleGroup,
        ScheduleExpression: 'rate(5 minutes)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: { Arn, RoleArn: scheduleRole, Input: JSON.stringify({ kind: 'sweep' }) },
      }),
    );
  }
}
