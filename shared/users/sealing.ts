import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { DataKeys } from './data-keys.ts';

/** What a sealed value belongs to. It is authenticated with it: in another row or attribute it does not open. */
export interface SealContext {
  readonly account: string;
  readonly openid: string;
  readonly attribute: string;
}

const algorithm = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/** Encrypts values before they are stored: AES-256-GCM, written as `version.keyId.base64url(iv, text, tag)`. */
export class Sealing {
  readonly #keys: DataKeys;

  constructor(keys: DataKeys) {
    this.#keys = keys;
  }

  async seal(value: string, context: SealContext): Promise<string> {
    const { keyId, key } = await this.#keys.current();
    return `v1.${keyId}.${encrypt(key, value, additionalData(keyId, context))}`;
  }

  /** Throws when the value was altered, or sealed for another context. */
  async open(sealed: string, context: SealContext): Promise<string> {
    const [version, keyId, text, ...rest] = sealed.split('.');
    if (version !== 'v1' || !keyId || !text || rest.length > 0) {
      throw new Error('The stored value is not a sealed one.');
    }
    const { key } = await this.#keys.byId(keyId);
    return decrypt(key, text, additionalData(keyId, context));
  }
}

/** Encrypts with AES-256-GCM, as base64url(iv, text, tag). What is in `bound` is authenticated with it. */
export function encrypt(key: Uint8Array, value: string, bound: Uint8Array): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, key, iv).setAAD(bound);
  return Buffer.concat([iv, cipher.update(Buffer.from(value)), cipher.final(), cipher.getAuthTag()]).toString(
    'base64url',
  );
}

/** Throws when the text was altered, or encrypted with another key or bound to something else. */
export function decrypt(key: Uint8Array, text: string, bound: Uint8Array): string {
  const bytes = Buffer.from(text, 'base64url');
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
    .setAAD(bound)
    .setAuthTag(bytes.subarray(-tagBytes));
  return Buffer.concat([decipher.update(bytes.subarray(ivBytes, -tagBytes)), decipher.final()]).toString(
    'utf8',
  );
}

function additionalData(keyId: string, { account: appId, openid, attribute }: SealContext): Buffer {
  return Buffer.from(JSON.stringify([keyId, appId, openid, attribute]));
}
