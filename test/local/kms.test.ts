import {
  DecryptCommand,
  GenerateDataKeyCommand,
  InvalidCiphertextException,
  KMSClient,
  NotFoundException,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
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

const generate = (EncryptionContext: Record<string, string>, KeyId = aws.keyArn) =>
  client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext }));
const decrypt = (
  CiphertextBlob: Uint8Array | undefined,
  EncryptionContext: Record<string, string>,
  KeyId = aws.keyArn,
) => client.send(new DecryptCommand({ KeyId, CiphertextBlob, EncryptionContext }));

test('a data key comes in the clear and encrypted, and both are the same key', async () => {
  const context = { purpose: 'grants' };
  const { Plaintext = Uint8Array.of(), CiphertextBlob = Uint8Array.of() } = await generate(context);
  expect(Plaintext).toHaveLength(32);
  expect(Buffer.from(CiphertextBlob).includes(Buffer.from(Plaintext))).toBe(false);
  expect((await decrypt(CiphertextBlob, context)).Plaintext).toEqual(Plaintext);
});

test('what is encrypted decrypts under the same context, in whatever order its pairs are', async () => {
  const { Plaintext: plaintext, CiphertextBlob } = await generate({ appId: 'wx1', openid: 'o1' });
  const { Plaintext, KeyId } = await decrypt(CiphertextBlob, { openid: 'o1', appId: 'wx1' });
  expect(Plaintext).toEqual(plaintext);
  expect(KeyId).toBe(aws.keyArn);
});

test.each([
  ['another value', { appId: 'wx1', openid: 'o2' }],
  ['a pair less', { appId: 'wx1' }],
  ['no pair at all', {}],
])('under a context with %s it does not decrypt', async (_difference, context) => {
  const { CiphertextBlob } = await generate({ appId: 'wx1', openid: 'o1' });
  await expect(decrypt(CiphertextBlob, context)).rejects.toBeInstanceOf(InvalidCiphertextException);
});

test.each([
  ['a changed byte', 1],
  ['a cut', 0],
])('a ciphertext with %s does not decrypt', async (_fault, change) => {
  const ciphertext = Buffer.from((await generate({})).CiphertextBlob ?? []);
  const damaged = change === 0 ? ciphertext.subarray(0, 30) : Buffer.from(ciphertext);
  const last = damaged.length - 1;
  damaged[last] = (damaged[last] ?? 0) ^ change;
  await expect(decrypt(damaged, {})).rejects.toBeInstanceOf(InvalidCiphertextException);
});

test('another key does not exist', async () => {
  const { CiphertextBlob } = await generate({});
  await expect(generate({}, 'alias/other')).rejects.toBeInstanceOf(NotFoundException);
  await expect(decrypt(CiphertextBlob, {}, 'alias/other')).rejects.toBeInstanceOf(NotFoundException);
});
