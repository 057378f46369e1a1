import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request } from 'node:http';
import { awsSnapshotSchema, type LocalAws } from '../../local/aws/server.ts';
import { clientConfig, startForTest } from './clients.ts';

const signed =
  'AWS4-HMAC-SHA256 Credential=a/20261121/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=00';

/** Node's own client: fetch would not let a test set the headers a browser sets. */
function status(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(`${url}/schedules`, { headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

describe('the door', () => {
  let aws: LocalAws;
  beforeAll(async () => {
    ({ aws } = await startForTest());
  });
  afterAll(() => aws.close());

  test('is open to a program that signs its request', async () => {
    expect(await status(aws.url, { authorization: signed })).toBe(200);
  });

  test.each([
    ['without a signature', {}],
    ['with another kind of authorization', { authorization: 'Bearer key' }],
    ['from a web page', { authorization: signed, origin: 'http://localhost:8787' }],
    ['under a foreign host name', { authorization: signed, host: 'rebound.example' }],
  ])('is closed to a request %s', async (_kind, headers) => {
    expect(await status(aws.url, { ...headers })).toBe(403);
  });

  test.each(['/a%ff', '/2015-03-31/functions/%zz/invocations'])('refuses the path %s', async (path) => {
    const answer = await fetch(aws.url + path, { headers: { authorization: signed } });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('x-amzn-errortype')).toBe('ValidationException');
  });

  test('says so of an action that has no stand-in', async () => {
    const client = new SecretsManagerClient(clientConfig(aws.url));
    await expect(client.send(new RotateSecretCommand({ SecretId: 'a' }))).rejects.toMatchObject({
      name: 'UnknownOperationException',
    });
    client.destroy();
  });
});

test('a snapshot, through JSON, restores secrets, key and schedules', async () => {
  const first = await startForTest();
  const { clock } = first;
  await new SecretsManagerClient(clientConfig(first.aws.url)).send(
    new CreateSecretCommand({ Name: 'app/wx1', SecretString: 'one' }),
  );
  const key = { KeyId: first.aws.keyArn };
  const made = await new KMSClient(clientConfig(first.aws.url)).send(
    new GenerateDataKeyCommand({ ...key, KeySpec: 'AES_256' }),
  );
  const scheduler = new SchedulerClient(clientConfig(first.aws.url));
  await scheduler.send(
    new CreateScheduleCommand({
      Name: 'sweep',
      ScheduleExpression: 'rate(5 minutes)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: first.aws.registerFunction('sweep', () => Promise.resolve()),
        RoleArn: 'role',
        Input: '{}',
      },
    }),
  );
  const saved = JSON.stringify(first.aws.snapshot());
  await first.aws.close();

  const second = await startForTest({ clock, restore: awsSnapshotSchema.parse(JSON.parse(saved)) });
  const runs: number[] = [];
  const start = clock.now();
  second.aws.registerFunction('sweep', () => Promise.resolve(runs.push(clock.now() - start)));
  const { SecretString } = await new SecretsManagerClient(clientConfig(second.aws.url)).send(
    new GetSecretValueCommand({ SecretId: 'app/wx1' }),
  );
  const { Plaintext } = await new KMSClient(clientConfig(second.aws.url)).send(
    new DecryptCommand({ ...key, CiphertextBlob: made.CiphertextBlob }),
  );
  await clock.advance(300);
  await second.aws.close();

  expect(SecretString).toBe('one');
  expect(Plaintext).toEqual(made.Plaintext);
  expect(second.aws.keyArn).toBe(first.aws.keyArn);
  expect(runs).toEqual([0, 300]);
});

test('nothing runs any more once it is closed', async () => {
  const { aws, clock } = await startForTest();
  const scheduler = new SchedulerClient(clientConfig(aws.url));
  let runs = 0;
  const Arn = aws.registerFunction('sweep', () => Promise.resolve(runs++));
  await scheduler.send(
    new CreateScheduleCommand({
      Name: 'sweep',
      ScheduleExpression: 'rate(5 minutes)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn, RoleArn: 'role', Input: '{}' },
    }),
  );
  await aws.close();
  await clock.advance(600);
  expect(runs).toBe(0);
});
