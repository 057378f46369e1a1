import { expect, test } from '@jest/globals';
import * as z from 'zod';
import { ofType, synthesize } from './kit.ts';

/**
 * Every name that a function was ever given. CloudFormation changes a function's variables before its code, and a
 * function that no alias leads to then runs the former code with them: a name that is gone would break it. So a name
 * that no version needs any more stays in the stack for one version more, and goes from here with the next.
 */
const everywhere = [
  'KEYRING_CREDENTIALS_TABLE',
  'KEYRING_DATA_KEY',
  'KEYRING_FOLLOWERS_TABLE',
  'KEYRING_METRICS_STAGE',
  'KEYRING_PUBLIC_URL',
  'KEYRING_SECRET_PREFIX',
  'KEYRING_USERS_TABLE',
  'KEYRING_WECHAT_API_URL',
  'KEYRING_WECHAT_OPEN_URL',
];
const everywhereButInRefresh = 'KEYRING_REFRESH_FUNCTION';
const own: Readonly<Record<string, readonly string[]>> = {
  RefreshCredentials: [
    'KEYRING_ALARM_TOPIC',
    'KEYRING_EGRESS_ADDRESS',
    'KEYRING_EGRESS_PROXY',
    'KEYRING_EGRESS_PROXY_AUTH',
    'KEYRING_PLACE',
    'KEYRING_SCHEDULE_DLQ_ARN',
    'KEYRING_SCHEDULE_GROUP',
    'KEYRING_SCHEDULE_ROLE_ARN',
  ],
  ReceiveEvent: ['KEYRING_PUSH_QUEUE_URL'],
  HandleEvents: ['KEYRING_DETAILS_QUEUE_URL', 'KEYRING_EVENT_BUS'],
  SyncFollowers: ['KEYRING_DETAILS_QUEUE_URL'],
  Admin: ['KEYRING_DETAILS_DLQ_URL', 'KEYRING_DETAILS_QUEUE_URL', 'KEYRING_SYNC_FUNCTION'],
};

/** With all that can be configured. */
const made = synthesize({
  region: 'us-east-1',
  monitoring: 'full',
  eventBus: 'pushes',
  egress: 'proxy',
  'egress.url': 'https://proxy.example.com:3128',
  'egress.address': '203.0.113.7',
  'egress.authenticate': 'true',
});
const variablesOf = z.object({ Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }) });

test.each(
  ofType(made, 'AWS::Lambda::Function').map(([id, { Properties }]): [string, string[]] => [
    id.replace(/Function[0-9A-F]{8}$/, ''),
    Object.keys(variablesOf.parse(Properties).Environment.Variables),
  ]),
)('%s has every variable that it ever had, and a new one is pinned here', (name, variables) => {
  const refresh = name === 'RefreshCredentials' ? [] : [everywhereButInRefresh];
  expect(variables.toSorted()).toEqual([...everywhere, ...refresh, ...(own[name] ?? [])].toSorted());
});
