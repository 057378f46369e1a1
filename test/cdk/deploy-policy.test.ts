import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import * as z from 'zod';
import { deployPolicy, typesKnown, typesOfAll } from './deploy-policy.ts';

const file = JSON.parse(
  readFileSync(new URL('../../docs/deploy-role-policy.json', import.meta.url), 'utf8'),
) as unknown;

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
  const { Statement } = z
    .object({ Statement: z.array(z.object({ Action: z.array(z.string()), Resource: z.array(z.string()) })) })
    .parse(file);
  const anywhere = Statement.filter(({ Resource }) => Resource.includes('*')).flatMap(({ Action }) => Action);
  const services = new Set(anywhere.map((action) => action.split(':')[0]));
  expect([...services].toSorted()).toEqual(['ec2', 'kms', 'lambda', 'logs']);
  expect(anywhere.filter((action) => action.endsWith(':*'))).toEqual(['kms:*']);
});
