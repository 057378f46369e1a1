import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { HttpResponse } from '@smithy/core/protocols';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { refreshInvoker } from '../../functions/credentials/refresh-invoker.ts';
import { dataKeysOf, secretsOf, sqsOf, tablesOf } from '../../functions/parts.ts';
import type { Runtime } from '../../functions/runtime.ts';
import { queueLength } from '../../shared/followers/sync/details-queue.ts';
import type { AwsOperations } from '../../shared/platform/aws-json.ts';
import { awsPost } from '../../shared/platform/aws-post.ts';
import { pushMessage } from '../../shared/push/push-message.ts';
import { sqsQueue } from '../../shared/push/push-queue.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { startKit, type Kit } from '../kit/kit.ts';
import { opened } from '../push/sender.ts';
import { credentials, startRecorder, type Answer, type Received, type Recorder } from './recorder.ts';

/**
 * The official clients and the service's own requests, sent to one recording server: what an update of a client changes
 * in the protocol shows here.
 */
let kit: Kit;
let recorder: Recorder;
let answers: Record<string, Answer>;
let runtime: Runtime;

beforeAll(async () => {
  kit = await startKit();
});
afterAll(() => kit.close());
beforeEach(async () => {
  answers = {};
  recorder = await startRecorder(({ headers }) => answers[String(headers['x-amz-target'])] ?? {});
  const { endpoint, region = '' } = recorder.config;
  runtime = {
    ...kit.runtime,
    environment: {
      ...kit.runtime.environment,
      AWS_REGION: region,
      AWS_ENDPOINT_URL_KMS: endpoint,
      AWS_ENDPOINT_URL_LAMBDA: endpoint,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint,
      AWS_ENDPOINT_URL_SQS: endpoint,
      KEYRING_SECRET_PREFIX: prefix,
    },
  };
});
afterEach(() => recorder.close());

const prefix = 'keyring/';
const account = parseAppId('wx0123456789abcdef');
const name = `${prefix}${account}`;
const secrets = { appSecret: 'an AppSecret with ü' };
const SecretString = JSON.stringify(secrets);
const key = Buffer.alloc(32, 1).toString('base64');
const wrapped = Buffer.alloc(64, 2).toString('base64');
const QueueUrl = 'https://sqs.eu-west-1.amazonaws.com/123456789012/queue';
const fields = { MsgType: 'event', Event: 'VIEW', FromUserName: 'ü', CreateTime: '1714112445' };
const push = pushMessage(account, opened(fields), 1714112445);
const body = JSON.stringify(push);

const refuse = (target: string, type: string) => {
  answers[target] = { status: 400, body: JSON.stringify({ __type: type }) };
};
const forDataKeys = () => {
  answers['TrentService.GenerateDataKey'] = {
    body: JSON.stringify({ Plaintext: key, CiphertextBlob: wrapped }),
  };
  answers['TrentService.Decrypt'] = { body: JSON.stringify({ Plaintext: key }) };
  return dataKeysOf(runtime, tablesOf(runtime));
};

interface Pair {
  /** What makes the service send it; maybe with others before it. */
  readonly ours: () => Promise<unknown>;
  readonly official: (config: Recorder['config']) => Promise<unknown>;
}

const kms = (config: Recorder['config']) => new KMSClient(config);
const secretsManager = (config: Recorder['config']) => new SecretsManagerClient(config);
const sqs = (config: Recorder['config']) => new SQSClient(config);
const KeyId = () => String(kit.runtime.environment.KEYRING_DATA_KEY);
const EncryptionContext = { purpose: 'wechat-keyring-grants', deployment: prefix };

const pairs: { readonly [Service in keyof AwsOperations]: Readonly<Record<AwsOperations[Service], Pair>> } = {
  kms: {
    GenerateDataKey: {
      ours: () => forDataKeys().rotate(),
      official: (config) =>
        kms(config).send(
          new GenerateDataKeyCommand({ KeyId: KeyId(), KeySpec: 'AES_256', EncryptionContext }),
        ),
    },
    Decrypt: {
      ours: async () => {
        const { keyId } = await forDataKeys().current();
        return forDataKeys().byId(keyId);
      },
      official: (config) =>
        kms(config).send(
          new DecryptCommand({
            KeyId: KeyId(),
            CiphertextBlob: Buffer.from(wrapped, 'base64'),
            EncryptionContext,
          }),
        ),
    },
  },
  secretsmanager: {
    CreateSecret: {
      ours: () => secretsOf(runtime).put(account, secrets),
      official: (config) =>
        secretsManager(config).send(new CreateSecretCommand({ Name: name, SecretString })),
    },
    PutSecretValue: {
      ours: () => {
        refuse('secretsmanager.CreateSecret', 'ResourceExistsException');
        return secretsOf(runtime).put(account, secrets);
      },
      official: (config) =>
        secretsManager(config).send(new PutSecretValueCommand({ SecretId: name, SecretString })),
    },
    RestoreSecret: {
      ours: () => {
        refuse('secretsmanager.CreateSecret', 'InvalidRequestException');
        return secretsOf(runtime).put(account, secrets);
      },
      official: (config) => secretsManager(config).send(new RestoreSecretCommand({ SecretId: name })),
    },
    GetSecretValue: {
      ours: () => {
        answers['secretsmanager.GetSecretValue'] = { body: JSON.stringify({ SecretString }) };
        return secretsOf(runtime).get(account);
      },
      official: (config) => secretsManager(config).send(new GetSecretValueCommand({ SecretId: name })),
    },
    DeleteSecret: {
      ours: () => secretsOf(runtime).remove(account),
      official: (config) =>
        secretsManager(config).send(new DeleteSecretCommand({ SecretId: name, RecoveryWindowInDays: 7 })),
    },
  },
  sqs: {
    SendMessage: {
      ours: () => sqsQueue(sqsOf(runtime), QueueUrl)(push),
      official: (config) => {
        answers['AmazonSQS.SendMessage'] = {
          body: JSON.stringify({ MD5OfMessageBody: createHash('md5').update(body).digest('hex') }),
        };
        return sqs(config).send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
      },
    },
    GetQueueAttributes: {
      ours: () => queueLength(sqsOf(runtime), QueueUrl),
      official: (config) =>
        sqs(config).send(
          new GetQueueAttributesCommand({
            QueueUrl,
            AttributeNames: [
              'ApproximateNumberOfMessages',
              'ApproximateNumberOfMessagesNotVisible',
              'ApproximateNumberOfMessagesDelayed',
            ],
          }),
        ),
    },
  },
};

/** What of a request is the protocol. Tokens are random on both sides: that there is one is what counts. */
function protocolOf({ method, url, headers, body: text }: Received) {
  const { ClientRequestToken, ...input } = JSON.parse(text) as { ClientRequestToken?: string };
  return {
    method,
    url,
    type: headers['content-type'],
    target: headers['x-amz-target'],
    scope: /Credential=[^/]+\/\d+\/([^,]+),/.exec(headers.authorization ?? '')?.[1],
    input,
    ...(ClientRequestToken !== undefined && { hasToken: /^[0-9a-f-]{36}$/.test(ClientRequestToken) }),
  };
}

const operations = Object.entries(pairs).flatMap(([service, of]) =>
  Object.entries(of).map(([operation, pair]) => [`${service} ${operation}`, operation, pair] as const),
);

test.each(operations)('%s is sent as the official client sends it', async (_, operation, pair) => {
  await pair.ours();
  const isIt = ({ headers }: Received) => String(headers['x-amz-target']).endsWith(`.${operation}`);
  const ours = recorder.received.find(isIt);
  const before = recorder.received.length;
  answers = {};
  await pair.official(recorder.config);
  const official = recorder.received[before];
  if (!ours || !official) throw new Error('Nothing arrived.');
  expect(protocolOf(ours)).toEqual(protocolOf(official));
});

test('Invoke is sent as the official client sends it', async () => {
  const FunctionName = 'arn:aws:lambda:eu-west-1:123456789012:function:refresh';
  const environment = { ...runtime.environment, KEYRING_REFRESH_FUNCTION: FunctionName };
  // The answer is none of the refresh function's.
  await expect(
    refreshInvoker({ ...runtime, environment }, 'access_token')(account, { reason: 'manual' }),
  ).rejects.toThrow();
  const [ours] = recorder.received;
  await new LambdaClient(recorder.config).send(
    new InvokeCommand({ FunctionName, Payload: ours?.body ?? '' }),
  );
  const [, official] = recorder.received;
  expect(ours).toMatchObject({ method: 'POST', url: official?.url, body: official?.body });
});

describe('without an endpoint in the environment', () => {
  const service = { method: 'POST', path: '/', headers: {}, body: '{}' };
  afterEach(() => {
    jest.restoreAllMocks();
  });

  test.each([
    ['kms', KMSClient],
    ['lambda', LambdaClient],
    ['secretsmanager', SecretsManagerClient],
    ['sqs', SQSClient],
  ] as const)('%s is where the official client finds it, in both partitions', async (of, Client) => {
    const asked = jest.spyOn(NodeHttpHandler.prototype, 'handle').mockImplementation(() =>
      Promise.resolve({
        response: new HttpResponse({ statusCode: 200, headers: {}, body: Readable.from(['{}']) }),
      }),
    );
    for (const region of ['us-east-1', 'eu-west-1', 'cn-north-1']) {
      const { clock } = kit.runtime;
      await awsPost({ region, credentials, clock }, of, { deadlineMs: 60_000 })(service);
      const { hostname } = new Client({ region, credentials }).config.endpointProvider({
        Region: region,
      }).url;
      const there = { protocol: 'https:', hostname, path: '/' };
      expect(asked).toHaveBeenLastCalledWith(expect.objectContaining(there), expect.anything());
    }
  });
});
