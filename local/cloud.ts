import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { create as createAdmin } from '../functions/admin/admin.ts';
import { create as createRefresh } from '../functions/credentials/refresh-credentials.ts';
import { create as createEvents } from '../functions/events/handle-events.ts';
import { create as createFetchDetails } from '../functions/followers/fetch-details.ts';
import { create as createSync } from '../functions/followers/sync-followers.ts';
import type { Runtime } from '../functions/runtime.ts';
import type { LogSink } from '../shared/platform/log.ts';
import { emfMetrics } from '../shared/platform/metrics.ts';
import { localAdminFunction, localCredentials, localRegion } from './addresses.ts';
import { createTables, startDynamoDb } from './aws/dynamodb.ts';
import { startLocalAws } from './aws/server.ts';
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
  snapshot(): unknown;
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
  /** Default 0: a free one. */
  readonly awsPort?: number | undefined;
  /** A folder for the tables' data; in memory without one. */
  readonly dynamoDir?: string | undefined;
  readonly restore?: unknown;
  /** Whether there is a daily sync of followers. Default: there is. */
  readonly syncs?: boolean | undefined;
  /** The EventBridge bus that pushes are passed on to. Default: none. */
  readonly eventBus?: string | undefined;
}

const refreshFunction = 'credentials-refresh-credentials';
const eventsFunction = 'events-handle-events';
const syncFunction = 'followers-sync-followers';
const detailsFunction = 'followers-fetch-details';
const scheduleGroup = 'default';
/** As many as the CDK stack lets run. */
const detailsAtOnce = 5;

/**
 * Starts an embedded DynamoDB and the stand-ins for the other AWS services, with the functions that others
 * invoke, the queues, and the sweeps that the CDK stack schedules.
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const { clock } = options;
  const log = observedLog(options.log);
  const dynamo = await startDynamoDb(options.dynamoDir === undefined ? {} : { dataDir: options.dynamoDir });
  const aws = await startLocalAws({
    clock,
    restore: options.restore,
    log: (line) => log.warn(line),
    ...(options.awsPort !== undefined && { port: options.awsPort }),
  });
  const names = { credentials: 'Credentials', users: 'Users', followers: 'Followers' };
  const connection = { region: localRegion, credentials: localCredentials };
  await createTables(new DynamoDBClient({ ...connection, endpoint: dynamo.url }), names);

  const detailsQueueUrl = aws.createQueue('details', detailsFunction, {
    maxConcurrency: detailsAtOnce,
    background: true,
  });
  const runtime: Runtime = {
    clock,
    log,
    metrics: emfMetrics({ stage: 'local', clock, write: observedLine('metrics', options.metrics) }),
    environment: {
      AWS_REGION: localRegion,
      AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
      AWS_ENDPOINT_URL: aws.url,
      AWS_ENDPOINT_URL_DYNAMODB: dynamo.url,
      // One process is all of these services, and may be busy with a sync.
      KEYRING_AWS_SILENCE_MS: '120000',
      KEYRING_CREDENTIALS_TABLE: names.credentials,
      KEYRING_USERS_TABLE: names.users,
      KEYRING_FOLLOWERS_TABLE: names.followers,
      KEYRING_DATA_KEY: aws.keyArn,
      KEYRING_SECRET_PREFIX: 'wechat-keyring/local/',
      KEYRING_PUBLIC_URL: options.publicUrl,
      KEYRING_WECHAT_API_URL: options.wechatApiUrl,
      KEYRING_WECHAT_OPEN_URL: options.wechatOpenUrl,
      KEYRING_REFRESH_FUNCTION: refreshFunction,
      KEYRING_SCHEDULE_GROUP: scheduleGroup,
      KEYRING_SCHEDULE_ROLE_ARN: 'arn:aws:iam::000000000000:role/local-schedules',
      KEYRING_ALARM_TOPIC: 'arn:aws:sns:us-east-1:000000000000:local-alarms',
      KEYRING_SCHEDULE_DLQ_ARN: 'arn:aws:sqs:us-east-1:000000000000:local-dead-letters',
      KEYRING_PUSH_QUEUE_URL: aws.createQueue('pushes', eventsFunction),
      KEYRING_EVENT_BUS: options.eventBus,
      KEYRING_SYNC_FUNCTION: syncFunction,
      KEYRING_DETAILS_QUEUE_URL: detailsQueueUrl,
      KEYRING_DETAILS_DLQ_URL: `${detailsQueueUrl}${deadLetterSuffix}`,
    },
  };
  const refreshArn = aws.registerFunction(refreshFunction, createRefresh(runtime));
  aws.registerFunction(localAdminFunction, createAdmin(runtime));
  aws.registerFunction(eventsFunction, createEvents(runtime));
  aws.registerFunction(detailsFunction, createFetchDetails(runtime));
  const syncArn = aws.registerFunction(syncFunction, createSync(runtime), { background: true });
  if (options.restore === undefined) {
    const scheduler = new SchedulerClient({ ...connection, endpoint: aws.url });
    for (const [Name, Arn] of [
      ['sweep', refreshArn],
      ...(options.syncs === false ? [] : [['sync-sweep', syncArn]]),
    ]) {
      await scheduler.send(
        new CreateScheduleCommand({
          Name,
          GroupName: scheduleGroup,
          ScheduleExpression: 'rate(5 minutes)',
          FlexibleTimeWindow: { Mode: 'OFF' },
          Target: {
            Arn,
            RoleArn: runtime.environment.KEYRING_SCHEDULE_ROLE_ARN,
            Input: JSON.stringify({ kind: 'sweep' }),
          },
        }),
      );
    }
  }
  return {
    runtime,
    awsUrl: aws.url,
    snapshot: () => aws.snapshot(),
    settled: (which) => aws.settled(which),
    async close() {
      await aws.close();
      await dynamo.close();
    },
  };
}
