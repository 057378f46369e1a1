import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { secretPatterns, tableWrites, tokens, type Permissions } from '../functions/permissions.ts';
import { stateAttributes } from '../shared/credentials/credential.ts';
import { grantKeys, signingKeys, type KeyUse } from '../shared/users/data-keys.ts';
import type { Alarms } from './constructs/alarms.ts';
import type { RefreshSchedules } from './constructs/refresh-schedules.ts';
import type { Storage } from './constructs/storage.ts';
import type { Tables } from './constructs/tables.ts';
import type { WorkQueue } from './constructs/work-queue.ts';

/** What permissions are about, beside what is stored. A function is given what its own are about. */
export interface Given {
  readonly refresh?: IFunction | undefined;
  readonly sync?: IFunction;
  readonly schedules?: RefreshSchedules;
  readonly alarms?: Alarms;
  readonly pushes?: WorkQueue;
  readonly details?: WorkQueue;
  /** Without it pushes are not passed on, and nobody may. */
  readonly eventBusArn?: string | undefined;
}

type Conditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/**
 * DynamoDB uses the tables' key in the name of whoever calls it.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
 */
function tablesKeyStatement(key: IKey, writes: boolean): PolicyStatement {
  return new PolicyStatement({
    actions: [
      'kms:Decrypt',
      'kms:DescribeKey',
      ...(writes
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
    conditions: onlyVia('dynamodb', key),
  });
}

/** Holds the use of a key to what a service asks for in the caller's name. */
function onlyVia(service: string, key: IKey): Conditions {
  const { region } = Stack.of(key);
  const suffix = RegionInfo.get(region).domainSuffix ?? 'amazonaws.com';
  // Nothing documents which ending the China regions send here, so both are allowed there.
  const endings = [...new Set(['amazonaws.com', suffix])];
  return { StringEquals: { 'kms:ViaService': endings.map((end) => `${service}.${region}.${end}`) } };
}

/**
 * Holds the data key to what shared/users/data-keys.ts wraps with it: keys for one use, of this deployment. What was
 * wrapped before deployments were named there can still be unwrapped.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-encryption-context
 */
function dataKeyStatements(
  actions: NonNullable<Permissions['dataKey']> = [],
  use: KeyUse,
  storage: Storage,
): PolicyStatement[] {
  const purpose = { 'kms:EncryptionContext:purpose': use.purpose };
  const deployment = { 'kms:EncryptionContext:deployment': storage.secretPrefix };
  const conditions: Record<(typeof actions)[number], Conditions> = {
    GenerateDataKey: { StringEquals: { ...purpose, ...deployment } },
    Decrypt: { StringEquals: purpose, StringEqualsIfExists: deployment },
  };
  return actions.map((action) => allow('kms', [action], storage.dataKey.keyArn, conditions[action]));
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

/**
 * The IAM statements for what functions/manifest.ts says that a function may do.
 *
 * @throws Error where a permission is about something that is not given
 */
export function statementsFor(granted: Permissions, storage: Storage, given: Given): PolicyStatement[] {
  return [
    ...storageStatements(granted, storage),
    ...queueStatements(granted, given),
    ...(granted.invokesSync ? [invoke(required(given, 'sync'))] : []),
    ...(granted.eventBus && given.eventBusArn !== undefined
      ? [allow('events', ['PutEvents'], given.eventBusArn)]
      : []),
    ...dataKeyStatements(granted.dataKey, grantKeys, storage),
    ...dataKeyStatements(granted.signingKey, signingKeys, storage),
    ...(granted.invokesRefresh ? [invoke(required(given, 'refresh'))] : []),
    ...(granted.alarms ? alarmStatements(required(given, 'alarms')) : []),
    ...(granted.schedules ? scheduleStatements(required(given, 'schedules')) : []),
  ];
}

function required<Name extends keyof Given>(given: Given, name: Name): NonNullable<Given[Name]> {
  const found = given[name];
  if (!found) throw new Error(`A function is to use "${name}", and the stack does not give it that.`);
  return found;
}

function allow(
  service: string,
  actions: readonly string[],
  resource: string,
  conditions?: Conditions,
): PolicyStatement {
  return new PolicyStatement({
    actions: actions.map((action) => `${service}:${action}`),
    resources: [resource],
    ...(conditions === undefined ? {} : { conditions }),
  });
}

/** Tables with their key, and secrets. */
function storageStatements(granted: Permissions, { tables, secretPrefix }: Storage): PolicyStatement[] {
  const onTables = (['credentials', 'users', 'followers'] as const).flatMap((name) =>
    Object.entries(granted[name] ?? {}).map(([action, partitions]) =>
      allow(
        'dynamodb',
        [action],
        tables[name].tableArn,
        partitions === 'any' ? undefined : onlyPartitions(partitions),
      ),
    ),
  );
  if (granted.credentialStates) {
    onTables.push(allow('dynamodb', ['GetItem'], tables.credentials.tableArn, onlyStates));
  }
  if (granted.followerIndexes) {
    onTables.push(allow('dynamodb', ['Query'], followerIndexesArn(tables)));
  }
  const onSecrets = secretsOf(Stack.of(tables), secretPrefix, granted);
  return [
    ...onTables,
    ...(tables.key && onTables.length > 0 ? [tablesKeyStatement(tables.key, writesTables(granted))] : []),
    ...onSecrets.map(([arn, actions]) => allow('secretsmanager', actions, arn)),
  ];
}

const queueActions = {
  sends: ['SendMessage'],
  feeds: ['SendMessage', 'GetQueueAttributes'],
  receives: ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'],
  watches: ['GetQueueAttributes'],
};

function queueStatements({ pushQueue, detailsQueue }: Permissions, given: Given): PolicyStatement[] {
  const statements: PolicyStatement[] = [];
  if (pushQueue !== undefined) {
    statements.push(allow('sqs', queueActions[pushQueue], required(given, 'pushes').queue.queueArn));
  }
  if (detailsQueue !== undefined) {
    const { queue, deadLetters } = required(given, 'details');
    for (const { queueArn } of detailsQueue === 'watches' ? [queue, deadLetters] : [queue]) {
      statements.push(allow('sqs', queueActions[detailsQueue], queueArn));
    }
  }
  return statements;
}

function invoke({ functionArn }: IFunction): PolicyStatement {
  return allow('lambda', ['InvokeFunction'], functionArn);
}

function alarmStatements({ topic, key }: Alarms): PolicyStatement[] {
  return [
    allow('sns', ['Publish'], topic.topicArn),
    ...(key ? [allow('kms', ['Decrypt', 'GenerateDataKey'], key.keyArn, onlyVia('sns', key))] : []),
  ];
}

function scheduleStatements({ group, role, deadLetters }: RefreshSchedules): PolicyStatement[] {
  return [
    allow('scheduler', ['CreateSchedule'], schedulesArn(group)),
    allow('iam', ['PassRole'], role.roleArn, {
      StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
    }),
    allow('sqs', ['SendMessage'], deadLetters.queueArn),
  ];
}

/** The indexes of the table Followers. */
export function followerIndexesArn({ followers }: Tables): string {
  return `${followers.tableArn}/index/*`;
}

function writesTables({ credentials, users, followers }: Permissions): boolean {
  return [credentials, users, followers].some((grant) => tableWrites.some((action) => grant?.[action]));
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
export function schedulesArn(group: IScheduleGroup): string {
  return Stack.of(group).formatArn({
    service: 'scheduler',
    resource: 'schedule',
    resourceName: `${group.scheduleGroupName}/*`,
  });
}
