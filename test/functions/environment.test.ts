import { expect, test } from '@jest/globals';
import { environmentOf } from '../../functions/environment.ts';
import { create } from '../../functions/followers/list-avatars.ts';
import { onLambda } from '../../functions/runtime.ts';
import { lambdaContext } from '../kit/event.ts';

test('what a part asks for comes under the names that it gives', () => {
  const environment = { KEYRING_PUBLIC_URL: 'https://keyring.example.com', KEYRING_DATA_KEY: 'arn' };
  expect(environmentOf({ environment }, { url: 'KEYRING_PUBLIC_URL', key: 'KEYRING_DATA_KEY' })).toEqual({
    url: 'https://keyring.example.com',
    key: 'arn',
  });
});

test('all that a part misses is told at once, and what is empty is missing', () => {
  const environment = { KEYRING_PUBLIC_URL: '', KEYRING_DATA_KEY: 'arn' };
  const read = () =>
    environmentOf(
      { environment },
      { url: 'KEYRING_PUBLIC_URL', key: 'KEYRING_DATA_KEY', queue: 'KEYRING_PUSH_QUEUE_URL' },
    );
  expect(read).toThrow('Environment variables are missing: KEYRING_PUBLIC_URL, KEYRING_PUSH_QUEUE_URL.');
});

test('all that the parts of a function miss is told at once', () => {
  // What Lambda itself sets, and nothing of the service.
  Object.assign(process.env, { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's' });
  const handler = onLambda<never, unknown>(create);
  expect(() => handler({} as never, lambdaContext)).toThrow(
    'Environment variables are missing: KEYRING_CREDENTIALS_TABLE, KEYRING_USERS_TABLE, KEYRING_FOLLOWERS_TABLE, KEYRING_REFRESH_FUNCTION, KEYRING_WECHAT_API_URL, KEYRING_PUBLIC_URL.',
  );
});

test('any other fault of a function is told as it is', () => {
  const handler = onLambda(() => {
    throw new RangeError('too far');
  });
  expect(() => handler({}, lambdaContext)).toThrow(new RangeError('too far'));
});
