import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { Clock } from '../../shared/platform/clock.ts';
import { accountId, AwsError, parseInput, region, type JsonService } from './service.ts';

const keySchema = z.object({ id: z.uuid(), createdAt: z.number(), /** Base64. */ material: z.string() });

const context = z.optional(z.record(z.string(), z.string()));
const inputs = {
  describe: z.object({ KeyId: z.string() }),
  encrypt: z.object({ KeyId: z.string(), Plaintext: z.string(), EncryptionContext: context }),
  decrypt: z.object({
    KeyId: z.optional(z.string()),
    CiphertextBlob: z.string(),
    EncryptionContext: context,
  }),
  generate: z.object({
    KeyId: z.string(),
    KeySpec: z.optional(z.enum(['AES_128', 'AES_256'])),
    NumberOfBytes: z.optional(z.int().check(z.minimum(1), z.maximum(1024))),
    EncryptionContext: context,
  }),
};

export interface KeyManagement extends JsonService {
  readonly keyArn: string;
}

/** The alias of the one key. */
export const keyAlias = 'alias/wechat-keyring';

const ivBytes = 12;
const tagBytes = 16;

/**
 * AWS Key Management Service with one symmetric key, known by its id, its ARN, {@link keyAlias} and the alias's
 * ARN. It really encrypts: AES-256-GCM with the encryption context as additional data, so that what must not
 * decrypt on AWS does not decrypt here.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Operations.html
 */
export function createKeyManagement(clock: Clock, restore?: unknown): KeyManagement {
  const key =
    restore === undefined
      ? { id: randomUUID(), createdAt: clock.now(), material: randomBytes(32).toString('base64') }
      : z.parse(keySchema, restore);
  const material = Buffer.from(key.material, 'base64');
  const idBytes = Buffer.from(key.id.replaceAll('-', ''), 'hex');
  const arnPrefix = `arn:aws:kms:${region}:${accountId}:`;
  const keyArn = `${arnPrefix}key/${key.id}`;

  function requireKey(keyId: string): void {
    if (![key.id, keyArn, keyAlias, arnPrefix + keyAlias].includes(keyId)) {
      throw new AwsError('NotFoundException', `There is no key ${keyId}. This service has one: ${keyAlias}.`);
    }
  }

  function encrypt(plaintext: Buffer, encryptionContext: Readonly<Record<string, string>> = {}): string {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', material, iv).setAAD(additionalData(encryptionContext));
    const encrypted = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    return Buffer.concat([idBytes, iv, cipher.getAuthTag(), encrypted]).toString('base64');
  }

  function decrypt(blob: Buffer, encryptionContext: Readonly<Record<string, string>> = {}): Buffer {
    const ivStart = idBytes.length;
    const tagStart = ivStart + ivBytes;
    const textStart = tagStart + tagBytes;
    try {
      if (!blob.subarray(0, ivStart).equals(idBytes)) throw new Error('Another key.');
      const iv = blob.subarray(ivStart, tagStart);
      const decipher = createDecipheriv('aes-256-gcm', material, iv, { authTagLength: tagBytes })
        .setAAD(additionalData(encryptionContext))
        .setAuthTag(blob.subarray(tagStart, textStart));
      return Buffer.concat([decipher.update(blob.subarray(textStart)), decipher.final()]);
    } catch {
      throw new AwsError(
        'InvalidCiphertextException',
        'The ciphertext is damaged, or was made by another key or with another encryption context.',
      );
    }
  }

  return {
    keyArn,
    snapshot: () => ({ ...key }),
    actions: {
      DescribeKey(raw) {
        requireKey(parseInput(inputs.describe, raw).KeyId);
        return {
          KeyMetadata: {
            AWSAccountId: accountId,
            Arn: keyArn,
            CreationDate: key.createdAt,
            Enabled: true,
            EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
            KeyId: key.id,
            KeyManager: 'CUSTOMER',
            KeySpec: 'SYMMETRIC_DEFAULT',
            KeyState: 'Enabled',
            KeyUsage: 'ENCRYPT_DECRYPT',
            MultiRegion: false,
            Origin: 'AWS_KMS',
          },
        };
      },

      Encrypt(raw) {
        const input = parseInput(inputs.encrypt, raw);
        requireKey(input.KeyId);
        const plaintext = Buffer.from(input.Plaintext, 'base64');
        if (plaintext.length < 1 || plaintext.length > 4096) {
          throw new AwsError('ValidationException', 'Plaintext must have 1 to 4096 bytes.');
        }
        return {
          CiphertextBlob: encrypt(plaintext, input.EncryptionContext),
          EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
          KeyId: keyArn,
        };
      },

      Decrypt(raw) {
        const input = parseInput(inputs.decrypt, raw);
        if (input.KeyId !== undefined) requireKey(input.KeyId);
        return {
          Plaintext: decrypt(Buffer.from(input.CiphertextBlob, 'base64'), input.EncryptionContext).toString(
            'base64',
          ),
          EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
          KeyId: keyArn,
        };
      },

      GenerateDataKey(raw) {
        const input = parseInput(inputs.generate, raw);
        requireKey(input.KeyId);
        if ((input.KeySpec === undefined) === (input.NumberOfBytes === undefined)) {
          throw new AwsError('ValidationException', 'Give either KeySpec or NumberOfBytes.');
        }
        const dataKey = randomBytes(input.NumberOfBytes ?? (input.KeySpec === 'AES_128' ? 16 : 32));
        return {
          CiphertextBlob: encrypt(dataKey, input.EncryptionContext),
          Plaintext: dataKey.toString('base64'),
          KeyId: keyArn,
        };
      },
    },
  };
}

/** The encryption context as bytes: the same pairs give the same bytes, in whatever order they come. */
function additionalData(encryptionContext: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(encryptionContext).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.from(JSON.stringify(pairs));
}
