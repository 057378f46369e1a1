import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { routes } from '../functions/routes.ts';
import { stateAttributes } from '../shared/credentials/credential.ts';
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

const tableReads = ['GetItem', 'BatchGetItem', 'Query', 'Scan'] as const;
const tableWrites = ['PutItem', 'UpdateItem', 'DeleteItem'] as const;
const tableActionNames = [...tableReads, ...tableWrites] as const;
type TableAction = (typeof tableActionNames)[number];

/**
 * What a function may do in a table, and on which items: those whose partition key is like one of the patterns, in
 * which `*` stands for any text and `?` for one character. A Scan has no partition to be held to.
 */
type TableGrant = Readonly<Partial<Record<TableAction, 'any' | readonly string[]>>>;

/** In Credentials, under its appid: an account's token and tickets. */
const tokens = 'wx*';
/** In Credentials: how often accounts called WeChat. */
const usage = 'usage#*';
/** In Users. */
const grants = 'wx*#*';
const sessions = 'session#*';
const logins = 'state#*';
/** In Followers, in shards with one digit. */
const people = 'wx*#?';
/** In Followers: the checkpoint and the counts of an account's mirror. */
const mirrors = 'wx*#sync';

const appId = `wx${'?'.repeat(16)}`;

/**
 * The secrets below the deployment's prefix, by the end of their ARN. Secrets Manager puts a hyphen and six characters
 * of its own behind a name, but authorizes requests about a secret that does not exist by the bare name: functions to
 * which that happens need the answer that there is none, and have a `*` for both.
 */
const secretPatterns = {
  /** The AppSecret of an account, or the API key it is borrowed with. */
  appSecrets: `${appId}-??????`,
  /** What an account's pushes are signed and encrypted with. */
  pushSecrets: `${appId}/push*`,
  /** Both. */
  accountSecrets: `${appId}*`,
  proxySecret: 'egress-proxy-??????',
} as const;

/** What one Lambda may do, apart from writing to its own log group. */
export interface Permissions {
  readonly credentials?: TableGrant;
  /** May read of every account's token and tickets how their last refresh went, and no value. */
  readonly credentialStates?: true;
  readonly users?: TableGrant;
  readonly followers?: TableGrant;
  /** May query the indexes of Followers, too. */
  readonly followerIndexes?: true;
  readonly secrets?: Readonly<
    Partial<
      Record<
        keyof typeof secretPatterns,
        readonly ('GetSecretValue' | 'CreateSecret' | 'PutSecretValue' | 'DeleteSecret' | 'RestoreSecret')[]
      >
    >
  >;
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

/** Where an account is found by its appid or an alias. */
const directory = ['accounts', 'aliases'] as const;

/** Learns which account is meant, and can read no token. */
const findsAccount = { credentials: { GetItem: directory } } as const satisfies Permissions;

const readsCredential = {
  credentials: { GetItem: [...directory, tokens] },
  invokesRefresh: true,
} as const satisfies Permissions;

/** Calls WeChat with the token, and counts its calls. */
const asksWeChat = {
  credentials: { GetItem: [...directory, tokens, usage], UpdateItem: [usage] },
  invokesRefresh: true,
} as const satisfies Permissions;

/** The last use of a session is noted once an hour. */
const checksSession = {
  users: { GetItem: [grants, sessions], UpdateItem: [sessions] },
} as const satisfies Permissions;

/** The one place that says what each Lambda may do. A new route does not compile before it has a row here. */
export const permissions: Readonly<Record<Entry, Permissions>> = {
  'credentials/refresh-credentials': {
    credentials: {
      GetItem: ['accounts', tokens, usage],
      Query: ['accounts'],
      UpdateItem: [tokens, usage],
    },
    secrets: { appSecrets: ['GetSecretValue'], proxySecret: ['GetSecretValue'] },
    schedules: true,
    alarms: true,
  },
  'access/authorize-key': { credentials: { GetItem: ['api-keys'] } },
  'admin/admin': {
    // It forgets tokens and cannot plant one, and leaves data keys alone that have sealed something.
    credentials: {
      GetItem: 'any',
      Query: 'any',
      PutItem: [...directory, 'api-keys', 'data-keys', 'domain-files'],
      UpdateItem: ['accounts', usage],
      DeleteItem: [...directory, 'api-keys', 'domain-files', tokens, usage],
    },
    users: { GetItem: [grants, sessions], DeleteItem: [grants, sessions], Scan: 'any' },
    // Reads and erases people; UpdateItem begins, pauses and resumes syncs, and notes accounts that are removed.
    followers: {
      GetItem: 'any',
      Query: 'any',
      UpdateItem: [mirrors, 'removals'],
      DeleteItem: [people, mirrors],
    },
    detailsQueue: 'watches',
    invokesSync: true,
    secrets: { accountSecrets: ['CreateSecret', 'PutSecretValue', 'DeleteSecret', 'RestoreSecret'] },
    // Makes data keys; that it cannot open one is why Decrypt is missing.
    dataKey: ['GenerateDataKey'],
    invokesRefresh: true,
  },
  'credentials/get-token': readsCredential,
  'credentials/report-token': asksWeChat,
  'credentials/get-ticket': readsCredential,
  'credentials/get-jssdk-config': readsCredential,
  'usage/get-usage': { credentials: { GetItem: [...directory, usage] } },
  'followers/list-followers': {
    ...asksWeChat,
    followers: { GetItem: 'any', Query: 'any' },
    followerIndexes: true,
  },
  'followers/count-followers': { ...findsAccount, followers: { GetItem: [mirrors] } },
  'followers/get-follower': { ...asksWeChat, followers: { GetItem: 'any' } },
  'followers/lookup-followers': { ...asksWeChat, followers: { GetItem: 'any', BatchGetItem: 'any' } },
  'followers/list-avatars': {
    ...asksWeChat,
    ...checksSession,
    followers: { GetItem: 'any', BatchGetItem: 'any' },
    followerIndexes: true,
  },
  'followers/get-placeholder': {},
  'oauth/authorize': { ...findsAccount, users: { PutItem: [logins] } },
  'oauth/callback': {
    credentials: { GetItem: [...directory, 'data-keys'], PutItem: ['data-keys'] },
    users: { GetItem: [grants, logins, sessions], PutItem: [sessions], UpdateItem: [grants, logins] },
    followers: { UpdateItem: [people] },
    secrets: { appSecrets: ['GetSecretValue'] },
    dataKey: ['GenerateDataKey', 'Decrypt'],
  },
  'oauth/logout': {
    ...findsAccount,
    users: { GetItem: [grants, sessions], UpdateItem: [grants, sessions], DeleteItem: [sessions] },
  },
  'users/get-me': { ...findsAccount, ...checksSession },
  'users/delete-me': {
    ...findsAccount,
    users: { ...checksSession.users, DeleteItem: [grants, sessions] },
    followers: { GetItem: [people], DeleteItem: [people] },
  },
  'users/get-user': {
    credentials: { GetItem: [...directory, 'data-keys'] },
    users: { GetItem: [grants], UpdateItem: [grants], DeleteItem: [grants] },
    followers: { UpdateItem: [people] },
    dataKey: ['Decrypt'],
  },
  'events/check-url': { ...findsAccount, secrets: { pushSecrets: ['GetSecretValue'] } },
  'events/receive-event': {
    ...findsAccount,
    users: { PutItem: ['push-signature#*'] },
    secrets: { pushSecrets: ['GetSecretValue'] },
    pushQueue: 'sends',
  },
  'events/handle-events': {
    ...findsAccount,
    users: {
      GetItem: [grants],
      PutItem: ['push#*'],
      UpdateItem: [grants],
      DeleteItem: [grants, sessions],
    },
    followers: { GetItem: [people], UpdateItem: [people, mirrors], DeleteItem: [people] },
    detailsQueue: 'sends',
    pushQueue: 'receives',
    eventBus: true,
  },
  'followers/sync-followers': {
    credentials: { GetItem: ['accounts', tokens, usage], Query: ['accounts'], UpdateItem: [usage] },
    followers: { GetItem: 'any', Query: 'any', PutItem: 'any', UpdateItem: 'any', DeleteItem: 'any' },
    detailsQueue: 'feeds',
    invokesRefresh: true,
  },
  'followers/fetch-details': {
    ...asksWeChat,
    followers: {
      GetItem: 'any',
      BatchGetItem: 'any',
      PutItem: [mirrors],
      UpdateItem: [people, mirrors],
    },
    detailsQueue: 'receives',
  },
  'open/health': { credentials: { Query: ['accounts'] }, credentialStates: true },
  'open/domain-file': { credentials: { GetItem: ['domain-files'] } },
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

type Conditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/**
 * DynamoDB uses the tables' key in the name of whoever calls it.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
 */
function tablesKeyStatement(key: IKey, actions: readonly TableAction[]): PolicyStatement {
  const region = Stack.of(key).region;
  const suffix = RegionInfo.get(region).domainSuffix ?? 'amazonaws.com';
  const write = tableWrites.some((action) => actions.includes(action));
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

/** Holds a statement to items with partition keys like these. */
function onlyPartitions(patterns: readonly string[]): Conditions {
  const operator = patterns.some((pattern) => /[*?]/.test(pattern)) ? 'StringLike' : 'StringEquals';
  return {
    [`ForAllValues:${operator}`]: { 'dynamodb:LeadingKeys': patterns },
    // ForAllValues alone is also true of a request that names no key at all.
    Null: { 'dynamodb:LeadingKeys': 'false' },
  };
}

/**
 * Holds reads of tokens and tickets to attributes without a value, which a request has to name: one for all attributes
 * has another `Select`.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
const onlyStates: Conditions = {
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [tokens] },
  'ForAllValues:StringEquals': { 'dynamodb:Attributes': ['appId', 'kind', ...stateAttributes] },
  StringEqualsIfExists: { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' },
  Null: { 'dynamodb:LeadingKeys': 'false', 'dynamodb:Attributes': 'false' },
};

/** The IAM statements for one row of {@link permissions}. */
export function statementsFor(granted: Permissions, on: Resources): PolicyStatement[] {
  const statements: PolicyStatement[] = [];
  const allow = (service: string, actions: readonly string[], resource: string, conditions?: Conditions) => {
    statements.push(
      new PolicyStatement({
        actions: actions.map((action) => `${service}:${action}`),
        resources: [resource],
        ...(conditions === undefined ? {} : { conditions }),
      }),
    );
  };
  const stack = Stack.of(on.credentials);

  const tableActions: TableAction[] = [];
  for (const name of ['credentials', 'users', 'followers'] as const) {
    const { tableArn } = on[name];
    for (const action of tableActionNames) {
      const partitions = granted[name]?.[action];
      if (partitions === undefined) continue;
      tableActions.push(action);
      allow('dynamodb', [action], tableArn, partitions === 'any' ? undefined : onlyPartitions(partitions));
    }
  }
  if (granted.credentialStates) {
    tableActions.push('GetItem');
    allow('dynamodb', ['GetItem'], on.credentials.tableArn, onlyStates);
  }
  if (granted.followerIndexes) allow('dynamodb', ['Query'], `${on.followers.tableArn}/index/*`);
  if (on.tablesKey && tableActions.length > 0) {
    statements.push(tablesKeyStatement(on.tablesKey, tableActions));
  }
  for (const [arn, actions] of secretsOf(stack, on.secretPrefix, granted)) {
    allow('secretsmanager', actions, arn);
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

/** The secrets that a function may use, as ARNs with wildcards, for accounts are registered at run time; and how. */
export function secretsOf(
  stack: Stack,
  secretPrefix: string,
  { secrets = {} }: Permissions,
): [string, readonly string[]][] {
  return Object.entries(secretPatterns).flatMap(([name, pattern]) => {
    const actions = secrets[name as keyof typeof secretPatterns];
    if (actions === undefined) return [];
    const resourceName = secretPrefix + pattern;
    const arnFormat = ArnFormat.COLON_RESOURCE_NAME;
    const arn = stack.formatArn({ service: 'secretsmanager', resource: 'secret', resourceName, arnFormat });
    return [[arn, actions]];
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
