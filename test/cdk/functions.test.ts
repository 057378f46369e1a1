import { expect, test } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Functions } from '../../cdk/constructs/functions.ts';
import { storageOf } from '../../cdk/constructs/storage.ts';
import { readConfig } from '../../cdk/config.ts';

const keyring = { region: 'us-east-1', egress: 'none', monitoring: 'none' };

/** A stack without any function. */
function bareFunctions(): Functions {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const stack = new Stack(app, 'Bare', { env: { region: 'us-east-1' } });
  const config = readConfig((key) => (key === 'keyring' ? keyring : undefined), undefined);
  return new Functions(stack, {
    architecture: config.architecture,
    tracing: false,
    storage: storageOf(stack, config),
    environment: {
      KEYRING_CREDENTIALS_TABLE: 'credentials',
      KEYRING_USERS_TABLE: 'users',
      KEYRING_FOLLOWERS_TABLE: 'followers',
      KEYRING_DATA_KEY: 'key',
      KEYRING_SECRET_PREFIX: 'wechat-keyring/test/',
      KEYRING_PUBLIC_URL: 'https://keyring.example.com',
      KEYRING_WECHAT_API_URL: config.wechatApiUrl,
      KEYRING_WECHAT_OPEN_URL: config.wechatOpenUrl,
    },
  });
}

test('a function whose permissions are about something that it is not given is a fault of the stack', () => {
  const functions = bareFunctions();
  expect(() =>
    functions.add('events/receive-event', { environment: { KEYRING_PUSH_QUEUE_URL: 'https://queue' } }),
  ).toThrow('A function is to use "pushes", and the stack does not give it that.');
});

test('a function with variables of its own is not made with the rest of its folder', () => {
  expect(() => {
    bareFunctions().addRest('admin');
  }).toThrow('admin/admin has variables of its own: add it by itself.');
});

test('a route whose function nobody makes is a fault of the stack', () => {
  expect(() => bareFunctions().of('open/health')).toThrow(
    'There is no function for functions/open/health.ts.',
  );
});

test('a variable that a function reads and the stack does not give does not compile', () => {
  const functions = bareFunctions();
  // @ts-expect-error the queue of pushes is missing
  const forgotten = () => functions.add('events/receive-event', { environment: {} });
  expect(forgotten).toThrow();
});
