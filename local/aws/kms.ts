import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { accountId, AwsError, parseInput, region, type JsonService } from './service.ts';

/** What a snapshot has of it. */
export const keySchema = z.object({ id: z.uuid(), /** Base64. */ material: z.string() });
type Key = z.infer<typeof keySchema>;

const context = z.optional(z.record(z.string(), z.string()));
const inputs = {
  decrypt: z.object({ KeyId: z.string(), CiphertextBlob: z.string(), EncryptionContext: context }),
  generate: z.object({ KeyId: z.string(), KeySpec: z.literal('AES_256'), EncryptionContext: context }),
};

export interface KeyManagement extends JsonService<Key> {
  readonly keyArn: string;
}

const ivBytes = 12;
const tagBytes = 16;

/**
 * AWS Key Management Service, as far as it is used: data keys of one symmetric key, known by its ARN. It really
 * encrypts: AES-256-GCM with the encryption context as additional data, so that what must not decrypt on AWS does not
 * decrypt here.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Operations.html
 */
export function createKeyManagement(restore?: Key): KeyManagement {
  const key = restore ?? { id: randomUUID(), material: randomBytes(32).toString('base64') };
  const material = Buffer.from(key.material, 'base64');
  const idBytes = Buffer.from(key.id.replaceAll('-', ''), 'hex');
  const keyArn = `arn:aws:kms:${region}:${accountId}:key/${key.id}`;

  function requireKey(keyId: string): void {
    if (keyId !== keyArn) {
      throw new AwsError('NotFoundException', `There is no key ${keyId}. This service has one: ${keyArn}.`);
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
      Decrypt(raw) {
        const input = parseInput(inputs.decrypt, raw);
        requireKey(input.KeyId);
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
        const dataKey = randomBytes(32);
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
