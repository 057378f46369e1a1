import type { DynamoDBClient, GetItemCommandInput } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { ApiKeys } from '../../shared/accounts/api-keys.ts';
import { DynamoDbTable } from '../../shared/platform/dynamodb-table.ts';
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
        Condition: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
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
  [/:secret:wechat-keyring\/prod\/wx\?{16}-\?{6}$/, 'AppSecrets'],
  [/:secret:wechat-keyring\/prod\/wx\?{16}\/push\*$/, 'push secrets'],
  [/:secret:wechat-keyring\/prod\/wx\?{16}\*$/, 'AppSecrets and push secrets'],
  [/:secret:wechat-keyring\/prod\/egress-proxy-\?{6}$/, "the proxy's secret"],
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

/** An IAM pattern. */
function like(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}

function statementsOf(from: Synthesized, roleId: string): Statement[] {
  return ofType(from, 'AWS::IAM::Policy')
    .map(([, { Properties }]) => policySchema.parse(Properties))
    .filter(({ Roles }) => Roles.some(({ Ref }) => Ref === roleId))
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

const leadingKeys = z.object({ 'dynamodb:LeadingKeys': z.array(z.string()) });

/** Which items a statement is held to, in words. */
function partitions({ Condition }: Statement): string {
  const { Null, ...operators } = Condition;
  const keys = Object.entries(operators).flatMap(([operator, about]) => {
    const { data } = leadingKeys.safeParse(about);
    if (!data) return [];
    const hasWildcard = data['dynamodb:LeadingKeys'].some((key) => /[*?]/.test(key));
    expect(operator).toBe(`ForAllValues:${hasWildcard ? 'StringLike' : 'StringEquals'}`);
    // ForAllValues is also true of a request that names no key at all.
    expect(Null).toMatchObject({ 'dynamodb:LeadingKeys': 'false' });
    return data['dynamodb:LeadingKeys'];
  });
  return keys.length === 0 ? '' : ` in ${keys.toSorted().join(', ')}`;
}

/** `action on resource`, with `in` and the partitions of a table, for all that a role may do. */
function allowed(from: Synthesized, roleId: string): string[] {
  return statementsOf(from, roleId)
    .flatMap((statement) => {
      const { Action, Resource } = statement;
      return (Array.isArray(Resource) ? Resource : [Resource]).flatMap((resource) =>
        Action.map((action) => `${String(action)} on ${inWords(resource)}${partitions(statement)}`),
      );
    })
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
const invoke = on('refresh-credentials', 'lambda', 'InvokeFunction');
const readIndexes = on('Followers indexes', 'dynamodb', 'Query');

/** `{ GetItem: ['accounts'] }` and the like; without partitions, anywhere in the table. */
function items(table: string, actions: Readonly<Record<string, readonly string[]>>): string[] {
  return Object.entries(actions).map(([action, keys]) => {
    return `dynamodb:${action} on ${table}${keys.length === 0 ? '' : ` in ${keys.toSorted().join(', ')}`}`;
  });
}
const credentials = (actions: Readonly<Record<string, readonly string[]>>) => items('Credentials', actions);
const users = (actions: Readonly<Record<string, readonly string[]>>) => items('Users', actions);
const followers = (actions: Readonly<Record<string, readonly string[]>>) => items('Followers', actions);

const findsAccount = credentials({ GetItem: ['accounts', 'aliases'] });
const takesTurns = credentials({ DeleteItem: ['turn#*'] });
const readsToken = [
  ...invoke,
  ...takesTurns,
  ...credentials({ GetItem: ['accounts', 'aliases', 'wx*'], UpdateItem: ['turn#*'] }),
];
const asksWeChat = [
  ...invoke,
  ...takesTurns,
  ...credentials({ GetItem: ['accounts', 'aliases', 'wx*', 'usage#*'], UpdateItem: ['usage#*', 'turn#*'] }),
];
const checksSession = users({ GetItem: ['wx*#*', 'session#*'], UpdateItem: ['session#*'] });

const expected: Readonly<Record<string, readonly string[]>> = {
  RefreshCredentials: [
    ...logs,
    ...writeKey,
    ...invoke,
    ...credentials({
      GetItem: ['accounts', 'wx*', 'usage#*'],
      Query: ['accounts'],
      UpdateItem: ['wx*', 'usage#*'],
    }),
    ...on('AppSecrets', 'secretsmanager', 'GetSecretValue'),
    ...on("the proxy's secret", 'secretsmanager', 'GetSecretValue'),
    ...on('schedules of the group', 'scheduler', 'CreateSchedule'),
    ...on('schedule role', 'iam', 'PassRole'),
    ...on('dead letters', 'sqs', 'SendMessage'),
    ...on('alarm topic', 'sns', 'Publish'),
    ...on('alarm key', 'kms', 'Decrypt', 'GenerateDataKey'),
  ],
  AuthorizeKey: [...logs, ...writeKey, ...credentials({ GetItem: ['api-keys'], UpdateItem: ['key-uses'] })],
  Admin: [
    ...logs,
    ...writeKey,
    ...invoke,
    ...credentials({
      GetItem: [],
      Query: [],
      PutItem: ['accounts', 'aliases', 'api-keys', 'data-keys', 'signing-keys', 'domain-files'],
      UpdateItem: ['accounts', 'api-keys', 'usage#*', 'turn#*'],
      DeleteItem: ['accounts', 'aliases', 'api-keys', 'domain-files', 'wx*', 'usage#*', 'turn#*'],
    }),
    ...users({
      GetItem: ['wx*#*', 'session#*'],
      PutItem: ['ended#*'],
      DeleteItem: ['wx*#*', 'session#*'],
      Scan: [],
    }),
    ...followers({
      GetItem: [],
      Query: [],
      UpdateItem: ['wx*#sync', 'removals'],
      DeleteItem: ['wx*#?', 'wx*#sync'],
    }),
    ...readIndexes,
    ...on('sync-followers', 'lambda', 'InvokeFunction'),
    ...on('details queue', 'sqs', 'GetQueueAttributes'),
    ...on('details dead letters', 'sqs', 'GetQueueAttributes'),
    ...on(
      'AppSecrets and push secrets',
      'secretsmanager',
      'CreateSecret',
      'DeleteSecret',
      'PutSecretValue',
      'RestoreSecret',
    ),
    // For either use.
    ...on('data key', 'kms', 'GenerateDataKey', 'GenerateDataKey'),
  ],
  GetToken: [...logs, ...writeKey, ...readsToken],
  ReportToken: [...logs, ...writeKey, ...readsToken],
  GetTicket: [...logs, ...writeKey, ...readsToken],
  GetJssdkConfig: [...logs, ...writeKey, ...readsToken],
  GetUsage: [...logs, ...readKey, ...credentials({ GetItem: ['accounts', 'aliases', 'usage#*'] })],
  ListFollowers: [
    ...logs,
    ...writeKey,
    ...asksWeChat,
    ...followers({ GetItem: [], Query: [] }),
    ...readIndexes,
  ],
  CountFollowers: [...logs, ...readKey, ...findsAccount, ...followers({ GetItem: ['wx*#sync'] })],
  GetFollower: [...logs, ...writeKey, ...asksWeChat, ...followers({ GetItem: [] })],
  LookupFollowers: [...logs, ...writeKey, ...asksWeChat, ...followers({ GetItem: [], BatchGetItem: [] })],
  ListAvatars: [
    ...logs,
    ...writeKey,
    ...asksWeChat,
    ...checksSession,
    ...followers({ GetItem: [], BatchGetItem: [] }),
    ...readIndexes,
  ],
  GetPlaceholder: logs,
  Authorize: [...logs, ...writeKey, ...findsAccount, ...users({ PutItem: ['state#*'] })],
  Callback: [
    ...logs,
    ...writeKey,
    ...credentials({ GetItem: ['accounts', 'aliases', 'data-keys'], PutItem: ['data-keys'] }),
    ...users({
      GetItem: ['wx*#*', 'state#*', 'session#*', 'ended#*'],
      PutItem: ['session#*'],
      UpdateItem: ['wx*#*', 'state#*'],
    }),
    ...followers({ UpdateItem: ['wx*#?', 'wx*#days'] }),
    ...on('AppSecrets', 'secretsmanager', 'GetSecretValue'),
    ...on('data key', 'kms', 'Decrypt', 'GenerateDataKey'),
  ],
  Logout: [
    ...logs,
    ...writeKey,
    ...findsAccount,
    ...users({
      GetItem: ['wx*#*', 'session#*'],
      PutItem: ['ended#*'],
      UpdateItem: ['wx*#*', 'session#*'],
      DeleteItem: ['session#*'],
    }),
  ],
  GetMe: [...logs, ...writeKey, ...findsAccount, ...checksSession],
  DeleteMe: [
    ...logs,
    ...writeKey,
    ...findsAccount,
    ...checksSession,
    ...users({ PutItem: ['ended#*'], DeleteItem: ['wx*#*', 'session#*'] }),
    ...followers({ GetItem: ['wx*#?'], DeleteItem: ['wx*#?'] }),
  ],
  GetUser: [
    ...logs,
    ...writeKey,
    ...credentials({ GetItem: ['accounts', 'aliases', 'data-keys'] }),
    ...users({ GetItem: ['wx*#*'], UpdateItem: ['wx*#*'], DeleteItem: ['wx*#*'] }),
    ...followers({ UpdateItem: ['wx*#?'] }),
    ...on('data key', 'kms', 'Decrypt'),
  ],
  ServeSdk: [
    ...logs,
    ...writeKey,
    ...invoke,
    ...credentials({
      GetItem: ['accounts', 'aliases', 'api-keys', 'signing-keys', 'wx*', 'usage#*'],
      PutItem: ['signing-keys'],
      UpdateItem: ['usage#*', 'turn#*', 'key-uses'],
      DeleteItem: ['turn#*'],
    }),
    ...on('data key', 'kms', 'Decrypt', 'GenerateDataKey'),
  ],
  ExchangeCode: [
    ...logs,
    ...writeKey,
    ...credentials({ GetItem: ['accounts', 'aliases', 'api-keys'], UpdateItem: ['key-uses'] }),
    ...on('AppSecrets', 'secretsmanager', 'GetSecretValue'),
  ],
  CheckUrl: [
    ...logs,
    ...writeKey,
    ...findsAccount,
    ...users({ PutItem: ['push-signature#*'] }),
    ...on('push secrets', 'secretsmanager', 'GetSecretValue'),
  ],
  ReceiveEvent: [
    ...logs,
    ...writeKey,
    ...findsAccount,
    ...users({ PutItem: ['push-forward#*', 'push-signature#*'] }),
    ...on('push secrets', 'secretsmanager', 'GetSecretValue'),
    ...on('push queue', 'sqs', 'SendMessage'),
  ],
  HandleEvents: [
    ...logs,
    ...writeKey,
    ...invoke,
    ...takesTurns,
    ...credentials({
      GetItem: ['accounts', 'aliases', 'wx*', 'usage#*', 'data-keys'],
      UpdateItem: ['usage#*', 'turn#*'],
    }),
    ...on('data key', 'kms', 'Decrypt'),
    ...users({
      GetItem: ['wx*#*'],
      PutItem: ['push#*', 'ended#*'],
      UpdateItem: ['wx*#*'],
      DeleteItem: ['wx*#*', 'session#*'],
    }),
    ...followers({
      GetItem: ['wx*#?', 'wx*#sync'],
      Query: ['wx*#list', 'wx*#list-?'],
      UpdateItem: ['wx*#?', 'wx*#sync', 'wx*#days'],
      DeleteItem: ['wx*#?'],
    }),
    ...on('details queue', 'sqs', 'SendMessage'),
    ...on('push queue', 'sqs', 'DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'),
  ],
  SyncFollowers: [
    ...logs,
    ...writeKey,
    ...invoke,
    ...on('sync-followers', 'lambda', 'InvokeFunction'),
    ...credentials({
      GetItem: ['accounts', 'wx*', 'usage#*'],
      Query: ['accounts'],
      UpdateItem: ['usage#*', 'turn#*'],
      DeleteItem: ['turn#*'],
    }),
    ...followers({ GetItem: [], Query: [], PutItem: [], UpdateItem: [], DeleteItem: [] }),
    ...on('details queue', 'sqs', 'GetQueueAttributes', 'SendMessage'),
  ],
  FetchDetails: [
    ...logs,
    ...writeKey,
    ...asksWeChat,
    ...followers({
      GetItem: [],
      BatchGetItem: [],
      PutItem: ['wx*#sync'],
      UpdateItem: ['wx*#?', 'wx*#sync', 'wx*#days'],
    }),
    ...on('details queue', 'sqs', 'DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'),
  ],
  Health: [...logs, ...readKey, ...credentials({ Query: ['accounts'], GetItem: ['wx*'] })],
  DomainFile: [...logs, ...readKey, ...credentials({ GetItem: ['domain-files'] })],
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
  await new ApiKeys(new DynamoDbTable(client, 'Credentials')).findByHash('0'.repeat(64));
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

  test('only refresh-credentials, callback and exchange-code read AppSecrets, and admin stores them', () => {
    const touching = Object.keys(expected).flatMap((name) =>
      allowed(made, roleOf(made, name))
        .filter((action) => action.includes(' on AppSecrets'))
        .map((action) => `${name} ${action.replace(/^secretsmanager:| on .*$/g, '')}`),
    );
    expect(touching).toEqual([
      'RefreshCredentials GetSecretValue',
      ...['CreateSecret', 'DeleteSecret', 'PutSecretValue', 'RestoreSecret'].map(
        (action) => `Admin ${action}`,
      ),
      'Callback GetSecretValue',
      'ExchangeCode GetSecretValue',
    ]);
  });

  test('the endpoint for pushes reads push secrets, and no AppSecret', () => {
    const reading = Object.keys(expected).filter((name) =>
      allowed(made, roleOf(made, name)).includes('secretsmanager:GetSecretValue on push secrets'),
    );
    expect(reading.toSorted()).toEqual(['CheckUrl', 'ReceiveEvent']);
  });

  test.each([
    [
      'wechat-keyring/prod/wx0123456789abcdef-AbC123',
      ['RefreshCredentials', 'Admin', 'Callback', 'ExchangeCode'],
    ],
    ['wechat-keyring/prod/wx0123456789abcdef/push-AbC123', ['Admin', 'CheckUrl', 'ReceiveEvent']],
    ['wechat-keyring/prod/egress-proxy-AbC123', ['RefreshCredentials']],
    // What is asked for does not exist, so its ARN has no end yet.
    ['wechat-keyring/prod/wx0123456789abcdef', ['Admin']],
    ['wechat-keyring/prod/wx0123456789abcdef/push', ['Admin', 'CheckUrl', 'ReceiveEvent']],
    ['wechat-keyring/staging/wx0123456789abcdef-AbC123', []],
  ])('%s is a secret for %j', (secret, names) => {
    const using = Object.keys(expected).filter((name) =>
      statementsOf(made, roleOf(made, name))
        .filter(({ Action }) => String(Action[0]).startsWith('secretsmanager:'))
        .flatMap(({ Resource }) => (Array.isArray(Resource) ? Resource : [Resource]).map(flatten))
        .some((arn) => like(arn.split(':secret:')[1] ?? '').test(secret)),
    );
    expect(using).toEqual(names);
  });

  test('the authorizer reads where API keys are kept, and writes nothing there', async () => {
    expect(allowed(made, roleOf(made, 'AuthorizeKey'))).toContain(
      `dynamodb:GetItem on Credentials in ${String(await partitionOfKeys())}`,
    );
  });

  test('the health check has to name what it reads beside the tokens, and may not name a token', () => {
    const [statement] = statementsOf(made, roleOf(made, 'Health')).filter(({ Action }) =>
      Action.includes('dynamodb:GetItem'),
    );
    expect(statement?.Condition).toEqual({
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['wx*'] },
      'ForAllValues:StringEquals': {
        'dynamodb:Attributes': ['appId', 'kind', 'generation', 'usableUntil', 'failure'],
      },
      StringEqualsIfExists: { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' },
      Null: { 'dynamodb:LeadingKeys': 'false', 'dynamodb:Attributes': 'false' },
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

  const conditionsOf = (name: string, key: string) =>
    statementsOf(made, roleOf(made, name))
      .filter(({ Action, Resource }) => String(Action[0]).startsWith('kms:') && inWords(Resource) === key)
      .map(({ Action, Condition }) => [Action, Condition]);

  test('the data key wraps and unwraps keys of this deployment, for grants or for tokens of the drop-in, and nothing else', () => {
    const deployment = { 'kms:EncryptionContext:deployment': 'wechat-keyring/prod/' };
    const conditionsFor = (use: string) => {
      const purpose = { 'kms:EncryptionContext:purpose': use };
      return {
        // What was wrapped before deployments were named has no name of one.
        unwraps: [['kms:Decrypt'], { StringEquals: purpose, StringEqualsIfExists: deployment }],
        wraps: [['kms:GenerateDataKey'], { StringEquals: { ...purpose, ...deployment } }],
      };
    };
    const grants = conditionsFor('wechat-keyring-grants');
    const tokens = conditionsFor('wechat-keyring-drop-in');
    expect(conditionsOf('Callback', 'data key')).toEqual([grants.wraps, grants.unwraps]);
    expect(conditionsOf('GetUser', 'data key')).toEqual([grants.unwraps]);
    expect(conditionsOf('ServeSdk', 'data key')).toEqual([tokens.wraps, tokens.unwraps]);
    expect(conditionsOf('Admin', 'data key')).toEqual([grants.wraps, tokens.wraps]);
  });

  test("the alarms' key is of use through SNS only", () => {
    const endings = region.startsWith('cn-') ? ['amazonaws.com', 'amazonaws.com.cn'] : ['amazonaws.com'];
    const condition = {
      StringEquals: { 'kms:ViaService': endings.map((ending) => `sns.${region}.${ending}`) },
    };
    expect(conditionsOf('RefreshCredentials', 'alarm key')).toEqual([
      [['kms:Decrypt', 'kms:GenerateDataKey'], condition],
    ]);
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
    [...logs, ...credentials({ GetItem: ['domain-files'] })].toSorted(),
  );
});
