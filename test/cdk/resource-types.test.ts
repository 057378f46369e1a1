import { describe, expect, test } from '@jest/globals';
import { synthesize } from './kit.ts';

/**
 * The types of resources that the stack has in the China regions. Each is in CloudFormation's registry of Beijing, as
 * cfn-lint lists it, and in that of Ningxia but for Scheduler's two: the list of Ningxia that they were looked up in is
 * older than Scheduler there, which has an endpoint in both regions. Before you add one, look it up as well.
 *
 * @see https://github.com/aws-cloudformation/cfn-lint/blob/main/src/cfnlint/data/schemas/providers/cn_north_1/__init__.py
 * @see https://docs.amazonaws.cn/en_us/eventbridge/latest/userguide/dual-stack.html
 */
const everywhere = [
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::ApiMapping',
  'AWS::ApiGatewayV2::Authorizer',
  'AWS::ApiGatewayV2::DomainName',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Stage',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::CodeDeploy::Application',
  'AWS::CodeDeploy::DeploymentConfig',
  'AWS::CodeDeploy::DeploymentGroup',
  'AWS::DynamoDB::GlobalTable',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::KMS::Key',
  'AWS::Lambda::Alias',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::Lambda::Permission',
  'AWS::Lambda::Version',
  'AWS::Logs::LogGroup',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy',
  'AWS::Scheduler::Schedule',
  'AWS::Scheduler::ScheduleGroup',
];
const network = [
  'AWS::EC2::EIP',
  'AWS::EC2::InternetGateway',
  'AWS::EC2::Route',
  'AWS::EC2::RouteTable',
  'AWS::EC2::SecurityGroup',
  'AWS::EC2::Subnet',
  'AWS::EC2::SubnetRouteTableAssociation',
  'AWS::EC2::VPC',
  'AWS::EC2::VPCEndpoint',
  'AWS::EC2::VPCGatewayAttachment',
];

describe('in China, with all that can be configured, there are only resources that are offered there', () => {
  test.each([
    ['without a network', 'none', []],
    ['with a NAT gateway', 'nat-gateway', [...network, 'AWS::EC2::NatGateway']],
    ['with a NAT instance', 'nat-instance', [...network, 'AWS::EC2::Instance']],
  ])('%s', (_, egress, ofEgress) => {
    const { resources } = synthesize({
      region: 'cn-north-1',
      egress,
      eventBus: 'pushes',
      alarmEmail: 'ops@example.com',
      allowedOrigins: 'https://wall.example.com',
      domain: {
        name: 'keyring.example.com',
        certificateArn: 'arn:aws-cn:acm:cn-north-1:123456789012:certificate/1',
      },
    });
    const types = new Set([...resources.values()].map(({ Type }) => Type));
    expect([...types].toSorted()).toEqual([...everywhere, ...ofEgress].toSorted());
  });
});
