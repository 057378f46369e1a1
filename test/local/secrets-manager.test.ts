import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  InvalidRequestException,
  ListSecretsCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  SecretsManagerClient,
  type ListSecretsCommandOutput,
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
const get = (SecretId: string, VersionStage?: string) =>
  client.send(new GetSecretValueCommand({ SecretId, ...(VersionStage !== undefined && { VersionStage }) }));

describe('a secret', () => {
  test('is read back by its name, its ARN, and its ARN without the random ending', async () => {
    const { ARN = '' } = await create();
    const values = await Promise.all([get('app/wx1'), get(ARN), get(ARN.slice(0, -7))]);
    expect(values.map(({ SecretString }) => SecretString)).toEqual(['one', 'one', 'one']);
  });

  test('can be binary', async () => {
    await client.send(new CreateSecretCommand({ Name: 'key', SecretBinary: Uint8Array.of(0, 255, 7) }));
    const { SecretBinary, SecretString } = await get('key');
    expect([...(SecretBinary ?? [])]).toEqual([0, 255, 7]);
    expect(SecretString).toBeUndefined();
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

  test('keeps its former value as AWSPREVIOUS', async () => {
    await create();
    await client.send(new PutSecretValueCommand({ SecretId: 'app/wx1', SecretString: 'two' }));
    await client.send(new PutSecretValueCommand({ SecretId: 'app/wx1', SecretString: 'three' }));
    expect((await get('app/wx1')).SecretString).toBe('three');
    expect((await get('app/wx1', 'AWSPREVIOUS')).SecretString).toBe('two');
    const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId: 'app/wx1' }));
    expect(Object.values(VersionIdsToStages ?? {})).toEqual([['AWSPREVIOUS'], ['AWSCURRENT']]);
  });

  test('is dated by the clock it is given', async () => {
    const now = await clock.advance(86_400);
    await create();
    const { CreatedDate } = await get('app/wx1');
    expect(CreatedDate).toEqual(new Date(now * 1000));
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

  test('is immediate when forced', async () => {
    await create();
    await client.send(new DeleteSecretCommand({ SecretId: 'app/wx1', ForceDeleteWithoutRecovery: true }));
    await expect(get('app/wx1')).rejects.toBeInstanceOf(ResourceNotFoundException);
  });
});

test('a list has the names that begin as asked, page by page', async () => {
  for (const name of ['app/wx1', 'app/wx2', 'other', 'app/wx3']) await create(name);
  const names: (string | undefined)[][] = [];
  let NextToken: string | undefined;
  do {
    const listed: ListSecretsCommandOutput = await client.send(
      new ListSecretsCommand({
        MaxResults: 2,
        Filters: [{ Key: 'name', Values: ['app/'] }],
        ...(NextToken !== undefined && { NextToken }),
      }),
    );
    names.push((listed.SecretList ?? []).map(({ Name }) => Name));
    ({ NextToken } = listed);
  } while (NextToken !== undefined);
  expect(names).toEqual([['app/wx1', 'app/wx2'], ['app/wx3']]);
});
