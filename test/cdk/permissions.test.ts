import type { DynamoDBClient, GetItemCommandInput } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { ApiKeys } from '../../shared/accounts/api-keys.ts';
import { Table } from '../../shared/platform/table.ts';
import { ofType, one, synthesize } from './kit.ts';
import type { Synthesized } from './kit.ts';

const list = z.union([z.string().transform((text) => [text]), z.array(z.unknown())]);
const policySchema = z.object({
  Roles: z.array(z.object({ Ref: z.string() })),
  PolicyDocument: z.object({
    Statement: z.array(
      z.object({
        Effect: z.literal('Allow'),
        Action: list,
        Resource: z.unknown(),
        Condition: z.unknown().optional(),
      }),
    ),
  }),
});
type Statement = z.infer<typeof policySchema>['PolicyDocument']['Statement'][number];

const names: readonly (readonly [RegExp, string])[] = [
  [/^TablesCredentials/, 'Credentials'],
  [/^TablesUsers/, 'Users'],
  [/^TablesFollowers.*\/index\/\*$/, 'Followers indexes'],
  [/^TablesFollowers/, 'Followers'],
  [/^TablesKey/, 'tables key'],
  [/^DataKey/, 'data key'],
  [/^RefreshCredentialsFunction/, 'refresh-credentials'],
  [/^SchedulesRole/, 'schedule role'],
  [/^SchedulesDeadLetters/, 'dead letters'],
  [/^EventsQueue/, 'push queue'],
  [/^SyncFollowersFunction/, 'sync-followers'],
  [/^DetailsQueue/, 'details queue'],
  [/^DetailsDeadLetters/, 'details dead letters'],
  [/^AlarmsTopicKey/, 'alarm key'],
  [/^AlarmsTopic/, 'alarm topic'],
  [/^HttpAccessLog/, 'access log'],
  [/Logs[0-9A-F]{8}$/, 'own log group'],
  [/:secret:wechat-keyring\/prod\/\*$/, 'secrets below the prefix'],
  [/:secret:wechat-keyring\/prod\/\*\/push-\?{6}$/, 'push secrets'],
  [/:event-bus\/pushes$/, 'event bus'],
  [/:schedule\/wechatkeyringprod-Schedules-Group-[0-9A-F]+\/\*$/, 'schedules of the group'],
];

/** A resource of a statement in words; throws on one that this test does not know. */
function inWords(resource: unknown): string {
  const text = flatten(resource);
  const found = names.find(([pattern]) => pattern.test(text));
  if (found === undefined) throw new Error(`unexpected resource in a policy: ${text}`);
  return found[1];
}

const reference = z.union([
  z.string(),
  z.object({ Ref: z.string() }).transform(({ Ref }) => Ref),
  z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }).transform((at) => at['Fn::GetAtt'][0]),
]);
const joined = z
  .object({ 'Fn::Join': z.tuple([z.literal(''), z.array(reference)]) })
  .transform((join) => join['Fn::Join'][1].join(''));

function flatten(resource: unknown): string {
  return z.union([reference, joined]).parse(resource);
}

function statementsOf(from: Synthesized, roleId: string): Statement[] {
  return ofType(from, 'AWS::IAM::Policy')
    .map(([, { Properties }]) => policySchema.parse(Properties))
    .filter(({ Roles }) => Roles.some(({ Ref }) => Ref === roleId))
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

/** `action on resource` for all that a role may do. */
function allowed(from: Synthesized, roleId: string): string[] {
  return statementsOf(from, roleId)
    .flatMap(({ Action, Resource }) =>
      (Array.isArray(Resource) ? Resource : [Resource]).flatMap((resource) =>
        Action.map((action) => `${String(action)} on ${inWords(resource)}`),
      ),
    )
    .toSorted();
}

function roleOf(from: Synthesized, functionName: string): string {
  return one(from, 'AWS::IAM::Role', `${functionName}Role`)[0];
}

function on(resource: string, service: string, ...actions: string[]): string[] {
  return actions.map((action) => `${service}:${action} on ${resource}`);
}
const logs = on('own log group', 'logs', 'CreateLogStream', 'PutLogEvents');
const readKey = on('tables key', 'kms', 'Decrypt', 'DescribeKey');
const writeKey = [
  ...readKey,
  ...on(
    'tables key',
    'kms',
    'Encrypt',
    'GenerateDataKey',
    'GenerateDataKeyWithoutPlaintext',
    'ReEncryptFrom',
    'ReEncryptTo',
  ),
];
const secrets = (...actions: string[]) => on('secrets below the prefix', 'secretsmanager', ...actions);
const invoke = on('refresh-credentials', 'lambda', 'InvokeFunction');
const wechatCaller = [
  ...logs,
  ...writeKey,
  ...invoke,
  ...on('Credentials', 'dynamodb', 'GetItem', 'UpdateItem'),
];
const readIndexes = on('Followers indexes', 'dynamodb', 'Query');
const credentialReader = [...logs, ...readKey, ...invoke, ...on('Credentials', 'dynamodb', 'GetItem')];

const expected: Readonly<Record<string, readonly string[]>> = {
  RefreshCredentials: [
    ...logs,
    ...writeKey,
    ...invoke,
    ...on('Credentials', 'dynamodb', 'GetItem', 'Query', 'UpdateItem'),
    ...secrets('GetSecretValue'),
    ...on('schedules of the group', 'scheduler', 'CreateSchedule'),
    ...on('schedule role', 'iam', 'PassRole'),
    ...on('dead letters', 'sqs', 'SendMessage'),
    ...on('alarm topic', 'sns', 'Publish'),
    ...on('alarm key', 'kms', 'Decrypt', 'GenerateDataKey'),
  ],
  AuthorizeKey: [...logs, ...readKey, ...on('Credentials', 'dynamodb', 'GetItem')],
  Admin: [
    ...logs,
    ...writeKey,
    ...invoke,
    ...on('Credentials', 'dynamodb', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'),
    ...on('Users', 'dynamodb', 'DeleteItem', 'GetItem', 'Scan'),
    ...on('Followers', 'dynamodb', 'DeleteItem', 'GetItem', 'Query', 'UpdateItem'),
    ...on('sync-followers', 'lambda', 'InvokeFunction'),
    ...on('details queue', 'sqs', 'GetQueueAttributes'),
    ...on('details dead letters', 'sqs', 'GetQueueAttributes'),
    ...secrets('CreateSecret', 'DeleteSecret', 'PutSecretValue', 'RestoreSecret'),
    ...on('data key', 'kms', 'GenerateDataKey'),
  ],
  GetToken: credentialReader,
  ReportToken: [...logs, ...writeKey, ...invoke, ...on('Credentials', 'dynamodb', 'GetItem', 'UpdateItem')],
  GetTicket: credentialReader,
  GetJssdkConfig: credentialReader,
  GetUsage: [...logs, ...readKey, ...on('Credentials', 'dynamodb', 'GetItem')],
  ListFollowers: [...wechatCaller, ...on('Followers', 'dynamodb', 'GetItem', 'Query'), ...readIndexes],
  CountFollowers: [
    ...logs,
    ...readKey,
    ...on('Credentials', 'dynamodb', 'GetItem'),
    ...on('Followers', 'dynamodb', 'GetItem'),
  ],
  GetFollower: [...wechatCaller, ...on('Followers', 'dynamodb', 'GetItem')],
  LookupFollowers: [...wechatCaller, ...on('Followers', 'dynamodb', 'BatchGetItem', 'GetItem')],
  ListAvatars: [
    ...wechatCaller,
    ...on('Users', 'dynamodb', 'GetItem', 'UpdateItem'),
    ...on('Followers', 'dynamodb', 'BatchGetItem', 'GetItem'),
    ...readIndexes,
  ],
  GetPlaceholder: logs,
  Authorize: [
    ...logs,
    ...writeKey,
    ...on('Credentials', 'dynamodb', 'GetItem'),
    ...on('Users', 'dynamodb', 'PutItem'),
  ],
  Callback: [
    ...logs,
    ...writeKey,
    ...on('Credentials', 'dynamodb', 'GetItem', 'PutItem'),
    ...on('Users', 'dynamodb', 'GetItem', 'PutItem', 'UpdateItem'),
    ...on('Followers', 'dynamodb', 'UpdateItem'),
    ...secrets('GetSecretValue'),
    ...on('data key', 'kms', 'Decrypt', 'GenerateDataKey'),
  ],
  Logout: [
    ...logs,
    ...writeKey,
    ...on('Credentials', 'dynamodb', 'GetItem'),
    ...on('Users', 'dynamodb', 'DeleteItem', 'GetItem', 'UpdateItem'),
  ],
  GetMe: [
    ...logs,
    ...writeKey,
    ...on('Credentials', 'dynamodb', 'GetItem'),
    ...on('Users', 'dynamodb', 'GetItem', 'UpdateItem'),
  ],
  DeleteMe: [
    ...logs,
    ...writeKey,
    ...on('Credentials', 'dynamodb', 'GetItem'),
    ...on('Users', 'dynamodb', 'DeleteItem', 'GetItem', 'UpdateItem'),
    ...on('Followers', 'dynamodb', 'DeleteItem', 'GetItem'),
  ],
  GetUser: [
    ...logs,
    ...writeKey,
    ...on('Credentials', 'dynamodb', 'GetItem'),
    ...on('Users', 'dynamodb', 'DeleteItem', 'GetItem', 'UpdateItem'),
    ...on('Followers', 'dynamodb', 'UpdateItem'),
    ...on('data key', 'kms', 'Decrypt'),
  ],
  CheckUrl: [
    ...logs,
    ...readKey,
    ...on('Credentials', 'dynamodb', 'GetItem'),
    ...on('push secrets', 'secretsmanager', 'GetSecretValue'),
  ],
  ReceiveEvent: [
    ...logs,
    ...writeKey,
    ...on('Credentials', 'dynamodb', 'GetItem'),
    ...on('Users', 'dynamodb', 'PutItem'),
    ...on('push secrets', 'secretsmanager', 'GetSecretValue'),
    ...on('push queue', 'sqs', 'SendMessage'),
  ],
  HandleEvents: [
    ...logs,
    ...writeKey,
    ...on('Credentials', 'dynamodb', 'GetItem'),
    ...on('Users', 'dynamodb', 'DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'),
    ...on('Followers', 'dynamodb', 'DeleteItem', 'GetItem', 'UpdateItem'),
    ...on('details queue', 'sqs', 'SendMessage'),
    ...on('push queue', 'sqs', 'DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'),
  ],
  SyncFollowers: [
    ...logs,
    ...writeKey,
    ...invoke,
    ...on('sync-followers', 'lambda', 'InvokeFunction'),
    ...on('Credentials', 'dynamodb', 'GetItem', 'Query', 'UpdateItem'),
    ...on('Followers', 'dynamodb', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'),
    ...on('details queue', 'sqs', 'GetQueueAttributes', 'SendMessage'),
  ],
  FetchDetails: [
    ...logs,
    ...writeKey,
    ...invoke,
    ...on('Credentials', 'dynamodb', 'GetItem', 'UpdateItem'),
    ...on('Followers', 'dynamodb', 'BatchGetItem', 'GetItem', 'PutItem', 'UpdateItem'),
    ...on('details queue', 'sqs', 'DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'),
  ],
  Health: [...logs, ...readKey, ...on('Credentials', 'dynamodb', 'GetItem', 'Query')],
  DomainFile: [...logs, ...readKey, ...on('Credentials', 'dynamodb', 'GetItem')],
};

/** The partition that the service itself looks an API key up in. */
async function partitionOfKeys(): Promise<string | undefined> {
  const sent: GetItemCommandInput[] = [];
  const client = {
    send: (command: { input: GetItemCommandInput }) => {
      sent.push(command.input);
      return Promise.resolve({});
    },
  } as unknown as DynamoDBClient;
  await new ApiKeys(new Table(client, 'Credentials')).find('wk_unknown');
  return sent[0]?.Key?.['appId']?.S;
}

describe.each(['us-east-1', 'cn-north-1'])('in %s', (region) => {
  const made = synthesize({ region });

  test.each(Object.entries(expected))('%s may do this and no more', (name, actions) => {
    expect(allowed(made, roleOf(made, name))).toEqual(actions.toSorted());
  });

  test('there is a row above for every function', () => {
    const functions = ofType(made, 'AWS::Lambda::Function').map(([id]) =>
      id.replace(/Function[0-9A-F]{8}$/, ''),
    );
    expect(functions.toSorted()).toEqual(Object.keys(expected).toSorted());
  });

  test('every function has a role of its own, without managed or inline policies', () => {
    const roles = ofType(made, 'AWS::Lambda::Function').map(([, { Properties }]) =>
      flatten(Properties['Role']),
    );
    expect(new Set(roles).size).toBe(roles.length);
    for (const [, { Properties }] of ofType(made, 'AWS::IAM::Role')) {
      expect(Properties).not.toHaveProperty('ManagedPolicyArns');
      expect(Properties).not.toHaveProperty('Policies');
    }
  });

  test('only refresh-credentials, callback and admin touch AppSecrets, and admin cannot read them', () => {
    const touching = Object.keys(expected).filter((name) =>
      allowed(made, roleOf(made, name)).some((action) => /^secretsmanager:.* below the prefix$/.test(action)),
    );
    const reading = Object.keys(expected).filter((name) =>
      allowed(made, roleOf(made, name)).includes('secretsmanager:GetSecretValue on secrets below the prefix'),
    );
    expect(touching.toSorted()).toEqual(['Admin', 'Callback', 'RefreshCredentials']);
    expect(reading.toSorted()).toEqual(['Callback', 'RefreshCredentials']);
  });

  test('the endpoint for pushes reads push secrets, and no AppSecret', () => {
    const reading = Object.keys(expected).filter((name) =>
      allowed(made, roleOf(made, name)).includes('secretsmanager:GetSecretValue on push secrets'),
    );
    expect(reading.toSorted()).toEqual(['CheckUrl', 'ReceiveEvent']);
  });

  test('the authorizer reads where API keys are kept, and no token', async () => {
    const [statement] = statementsOf(made, roleOf(made, 'AuthorizeKey')).filter(({ Action }) =>
      Action.includes('dynamodb:GetItem'),
    );
    expect(statement?.Condition).toEqual({
      'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [await partitionOfKeys()] },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    });
  });

  test('refresh-credentials may hand its schedules one role, to EventBridge Scheduler only', () => {
    const [statement] = statementsOf(made, roleOf(made, 'RefreshCredentials')).filter(({ Action }) =>
      Action.includes('iam:PassRole'),
    );
    expect(statement?.Condition).toEqual({
      StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
    });
  });

  test("the tables' key is of use through DynamoDB only", () => {
    const services = Object.keys(expected).flatMap((name) =>
      statementsOf(made, roleOf(made, name))
        .filter(
          ({ Resource, Action }) => Action.includes('kms:Decrypt') && inWords(Resource) === 'tables key',
        )
        .map(({ Condition }) => Condition),
    );
    const endings = region.startsWith('cn-') ? ['amazonaws.com', 'amazonaws.com.cn'] : ['amazonaws.com'];
    const condition = {
      StringEquals: { 'kms:ViaService': endings.map((ending) => `dynamodb.${region}.${ending}`) },
    };
    expect(services).toHaveLength(Object.keys(expected).length - 1);
    for (const service of services) expect(service).toEqual(condition);
  });

  test('the schedule of syncs may call sync-followers, nothing else', () => {
    expect(allowed(made, roleOf(made, 'FollowersSync'))).toEqual(['lambda:InvokeFunction on sync-followers']);
  });

  test('the schedules may call refresh-credentials and leave dead letters, nothing else', () => {
    expect(allowed(made, roleOf(made, 'Schedules'))).toEqual([
      'lambda:InvokeFunction on refresh-credentials',
      'sqs:SendMessage on dead letters',
    ]);
  });
});

test.each([
  ['by name', 'pushes'],
  ['by ARN', 'arn:aws:events:us-east-1:123456789012:event-bus/pushes'],
])('with a bus, given %s, handle-events alone may put events on it', (_, eventBus) => {
  const made = synthesize({ region: 'us-east-1', eventBus });
  const putting = Object.keys(expected).filter((name) =>
    allowed(made, roleOf(made, name)).includes('events:PutEvents on event bus'),
  );
  expect(putting).toEqual(['HandleEvents']);
});

test('without a key of their own the tables need no permission on one', () => {
  const made = synthesize({ region: 'us-east-1', customerManagedKey: 'false' });
  expect(allowed(made, roleOf(made, 'DomainFile'))).toEqual(
    [...logs, ...on('Credentials', 'dynamodb', 'GetItem')].toSorted(),
  );
});
