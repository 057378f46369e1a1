import { describe, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { routes } from '../../functions/routes.ts';
import type { Route } from '../../functions/route.ts';
import { findingsOf, ofType, one, synthesize } from './kit.ts';

const certificateArn = 'arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012';
const withDomain = {
  region: 'us-east-1',
  'domain.name': 'keyring.example.com',
  'domain.certificateArn': certificateArn,
};
const environmentOf = z.object({ Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }) });
const alias = z.object({ Ref: z.string() }).transform(({ Ref }) => Ref);

describe.each(['us-east-1', 'cn-north-1'])('the stack in %s', (region) => {
  const made = synthesize({ region });
  const { template } = made;

  test.each([
    ['Credentials', ['appId', 'kind']],
    ['Users', ['pk', 'sk']],
    ['Followers', ['shard', 'openid']],
  ])('keeps the table %s safe', (name, [partition, sort]) => {
    const [, table] = one(made, 'AWS::DynamoDB::GlobalTable', `Tables${name}`);
    expect(table).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    expect(table.Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: partition, KeyType: 'HASH' },
        { AttributeName: sort, KeyType: 'RANGE' },
      ],
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      Replicas: [
        {
          Region: region,
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          SSESpecification: {
            KMSMasterKeyId: { 'Fn::GetAtt': [expect.stringMatching(/^TablesKey/), 'Arn'] },
          },
        },
      ],
    });
    expect(table.Properties['TimeToLiveSpecification']).toEqual({ AttributeName: 'removeAt', Enabled: true });
  });

  test('has one key for the tables and another for grants, both rotated and kept', () => {
    const keys = ofType(made, 'AWS::KMS::Key').filter(([id]) => !id.startsWith('AlarmsTopicKey'));
    expect(keys.map(([id]) => id.slice(0, 7)).toSorted()).toEqual(['DataKey', 'TablesK']);
    for (const [, key] of keys) {
      expect(key.DeletionPolicy).toBe('Retain');
      expect(key.Properties['EnableKeyRotation']).toBe(true);
    }
  });

  test('runs every function on Node.js 24 with JSON logs that end after a month', () => {
    const architecture = region.startsWith('cn-') ? 'x86_64' : 'arm64';
    for (const [id, { Properties }] of ofType(made, 'AWS::Lambda::Function')) {
      expect(Properties['MemorySize']).toBe(id.startsWith('SyncFollowersFunction') ? 1769 : 512);
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: [architecture],
        Handler: 'index.handler',
        LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: expect.any(String) } },
      });
      expect(Properties).not.toHaveProperty('ReservedConcurrentExecutions');
      expect(Properties).not.toHaveProperty('TracingConfig');
    }
    const groups = ofType(made, 'AWS::Logs::LogGroup');
    expect(groups).toHaveLength(ofType(made, 'AWS::Lambda::Function').length + 1);
    for (const [, { Properties }] of groups) expect(Properties['RetentionInDays']).toBe(30);
  });

  test.each([
    ['RefreshCredentials', 120],
    ['Admin', 60],
    ['AuthorizeKey', 5],
    ['ListFollowers', 29],
    ['Callback', 29],
    ['ReceiveEvent', 29],
    ['HandleEvents', 30],
  ])('gives %s %d seconds', (name, seconds) => {
    const [, { Properties }] = one(made, 'AWS::Lambda::Function', `${name}Function`);
    expect(Properties['Timeout']).toBe(seconds);
  });

  test('tells the refresh function how the command line reaches this deployment', () => {
    const [, { Properties }] = one(made, 'AWS::Lambda::Function', 'RefreshCredentialsFunction');
    expect(environmentOf.parse(Properties).Environment.Variables).toMatchObject({
      KEYRING_PLACE: `--stage prod --region ${region}`,
    });
  });

  test('tells functions names and addresses, and no secret', () => {
    for (const [, { Properties }] of ofType(made, 'AWS::Lambda::Function')) {
      const { Variables } = environmentOf.parse(Properties).Environment;
      expect(Variables).toMatchObject({
        KEYRING_SECRET_PREFIX: 'wechat-keyring/prod/',
        KEYRING_DATA_KEY: { 'Fn::GetAtt': [expect.stringMatching(/^DataKey/), 'Arn'] },
        KEYRING_PUBLIC_URL: { 'Fn::GetAtt': [expect.stringMatching(/^HttpApi/), 'ApiEndpoint'] },
      });
    }
    template.resourceCountIs('AWS::SecretsManager::Secret', 0);
    expect(made.text).not.toContain('resolve:secretsmanager');
  });

  test.each(Object.entries<Route>(routes))('serves the route %s', (_, { method, path, entry, access }) => {
    const found = ofType(made, 'AWS::ApiGatewayV2::Route').filter(
      ([, { Properties }]) => Properties['RouteKey'] === `${method} ${path}`,
    );
    expect(found).toHaveLength(1);
    const properties = found[0]?.[1].Properties ?? {};
    const takesKey = access.who === 'key' || access.who === 'key-or-session';
    expect(properties['AuthorizationType']).toBe(takesKey ? 'CUSTOM' : 'NONE');
    expect(properties['AuthorizerId']).toEqual(
      takesKey ? { Ref: one(made, 'AWS::ApiGatewayV2::Authorizer')[0] } : undefined,
    );
    const { Target } = z
      .object({ Target: z.object({ 'Fn::Join': z.tuple([z.literal(''), z.array(z.unknown())]) }) })
      .parse(properties);
    const integration = z.object({ Ref: z.string() }).parse(Target['Fn::Join'][1][1]).Ref;
    const uri = made.resources.get(integration)?.Properties['IntegrationUri'];
    const bare = entry.slice(entry.indexOf('/') + 1).replaceAll('-', '');
    expect(alias.parse(uri).toLowerCase()).toMatch(new RegExp(`^${bare}functionaliaslive[0-9a-f]{8}$`));
  });

  test('serves no other route', () => {
    template.resourceCountIs('AWS::ApiGatewayV2::Route', Object.keys(routes).length);
  });

  test('calls the authorizer for every request, whatever headers it has', () => {
    const [, { Properties }] = one(made, 'AWS::ApiGatewayV2::Authorizer');
    expect(Properties).toMatchObject({
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      AuthorizerResultTtlInSeconds: 0,
      IdentitySource: [],
    });
    expect(JSON.stringify(Properties['AuthorizerUri'])).toContain('AuthorizeKeyFunction');
  });

  test('logs accesses as JSON, without query strings, paths, headers and addresses of people', () => {
    const [, { Properties }] = one(made, 'AWS::ApiGatewayV2::Stage');
    const { Format } = z
      .object({ AccessLogSettings: z.object({ Format: z.string() }) })
      .parse(Properties).AccessLogSettings;
    const values = Object.values(z.record(z.string(), z.string()).parse(JSON.parse(Format)));
    expect(values.toSorted()).toEqual([
      '$context.authorizer.error',
      '$context.integration.requestId',
      '$context.integrationErrorMessage',
      '$context.integrationLatency',
      '$context.integrationStatus',
      '$context.requestId',
      '$context.requestTimeEpoch',
      '$context.responseLatency',
      '$context.responseLength',
      '$context.routeKey',
      '$context.status',
    ]);
    expect(Properties).toMatchObject({
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 },
    });
  });

  // This list only grows. API Gateway keeps the settings of a route that a template no longer has, and refuses each later
  // change of the stage once the route is gone. To end one, `aws apigatewayv2 delete-route-settings` before the deployment.
  // https://github.com/aws/serverless-application-model/issues/1939, https://github.com/serverless/serverless/pull/8590
  test('lets each route that a login or a monitor calls take only a share of the requests', () => {
    const [, stage] = one(made, 'AWS::ApiGatewayV2::Stage');
    expect(stage.Properties['RouteSettings']).toEqual({
      'GET /v1/accounts/{account}/oauth/authorize': { ThrottlingRateLimit: 25, ThrottlingBurstLimit: 50 },
      'GET /v1/accounts/{account}/oauth/callback': { ThrottlingRateLimit: 25, ThrottlingBurstLimit: 50 },
      'GET /health': { ThrottlingRateLimit: 10, ThrottlingBurstLimit: 20 },
      'GET /{file}': { ThrottlingRateLimit: 10, ThrottlingBurstLimit: 20 },
    });
  });

  // API Gateway refuses settings of a route that is not there yet.
  test('makes those routes before the stage', () => {
    const [, stage] = one(made, 'AWS::ApiGatewayV2::Stage');
    const routeIds = Object.keys(
      z.record(z.string(), z.unknown()).parse(stage.Properties['RouteSettings']),
    ).map(
      (key) =>
        ofType(made, 'AWS::ApiGatewayV2::Route').find(
          ([, { Properties }]) => Properties['RouteKey'] === key,
        )?.[0],
    );
    expect(stage.DependsOn).toEqual(expect.arrayContaining(routeIds));
  });

  test('sends no CORS headers unless origins are allowed', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      CorsConfiguration: Match.absent(),
      DisableExecuteApiEndpoint: false,
    });
  });

  test('sweeps every five minutes, and gives up a call soon', () => {
    const [refresh] = one(made, 'AWS::Lambda::Function', 'RefreshCredentials');
    const [queue] = one(made, 'AWS::SQS::Queue', 'Schedules');
    const [, sweep] = one(made, 'AWS::Scheduler::Schedule', 'SchedulesSweep');
    expect(sweep.Properties).toMatchObject({
      ScheduleExpression: 'rate(5 minutes)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
      Target: {
        Arn: { 'Fn::GetAtt': [refresh, 'Arn'] },
        Input: '{"kind":"sweep"}',
        RetryPolicy: { MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 300 },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [queue, 'Arn'] } },
      },
    });
    expect(sweep.DependsOn).toContainEqual(expect.stringMatching(/^SchedulesRoleDefaultPolicy/));
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: refresh },
      MaximumRetryAttempts: 1,
      MaximumEventAgeInSeconds: 300,
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [queue, 'Arn'] } } },
    });
  });

  test('has sync-followers look every five minutes whether there is a sync to work on', () => {
    const [sync, { Properties }] = one(made, 'AWS::Lambda::Function', 'SyncFollowersFunction');
    const [, sweep] = one(made, 'AWS::Scheduler::Schedule', 'FollowersSyncSweep');
    expect(sweep.Properties).toMatchObject({
      ScheduleExpression: 'rate(5 minutes)',
      Target: {
        Arn: { 'Fn::GetAtt': [sync, 'Arn'] },
        Input: '{"kind":"sweep"}',
        RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 300 },
      },
    });
    expect(sweep.DependsOn).toContainEqual(expect.stringMatching(/^FollowersSyncRoleDefaultPolicy/));
    expect(Properties).toMatchObject({ Timeout: 900, MemorySize: 1769 });
  });

  test.each([
    ['refresh-credentials', 'SchedulesRole'],
    ['sync-followers', 'FollowersSyncRole'],
  ])('lets only its own schedule group become the role that calls %s', (_, roleName) => {
    const [group] = one(made, 'AWS::Scheduler::ScheduleGroup');
    const [, role] = one(made, 'AWS::IAM::Role', roleName);
    expect(role.Properties['AssumeRolePolicyDocument']).toMatchObject({
      Statement: [
        {
          Principal: { Service: 'scheduler.amazonaws.com' },
          Condition: {
            StringEquals: {
              'aws:SourceAccount': { Ref: 'AWS::AccountId' },
              'aws:SourceArn': { 'Fn::GetAtt': [group, 'Arn'] },
            },
          },
        },
      ],
    });
  });

  test('encrypts what is in queues and takes it over TLS only', () => {
    const queues = ofType(made, 'AWS::SQS::Queue');
    expect(queues).toHaveLength(5);
    for (const [id, { Properties }] of queues) {
      expect(Properties['SqsManagedSseEnabled']).toBe(true);
      template.hasResourceProperties('AWS::SQS::QueuePolicy', {
        Queues: [{ Ref: id }],
        PolicyDocument: {
          Statement: Match.arrayWith([
            Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          ]),
        },
      });
    }
  });

  test('hands pushes to handle-events, a few at once, and puts aside what fails', () => {
    const [worker] = one(made, 'AWS::Lambda::Function', 'HandleEventsFunction');
    const [queue, { Properties }] = one(made, 'AWS::SQS::Queue', 'EventsQueue');
    const [deadLetters, { Properties: kept }] = one(made, 'AWS::SQS::Queue', 'EventsDeadLetters');
    const [, mapping] = one(made, 'AWS::Lambda::EventSourceMapping', 'EventsMapping');
    expect(Properties).toMatchObject({
      VisibilityTimeout: 180,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [deadLetters, 'Arn'] }, maxReceiveCount: 4 },
    });
    expect(kept['MessageRetentionPeriod']).toBe(14 * 86_400);
    expect(mapping.Properties).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': [queue, 'Arn'] },
      FunctionName: { Ref: worker },
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 5 },
    });
    expect(mapping.DependsOn).toContainEqual(expect.stringMatching(/^HandleEventsRoleDefaultPolicy/));
  });

  test('hands people without details to fetch-details, a few at once, and puts aside what fails', () => {
    const [worker, { Properties: about }] = one(made, 'AWS::Lambda::Function', 'FetchDetailsFunction');
    const [queue, { Properties }] = one(made, 'AWS::SQS::Queue', 'DetailsQueue');
    const [deadLetters, { Properties: kept }] = one(made, 'AWS::SQS::Queue', 'DetailsDeadLetters');
    const [, mapping] = one(made, 'AWS::Lambda::EventSourceMapping', 'DetailsMapping');
    expect(about).toMatchObject({ Timeout: 120 });
    expect(Properties).toMatchObject({
      VisibilityTimeout: 720,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [deadLetters, 'Arn'] }, maxReceiveCount: 4 },
    });
    expect(kept['MessageRetentionPeriod']).toBe(14 * 86_400);
    expect(mapping.Properties).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': [queue, 'Arn'] },
      FunctionName: { Ref: worker },
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: 5,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 5 },
    });
    expect(mapping.DependsOn).toContainEqual(expect.stringMatching(/^FetchDetailsRoleDefaultPolicy/));
  });

  test('lets API Gateway call the functions with routes and the authorizer, and no other', () => {
    const called = ofType(made, 'AWS::Lambda::Permission').map(([, { Properties }]) => {
      expect(Properties['Principal']).toBe('apigateway.amazonaws.com');
      return alias.parse(Properties['FunctionName']);
    });
    expect(
      called.filter((id) =>
        /^(Admin|RefreshCredentials|HandleEvents|SyncFollowers|FetchDetails)Function/.test(id),
      ),
    ).toEqual([]);
    // The library's for this authorizer, and one that is there before it.
    expect(called.filter((id) => id.startsWith('AuthorizeKeyFunction'))).toHaveLength(2);
  });

  test('says where things are', () => {
    const outputs = template.findOutputs('*');
    expect(Object.keys(outputs).toSorted()).toEqual([
      'AdminFunctionName',
      'AlarmTopicArn',
      'ApiUrl',
      'DashboardName',
      'DetailsDeadLettersUrl',
      'PushDeadLettersUrl',
      'RefreshFunctionName',
      'ScheduleGroupName',
    ]);
  });

  test('names no other partition', () => {
    const partitions = [...made.text.matchAll(/arn:(aws[a-z-]*):/g)].map(([, partition]) => partition);
    expect(new Set(partitions)).toEqual(new Set([region.startsWith('cn-') ? 'aws-cn' : 'aws']));
  });
});

describe('by configuration', () => {
  test('a domain replaces the address that API Gateway gives out', () => {
    const made = synthesize(withDomain);
    made.template.hasResourceProperties('AWS::ApiGatewayV2::Api', { DisableExecuteApiEndpoint: true });
    made.template.hasResourceProperties('AWS::ApiGatewayV2::DomainName', {
      DomainName: 'keyring.example.com',
      DomainNameConfigurations: [
        { CertificateArn: certificateArn, EndpointType: 'REGIONAL', SecurityPolicy: 'TLS_1_2' },
      ],
    });
    made.template.resourceCountIs('AWS::ApiGatewayV2::ApiMapping', 1);
    made.template.hasOutput('ApiUrl', { Value: 'https://keyring.example.com' });
    made.template.hasOutput('DomainTarget', {});
    const [, { Properties }] = one(made, 'AWS::Lambda::Function', 'CallbackFunction');
    expect(environmentOf.parse(Properties).Environment.Variables['KEYRING_PUBLIC_URL']).toBe(
      'https://keyring.example.com',
    );
  });

  test('allowed origins may call with credentials, and no other origin', () => {
    const made = synthesize({ region: 'us-east-1', allowedOrigins: 'https://wall.example.com' });
    made.template.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      CorsConfiguration: {
        AllowOrigins: ['https://wall.example.com'],
        AllowCredentials: true,
        AllowHeaders: ['content-type', 'authorization', 'x-keyring-csrf'],
        AllowMethods: ['GET', 'POST', 'DELETE'],
        MaxAge: 3600,
      },
    });
  });

  test('each protection of the tables can be given up by name', () => {
    const made = synthesize({
      region: 'us-east-1',
      deletionProtection: 'false',
      pointInTimeRecovery: 'false',
      customerManagedKey: 'false',
    });
    for (const [, { Properties, DeletionPolicy }] of ofType(made, 'AWS::DynamoDB::GlobalTable')) {
      expect(Properties).toMatchObject({
        Replicas: [
          {
            DeletionProtectionEnabled: false,
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
          },
        ],
        SSESpecification: { SSEEnabled: false },
      });
      expect(DeletionPolicy).toBe('Retain');
    }
    expect(
      ofType(made, 'AWS::KMS::Key')
        .map(([id]) => id.replace(/[0-9A-F]{8}$/, ''))
        .toSorted(),
    ).toEqual(['AlarmsTopicKey', 'DataKey']);
  });

  test('pushes are passed on to a bus, and to none without one', () => {
    const variables = (made: ReturnType<typeof synthesize>) => {
      const [, { Properties }] = one(made, 'AWS::Lambda::Function', 'HandleEventsFunction');
      return environmentOf.parse(Properties).Environment.Variables;
    };
    expect(variables(synthesize({ region: 'us-east-1' }))).not.toHaveProperty('KEYRING_EVENT_BUS');
    expect(variables(synthesize({ region: 'us-east-1', eventBus: 'pushes' }))).toMatchObject({
      KEYRING_EVENT_BUS: 'pushes',
    });
  });

  test('alarms go to an e-mail address, and to none without one', () => {
    const made = synthesize({ region: 'us-east-1', alarmEmail: 'ops@example.com' });
    made.template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'ops@example.com',
      TopicArn: { Ref: one(made, 'AWS::SNS::Topic')[0] },
    });
    synthesize({ region: 'us-east-1' }).template.resourceCountIs('AWS::SNS::Subscription', 0);
  });

  test('the drop-in is left out where the deployer says so', () => {
    const made = synthesize({ region: 'us-east-1', dropIn: 'false' });
    const keys = ofType(made, 'AWS::ApiGatewayV2::Route').map(([, { Properties }]) =>
      String(Properties['RouteKey']),
    );
    const expected = Object.values<Route>(routes).filter(({ audience }) => audience !== 'sdk');
    expect(keys.toSorted()).toEqual(expected.map(({ method, path }) => `${method} ${path}`).toSorted());
    expect(made.text).not.toMatch(/"(ServeSdk|ExchangeCode)Function/);
  });

  test('the share of a route grows with the limit of the deployment, and is never nothing', () => {
    const settingsOf = (throttleRate: string, throttleBurst: string) => {
      const made = synthesize({ region: 'us-east-1', throttleRate, throttleBurst });
      return one(made, 'AWS::ApiGatewayV2::Stage')[1].Properties['RouteSettings'];
    };
    expect(settingsOf('400', '1000')).toMatchObject({
      'GET /v1/accounts/{account}/oauth/authorize': { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 250 },
    });
    expect(settingsOf('1', '1')).toMatchObject({
      'GET /health': { ThrottlingRateLimit: 1, ThrottlingBurstLimit: 1 },
    });
  });

  test('a small AWS account has its few functions at once left to the API for the most part', () => {
    const limitsOf = (settings: object) => {
      const made = synthesize({ region: 'us-east-1', ...settings });
      return {
        queues: ofType(made, 'AWS::Lambda::EventSourceMapping').map(
          ([, { Properties }]) => Properties['ScalingConfig'],
        ),
        sweeps: ['RefreshCredentials', 'SyncFollowers'].map((name) => {
          const [, { Properties }] = one(made, 'AWS::Lambda::Function', `${name}Function`);
          return environmentOf.parse(Properties).Environment.Variables['KEYRING_SWEEP_STARTS'];
        }),
      };
    };
    expect(limitsOf({ lambdaConcurrency: '10' })).toEqual({
      queues: [{ MaximumConcurrency: 2 }, { MaximumConcurrency: 2 }],
      sweeps: ['2', '2'],
    });
    expect(limitsOf({})).toEqual({
      queues: [{ MaximumConcurrency: 5 }, { MaximumConcurrency: 5 }],
      sweeps: [undefined, undefined],
    });
  });

  test('refreshes have a share of the functions to themselves where that is asked for', () => {
    const reservedOf = (settings: object) =>
      ofType(synthesize({ region: 'us-east-1', ...settings }), 'AWS::Lambda::Function').flatMap(
        ([id, { Properties }]) =>
          'ReservedConcurrentExecutions' in Properties
            ? [[id.replace(/[0-9A-F]{8}$/, ''), Properties['ReservedConcurrentExecutions']]]
            : [],
      );
    expect(reservedOf({ refreshConcurrency: '20' })).toEqual([['RefreshCredentialsFunction', 20]]);
    expect(reservedOf({})).toEqual([]);
  });

  test('all resources bear the stage, and the tags of the deployer', () => {
    const tagsOf = (settings: object) => synthesize({ region: 'us-east-1', ...settings }).tags;
    expect(tagsOf({})).toEqual({ 'wechat-keyring': 'prod' });
    expect(tagsOf({ stage: 'dev', tags: { team: 'web', 'cost-centre': '42' } })).toEqual({
      'wechat-keyring': 'dev',
      team: 'web',
      'cost-centre': '42',
    });
    expect(tagsOf({ tags: 'team=web, cost-centre=4=2' })).toMatchObject({
      team: 'web',
      'cost-centre': '4=2',
    });
  });

  test('the stack can be kept from being destroyed', () => {
    const isProtected = (settings: object) =>
      synthesize({ region: 'us-east-1', ...settings }).terminationProtection;
    expect([isProtected({}), isProtected({ terminationProtection: 'true' })]).toEqual([false, true]);
  });

  test('functions are traced with X-Ray where that is asked for, and may send nothing else there', () => {
    const made = synthesize({ region: 'us-east-1', tracing: 'true' });
    for (const [, { Properties }] of ofType(made, 'AWS::Lambda::Function')) {
      expect(Properties['TracingConfig']).toEqual({ Mode: 'Active' });
    }
    expect(new Set(made.text.match(/xray:\w+/g))).toEqual(
      new Set(['xray:PutTraceSegments', 'xray:PutTelemetryRecords']),
    );
    expect(synthesize({ region: 'us-east-1' }).text).not.toContain('xray:');
  });

  test('the stage names the secrets, so that two stages share none', () => {
    const made = synthesize({ region: 'us-east-1', stage: 'dev' });
    expect(made.text).toContain(':secret:wechat-keyring/dev/wx');
    expect(made.text).not.toContain('wechat-keyring/prod');
  });
});

test.each([
  ['us-east-1', { region: 'us-east-1' }],
  ['cn-north-1', { region: 'cn-north-1' }],
  ['an account', { region: 'us-east-1', account: '123456789012' }],
  ['a domain', withDomain],
  ['an event bus', { region: 'us-east-1', eventBus: 'pushes' }],
  ['tracing', { region: 'us-east-1', tracing: 'true', egress: 'nat-gateway' }],
  ['alarms by e-mail', { region: 'us-east-1', alarmEmail: 'ops@example.com' }],
  ['alarms by e-mail in China', { region: 'cn-north-1', alarmEmail: 'ops@example.com' }],
  [
    'alarms by e-mail and no monitoring',
    { region: 'us-east-1', alarmEmail: 'ops@example.com', monitoring: 'none' },
  ],
  [
    'all opt-outs',
    {
      region: 'us-east-1',
      deletionProtection: 'false',
      pointInTimeRecovery: 'false',
      customerManagedKey: 'false',
    },
  ],
])('the template checks find nothing unexplained with %s', (_, overrides) => {
  expect(findingsOf(overrides)).toEqual([]);
});
