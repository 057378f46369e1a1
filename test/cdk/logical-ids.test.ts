import { describe, expect, test } from '@jest/globals';
import { synthesize, type Synthesized } from './kit.ts';

/**
 * CloudFormation knows a resource by its logical id: under a new id it makes a new one, and deletes the old one or lets
 * go of it. So these ids never change, wherever in the sources the resource moves.
 */
const holdingState = {
  SchedulesGroupD276B6F4: 'AWS::Scheduler::ScheduleGroup',
  SchedulesDeadLettersE738B711: 'AWS::SQS::Queue',
  EventsQueue7396B467: 'AWS::SQS::Queue',
  EventsDeadLetters8A90034E: 'AWS::SQS::Queue',
  DetailsQueueE73FA90D: 'AWS::SQS::Queue',
  DetailsDeadLetters93786E5C: 'AWS::SQS::Queue',
  AlarmsTopic3A2DFEBA: 'AWS::SNS::Topic',
  HttpApi4E1D4184: 'AWS::ApiGatewayV2::Api',
};
/** A booked refresh names the function, the role that calls it and the queue; operators' policies name `admin`. */
const named = {
  RefreshCredentialsFunction2636B88C: 'AWS::Lambda::Function',
  AdminFunction6887E710: 'AWS::Lambda::Function',
  SchedulesRole523D57EE: 'AWS::IAM::Role',
};
/**
 * Of these there can be one at a time: one mapping of a queue to a function, one default route of a table. A new one is
 * made before the old one goes, so under a new id the update fails.
 */
const single = {
  EventsMappingA1BAF46A: 'AWS::Lambda::EventSourceMapping',
  DetailsMapping138E0269: 'AWS::Lambda::EventSourceMapping',
  HttpStageD1D6DBD6: 'AWS::ApiGatewayV2::Stage',
};
const singleOfDomain = { HttpMapping45C3F56C: 'AWS::ApiGatewayV2::ApiMapping' };
const singleOfNetwork = {
  EgressOutside4542643F: 'AWS::EC2::Subnet',
  EgressInside2E0348E3: 'AWS::EC2::Subnet',
  EgressOutsideAssociation15A234A3: 'AWS::EC2::SubnetRouteTableAssociation',
  EgressInsideAssociationE3560A18: 'AWS::EC2::SubnetRouteTableAssociation',
  EgressGatewayAttachment6AC194A7: 'AWS::EC2::VPCGatewayAttachment',
  EgressOutsideDefault001E983E: 'AWS::EC2::Route',
  EgressDynamoDb44DBDF5C: 'AWS::EC2::VPCEndpoint',
};
const tables = {
  TablesCredentials4E6AF65C: 'AWS::DynamoDB::GlobalTable',
  TablesUsersBA34CAA2: 'AWS::DynamoDB::GlobalTable',
  TablesFollowersBCBCC6D1: 'AWS::DynamoDB::GlobalTable',
};
const tablesKey = { TablesKeyD3984C03: 'AWS::KMS::Key' };
const dataKey = { DataKey17AFBB84: 'AWS::KMS::Key' };
const alarmKey = { AlarmsTopicKeyAB251E47: 'AWS::KMS::Key' };
const gateway = {
  EgressGatewayAddressD263AC15: 'AWS::EC2::EIP',
  EgressThroughGateway27018BAD: 'AWS::EC2::Route',
  ...singleOfNetwork,
};
const instance = {
  EgressInstanceAddressD2AC0322: 'AWS::EC2::EIP',
  EgressThroughInstance50E014FE: 'AWS::EC2::Route',
  ...singleOfNetwork,
};
const domain = { HttpDomainFF7569C3: 'AWS::ApiGatewayV2::DomainName', ...singleOfDomain };
/** A new one would have the person confirm the address again. */
const subscription = { AlarmsTopicopsexamplecom4A606E3C: 'AWS::SNS::Subscription' };
const always = { ...holdingState, ...named, ...single };
const usual = { ...always, ...tables, ...tablesKey, ...dataKey, ...alarmKey };

const pinnedTypes = new Set<string>([
  ...Object.values({
    ...holdingState,
    ...tables,
    ...tablesKey,
    ...single,
    ...gateway,
    ...domain,
    ...subscription,
  }),
  'AWS::SecretsManager::Secret',
  'AWS::S3::Bucket',
]);

/** The logical ids that may not change. */
function pinnedOf({ resources }: Synthesized): Record<string, string> {
  const found = [...resources].filter(
    ([id, { Type, DeletionPolicy }]) =>
      pinnedTypes.has(Type) ||
      id in named ||
      (DeletionPolicy?.startsWith('Retain') && Type !== 'AWS::Lambda::Version'),
  );
  return Object.fromEntries(found.map(([id, { Type }]) => [id, Type]));
}

describe.each([
  ['us-east-1', 'aws'],
  ['cn-north-1', 'aws-cn'],
])('in %s, what holds state, is named elsewhere or exists once keeps its logical id', (region, partition) => {
  const keyArn = (id: string) => `arn:${partition}:kms:${region}:123456789012:key/${id}`;
  const proxy = { 'egress.url': 'https://proxy.example.com', 'egress.address': '203.0.113.7' };
  const ownDomain = {
    name: 'keyring.example.com',
    certificateArn: `arn:${partition}:acm:${region}:123456789012:certificate/1`,
  };

  test.each<[string, Record<string, unknown>, Record<string, string>]>([
    ['without a network', { egress: 'none' }, usual],
    ['with a proxy', { egress: 'proxy', ...proxy }, usual],
    ['with a NAT gateway', { egress: 'nat-gateway' }, { ...usual, ...gateway }],
    ['with a NAT instance', { egress: 'nat-instance' }, { ...usual, ...instance }],
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
    expect(pinnedOf(synthesize({ region, ...overrides }))).toEqual(expected);
  });
});

test.each([
  ['us-east-1', 'prod', 'wechatkeyringprod-Schedules-Group-2AEA2A9A'],
  ['cn-north-1', 'prod', 'wechatkeyringprod-Schedules-Group-2AEA2A9A'],
  ['us-east-1', 'a-stage-of-16-up', 'wechatkeyringastageof16up-Schedules-Group-AB420457'],
])(
  'in %s, the group of schedules of %s keeps its name, with the refreshes that are booked in it',
  (region, stage, name) => {
    const { template } = synthesize({ region, stage });
    template.hasResourceProperties('AWS::Scheduler::ScheduleGroup', { Name: name });
  },
);
