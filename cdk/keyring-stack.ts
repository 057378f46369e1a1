import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';
import { routes } from '../functions/routes.ts';
import type { Route } from '../functions/routes.ts';
import type { Config } from './config.ts';
import { acknowledge, acknowledgeWildcard } from './constructs/acknowledge.ts';
import { Alarms } from './constructs/alarms.ts';
import { Events, handleEventsTimeout } from './constructs/events.ts';
import { KeyringApi } from './constructs/keyring-api.ts';
import { KeyringFunction } from './constructs/keyring-function.ts';
import type { KeyringFunctionProps } from './constructs/keyring-function.ts';
import { maxEventAge, RefreshSchedules } from './constructs/refresh-schedules.ts';
import { Tables } from './constructs/tables.ts';
import {
  entries,
  permissions,
  pushSecretsArn,
  schedulesArn,
  secretsArn,
  statementsFor,
} from './permissions.ts';
import type { Entry, Resources } from './permissions.ts';

const unrouted: Readonly<Partial<Record<Entry, { description: string; timeout: Duration }>>> = {
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
    const dataKey = new Key(this, 'DataKey', {
      description: 'Wraps the keys that encrypt the WeChat grants of users.',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const schedules = new RefreshSchedules(this, 'Schedules');
    const alarms = new Alarms(this, 'Alarms', { email: config.alarmEmail });
    const events = new Events(this, 'Events');
    const api = new KeyringApi(this, 'Http', {
      name: id,
      allowedOrigins: config.allowedOrigins,
      domain: config.domain,
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
      pushQueue: events.queue,
      eventBusArn: config.eventBus === undefined ? undefined : eventBusArn(this, config.eventBus),
    };
    const ownEnvironment: Readonly<Partial<Record<Entry, Record<string, string>>>> = {
      'events/receive-event': { KEYRING_PUSH_QUEUE_URL: events.queue.queueUrl },
      'events/handle-events': {
        ...(config.eventBus !== undefined && { KEYRING_EVENT_BUS: config.eventBus }),
      },
    };

    // refresh-credentials learns its own ARN when it is called: told here, it would depend on itself.
    const refresh = this.addFunction('credentials/refresh-credentials', resources, {
      architecture: config.architecture,
      environment: {
        ...environment,
        KEYRING_SCHEDULE_GROUP: schedules.group.scheduleGroupName,
        KEYRING_SCHEDULE_ROLE_ARN: schedules.role.roleArn,
        KEYRING_ALARM_TOPIC: alarms.topic.topicArn,
        KEYRING_SCHEDULE_DLQ_ARN: schedules.deadLetters.queueArn,
      },
      onAsyncFailure: {
        destination: { bind: () => ({ destination: schedules.deadLetters.queueArn }) },
        retryAttempts: 1,
        maxEventAge,
      },
    });
    schedules.start(refresh);
    // The sweep hands each account to a run of its own. In the policy that the function waits for, its own ARN would
    // be a circle.
    if (refresh.role) {
      new Policy(this, 'RefreshInvokesItself', {
        roles: [refresh.role],
        statements: [
          new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [refresh.functionArn] }),
        ],
      });
    }

    const functions = new Map<string, NodejsFunction>([['credentials/refresh-credentials', refresh]]);
    for (const entry of entries) {
      if (functions.has(entry)) continue;
      const made = this.addFunction(
        entry,
        { ...resources, refreshFunctionArn: refresh.functionArn },
        {
          architecture: config.architecture,
          environment: {
            ...environment,
            KEYRING_REFRESH_FUNCTION: refresh.functionName,
            ...ownEnvironment[entry],
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
    api.connect(allRoutes, functionOf, functionOf('access/authorize-key'));

    acknowledge(
      this,
      'Serverless-LambdaTracing',
      'X-Ray is not offered to Lambda in the China regions, and its SDK for Node.js is in maintenance only.',
    );
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
      'AlarmTopicArn',
      alarms.topic.topicArn,
      'Says which account needs a person. Subscribe to it.',
    );
    if (api.domainTarget !== undefined) {
      this.output('DomainTarget', api.domainTarget, 'What the DNS record of the domain must point to.');
    }
  }

  private output(name: string, value: string, description: string): void {
    new CfnOutput(this, name, { value, description });
  }

  private addFunction(
    entry: Entry,
    resources: Resources,
    settings: Pick<KeyringFunctionProps, 'architecture' | 'environment' | 'onAsyncFailure'>,
  ): NodejsFunction {
    const granted = permissions[entry];
    const made = new KeyringFunction(this, constructId(entry), {
      ...settings,
      ...described(entry),
      statements: statementsFor(granted, resources),
    });
    acknowledge(
      made,
      'Serverless-LambdaDLQ',
      granted.pushQueue === 'receives'
        ? 'Called with messages of a queue, which has a dead-letter queue of its own.'
        : settings.onAsyncFailure
          ? 'Failed calls go to the dead-letter queue as the failure destination, which also carries the error.'
          : 'Called synchronously: the caller gets the error, and nothing is queued that could be lost.',
    );
    if (granted.secrets) {
      acknowledgeWildcard(
        made,
        secretsArn(this, resources.secretPrefix),
        "The secrets are made at run time, one per WeChat account, below this deployment's own prefix.",
      );
    }
    if (granted.pushSecrets) {
      acknowledgeWildcard(
        made,
        pushSecretsArn(this, resources.secretPrefix),
        "The secrets are made at run time, one per WeChat account, below this deployment's own prefix.",
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

/** The ARN of a bus that is given by its name, in this account and region, or by its ARN. */
function eventBusArn(stack: Stack, bus: string): string {
  if (bus.startsWith('arn:')) return bus;
  return stack.formatArn({ service: 'events', resource: 'event-bus', resourceName: bus });
}

/** Source, description and timeout of one Lambda. */
function described(entry: Entry): { entry: Entry; description: string; timeout?: Duration } {
  const own = unrouted[entry];
  if (own !== undefined) return { entry, ...own };
  const route = allRoutes.find((candidate) => candidate.entry === entry);
  return { entry, description: route?.summary ?? entry };
}
