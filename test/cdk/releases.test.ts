import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { entries, manifest } from '../../functions/manifest.ts';
import { ofType, one, synthesize, type Synthesized } from './kit.ts';

const watched = synthesize({ region: 'us-east-1', monitoring: 'full' });
const unwatched = synthesize({ region: 'us-east-1', monitoring: 'none' });
const withoutCanary = synthesize({ region: 'us-east-1', monitoring: 'full', canary: 'false' });

const aliasSchema = z.object({
  Name: z.string(),
  FunctionName: z.object({ Ref: z.string() }),
  FunctionVersion: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Version')]) }),
});

/** Each alias, with the function that it is of. */
function aliasesOf(made: Synthesized): Map<string, { name: string; fn: string; version: string }> {
  return new Map(
    ofType(made, 'AWS::Lambda::Alias').map(([id, { Properties }]) => {
      const { Name, FunctionName, FunctionVersion } = aliasSchema.parse(Properties);
      return [id, { name: Name, fn: FunctionName.Ref, version: FunctionVersion['Fn::GetAtt'][0] }];
    }),
  );
}

function functionId(entry: string): string {
  const name = entry.replace(/^.*\//, '').replaceAll(/(^|-)\w/g, (start) => start.slice(-1).toUpperCase());
  return one(watched, 'AWS::Lambda::Function', `${name}Function`)[0];
}

/** The logical ids of this type that a resource names. */
function named(made: Synthesized, id: string, type: string): string[] {
  const text = JSON.stringify(made.resources.get(id)?.Properties);
  return ofType(made, type).flatMap(([other]) => (text.includes(`"${other}"`) ? [other] : []));
}

test('what requests reach has an alias of a published version, and nothing else has one', () => {
  const reached = entries.filter((entry) =>
    ['routes', 'authorizer'].includes(manifest[entry].trigger?.by ?? 'routes'),
  );
  const aliases = [...aliasesOf(watched).values()];
  expect(aliases.map(({ fn }) => fn).toSorted()).toEqual(reached.map(functionId).toSorted());
  expect(new Set(aliases.map(({ name }) => name))).toEqual(new Set(['live']));
  expect(
    ofType(watched, 'AWS::Lambda::Version')
      .map(([id]) => id)
      .toSorted(),
  ).toEqual(aliases.map(({ version }) => version).toSorted());
});

test('the API calls aliases, and may call nothing else', () => {
  const callers = [
    ...ofType(watched, 'AWS::ApiGatewayV2::Integration'),
    ...ofType(watched, 'AWS::ApiGatewayV2::Authorizer'),
  ];
  const callable = ofType(watched, 'AWS::Lambda::Permission');
  for (const [id] of [...callers, ...callable]) {
    expect(named(watched, id, 'AWS::Lambda::Alias')).toHaveLength(1);
    expect(named(watched, id, 'AWS::Lambda::Function')).toEqual([]);
  }
});

test('the API calls an alias only once it may, so that no request fails when an alias takes the place of a function', () => {
  for (const type of ['AWS::ApiGatewayV2::Integration', 'AWS::ApiGatewayV2::Authorizer']) {
    for (const [id, { DependsOn }] of ofType(watched, type)) {
      const [alias] = named(watched, id, 'AWS::Lambda::Alias');
      const allowed = ofType(watched, 'AWS::Lambda::Permission').flatMap(([permission]) =>
        named(watched, permission, 'AWS::Lambda::Alias')[0] === alias ? [permission] : [],
      );
      expect(DependsOn.filter((other) => allowed.includes(other))).toHaveLength(1);
    }
  }
});

test('a version stays after the next one, for requests that are still with it, and goes where making it failed', () => {
  const versions = ofType(watched, 'AWS::Lambda::Version');
  expect(versions).not.toEqual([]);
  for (const [, version] of versions) {
    expect(version).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
  }
});

test('a version is published where a function has changed, and only there', () => {
  const versions = (made: Synthesized) => [...aliasesOf(made).values()].map(({ version }) => version);
  const changed = synthesize({
    region: 'us-east-1',
    monitoring: 'full',
    wechatOpenUrl: 'https://open.example.com',
  });
  const unchanged = synthesize({ region: 'us-east-1', monitoring: 'full', throttleRate: '50' });
  expect(versions(watched)).not.toEqual([]);
  expect(versions(changed).filter((version) => versions(watched).includes(version))).toEqual([]);
  expect(versions(unchanged)).toEqual(versions(watched));
});

describe('the canary', () => {
  const [alarms] = [['ApiFails', 'ApiSlow']].map((names) =>
    names.map((name) => one(watched, 'AWS::CloudWatch::Alarm', `Monitoring${name}`)),
  );
  const groups = ofType(watched, 'AWS::CodeDeploy::DeploymentGroup');

  test('moves requests of each alias, and goes back where the API fails or is slow', () => {
    const policies = ofType(watched, 'AWS::Lambda::Alias').map(([, { UpdatePolicy }]) => UpdatePolicy);
    const ApplicationName = { Ref: one(watched, 'AWS::CodeDeploy::Application')[0] };
    const expected = groups.map(([id]) => ({
      CodeDeployLambdaAliasUpdate: { ApplicationName, DeploymentGroupName: { Ref: id } },
    }));
    expect(policies).toHaveLength(expected.length);
    expect(policies).toEqual(expect.arrayContaining(expected));
    for (const [, { Properties }] of groups) {
      expect(Properties).toMatchObject({
        AlarmConfiguration: { Enabled: true, Alarms: alarms?.map(([id]) => ({ Name: { Ref: id } })) },
        AutoRollbackConfiguration: {
          Enabled: true,
          Events: expect.arrayContaining(['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM']),
        },
      });
    }
  });

  test('has requests enough, for long enough, that both alarms can ring', () => {
    const { Properties } = one(watched, 'AWS::CodeDeploy::DeploymentConfig')[1];
    const { CanaryInterval: minutes, CanaryPercentage: percent } = z
      .object({
        TrafficRoutingConfig: z.object({
          TimeBasedCanary: z.object({ CanaryInterval: z.number(), CanaryPercentage: z.number() }),
        }),
      })
      .parse(Properties).TrafficRoutingConfig.TimeBasedCanary;
    // ApiFails rings above 5 % of errors, ApiSlow for the slowest tenth.
    expect(percent).toBeGreaterThan(10);
    for (const [, alarm] of alarms ?? []) {
      const { EvaluationPeriods } = z.object({ EvaluationPeriods: z.number() }).parse(alarm.Properties);
      // The canary begins in the middle of a period, and the alarm says so some time after one.
      expect(minutes).toBeGreaterThanOrEqual(5 * (EvaluationPeriods + 2));
    }
  });

  test('may change these aliases, see alarms and read what to deploy, and may do it for this account alone', () => {
    const [role, { Properties }] = one(watched, 'AWS::IAM::Role', 'Canary');
    expect(Properties).not.toHaveProperty('ManagedPolicyArns');
    expect(JSON.stringify(Properties)).toContain('"aws:SourceAccount":{"Ref":"AWS::AccountId"}');
    const [policy, { Properties: allowed }] = one(watched, 'AWS::IAM::Policy', 'Canary');
    expect(
      JSON.stringify(allowed)
        .match(/"[a-z0-9]+:[A-Z]\w+"/g)
        ?.toSorted(),
    ).toEqual([
      '"cloudwatch:DescribeAlarms"',
      '"lambda:GetAlias"',
      '"lambda:GetProvisionedConcurrencyConfig"',
      '"lambda:UpdateAlias"',
      '"s3:GetObject"',
      '"s3:GetObjectVersion"',
    ]);
    expect(named(watched, policy, 'AWS::Lambda::Function')).toHaveLength(groups.length);
    for (const [, { Properties: group, DependsOn }] of groups) {
      expect(group['ServiceRoleArn']).toEqual({ 'Fn::GetAtt': [role, 'Arn'] });
      expect(DependsOn).toContain(policy);
    }
  });

  test.each([
    ['without alarms', unwatched],
    ['where the deployer does without', withoutCanary],
  ])('is not there %s, and aliases are', (_, made) => {
    expect([...made.resources.values()].filter(({ Type }) => Type.startsWith('AWS::CodeDeploy'))).toEqual([]);
    const aliases = ofType(made, 'AWS::Lambda::Alias');
    expect(aliases.length).toBe(groups.length);
    expect(aliases.filter(([, { UpdatePolicy }]) => UpdatePolicy !== undefined)).toEqual([]);
  });
});

describe('what the former version cannot live with is deployed without a canary', () => {
  const page = (name: string) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');
  const canary = page('upgrading')
    .split(/^## /m)
    .find((section) => section.startsWith('The canary'));

  test('a table that takes the place of another: the permission for that one goes at once', () => {
    const restored = synthesize({
      region: 'us-east-1',
      monitoring: 'full',
      'existing.users': 'keyring-prod-users-2',
    });
    const [users] = one(watched, 'AWS::DynamoDB::GlobalTable', 'TablesUsers');
    const [policy, { Properties: before }] = one(watched, 'AWS::IAM::Policy', 'GetMeRole');
    expect(JSON.stringify(before)).toContain(`"${users}"`);
    expect(JSON.stringify(restored.resources.get(policy))).not.toContain(`"${users}"`);
    expect(canary).toMatch(/a change of `existing` [^.]*`-c canary=false`/);
    const restoring = page('operations')
      .split(/^### /m)
      .find((part) => part.startsWith('Restoring a table'));
    expect(restoring).toContain('npx cdk deploy -c canary=false');
  });

  test('a domain: the former address is off at once, and the former version sends logins back to it', () => {
    const moved = synthesize({
      region: 'us-east-1',
      monitoring: 'full',
      'domain.name': 'keyring.example.com',
      'domain.certificateArn': 'arn:aws:acm:us-east-1:123456789012:certificate/1',
    });
    const [api, { Properties: before }] = one(watched, 'AWS::ApiGatewayV2::Api');
    expect(before['DisableExecuteApiEndpoint']).not.toBe(true);
    expect(moved.resources.get(api)?.Properties['DisableExecuteApiEndpoint']).toBe(true);
    expect(canary).toMatch(/or `domain` with `-c canary=false`/);
  });
});

test('the template is far from the limits of CloudFormation', () => {
  const largest = synthesize({
    region: 'us-east-1',
    monitoring: 'full',
    egress: 'nat-instance',
    alarmEmail: 'ops@example.com',
    eventBus: 'pushes',
  });
  expect(largest.resources.size).toBeLessThan(400);
  expect(largest.text.length).toBeLessThan(600_000);
});
