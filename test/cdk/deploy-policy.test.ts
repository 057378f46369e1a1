import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import * as z from 'zod';
import { deployPolicy, typesKnown, typesOfAll } from './deploy-policy.ts';

const file = JSON.parse(
  readFileSync(new URL('../../docs/deploy-role-policy.json', import.meta.url), 'utf8'),
) as unknown;
const { Statement } = z
  .object({ Statement: z.array(z.object({ Action: z.array(z.string()), Resource: z.array(z.string()) })) })
  .parse(file);

/** Whether a pattern of IAM with `*` is true of a text. */
function matches(pattern: string, text: string): boolean {
  return new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text);
}

/** Whether the policy in docs/ allows a call. */
function allows(action: string, resource: string): boolean {
  return Statement.some(
    ({ Action, Resource }) =>
      Action.some((pattern) => matches(pattern, action)) &&
      Resource.some((pattern) => matches(pattern, resource)),
  );
}

test('the policy for a role that deploys is that of the types that the stack can have, and of no other', () => {
  expect(typesKnown).toEqual(typesOfAll());
});

test('docs/deploy-role-policy.json is that policy: `npm run permissions` writes it', () => {
  expect(file).toEqual(JSON.parse(deployPolicy()));
});

test('it fits into one managed policy, of which IAM counts all but the white space', () => {
  expect(deployPolicy('aws-cn').replaceAll(/\s/g, '').length).toBeLessThan(6144);
});

test('roles, functions, tables, queues and topics are those of this service alone', () => {
  const anywhere = Statement.filter(({ Resource }) => Resource.includes('*')).flatMap(({ Action }) => Action);
  const services = new Set(anywhere.map((action) => action.split(':')[0]));
  expect([...services].toSorted()).toEqual(['cloudwatch', 'ec2', 'kms', 'lambda', 'logs', 'sns']);
  expect(anywhere.filter((action) => action.endsWith(':*'))).toEqual(['kms:*']);
});

test.each([
  // As AWS names what it checks, where that is no resource of this service by its name.
  ['cloudwatch:DescribeAlarms', 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:*'],
  ['logs:DescribeLogGroups', 'arn:aws:logs:us-east-1:123456789012:log-group::log-stream:'],
  ['sns:GetSubscriptionAttributes', '*'],
  ['sns:SetSubscriptionAttributes', '*'],
  ['sns:Unsubscribe', '*'],
])('it allows %s, which takes no narrower resource', (action, resource) => {
  expect(allows(action, resource)).toBe(true);
});

test('it lets API Gateway make its own role, which the first domain name of an account needs, and no other service', () => {
  const role = (service: string, name: string) =>
    `arn:aws:iam::123456789012:role/aws-service-role/${service}.amazonaws.com/AWSServiceRoleFor${name}`;
  expect(allows('iam:CreateServiceLinkedRole', role('ops.apigateway', 'APIGateway'))).toBe(true);
  expect(allows('iam:CreateServiceLinkedRole', role('ecs', 'ECS'))).toBe(false);
});

test('it can stop and start the machine of a NAT, as CloudFormation does where its first script has changed', () => {
  const machine = 'arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0';
  expect(allows('ec2:StopInstances', machine)).toBe(true);
  expect(allows('ec2:StartInstances', machine)).toBe(true);
});
