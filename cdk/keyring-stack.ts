import { Annotations, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { routes } from '../functions/routes.ts';
import type { Route } from '../functions/route.ts';
import type { Config } from './config.ts';
import { acknowledge, acknowledgeWildcard } from './constructs/acknowledge.ts';
import { Alarms } from './constructs/alarms.ts';
import { FixedEgress } from './constructs/egress.ts';
import { FollowersSync } from './constructs/followers-sync.ts';
import { KeyringApi } from './constructs/keyring-api.ts';
import { KeyringFunction } from './constructs/keyring-function.ts';
import type { KeyringFunctionProps } from './constructs/keyring-function.ts';
import { Monitoring } from './constructs/monitoring.ts';
import { RefreshSchedules } from './constructs/refresh-schedules.ts';
import { maxEventAge } from './constructs/sweep.ts';
import { Tables } from './constructs/tables.ts';
import { WorkQueue } from './constructs/work-queue.ts';
import { entries, permissions, schedulesArn, secretsOf, statementsFor } from './permissions.ts';
import type { Entry, Resources } from './permissions.ts';

/** A whole vCPU, which is what a sync is short of: it writes thousands of items for each page of the list. */
const oneVcpu = 1769;
/** How long handle-events may take over a batch. */
const handleEventsTimeout = Duration.seconds(30);
/** How long fetch-details may take over a batch of 10 messages: up to 10 calls to WeChat, each with 100 writes. */
const fetchDetailsTimeout = Duration.seconds(120);

const unrouted: Readonly<
  Partial<Record<Entry, { description: string; timeout: Duration; memorySize?: number }>>
> = {
  'credentials/refresh-credentials': {
    description: 'Mints and renews the credentials of WeChat accounts.',
    timeout: Duration.seconds(60),
  },
  'access/authorize-key': {
    description: 'Recognises API keys for API Gateway.',
    timeout: Duration.seconds(5),
  },
  'admin/admin': {
    description: "The operator's commands; only IAM lets one call it.",
    timeout: Duration.seconds(60),
  },
  'events/handle-events': {
    description: 'Does what the pushes of WeChat ask for.',
    timeout: handleEventsTimeout,
  },
  'followers/sync-followers': {
    description: "Keeps the mirror of followers in line with WeChat's list.",
    // The longest that Lambda lets a function run: a sync works in stretches of at most so long.
    timeout: Duration.minutes(15),
    memorySize: oneVcpu,
  },
  'followers/fetch-details': {
    description: 'Fetches the details of followers.',
    timeout: fetchDetailsTimeout,
  },
};

const allRoutes: readonly Route[] = Object.values(routes);

/** `followers/list-followers` → `ListFollowers`, which the logical id is made from. */
function constructId(entry: Entry): string {
  const name = entry.slice(entry.indexOf('/') + 1);
  return name.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The whole service in one stack: tables, functions, HTTP API, schedules. */
export class KeyringStack extends Stack {
  /** @param config the region and the account become the stack's environment */
  constructor(scope: Construct, id: string, config: Config) {
    super(scope, id, {
      description: 'WeChat Keyring: Official Account credentials, followers, avatars and web login.',
      env: {
        region: config.region,
        ...(config.account !== undefined && { account: config.account }),
      },
    });

    const tables = new Tables(this, 'Tables', config);
    const dataKey =
      config.existing?.dataKey !== undefined
        ? Key.fromKeyArn(this, 'ExistingDataKey', config.existing.dataKey)
        : new Key(this, 'DataKey', {
            description: 'Wraps the keys that encrypt the WeChat grants of users.',
            enableKeyRotation: true,
            removalPolicy: RemovalPolicy.RETAIN,
          });
    const schedules = new RefreshSchedules(this, 'Schedules');
    const alarms = new Alarms(this, 'Alarms', {
      email: config.alarmEmail,
      fromCloudWatch: config.monitoring === 'full',
    });
    const events = new WorkQueue(this, 'Events', { timeout: handleEventsTimeout });
    const details = new WorkQueue(this, 'Details', { timeout: fetchDetailsTimeout });
    const api = new KeyringApi(this, 'Http', {
      name: id,
      allowedOrigins: config.allowedOrigins,
      domain: config.domain,
      throttleRate: config.throttleRate,
      throttleBurst: config.throttleBurst,
    });

    const secretPrefix = `wechat-keyring/${config.stage}/`;
    const environment = {
      KEYRING_CREDENTIALS_TABLE: tables.credentials.tableName,
      KEYRING_USERS_TABLE: tables.users.tableName,
      KEYRING_FOLLOWERS_TABLE: tables.followers.tableName,
      KEYRING_DATA_KEY: dataKey.keyArn,
      KEYRING_SECRET_PREFIX: secretPrefix,
      KEYRING_PUBLIC_URL: api.publicUrl,
      KEYRING_WECHAT_API_URL: config.wechatApiUrl,
      KEYRING_WECHAT_OPEN_URL: config.wechatOpenUrl,
      ...(config.monitoring === 'full' && { KEYRING_METRICS_STAGE: config.stage }),
    };
    const resources: Resources = {
      credentials: tables.credentials,
      users: tables.users,
      followers: tables.followers,
      tablesKey: tables.key,
      dataKey,
      secretPrefix,
      refreshFunctionArn: undefined,
      scheduleGroup: schedules.group,
      scheduleRole: schedules.role,
      deadLetters: schedules.deadLetters,
      alarmTopic: alarms.topic,
      alarmKey: alarms.key,
      pushQueue: events.queue,
      detailsQueue: details.queue,
      detailsDeadLetters: details.deadLetters,
      syncFunctionArn: undefined,
      eventBusArn: config.eventBus === undefined ? undefined : eventBusArn(this, config.eventBus),
    };
    const detailsQueue = { KEYRING_DETAILS_QUEUE_URL: details.queue.queueUrl };
    const ownEnvironment: Readonly<Partial<Record<Entry, Record<string, string>>>> = {
      'followers/sync-followers': detailsQueue,
      'admin/admin': { ...detailsQueue, KEYRING_DETAILS_DLQ_URL: details.deadLetters.queueUrl },
      'events/receive-event': { KEYRING_PUSH_QUEUE_URL: events.queue.queueUrl },
      'events/handle-events': {
        ...detailsQueue,
        ...(config.eventBus !== undefined && { KEYRING_EVENT_BUS: config.eventBus }),
      },
    };

    const { egress } = config;
    const network =
      egress.via === 'nat-gateway' || egress.via === 'nat-instance'
        ? new FixedEgress(this, 'Egress', { ...egress, ports: portsOf(config) })
        : undefined;
    const egressAddress = network?.address ?? (egress.via === 'proxy' ? egress.address : undefined);

    // refresh-credentials learns its own ARN when it is called: told here, it would depend on itself.
    const refresh = this.addFunction('credentials/refresh-credentials', resources, {
      architecture: config.architecture,
      environment: {
        ...environment,
        KEYRING_SCHEDULE_GROUP: schedules.group.scheduleGroupName,
        KEYRING_SCHEDULE_ROLE_ARN: schedules.role.roleArn,
        KEYRING_ALARM_TOPIC: alarms.topic.topicArn,
        KEYRING_SCHEDULE_DLQ_ARN: schedules.deadLetters.queueArn,
        ...(egressAddress !== undefined && { KEYRING_EGRESS_ADDRESS: egressAddress }),
        ...(egress.via === 'proxy' && {
          KEYRING_EGRESS_PROXY: egress.url,
          ...(egress.authenticate && { KEYRING_EGRESS_PROXY_AUTH: 'true' }),
        }),
      },
      onAsyncFailure: {
        destination: { bind: () => ({ destination: schedules.deadLetters.queueArn }) },
        retryAttempts: 1,
        maxEventAge,
      },
    });
    network?.attach(refresh);
    schedules.start(refresh);
    this.letInvokeItself('RefreshInvokesItself', refresh);

    const functions = new Map<string, Function>([['credentials/refresh-credentials', refresh]]);
    for (const entry of ['followers/sync-followers' as const, ...entries]) {
      if (functions.has(entry)) continue;
      const sync = functions.get('followers/sync-followers');
      const made = this.addFunction(
        entry,
        { ...resources, refreshFunctionArn: refresh.functionArn, syncFunctionArn: sync?.functionArn },
        {
          architecture: config.architecture,
          environment: {
            ...environment,
            KEYRING_REFRESH_FUNCTION: refresh.functionName,
            ...ownEnvironment[entry],
            ...(sync && permissions[entry].invokesSync && { KEYRING_SYNC_FUNCTION: sync.functionName }),
          },
        },
      );
      functions.set(entry, made);
    }
    const functionOf = (entry: string) => {
      const found = functions.get(entry);
      if (found === undefined) throw new Error(`There is no function for functions/${entry}.ts.`);
      return found;
    };
    events.start(functionOf('events/handle-events'));
    const sync = functionOf('followers/sync-followers');
    const worker = functionOf('followers/fetch-details');
    new FollowersSync(this, 'FollowersSync', { group: schedules.group, sync });
    // So that people who begin to follow at the same time are asked about in one call.
    details.start(worker, { gatherFor: Duration.seconds(5) });
    this.letInvokeItself('SyncInvokesItself', sync);
    api.connect(allRoutes, functionOf, functionOf('access/authorize-key'));

    if (config.monitoring === 'full') {
      const { dashboard } = new Monitoring(this, 'Monitoring', {
        stage: config.stage,
        topic: alarms.topic,
        runbookUrl: config.runbookUrl,
        api: api.api,
        background: { refresh, pushes: functionOf('events/handle-events'), sync, details: worker },
        deadLetters: {
          refreshes: schedules.deadLetters,
          pushes: events.deadLetters,
          details: details.deadLetters,
        },
      });
      this.output('DashboardName', dashboard.dashboardName, 'In CloudWatch: how the service is.');
    }

    acknowledge(
      this,
      'Serverless-LambdaTracing',
      'X-Ray is not offered to Lambda in the China regions, and its SDK for Node.js is in maintenance only.',
    );
    if (config.region.startsWith('cn-')) {
      Annotations.of(this).addInfo(
        'API Gateway in the China regions serves this API only in an AWS account with an ICP filing, and a domain needs one, too: docs/deploy.md.',
      );
    }
    this.output('ApiUrl', api.publicUrl, 'Where callers find the API.');
    this.output('AdminFunctionName', functionOf('admin/admin').functionName, "The operator's commands.");
    this.output('RefreshFunctionName', refresh.functionName, 'Refreshes credentials.');
    this.output('ScheduleGroupName', schedules.group.scheduleGroupName, 'Holds the booked refreshes.');
    this.output(
      'PushDeadLettersUrl',
      events.deadLetters.queueUrl,
      'Where pushes end that could not be handled.',
    );
    this.output(
      'DetailsDeadLettersUrl',
      details.deadLetters.queueUrl,
      'Where messages about details of followers end that could not be handled.',
    );
    this.output(
      'AlarmTopicArn',
      alarms.topic.topicArn,
      'Says which account needs a person. Subscribe to it.',
    );
    if (egressAddress !== undefined) {
      this.output('EgressAddress', egressAddress, "Put it on the IP allow-list in each account's console.");
    }
    if (api.domainTarget !== undefined) {
      this.output('DomainTarget', api.domainTarget, 'What the DNS record of the domain must point to.');
    }
  }

  /**
   * A sweep hands each account to a run of its own. In the policy that the function waits for, its own ARN would be a
   * circle.
   */
  private letInvokeItself(id: string, fn: Function): void {
    if (!fn.role) return;
    new Policy(this, id, {
      roles: [fn.role],
      statements: [new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [fn.functionArn] })],
    });
  }

  private output(name: string, value: string, description: string): void {
    new CfnOutput(this, name, { value, description });
  }

  private addFunction(
    entry: Entry,
    resources: Resources,
    settings: Pick<KeyringFunctionProps, 'architecture' | 'environment' | 'onAsyncFailure'>,
  ): Function {
    const granted = permissions[entry];
    const made = new KeyringFunction(this, constructId(entry), {
      ...settings,
      ...described(entry),
      statements: statementsFor(granted, resources),
    });
    acknowledge(
      made,
      'Serverless-LambdaDLQ',
      granted.pushQueue === 'receives' || granted.detailsQueue === 'receives'
        ? 'Called with messages of a queue, which has a dead-letter queue of its own.'
        : granted.detailsQueue === 'feeds'
          ? 'A call that fails loses nothing: the checkpoint stands, and the next sweep goes on from it.'
          : settings.onAsyncFailure
            ? 'Failed calls go to the dead-letter queue as the failure destination, which also carries the error.'
            : 'Called synchronously: the caller gets the error, and nothing is queued that could be lost.',
    );
    for (const [arn] of secretsOf(this, resources.secretPrefix, granted)) {
      acknowledgeWildcard(
        made,
        arn,
        "The secrets are made at run time, one per WeChat account, below this deployment's own prefix.",
      );
    }
    if (granted.followerIndexes) {
      acknowledgeWildcard(
        made,
        `${resources.followers.tableArn}/index/*`,
        'The indexes of the table Followers, which it may query as it may the table.',
      );
    }
    if (granted.schedules) {
      acknowledgeWildcard(
        made,
        schedulesArn(this, resources.scheduleGroup),
        "One-time schedules are made at run time, in this deployment's own group.",
      );
    }
    return made.fn;
  }
}

/** What refresh-credentials must reach: AWS, and WeChat where the configuration says that it is. */
function portsOf({ wechatApiUrl }: Config): number[] {
  const { port } = new URL(wechatApiUrl);
  return port === '' ? [443] : [443, Number(port)];
}

/** The ARN of a bus that is given by its name, in this account and region, or by its ARN. */
function eventBusArn(stack: Stack, bus: string): string {
  if (bus.startsWith('arn:')) return bus;
  return stack.formatArn({ service: 'events', resource: 'event-bus', resourceName: bus });
}

/** Source, description and timeout of one Lambda. */
function described(entry: Entry): {
  entry: Entry;
  description: string;
  timeout?: Duration;
  memorySize?: number;
} {
  const own = unrouted[entry];
  if (own !== undefined) return { entry, ...own };
  const route = allRoutes.find((candidate) => candidate.entry === entry);
  return { entry, description: route?.summary ?? entry };
}
