import { describe, expect, test } from '@jest/globals';
import { synthesize, type Synthesized } from './kit.ts';

/**
 * CloudFormation knows a resource by its logical id: under a new id it makes a new one, and deletes the old one or lets
 * go of it. So these ids never change, wherever in the sources the resource moves.
 */
const always = {
  SchedulesGroupD276B6F4: 'AWS::Scheduler::ScheduleGroup',
  SchedulesDeadLettersE738B711: 'AWS::SQS::Queue',
  EventsQueue7396B467: 'AWS::SQS::Queue',
  EventsDeadLetters8A90034E: 'AWS::SQS::Queue',
  DetailsQueueE73FA90D: 'AWS::SQS::Queue',
  DetailsDeadLetters93786E5C: 'AWS::SQS::Queue',
  AlarmsTopic3A2DFEBA: 'AWS::SNS::Topic',
  HttpApi4E1D4184: 'AWS::ApiGatewayV2::Api',
};
const tables = {
  TablesCredentials4E6AF65C: 'AWS::DynamoDB::GlobalTable',
  TablesUsersBA34CAA2: 'AWS::DynamoDB::GlobalTable',
  TablesFollowersBCBCC6D1: 'AWS::DynamoDB::GlobalTable',
};
const tablesKey = { TablesKeyD3984C03: 'AWS::KMS::Key' };
const dataKey = { DataKey17AFBB84: 'AWS::KMS::Key' };
const alarmKey = { AlarmsTopicKeyAB251E47: 'AWS::KMS::Key' };
const gatewayAddress = { EgressGatewayAddressD263AC15: 'AWS::EC2::EIP' };
const instanceAddress = { EgressInstanceAddressD2AC0322: 'AWS::EC2::EIP' };
const domain = { HttpDomainFF7569C3: 'AWS::ApiGatewayV2::DomainName' };
/** A new one would have the person confirm the address again. */
const subscription = { AlarmsTopicopsexamplecom4A606E3C: 'AWS::SNS::Subscription' };
const usual = { ...always, ...tables, ...tablesKey, ...dataKey, ...alarmKey };

const holdState = new Set<string>([
  ...Object.values({ ...usual, ...gatewayAddress, ...domain, ...subscription }),
  'AWS::SecretsManager::Secret',
  'AWS::S3::Bucket',
]);

function stateOf({ resources }: Synthesized): Record<string, string> {
  const found = [...resources].filter(
    ([, { Type, DeletionPolicy }]) => holdState.has(Type) || DeletionPolicy === 'Retain',
  );
  return Object.fromEntries(found.map(([id, { Type }]) => [id, Type]));
}

describe.each([
  ['us-east-1', 'aws'],
  ['cn-north-1', 'aws-cn'],
])('in %s, what holds state keeps its logical id', (region, partition) => {
  const keyArn = (id: string) => `arn:${partition}:kms:${region}:123456789012:key/${id}`;
  const proxy = { 'egress.url': 'https://proxy.example.com', 'egress.address': '203.0.113.7' };
  const ownDomain = {
    name: 'keyring.example.com',
    certificateArn: `arn:${partition}:acm:${region}:123456789012:certificate/1`,
  };

  test.each<[string, Record<string, unknown>, Record<string, string>]>([
    ['without a network', { egress: 'none' }, usual],
    ['with a proxy', { egress: 'proxy', ...proxy }, usual],
    ['with a NAT gateway', { egress: 'nat-gateway' }, { ...usual, ...gatewayAddress }],
    ['with a NAT instance', { egress: 'nat-instance' }, { ...usual, ...instanceAddress }],
    ['with a domain', { domain: ownDomain }, { ...usual, ...domain }],
    ['with alarms by e-mail', { alarmEmail: 'ops@example.com' }, { ...usual, ...subscription }],
    ['with a bus', { eventBus: 'pushes' }, usual],
    ['without monitoring', { monitoring: 'none' }, { ...always, ...tables, ...tablesKey, ...dataKey }],
    ['with keys of AWS', { customerManagedKey: 'false' }, { ...always, ...tables, ...dataKey, ...alarmKey }],
    [
      'with what a former stack left',
      {
        existing: {
          credentials: 'old-credentials',
          users: 'old-users',
          followers: 'old-followers',
          tablesKey: keyArn('tables'),
          dataKey: keyArn('data'),
        },
      },
      { ...always, ...alarmKey },
    ],
  ])('%s', (_, overrides, expected) => {
    expect(stateOf(synthesize({ region, ...overrides }))).toEqual(expected);
  });
});

test('the group of schedules keeps its name, with the refreshes that are booked in it', () => {
  const { template } = synthesize({ region: 'us-east-1' });
  template.hasResourceProperties('AWS::Scheduler::ScheduleGroup', {
    Name: 'wechatkeyringprod-Schedules-Group-2AEA2A9A',
  });
});
