import {
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  InvalidCiphertextException,
  KMSClient,
  NotFoundException,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { keyAlias } from '../../local/aws/kms.ts';
import type { LocalAws } from '../../local/aws/server.ts';
import { clientConfig, startForTest } from './clients.ts';

let aws: LocalAws;
let client: KMSClient;

beforeAll(async () => {
  ({ aws } = await startForTest());
  client = new KMSClient(clientConfig(aws.url));
});

afterAll(async () => {
  client.destroy();
  await aws.close();
});

const plaintext = Buffer.from('refresh token');
const encrypt = async (EncryptionContext: Record<string, string>) => {
  const answer = await client.send(
    new EncryptCommand({ KeyId: aws.keyArn, Plaintext: plaintext, EncryptionContext }),
  );
  return answer.CiphertextBlob;
};
const decrypt = (CiphertextBlob: Uint8Array | undefined, EncryptionContext: Record<string, string>) =>
  client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));

test('what is encrypted decrypts under the same context, in whatever order its pairs are', async () => {
  const ciphertext = await encrypt({ appId: 'wx1', openid: 'o1' });
  expect(Buffer.from(ciphertext ?? []).includes(plaintext)).toBe(false);
  const { Plaintext, KeyId } = await decrypt(ciphertext, { openid: 'o1', appId: 'wx1' });
  expect(Buffer.from(Plaintext ?? [])).toEqual(plaintext);
  expect(KeyId).toBe(aws.keyArn);
});

test.each([
  ['another value', { appId: 'wx1', openid: 'o2' }],
  ['a pair less', { appId: 'wx1' }],
  ['no pair at all', {}],
])('under a context with %s it does not decrypt', async (_difference, context) => {
  const ciphertext = await encrypt({ appId: 'wx1', openid: 'o1' });
  await expect(decrypt(ciphertext, context)).rejects.toBeInstanceOf(InvalidCiphertextException);
});

test.each([
  ['a changed byte', 1],
  ['a cut', 0],
])('a ciphertext with %s does not decrypt', async (_fault, change) => {
  const ciphertext = Buffer.from((await encrypt({})) ?? []);
  const damaged = change === 0 ? ciphertext.subarray(0, 30) : Buffer.from(ciphertext);
  const last = damaged.length - 1;
  damaged[last] = (damaged[last] ?? 0) ^ change;
  await expect(decrypt(damaged, {})).rejects.toBeInstanceOf(InvalidCiphertextException);
});

test('a data key comes in the clear and encrypted, and both are the same key', async () => {
  const EncryptionContext = { purpose: 'grants' };
  const { Plaintext, CiphertextBlob } = await client.send(
    new GenerateDataKeyCommand({ KeyId: keyAlias, KeySpec: 'AES_256', EncryptionContext }),
  );
  expect(Plaintext).toHaveLength(32);
  expect((await decrypt(CiphertextBlob, EncryptionContext)).Plaintext).toEqual(Plaintext);
});

test('the key is described under its alias and its ARN alike', async () => {
  const [byAlias, byArn] = await Promise.all(
    [keyAlias, aws.keyArn].map((KeyId) => client.send(new DescribeKeyCommand({ KeyId }))),
  );
  expect(byAlias?.KeyMetadata).toEqual(byArn?.KeyMetadata);
  expect(byAlias?.KeyMetadata).toMatchObject({ Arn: aws.keyArn, Enabled: true, KeyState: 'Enabled' });
});

test('another key does not exist', async () => {
  await expect(client.send(new DescribeKeyCommand({ KeyId: 'alias/other' }))).rejects.toBeInstanceOf(
    NotFoundException,
  );
});
