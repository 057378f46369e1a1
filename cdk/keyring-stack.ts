import { Annotations, CfnOutput, Stack } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import cdkJson from '../cdk.json' with { type: 'json' };
import type { SharedEnvironment } from '../functions/environment.ts';
import type { Route } from '../functions/route.ts';
import { routes } from '../functions/routes.ts';
import { documents } from '../shared/platform/documents.ts';
import type { Config } from './config.ts';
import { stageTag } from './config-schema.ts';
import { acknowledge } from './constructs/acknowledge.ts';
import { Admin } from './constructs/admin.ts';
import { Alarms } from './constructs/alarms.ts';
import { Canary } from './constructs/canary.ts';
import { Credentials } from './constructs/credentials.ts';
import { Followers } from './constructs/followers.ts';
import { Functions } from './constructs/functions.ts';
import { KeyringApi } from './constructs/keyring-api.ts';
import { Monitoring } from './constructs/monitoring.ts';
import { Pushes } from './constructs/pushes.ts';
import { storageOf, type Storage } from './constructs/storage.ts';

/**
 * The whole service in one stack, `wechat-keyring-<stage>`: tables, functions, HTTP API, schedules. The operator's
 * command line finds it by that name, whatever its id in the app is.
 */
export class KeyringStack extends Stack {
  /** Where callers find the API, without a slash at the end. */
  readonly apiUrl: string;
  /** Says which account needs a person. Subscribe to it. */
  readonly alarmTopic: ITopic;
  /** The operator's commands: whoever may invoke it may administer. */
  readonly adminFunction: IFunction;

  /** @param config the region and the account become the stack's environment */
  constructor(scope: Construct, id: string, config: Config) {
    const stackName = `wechat-keyring-${config.stage}`;
    super(scope, id, {
      stackName,
      description: 'WeChat Keyring: Official Account credentials, followers, avatars and web login.',
      env: {
        region: config.region,
        ...(config.account !== undefined && { account: config.account }),
      },
      tags: { [stageTag]: config.stage, ...config.tags },
      terminationProtection: config.terminationProtection,
    });
    this.#keepFlags();
    const watched = config.monitoring === 'full';

    const storage = storageOf(this, config);
    const alarms = new Alarms(this, 'Alarms', { email: config.alarmEmail, fromCloudWatch: watched });
    const api = new KeyringApi(this, 'Http', { ...config, name: stackName });
    const functions = new Functions(this, {
      storage,
      architecture: config.architecture,
      tracing: config.tracing,
      environment: environmentOf(config, storage, api),
    });

    const credentials = new Credentials(this, functions, { config, alarms });
    const followers = new Followers(this, functions, credentials, config);
    const pushes = new Pushes(this, functions, followers, config);
    const admin = new Admin(functions, followers);
    // Logging in, and what is open to anyone, take no more than every function has.
    functions.addRest('oauth', 'users', 'access', 'open', ...(config.dropIn ? ['dropin'] : []));
    const served = Object.values<Route>(routes).filter(({ access }) => config.dropIn || access.who !== 'sdk');
    api.connect(served, (entry) => functions.live(entry), functions.live('access/authorize-key'));
    const monitoring = watched
      ? new Monitoring(this, 'Monitoring', { config, alarms, api, credentials, followers, pushes })
      : undefined;

    if (monitoring && config.canary) {
      new Canary(this, 'Canary', { aliases: functions.allLive, alarms: monitoring.ofApi });
    }

    this.apiUrl = api.publicUrl;
    this.alarmTopic = alarms.topic;
    this.adminFunction = admin.fn;
    this.#explain(config);
    this.#output({
      ApiUrl: [api.publicUrl, 'Where callers find the API.'],
      AdminFunctionName: [admin.fn.functionName, "The operator's commands."],
      RefreshFunctionName: [credentials.refresh.functionName, 'Refreshes credentials.'],
      ScheduleGroupName: [credentials.schedules.group.scheduleGroupName, 'Holds the booked refreshes.'],
      PushDeadLettersUrl: [pushes.queue.deadLetters.queueUrl, 'Where pushes end that could not be handled.'],
      DetailsDeadLettersUrl: [
        followers.details.deadLetters.queueUrl,
        'Where messages about details of followers end that could not be handled.',
      ],
      AlarmTopicArn: [alarms.topic.topicArn, 'Says which account needs a person. Subscribe to it.'],
      EgressAddress: [credentials.egressAddress, "Put it on the IP allow-list in each account's console."],
      DomainTarget: [api.domainTarget, 'What the DNS record of the domain must point to.'],
      DashboardName: [monitoring?.dashboard.dashboardName, 'In CloudWatch: how the service is.'],
    });
  }

  /**
   * Settles what the CDK asks of its feature flags, as cdk.json has them, so that the template is the same in every app:
   * some of them change the names of what holds state.
   */
  #keepFlags(): void {
    for (const [key, value] of Object.entries(cdkJson.context)) {
      if (key.startsWith('@aws-cdk')) this.node.setContext(key, value);
    }
  }

  /** What the template checks and the deployer are told. */
  #explain({ region, tracing }: Config): void {
    if (!tracing) {
      acknowledge(
        this,
        'Serverless-LambdaTracing',
        'The log has each call to WeChat and each request, under one id; X-Ray is for the deployer to ask for.',
      );
    }
    if (!region.startsWith('cn-')) return;
    Annotations.of(this).addInfo(
      `API Gateway in the China regions serves this API only in an AWS account with an ICP filing, and a domain needs one, too: ${documents}/deploy.md.`,
    );
  }

  /** What a deployment prints: values that there are, each with a description. */
  #output(
    outputs: Readonly<Record<string, readonly [value: string | undefined, description: string]>>,
  ): void {
    for (const [name, [value, description]] of Object.entries(outputs)) {
      if (value !== undefined) new CfnOutput(this, name, { value, description });
    }
  }
}

/** What all functions are told. */
function environmentOf(
  config: Config,
  { tables, dataKey, secretPrefix }: Storage,
  api: KeyringApi,
): SharedEnvironment {
  return {
    KEYRING_CREDENTIALS_TABLE: tables.credentials.tableName,
    KEYRING_USERS_TABLE: tables.users.tableName,
    KEYRING_FOLLOWERS_TABLE: tables.followers.tableName,
    KEYRING_DATA_KEY: dataKey.keyArn,
    KEYRING_SECRET_PREFIX: secretPrefix,
    KEYRING_PUBLIC_URL: api.publicUrl,
    KEYRING_WECHAT_API_URL: config.wechatApiUrl,
    KEYRING_WECHAT_OPEN_URL: config.wechatOpenUrl,
    KEYRING_METRICS_STAGE: config.monitoring === 'full' ? config.stage : undefined,
  };
}
