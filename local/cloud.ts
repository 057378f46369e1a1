import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { create as createAdmin } from '../functions/admin/admin.ts';
import { create as createRefresh } from '../functions/credentials/refresh-credentials.ts';
import { create as createEvents } from '../functions/events/handle-events.ts';
import type { Runtime } from '../functions/runtime.ts';
import type { Log } from '../shared/platform/log.ts';
import { localAdminFunction, localCredentials, localRegion } from './addresses.ts';
import { createTables, startDynamoDb } from './aws/dynamodb.ts';
import { startLocalAws } from './aws/server.ts';
import type { SteerableClock } from './clock.ts';

/** What the functions find around them when they run on a laptop instead of AWS. */
export interface LocalCloud {
  /** Pass it to any function's `create`. */
  readonly runtime: Runtime;
  /** Where the stand-ins listen. */
  readonly awsUrl: string;
  /** The state of the stand-ins, for `restore`. */
  snapshot(): unknown;
  /** Waits until what runs behind the requests is done: asynchronous calls, and pushes in their queue. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface LocalCloudOptions {
  readonly clock: SteerableClock;
  readonly log: Log;
  /** Where the API is reached, without a slash at the end. */
  readonly publicUrl: string;
  readonly wechatApiUrl: string;
  readonly wechatOpenUrl: string;
  /** Default 0: a free one. */
  readonly awsPort?: number | undefined;
  /** A folder for the tables' data; in memory without one. */
  readonly dynamoDir?: string | undefined;
  readonly restore?: unknown;
  /** The EventBridge bus that pushes are passed on to. Default: none. */
  readonly eventBus?: string | undefined;
}

const refreshFunction = 'credentials-refresh-credentials';
const eventsFunction = 'events-handle-events';
const scheduleGroup = 'default';

/**
 * Starts an embedded DynamoDB and the stand-ins for the other AWS services, with the functions that others
 * invoke, the queue of pushes, and the sweep that the CDK stack schedules.
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const { clock, log } = options;
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

  const runtime: Runtime = {
    clock,
    log,
    environment: {
      AWS_REGION: localRegion,
      AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
      AWS_ENDPOINT_URL: aws.url,
      AWS_ENDPOINT_URL_DYNAMODB: dynamo.url,
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
    },
  };
  const refreshArn = aws.registerFunction(refreshFunction, createRefresh(runtime));
  aws.registerFunction(localAdminFunction, createAdmin(runtime));
  aws.registerFunction(eventsFunction, createEvents(runtime));
  if (options.restore === undefined) {
    await new SchedulerClient({ ...connection, endpoint: aws.url }).send(
      new CreateScheduleCommand({
        Name: 'sweep',
        GroupName: scheduleGroup,
        ScheduleExpression: 'rate(5 minutes)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: {
          Arn: refreshArn,
          RoleArn: runtime.environment['KEYRING_SCHEDULE_ROLE_ARN'],
          Input: JSON.stringify({ kind: 'sweep' }),
        },
      }),
    );
  }
  return {
    runtime,
    awsUrl: aws.url,
    snapshot: () => aws.snapshot(),
    settled: () => aws.settled(),
    async close() {
      await aws.close();
      await dynamo.close();
    },
  };
}
