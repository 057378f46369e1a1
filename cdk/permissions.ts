import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { routes } from '../functions/routes.ts';
import type { AnyTable } from './constructs/tables.ts';

/** The Lambdas that answer no route. */
const unroutedEntries = [
  'credentials/refresh-credentials',
  'access/authorize-key',
  'admin/admin',
  'events/handle-events',
  'followers/sync-followers',
  'followers/fetch-details',
] as const;

/** Every Lambda, as the path of its source below `functions/` without its ending. */
export type Entry = (typeof routes)[keyof typeof routes]['entry'] | (typeof unroutedEntries)[number];

/** Every entry once, in a stable order. */
export const entries: readonly Entry[] = [
  ...new Set<Entry>([...Object.values(routes).map((route) => route.entry), ...unroutedEntries]),
];

type TableRead = 'GetItem' | 'BatchGetItem' | 'Query' | 'Scan';
type TableWrite = 'PutItem' | 'UpdateItem' | 'DeleteItem';
type TableAction = TableRead | TableWrite;

/** What one Lambda may do, apart from writing to its own log group. */
export interface Permissions {
  readonly credentials?: readonly TableAction[];
  /** Only items of Credentials with these partition keys, which are none of an account's tokens. */
  readonly credentialsPartitions?: readonly string[];
  readonly users?: readonly TableAction[];
  /** Only items of Users whose partition key is like one of these. */
  readonly usersPartitions?: readonly string[];
  readonly followers?: readonly TableAction[];
  /** May query the indexes of Followers, too. */
  readonly followerIndexes?: true;
  /** On the secrets below the deployment's prefix. */
  readonly secrets?: readonly (
    'GetSecretValue' | 'CreateSecret' | 'PutSecretValue' | 'DeleteSecret' | 'RestoreSecret'
  )[];
  /** May read what accounts sign and encrypt pushes with, and no AppSecret. */
  readonly pushSecrets?: true;
  /** May hand pushes over, or take them. */
  readonly pushQueue?: 'sends' | 'receives';
  /** May hand people over whose details are to be fetched, take them, or see how many wait and how many failed. */
  readonly detailsQueue?: 'sends' | 'feeds' | 'receives' | 'watches';
  /** May invoke sync-followers. */
  readonly invokesSync?: true;
  /** May put events on the deployer's bus, where there is one. */
  readonly eventBus?: true;
  /** On the KMS key that wraps the keys which encrypt grants. */
  readonly dataKey?: readonly ('GenerateDataKey' | 'Decrypt')[];
  /** May invoke refresh-credentials. */
  readonly invokesRefresh?: true;
  /** May book its own next run in the schedule group, and leave what failed in the dead-letter queue. */
  readonly schedules?: true;
  /** May tell people that an account needs one. */
  readonly alarms?: true;
}

const readsCredential = { credentials: ['GetItem'], invokesRefresh: true } as const satisfies Permissions;

/** Learns which account is meant, and can read no token. */
const findsAccount = {
  credentials: ['GetItem'],
  credentialsPartitions: ['accounts', 'aliases'],
} as const satisfies Permissions;

/** UpdateItem writes the usage ledger. */
const asksWeChat = {
  credentials: ['GetItem', 'UpdateItem'],
  invokesRefresh: true,
} as const satisfies Permissions;

/** The one place that says what each Lambda may do. A new route does not compile before it has a row here. */
export const permissions: Readonly<Record<Entry, Permissions>> = {
  'credentials/refresh-credentials': {
    credentials: ['GetItem', 'Query', 'UpdateItem'],
    secrets: ['GetSecretValue'],
    schedules: true,
    alarms: true,
  },
  'access/authorize-key': { credentials: ['GetItem'], credentialsPartitions: ['api-keys'] },
  'admin/admin': {
    credentials: ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'],
    users: ['GetItem', 'DeleteItem', 'Scan'],
    // Reads and erases people; UpdateItem begins, pauses and resumes syncs.
    followers: ['GetItem', 'Query', 'UpdateItem', 'DeleteItem'],
    detailsQueue: 'watches',
    invokesSync: true,
    secrets: ['CreateSecret', 'PutSecretValue', 'DeleteSecret', 'RestoreSecret'],
    // Makes data keys; that it cannot open one is why Decrypt is missing.
    dataKey: ['GenerateDataKey'],
    invokesRefresh: true,
  },
  'credentials/get-token': readsCredential,
  'credentials/report-token': { ...readsCredential, credentials: ['GetItem', 'UpdateItem'] },
  'credentials/get-ticket': readsCredential,
  'credentials/get-jssdk-config': readsCredential,
  'usage/get-usage': { credentials: ['GetItem'] },
  'followers/list-followers': { ...asksWeChat, followers: ['GetItem', 'Query'], followerIndexes: true },
  'followers/count-followers': { ...findsAccount, followers: ['GetItem'] },
  'followers/get-follower': { ...asksWeChat, followers: ['GetItem'] },
  'followers/lookup-followers': { ...asksWeChat, followers: ['GetItem', 'BatchGetItem'] },
  // The last use of a session is noted once an hour.
  'followers/list-avatars': {
    ...asksWeChat,
    users: ['GetItem', 'UpdateItem'],
    followers: ['GetItem', 'BatchGetItem'],
    followerIndexes: true,
  },
  'followers/get-placeholder': {},
  'oauth/authorize': { ...findsAccount, users: ['PutItem'], usersPartitions: ['state#*'] },
  'oauth/callback': {
    credentials: ['GetItem', 'PutItem'],
    credentialsPartitions: [...findsAccount.credentialsPartitions, 'data-keys'],
    users: ['GetItem', 'PutItem', 'UpdateItem'],
    followers: ['UpdateItem'],
    secrets: ['GetSecretValue'],
    dataKey: ['GenerateDataKey', 'Decrypt'],
  },
  'oauth/logout': { ...findsAccount, users: ['GetItem', 'UpdateItem', 'DeleteItem'] },
  'users/get-me': { ...findsAccount, users: ['GetItem', 'UpdateItem'] },
  'users/delete-me': {
    ...findsAccount,
    users: ['GetItem', 'UpdateItem', 'DeleteItem'],
    followers: ['GetItem', 'DeleteItem'],
  },
  'users/get-user': {
    credentials: ['GetItem'],
    credentialsPartitions: [...findsAccount.credentialsPartitions, 'data-keys'],
    users: ['GetItem', 'UpdateItem', 'DeleteItem'],
    followers: ['UpdateItem'],
    dataKey: ['Decrypt'],
  },
  'events/check-url': { ...findsAccount, pushSecrets: true },
  'events/receive-event': {
    ...findsAccount,
    users: ['PutItem'],
    usersPartitions: ['push-signature#*'],
    pushSecrets: true,
    pushQueue: 'sends',
  },
  'events/handle-events': {
    ...findsAccount,
    users: ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'],
    followers: ['GetItem', 'UpdateItem', 'DeleteItem'],
    detailsQueue: 'sends',
    pushQueue: 'receives',
    eventBus: true,
  },
  'followers/sync-followers': {
    credentials: ['GetItem', 'Query', 'UpdateItem'],
    followers: ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'],
    detailsQueue: 'feeds',
    invokesRefresh: true,
  },
  'followers/fetch-details': {
    credentials: ['GetItem', 'UpdateItem'],
    followers: ['GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem'],
    detailsQueue: 'receives',
    invokesRefresh: true,
  },
  'open/health': { credentials: ['GetItem', 'Query'] },
  'open/domain-file': { credentials: ['GetItem'], credentialsPartitions: ['domain-files'] },
};

/** What the permissions are about. */
export interface Resources {
  readonly credentials: AnyTable;
  readonly users: AnyTable;
  readonly followers: AnyTable;
  /** `undefined` when a key that AWS owns encrypts the tables: that one needs no permission. */
  readonly tablesKey: IKey | undefined;
  readonly dataKey: IKey;
  readonly secretPrefix: string;
  /** `undefined` while refresh-credentials itself is being made. */
  readonly refreshFunctionArn: string | undefined;
  readonly scheduleGroup: IScheduleGroup;
  readonly scheduleRole: IRole;
  readonly deadLetters: IQueue;
  readonly alarmTopic: ITopic;
  /** `undefined` where AWS's own key encrypts the topic: that one needs no permission. */
  readonly alarmKey: IKey | undefined;
  readonly pushQueue: IQueue;
  readonly detailsQueue: IQueue;
  readonly detailsDeadLetters: IQueue;
  /** `undefined` while sync-followers itself is being made. */
  readonly syncFunctionArn: string | undefined;
  /** `undefined` where pushes are not passed on. */
  readonly eventBusArn: string | undefined;
}

const writes: readonly TableAction[] = ['PutItem', 'UpdateItem', 'DeleteItem'] satisfies TableWrite[];

/**
 * DynamoDB uses the tables' key in the name of whoever calls it.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
 */
function tablesKeyStatement(key: IKey, actions: readonly TableAction[]): PolicyStatement {
  const region = Stack.of(key).region;
  const suffix = RegionInfo.get(region).domainSuffix ?? 'amazonaws.com';
  const write = actions.some((action) => writes.includes(action));
  return new PolicyStatement({
    actions: [
      'kms:Decrypt',
      'kms:DescribeKey',
      ...(write
        ? [
            'kms:Encrypt',
            'kms:GenerateDataKey',
            'kms:GenerateDataKeyWithoutPlaintext',
            'kms:ReEncryptFrom',
            'kms:ReEncryptTo',
          ]
        : []),
    ],
    resources: [key.keyArn],
    conditions: {
      // Nothing documents which ending the China regions send here, so both are allowed there.
      StringEquals: {
        'kms:ViaService': [...new Set(['amazonaws.com', suffix])].map((end) => `dynamodb.${region}.${end}`),
      },
    },
  });
}

/** Holds a statement to items with these partition keys. */
function onlyPartitions(
  operator: 'StringEquals' | 'StringLike',
  keys: readonly string[] | undefined,
): Record<string, unknown> | undefined {
  if (keys === undefined) return undefined;
  return {
    [`ForAllValues:${operator}`]: { 'dynamodb:LeadingKeys': keys },
    // ForAllValues alone is also true of a request that names no key at all.
    Null: { 'dynamodb:LeadingKeys': 'false' },
  };
}

/** The IAM statements for one row of {@link permissions}. */
export function statementsFor(granted: Permissions, on: Resources): PolicyStatement[] {
  const statements: PolicyStatement[] = [];
  const allow = (
    service: string,
    actions: readonly string[],
    resource: string,
    conditions?: Record<string, unknown>,
  ) => {
    statements.push(
      new PolicyStatement({
        actions: actions.map((action) => `${service}:${action}`),
        resources: [resource],
        ...(conditions === undefined ? {} : { conditions }),
      }),
    );
  };
  const stack = Stack.of(on.credentials);

  if (granted.credentials) {
    const { credentials, credentialsPartitions } = granted;
    allow(
      'dynamodb',
      credentials,
      on.credentials.tableArn,
      onlyPartitions('StringEquals', credentialsPartitions),
    );
  }
  if (granted.users) {
    const { users, usersPartitions } = granted;
    allow('dynamodb', users, on.users.tableArn, onlyPartitions('StringLike', usersPartitions));
  }
  if (granted.followers) allow('dynamodb', granted.followers, on.followers.tableArn);
  if (granted.followerIndexes) allow('dynamodb', ['Query'], `${on.followers.tableArn}/index/*`);
  const tableActions = [granted.credentials, granted.users, granted.followers].flatMap((list) => list ?? []);
  if (on.tablesKey && tableActions.length > 0) {
    statements.push(tablesKeyStatement(on.tablesKey, tableActions));
  }
  if (granted.secrets) allow('secretsmanager', granted.secrets, secretsArn(stack, on.secretPrefix));
  if (granted.pushSecrets) {
    allow('secretsmanager', ['GetSecretValue'], pushSecretsArn(stack, on.secretPrefix));
  }
  if (granted.pushQueue === 'sends') allow('sqs', ['SendMessage'], on.pushQueue.queueArn);
  if (granted.pushQueue === 'receives') {
    allow('sqs', ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'], on.pushQueue.queueArn);
  }
  if (granted.detailsQueue === 'sends') allow('sqs', ['SendMessage'], on.detailsQueue.queueArn);
  if (granted.detailsQueue === 'feeds') {
    allow('sqs', ['SendMessage', 'GetQueueAttributes'], on.detailsQueue.queueArn);
  }
  if (granted.detailsQueue === 'receives') {
    allow('sqs', ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'], on.detailsQueue.queueArn);
  }
  if (granted.detailsQueue === 'watches') {
    for (const { queueArn } of [on.detailsQueue, on.detailsDeadLetters]) {
      allow('sqs', ['GetQueueAttributes'], queueArn);
    }
  }
  if (granted.invokesSync && on.syncFunctionArn !== undefined) {
    allow('lambda', ['InvokeFunction'], on.syncFunctionArn);
  }
  if (granted.eventBus && on.eventBusArn !== undefined) allow('events', ['PutEvents'], on.eventBusArn);
  if (granted.dataKey) allow('kms', granted.dataKey, on.dataKey.keyArn);
  if (granted.invokesRefresh && on.refreshFunctionArn !== undefined) {
    allow('lambda', ['InvokeFunction'], on.refreshFunctionArn);
  }
  if (granted.alarms) {
    allow('sns', ['Publish'], on.alarmTopic.topicArn);
    if (on.alarmKey) allow('kms', ['Decrypt', 'GenerateDataKey'], on.alarmKey.keyArn);
  }
  if (granted.schedules) {
    allow('scheduler', ['CreateSchedule'], schedulesArn(stack, on.scheduleGroup));
    allow('iam', ['PassRole'], on.scheduleRole.roleArn, {
      StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
    });
    allow('sqs', ['SendMessage'], on.deadLetters.queueArn);
  }
  return statements;
}

/** The secrets of the accounts: made at run time, one per account, so only their prefix is known here. */
export function secretsArn(stack: Stack, secretPrefix: string): string {
  return secretArn(stack, `${secretPrefix}*`);
}

/** Those among them that pushes are signed and encrypted with. The AppSecrets are not. */
export function pushSecretsArn(stack: Stack, secretPrefix: string): string {
  return secretArn(stack, `${secretPrefix}*/push-??????`);
}

function secretArn(stack: Stack, resourceName: string): string {
  return stack.formatArn({
    service: 'secretsmanager',
    resource: 'secret',
    resourceName,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/** The schedules of the group: one-time ones, made at run time. */
export function schedulesArn(stack: Stack, group: IScheduleGroup): string {
  return stack.formatArn({
    service: 'scheduler',
    resource: 'schedule',
    resourceName: `${group.scheduleGroupName}/*`,
  });
}
