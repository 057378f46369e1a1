import { synthesize } from './kit.ts';

/** What CloudFormation does for a type of resource. `on`: the resources, as ARNs with `PARTITION` and `NAME`. */
interface Needed {
  readonly actions: readonly string[];
  readonly on: readonly string[];
}

const arn = (service: string, resource: string) => [`arn:PARTITION:${service}:*:*:${resource}`];
const api: Needed = {
  actions: ['apigateway:*'],
  on: [
    'arn:PARTITION:apigateway:*::/apis*',
    'arn:PARTITION:apigateway:*::/domainnames*',
    'arn:PARTITION:apigateway:*::/tags/*',
  ],
};
const role: Needed = {
  actions: ['iam:*Role', 'iam:*RolePolicy', 'iam:*RolePolicies', 'iam:*RoleTags'],
  on: ['arn:PARTITION:iam::*:role/NAME-*'],
};
const lambda: Needed = { actions: ['lambda:*'], on: arn('lambda', 'function:NAME-*') };
/** Of the canary. Applications and their groups are named after the stack, and so are the ways in which they shift. */
const canary: Needed = {
  actions: ['codedeploy:*'],
  on: [
    ...arn('codedeploy', 'application:NAME-*'),
    ...arn('codedeploy', 'deploymentgroup:NAME-*/*'),
    ...arn('codedeploy', 'deploymentconfig:*'),
  ],
};
const mapping: Needed = { actions: ['lambda:*EventSourceMapping*', 'lambda:*Tag*'], on: ['*'] };
const queue: Needed = { actions: ['sqs:*'], on: arn('sqs', 'NAME-*') };
const topic: Needed = { actions: ['sns:*'], on: arn('sns', 'NAME-*') };
/**
 * What AWS allows on no name: listings, which it checks before it looks for one, and subscriptions, which are no resource
 * to IAM. None of it reads or changes more than who is told, and no policy can name those.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
 */
const nameless: Needed = {
  actions: [
    'cloudwatch:DescribeAlarms',
    'logs:DescribeLogGroups',
    'sns:GetSubscriptionAttributes',
    'sns:SetSubscriptionAttributes',
    'sns:Unsubscribe',
  ],
  on: ['*'],
};
/**
 * The first domain name of an account has API Gateway make its own role there, in the name of who asks.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/using-service-linked-roles.html
 */
const domainName: Needed = {
  actions: ['iam:CreateServiceLinkedRole'],
  on: ['arn:PARTITION:iam::*:role/aws-service-role/ops.apigateway.amazonaws.com/*'],
};
/** Schedules, and their group, whose name has no hyphens of the stack's: `wechatkeyringprod-Schedules-Group-…`. */
const schedule: Needed = { actions: ['scheduler:*'], on: arn('scheduler', '*/SHORT-*') };
/** Ids of networks are not known before they are made. */
const network: Needed = {
  actions: [
    ...['Allocate*', 'Associate*', 'Attach*', 'Authorize*', 'Create*', 'Delete*', 'Describe*', 'Detach*'],
    ...['Disassociate*', 'Modify*', 'Release*', 'Replace*', 'Revoke*'],
    ...['RunInstances', 'StartInstances', 'StopInstances', 'TerminateInstances'],
  ].map((action) => `ec2:${action}`),
  on: ['*'],
};

/** Each type that the stack can have. */
const neededFor: Readonly<Record<string, Needed>> = {
  'AWS::ApiGatewayV2::Api': api,
  'AWS::ApiGatewayV2::ApiMapping': api,
  'AWS::ApiGatewayV2::Authorizer': api,
  'AWS::ApiGatewayV2::DomainName': api,
  'AWS::ApiGatewayV2::Integration': api,
  'AWS::ApiGatewayV2::Route': api,
  // The access log is delivered by the service for logs.
  'AWS::ApiGatewayV2::Stage': {
    actions: ['logs:*LogDelivery', 'logs:*LogDeliveries', 'logs:*ResourcePolicy', 'logs:*ResourcePolicies'],
    on: ['*'],
  },
  'AWS::CloudWatch::Alarm': {
    actions: ['cloudwatch:*Alarm*', 'cloudwatch:*Tag*'],
    on: arn('cloudwatch', 'alarm:NAME-*'),
  },
  'AWS::CloudWatch::Dashboard': {
    actions: ['cloudwatch:*Dashboard*'],
    on: ['arn:PARTITION:cloudwatch::*:dashboard/*'],
  },
  'AWS::CodeDeploy::Application': canary,
  'AWS::CodeDeploy::DeploymentConfig': canary,
  'AWS::CodeDeploy::DeploymentGroup': canary,
  'AWS::DynamoDB::GlobalTable': { actions: ['dynamodb:*'], on: arn('dynamodb', 'table/NAME-*') },
  'AWS::EC2::EIP': network,
  'AWS::EC2::Instance': network,
  'AWS::EC2::InternetGateway': network,
  'AWS::EC2::NatGateway': network,
  'AWS::EC2::Route': network,
  'AWS::EC2::RouteTable': network,
  'AWS::EC2::SecurityGroup': network,
  'AWS::EC2::Subnet': network,
  'AWS::EC2::SubnetRouteTableAssociation': network,
  'AWS::EC2::VPC': network,
  'AWS::EC2::VPCEndpoint': network,
  'AWS::EC2::VPCGatewayAttachment': network,
  'AWS::IAM::Policy': role,
  'AWS::IAM::Role': role,
  // Ids of keys are not known before they are made.
  'AWS::KMS::Key': { actions: ['kms:*'], on: ['*'] },
  'AWS::Lambda::Alias': lambda,
  'AWS::Lambda::EventInvokeConfig': lambda,
  'AWS::Lambda::EventSourceMapping': mapping,
  'AWS::Lambda::Function': lambda,
  'AWS::Lambda::Permission': lambda,
  'AWS::Lambda::Version': lambda,
  'AWS::Logs::LogGroup': { actions: ['logs:*'], on: arn('logs', 'log-group:*NAME*') },
  'AWS::SNS::Subscription': topic,
  'AWS::SNS::Topic': topic,
  'AWS::SNS::TopicPolicy': topic,
  'AWS::SQS::Queue': queue,
  'AWS::SQS::QueuePolicy': queue,
  'AWS::Scheduler::Schedule': schedule,
  'AWS::Scheduler::ScheduleGroup': schedule,
};

/** What CDK's bootstrap has laid out, and public parameters, such as the one of the machine image. */
const ofCdk: readonly Needed[] = [
  {
    actions: ['s3:GetObject'],
    on: ['arn:PARTITION:s3:::cdk-*-assets-*'].flatMap((bucket) => [`${bucket}/*`]),
  },
  {
    actions: ['ssm:GetParameter*'],
    on: [...arn('ssm', 'parameter/cdk-bootstrap/*'), 'arn:PARTITION:ssm:*::parameter/aws/service/*'],
  },
];

/** Every type of resource that some configuration of the stack has. */
export function typesOfAll(): string[] {
  const common = { region: 'us-east-1', alarmEmail: 'ops@example.com', eventBus: 'pushes' };
  const certificateArn = 'arn:aws:acm:us-east-1:123456789012:certificate/1';
  const all = [
    { egress: 'none', domain: { name: 'keyring.example.com', certificateArn } },
    { egress: 'nat-gateway' },
    { egress: 'nat-instance' },
  ].flatMap((settings) => [...synthesize({ ...common, ...settings }).resources.values()]);
  return [...new Set(all.map(({ Type }) => Type))].toSorted();
}

/** The types that the policy is made for. */
export const typesKnown: readonly string[] = Object.keys(neededFor).toSorted();

/**
 * The policy of a role that CloudFormation deploys the stack with, in the place of an administrator's: as IAM takes it,
 * for stacks whose name begins so.
 */
export function deployPolicy(partition = 'aws', name = 'wechat-keyring'): string {
  const needed = [...new Set(Object.values(neededFor)), nameless, domainName, ...ofCdk];
  const concrete = (text: string) =>
    text
      .replace('PARTITION', partition)
      .replace('NAME', name)
      .replace('SHORT', `${name.replaceAll('-', '')}*`);
  const Statement = needed.map(({ actions, on }) => ({
    Effect: 'Allow',
    Action: actions,
    Resource: on.map(concrete),
  }));
  return `${JSON.stringify({ Version: '2012-10-17', Statement }, undefined, 2)}\n`;
}
