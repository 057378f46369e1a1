import { expect, test } from '@jest/globals';
import { schemaFaultOf } from './kit.ts';

const proxy = {
  egress: 'proxy',
  'egress.url': 'https://proxy.example.com:3128',
  'egress.address': '203.0.113.7',
};
const domainIn = (partition: string, region: string) => ({
  'domain.name': 'keyring.example.com',
  'domain.certificateArn': `arn:${partition}:acm:${region}:123456789012:certificate/12345678-1234-1234-1234-123456789012`,
});
const more = { alarmEmail: 'ops@example.com', allowedOrigins: 'https://wall.example.com' };
const inChina = {
  region: 'cn-north-1',
  eventBus: 'pushes',
  ...more,
  ...domainIn('aws-cn', 'cn-north-1'),
};
const existing = {
  credentials: 'old-credentials',
  users: 'old-users',
  followers: 'old-followers',
  tablesKey: 'arn:aws:kms:us-east-1:123456789012:key/tables',
  dataKey: 'arn:aws:kms:us-east-1:123456789012:key/data',
};

/** Together they have every setting that other tests have. */
test.each<[string, Readonly<Record<string, unknown>>]>([
  ['nothing but a region', { region: 'us-east-1' }],
  ['a proxy', { region: 'us-east-1', ...proxy }],
  [
    'all that is optional',
    {
      region: 'us-east-1',
      account: '123456789012',
      stage: 'dev',
      monitoring: 'full',
      eventBus: 'arn:aws:events:us-east-1:123456789012:event-bus/pushes',
      runbookUrl: 'https://git.example.com/keyring/docs/runbook.md',
      throttleRate: '500',
      throttleBurst: '1000',
      wechatApiUrl: 'https://wechat.example.com:8443',
      ...more,
      ...domainIn('aws', 'us-east-1'),
      ...proxy,
      'egress.authenticate': 'true',
    },
  ],
  ['a NAT gateway', { region: 'us-east-1', egress: 'nat-gateway', 'egress.zone': 'us-east-1c' }],
  ['a NAT instance', { region: 'us-east-1', egress: 'nat-instance', 'egress.zone': 'us-east-1b', ...more }],
  ...['nat-gateway', 'nat-instance'].map((egress): [string, Readonly<Record<string, unknown>>] => [
    `an Elastic IP address of the deployer for a ${egress}`,
    {
      region: 'us-east-1',
      egress,
      'egress.allocationId': 'eipalloc-0123456789abcdef0',
      'egress.address': '203.0.113.7',
    },
  ]),
  ['tables and keys of its own', { region: 'us-east-1', existing }],
  ['one table of its own', { region: 'us-east-1', 'existing.users': 'restored-users' }],
  [
    'as little protection as can be',
    {
      region: 'us-east-1',
      deletionProtection: 'false',
      pointInTimeRecovery: 'false',
      customerManagedKey: 'false',
      monitoring: 'none',
    },
  ],
  ['all in China', { ...inChina, egress: 'none' }],
  ['all in China, and a NAT gateway', { ...inChina, egress: 'nat-gateway' }],
  ['all in China, and a NAT instance', { ...inChina, egress: 'nat-instance' }],
  ['the other region in China', { region: 'cn-northwest-1' }],
])('the schemas of CloudFormation find nothing with %s', (_, overrides) => {
  expect(schemaFaultOf(overrides)).toBe('');
});

test('the schemas of CloudFormation find a property that there is not', () => {
  expect(schemaFaultOf({ region: 'us-east-1' }, 'NoSuchProperty')).toMatch(/validation/i);
});
