import { describe, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { ofType, one, synthesize, type Synthesized } from './kit.ts';

describe.each([
  ['without a network', { egress: 'none' }],
  ['with a fixed address', { egress: 'nat-gateway' }],
])('in China, %s, the template', (_, settings) => {
  const made = synthesize({
    region: 'cn-north-1',
    eventBus: 'pushes',
    alarmEmail: 'ops@example.com',
    ...settings,
  });

  test('names the partition aws-cn and no other', () => {
    const partitions = [...made.text.matchAll(/arn:(aws[a-z-]*):/g)].map(([, partition]) => partition);
    expect(new Set(partitions)).toEqual(new Set(['aws-cn']));
    expect(made.text).not.toContain('AWS::Partition');
  });

  test('names no host of another partition', () => {
    // Principals have the same name everywhere; IAM is told both endings of those who use keys for a caller.
    const principals = /"(lambda|scheduler|apigateway|cloudwatch|codedeploy|events|sns)\.amazonaws\.com"/g;
    const callers = /"(dynamodb|sns)\.cn-north-1\.amazonaws\.com"/g;
    const rest = made.text.replaceAll(principals, '').replaceAll(callers, '');
    expect(rest).not.toMatch(/amazonaws\.com(?!\.cn)/);
  });

  test('has x86_64 functions and nothing of X-Ray', () => {
    for (const [, { Properties }] of ofType(made, 'AWS::Lambda::Function')) {
      expect(Properties['Architectures']).toEqual(['x86_64']);
      expect(Properties).not.toHaveProperty('TracingConfig');
    }
    expect(made.text.toLowerCase()).not.toContain('xray');
  });
});

test('in China the deployer is told that nothing answers without an ICP filing', () => {
  const told = (region: string) => synthesize({ region }).infos.filter((info) => info.includes('ICP')).length;
  expect([told('cn-north-1'), told('cn-northwest-1'), told('us-east-1')]).toEqual([1, 1, 0]);
});

/** What has a name of its own, which no other resource of the AWS account may have. */
function namesIn({ resources }: Synthesized): string[] {
  const isName =
    /^(Alarm|Alias|Api|Dashboard|Domain|Export|Function|Group|LogGroup|Policy|Queue|Role|Secret|Stream|Table|Topic)?Name$/;
  return [...resources].flatMap(([, { Type, Properties }]) =>
    Object.entries(Properties).flatMap(([key, value]) =>
      isName.test(key) && typeof value === 'string' && !isScoped(Type) ? [`${Type} ${value}`] : [],
    ),
  );
}

/** These names count within their own parent only. */
function isScoped(type: string): boolean {
  return [
    'AWS::IAM::Policy',
    'AWS::Lambda::Alias',
    'AWS::ApiGatewayV2::Stage',
    'AWS::ApiGatewayV2::Authorizer',
    'AWS::ApiGatewayV2::DomainName',
  ].includes(type);
}

describe('two stages in one account and region', () => {
  const [prod, dev] = ['prod', 'dev'].map((stage) =>
    synthesize({ region: 'us-east-1', stage, eventBus: 'pushes', egress: 'nat-instance' }),
  ) as [Synthesized, Synthesized];

  test('have no name in common', () => {
    const ofDev = new Set(namesIn(dev));
    expect(namesIn(prod).filter((name) => ofDev.has(name))).toEqual([]);
    expect(namesIn(prod).length).toBeGreaterThan(0);
  });

  test('have access logs apart, where a log group needs no entry in the one policy that an account has for all', () => {
    const [prodName, devName] = [prod, dev].map(
      (made) => one(made, 'AWS::Logs::LogGroup', 'HttpAccessLog')[1].Properties['LogGroupName'],
    );
    const begins = JSON.stringify(prodName).replace(/^.*?(?=\/aws)/, '');
    expect(begins).toMatch(/^\/aws\/vendedlogs\/wechat-keyring-prod\//);
    expect(JSON.stringify(devName)).toBe(JSON.stringify(prodName).replace('-prod/', '-dev/'));
  });

  test('have secrets, schedules and metrics apart', () => {
    expect(prod.text).toContain(':secret:wechat-keyring/prod/wx');
    expect(dev.text).toContain(':secret:wechat-keyring/dev/wx');
    expect(dev.text).not.toMatch(/wechat-?keyring[-/]?prod/);
    expect(prod.text).not.toMatch(/wechat-?keyring[-/]?dev/);
  });

  test('export nothing that the other could have exported', () => {
    for (const made of [prod, dev]) {
      expect(Object.values(made.template.findOutputs('*')).filter((output) => 'Export' in output)).toEqual(
        [],
      );
    }
  });

  test('take nothing from each other', () => {
    for (const made of [prod, dev]) {
      expect(made.text).not.toContain('Fn::ImportValue');
      expect(made.text).not.toContain('Fn::GetStackOutput');
    }
  });
});

describe('a stack that takes over a table that was restored', () => {
  const made = synthesize({ region: 'us-east-1', 'existing.users': 'restored-users' });

  test('makes the other tables as ever, and none in its place', () => {
    const tables = ofType(made, 'AWS::DynamoDB::GlobalTable').map(([id]) => id.replace(/[0-9A-F]{8}$/, ''));
    expect(tables.toSorted()).toEqual(['TablesCredentials', 'TablesFollowers']);
  });

  test('has its functions use it, with the permissions that they had', () => {
    const [, { Properties }] = one(made, 'AWS::Lambda::Function', 'CallbackFunction');
    expect(Properties).toMatchObject({
      Environment: { Variables: { KEYRING_USERS_TABLE: 'restored-users' } },
    });
    const usual = synthesize({ region: 'us-east-1' });
    const actionsOf = (from: Synthesized) =>
      ofType(from, 'AWS::IAM::Policy').map(([id, policy]) => [
        id,
        JSON.stringify(policy.Properties)
          .match(/"[a-z]+:[A-Za-z]+"/g)
          ?.toSorted(),
      ]);
    expect(actionsOf(made)).toEqual(actionsOf(usual));
    expect(made.text).toContain(':table/restored-users');
  });
});

test('a stack that takes over what a former one left makes no table and no key for them', () => {
  const key = (id: string) => `arn:aws:kms:us-east-1:123456789012:key/${id}`;
  const made = synthesize({
    region: 'us-east-1',
    existing: {
      credentials: 'old-credentials',
      users: 'old-users',
      followers: 'old-followers',
      tablesKey: key('tables'),
      dataKey: key('data'),
    },
  });
  made.template.resourceCountIs('AWS::DynamoDB::GlobalTable', 0);
  const keys = ofType(made, 'AWS::KMS::Key').filter(([id]) => /^(Tables|Data)/.test(id));
  expect(keys).toEqual([]);
  made.template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: Match.objectLike({ KEYRING_DATA_KEY: key('data') }) },
  });
});

test('how much the API takes is for the deployer to say', () => {
  const made = synthesize({ region: 'us-east-1', throttleRate: '500', throttleBurst: '1000' });
  made.template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
    DefaultRouteSettings: { ThrottlingRateLimit: 500, ThrottlingBurstLimit: 1000 },
  });
});
