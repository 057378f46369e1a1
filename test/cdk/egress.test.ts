import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { findingsOf, ofType, one, synthesize } from './kit.ts';

const ways = ['nat-gateway', 'nat-instance'] as const;
const proxy = {
  region: 'us-east-1',
  egress: 'proxy',
  'egress.url': 'https://proxy.example.com:3128',
  'egress.address': '203.0.113.7',
};
const variablesOf = z.object({ Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }) });

/** Each function's name with what the template says of its network. */
function networkOf(made: ReturnType<typeof synthesize>): [string, unknown][] {
  return ofType(made, 'AWS::Lambda::Function').flatMap(([id, { Properties }]) =>
    Properties['VpcConfig'] === undefined
      ? []
      : [[id.replace(/Function[0-9A-F]{8}$/, ''), Properties['VpcConfig']]],
  );
}

function variables(made: ReturnType<typeof synthesize>, name: string): Record<string, unknown> {
  const [, { Properties }] = one(made, 'AWS::Lambda::Function', `${name}Function`);
  return variablesOf.parse(Properties).Environment.Variables;
}

describe.each(ways)('a fixed address by %s', (egress) => {
  const made = synthesize({ region: 'us-east-1', egress });

  test('puts the function that mints into the network, and no other', () => {
    expect(networkOf(made).map(([name]) => name)).toEqual(['RefreshCredentials']);
  });

  test('has one address, which stays when the stack goes, and not when making it failed', () => {
    const [id, address] = one(made, 'AWS::EC2::EIP');
    expect(address).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    made.template.hasOutput('EgressAddress', { Value: { 'Fn::GetAtt': [id, 'PublicIp'] } });
  });

  test('tells the function that mints its address, for the advice that goes with 40164', () => {
    const [id] = one(made, 'AWS::EC2::EIP');
    const told = ofType(made, 'AWS::Lambda::Function').filter(
      ([, { Properties }]) =>
        variablesOf.parse(Properties).Environment.Variables['KEYRING_EGRESS_ADDRESS'] !== undefined,
    );
    expect(told.map(([name]) => name)).toEqual([expect.stringMatching(/^RefreshCredentialsFunction/)]);
    expect(variables(made, 'RefreshCredentials')['KEYRING_EGRESS_ADDRESS']).toEqual({
      'Fn::GetAtt': [id, 'PublicIp'],
    });
  });

  test('sends everything but DynamoDB through that address', () => {
    const [, { SubnetIds, SecurityGroupIds }] = z
      .tuple([
        z.string(),
        z.object({
          SubnetIds: z.tuple([z.object({ Ref: z.string() })]),
          SecurityGroupIds: z.tuple([z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) })]),
        }),
      ])
      .parse(networkOf(made)[0]);
    const association = ofType(made, 'AWS::EC2::SubnetRouteTableAssociation').find(
      ([, { Properties }]) => JSON.stringify(Properties['SubnetId']) === JSON.stringify(SubnetIds[0]),
    );
    const table = association?.[1].Properties['RouteTableId'];
    const routes = ofType(made, 'AWS::EC2::Route').filter(
      ([, { Properties }]) => JSON.stringify(Properties['RouteTableId']) === JSON.stringify(table),
    );
    const hop =
      egress === 'nat-gateway'
        ? { NatGatewayId: { Ref: one(made, 'AWS::EC2::NatGateway')[0] } }
        : { InstanceId: { Ref: one(made, 'AWS::EC2::Instance')[0] } };
    expect(routes.map(([, { Properties }]) => Properties)).toEqual([
      { RouteTableId: table, DestinationCidrBlock: '0.0.0.0/0', ...hop },
    ]);
    expect(one(made, 'AWS::EC2::VPCEndpoint')[1].Properties).toMatchObject({
      VpcEndpointType: 'Gateway',
      RouteTableIds: [table],
    });
    const group = made.resources.get(SecurityGroupIds[0]['Fn::GetAtt'][0]);
    expect(group?.Properties['SecurityGroupIngress']).toBeUndefined();
    expect(group?.Properties['SecurityGroupEgress']).toMatchObject([{ FromPort: 443, ToPort: 443 }]);
  });

  test('is in the first zone of the region, or in the one that the deployer chose', () => {
    const zonesOf = (from: typeof made) =>
      ofType(from, 'AWS::EC2::Subnet').map(([, { Properties }]) => Properties['AvailabilityZone']);
    const first = { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] };
    expect(zonesOf(made)).toEqual([first, first]);
    const chosen = synthesize({ region: 'us-east-1', egress, 'egress.zone': 'us-east-1c' });
    expect(zonesOf(chosen)).toEqual(['us-east-1c', 'us-east-1c']);
  });

  test('warns of nothing, so that it passes --strict, in a zone of choice either', () => {
    for (const zone of [{}, { 'egress.zone': 'us-east-1c' }]) {
      expect(synthesize({ region: 'us-east-1', egress, ...zone }).printed).toEqual([]);
    }
  });

  test('is ready before the function is', () => {
    const [, { DependsOn }] = one(made, 'AWS::Lambda::Function', 'RefreshCredentials');
    expect(DependsOn).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^EgressThrough(Gateway|Instance)[0-9A-F]{8}$/),
        expect.stringMatching(/^EgressInsideAssociation/),
        expect.stringMatching(/^EgressDynamoDb/),
      ]),
    );
  });

  test('is left before the permission to delete its interfaces goes, which is in no policy that stays', () => {
    const without = synthesize({ region: 'us-east-1', egress: 'none' });
    const allowing = ofType(made, 'AWS::IAM::Policy').flatMap(([id, { Properties }]) =>
      JSON.stringify(Properties).includes('ec2:DeleteNetworkInterface') ? [id] : [],
    );
    const [allows = ''] = allowing.filter((id) => id.startsWith('EgressInterfaces'));
    expect(allowing.filter((id) => without.resources.has(id))).toEqual([]);
    const waiting = [...made.resources].filter(([, { DependsOn }]) => DependsOn.includes(allows));
    expect(waiting.map(([id]) => id.replace(/[0-9A-F]{8}$/, '')).toSorted()).toEqual([
      'EgressFunctions',
      'EgressInside',
      'RefreshCredentialsFunction',
    ]);
  });

  test('keeps the code of the function from the network interfaces that Lambda makes for it', () => {
    const [refresh] = one(made, 'AWS::Lambda::Function', 'RefreshCredentials');
    const [, { Properties }] = one(made, 'AWS::IAM::Policy', 'EgressNoInterfacesByCode');
    const [, { Properties: allowed }] = one(made, 'AWS::IAM::Policy', 'EgressInterfaces');
    const ec2ActionsOf = (policy: unknown) =>
      JSON.stringify(policy)
        .match(/ec2:\w+/g)
        ?.toSorted();
    const role = { Ref: one(made, 'AWS::IAM::Role', 'RefreshCredentialsRole')[0] };
    expect([Properties['Roles'], allowed['Roles']]).toEqual([[role], [role]]);
    expect(ec2ActionsOf(Properties)).toEqual(ec2ActionsOf(allowed));
    expect(ec2ActionsOf(allowed)).toHaveLength(6);
    expect(Properties['PolicyDocument']).toMatchObject({
      Statement: [
        {
          Effect: 'Deny',
          Resource: '*',
          Condition: { ArnEquals: { 'lambda:SourceFunctionArn': { 'Fn::GetAtt': [refresh, 'Arn'] } } },
        },
      ],
    });
  });
});

describe.each(ways)('an Elastic IP address of the deployer for a %s', (egress) => {
  const allocationId = 'eipalloc-0123456789abcdef0';
  const made = synthesize({
    region: 'us-east-1',
    egress,
    'egress.allocationId': allocationId,
    'egress.address': '203.0.113.7',
  });

  test('is used instead of one that the stack makes', () => {
    made.template.resourceCountIs('AWS::EC2::EIP', 0);
    const [, { Properties }] =
      egress === 'nat-gateway' ? one(made, 'AWS::EC2::NatGateway') : one(made, 'AWS::EC2::EIPAssociation');
    expect(Properties).toMatchObject({ AllocationId: allocationId });
    if (egress === 'nat-gateway') return;
    expect(Properties['InstanceId']).toEqual({ Ref: one(made, 'AWS::EC2::Instance')[0] });
    const [association] = one(made, 'AWS::EC2::EIPAssociation');
    expect(one(made, 'AWS::Lambda::Function', 'RefreshCredentials')[1].DependsOn).toContain(association);
  });

  test('is the one that is named in the outputs and in the advice', () => {
    made.template.hasOutput('EgressAddress', { Value: '203.0.113.7' });
    expect(variables(made, 'RefreshCredentials')['KEYRING_EGRESS_ADDRESS']).toBe('203.0.113.7');
  });
});

test('a gateway and an instance have different addresses, so that one can follow the other', () => {
  const [one, two] = ways.map((egress) =>
    ofType(synthesize({ region: 'us-east-1', egress }), 'AWS::EC2::EIP').map(([id]) => id),
  );
  expect(one).not.toEqual(two);
});

test('the instance hands out nothing of its own, and its disk is encrypted', () => {
  const made = synthesize({ region: 'us-east-1', egress: 'nat-instance' });
  const [, { Properties }] = one(made, 'AWS::EC2::Instance');
  expect(Properties).toMatchObject({
    SourceDestCheck: false,
    MetadataOptions: { HttpTokens: 'required' },
    BlockDeviceMappings: [{ Ebs: { Encrypted: true } }],
  });
  expect(Properties).not.toHaveProperty('KeyName');
  expect(Properties).not.toHaveProperty('IamInstanceProfile');
});

test('through a proxy, the function that mints knows it and the address that WeChat sees, and no password', () => {
  const made = synthesize({ ...proxy, 'egress.authenticate': 'true' });
  expect(variables(made, 'RefreshCredentials')).toMatchObject({
    KEYRING_EGRESS_PROXY: 'https://proxy.example.com:3128',
    KEYRING_EGRESS_PROXY_AUTH: 'true',
    KEYRING_EGRESS_ADDRESS: '203.0.113.7',
  });
  expect(variables(made, 'ListFollowers')).not.toHaveProperty('KEYRING_EGRESS_PROXY');
  made.template.hasOutput('EgressAddress', { Value: '203.0.113.7' });
  made.template.resourceCountIs('AWS::EC2::VPC', 0);
});

test('without a fixed address there is no network, and no address to name', () => {
  const made = synthesize({ region: 'us-east-1', egress: 'none' });
  expect(networkOf(made)).toEqual([]);
  made.template.resourceCountIs('AWS::EC2::VPC', 0);
  expect(Object.keys(made.template.findOutputs('*'))).not.toContain('EgressAddress');
  expect(variables(made, 'RefreshCredentials')).not.toHaveProperty('KEYRING_EGRESS_ADDRESS');
});

test('a host of WeChat with a port of its own can be reached', () => {
  const made = synthesize({
    region: 'us-east-1',
    egress: 'nat-gateway',
    wechatApiUrl: 'https://wechat.example.com:8443',
  });
  const [, { Properties }] = one(made, 'AWS::EC2::SecurityGroup');
  expect(Properties['SecurityGroupEgress']).toMatchObject([{ FromPort: 443 }, { FromPort: 8443 }]);
});

test.each([
  ...ways.map((egress): [string, Record<string, string>] => [egress, { region: 'us-east-1', egress }]),
  ...ways.map((egress): [string, Record<string, string>] => [
    `${egress} in China`,
    { region: 'cn-north-1', egress },
  ]),
  ...ways.map((egress): [string, Record<string, string>] => [
    `${egress} in a zone of choice, and alarms by e-mail`,
    { region: 'us-east-1', egress, 'egress.zone': 'us-east-1b', alarmEmail: 'ops@example.com' },
  ]),
  ...ways.map((egress): [string, Record<string, string>] => [
    `${egress} with an address of the deployer`,
    {
      region: 'us-east-1',
      egress,
      'egress.allocationId': 'eipalloc-0123456789abcdef0',
      'egress.address': '203.0.113.7',
    },
  ]),
  ['proxy', proxy],
])('the template checks find nothing unexplained with %s', (_, overrides) => {
  expect(findingsOf(overrides)).toEqual([]);
});
