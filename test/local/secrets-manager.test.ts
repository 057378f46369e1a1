import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  InvalidRequestException,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  RestoreSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LocalAws } from '../../local/aws/server.ts';
import type { SteerableClock } from '../../local/clock.ts';
import { clientConfig, startForTest } from './clients.ts';

let aws: LocalAws;
let clock: SteerableClock;
let client: SecretsManagerClient;

beforeEach(async () => {
  ({ aws, clock } = await startForTest());
  client = new SecretsManagerClient(clientConfig(aws.url));
});

afterEach(async () => {
  client.destroy();
  await aws.close();
});

const create = (Name = 'app/wx1', SecretString = 'one') =>
  client.send(new CreateSecretCommand({ Name, SecretString }));
const get = (SecretId: string) => client.send(new GetSecretValueCommand({ SecretId }));

describe('a secret', () => {
  test('is read back by its name and its ARN', async () => {
    const { ARN = '' } = await create();
    const values = await Promise.all([get('app/wx1'), get(ARN)]);
    expect(values.map(({ SecretString }) => SecretString)).toEqual(['one', 'one']);
  });

  test('is not created twice', async () => {
    await create();
    await expect(create()).rejects.toBeInstanceOf(ResourceExistsException);
  });

  test('is created once when the same request is repeated', async () => {
    const request = { Name: 'app/wx1', SecretString: 'one', ClientRequestToken: 'a'.repeat(32) };
    const first = await client.send(new CreateSecretCommand(request));
    const second = await client.send(new CreateSecretCommand(request));
    expect(second.ARN).toBe(first.ARN);
    expect(second.VersionId).toBe(first.VersionId);
  });

  test('that does not exist is a ResourceNotFoundException', async () => {
    await expect(get('nothing')).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  test('has the value that was put last', async () => {
    await create();
    await client.send(new PutSecretValueCommand({ SecretId: 'app/wx1', SecretString: 'two' }));
    await client.send(new PutSecretValueCommand({ SecretId: 'app/wx1', SecretString: 'three' }));
    expect((await get('app/wx1')).SecretString).toBe('three');
  });
});

describe('deletion', () => {
  test('keeps the secret from being read, and its name from being used, until the window has passed', async () => {
    await create();
    await client.send(new DeleteSecretCommand({ SecretId: 'app/wx1', RecoveryWindowInDays: 7 }));
    await expect(get('app/wx1')).rejects.toBeInstanceOf(InvalidRequestException);
    await expect(create()).rejects.toBeInstanceOf(InvalidRequestException);
    await clock.advance(7 * 86_400);
    await expect(get('app/wx1')).rejects.toBeInstanceOf(ResourceNotFoundException);
    await expect(create()).resolves.toMatchObject({ Name: 'app/wx1' });
  });

  test('can be taken back within the window, and the value is there again', async () => {
    await create();
    await client.send(new DeleteSecretCommand({ SecretId: 'app/wx1', RecoveryWindowInDays: 7 }));
    await client.send(new RestoreSecretCommand({ SecretId: 'app/wx1' }));
    await clock.advance(7 * 86_400);
    expect((await get('app/wx1')).SecretString).toBe('one');
  });
});
