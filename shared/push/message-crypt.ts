import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { KeyringError } from '../platform/errors.ts';
import { sameHash } from '../platform/random.ts';
import type { AppId } from '../wechat/tokens.ts';

const blockBytes = 32;
const randomLength = 16;
const lengthBytes = 4;

/**
 * Whether `signature` is the SHA-1, in hex, of the parts sorted and joined: of token, timestamp and nonce, and of
 * the ciphertext where there is one. Compares in constant time.
 *
 * @see https://developers.weixin.qq.com/doc/subscription/guide/dev/push
 */
export function isSignatureOf(signature: string, parts: readonly string[]): boolean {
  return sameHash(signature, signatureOf(parts));
}

/** The SHA-1, in hex, of the parts sorted and joined, as WeChat signs. */
export function signatureOf(parts: readonly string[]): string {
  return createHash('sha1').update(joinSorted(parts)).digest('hex');
}

/** What WeChat signs of the parts: it does not say where one ends, nor which it is. */
export function joinSorted(parts: readonly string[]): string {
  return parts.toSorted().join('');
}

/**
 * Decrypts the message of a push. Under AES-256-CBC stand 16 random bytes, the message's length in bytes (4,
 * big-endian), the message and the appid, padded as in PKCS#7 to blocks of 32 bytes; the IV is the key's beginning.
 *
 * @param encodingAesKey 43 characters: the key's base64 without its `=`
 * @param ciphertext base64
 * @throws KeyringError `push_undecryptable`, the same for every fault, or `push_foreign` for another appid
 * @see https://developers.weixin.qq.com/doc/subscription/guide/dev/push/encryption.html
 */
export function decryptMessage(encodingAesKey: string, appId: AppId, ciphertext: string): string {
  const plain = decrypt(Buffer.from(`${encodingAesKey}=`, 'base64'), Buffer.from(ciphertext, 'base64'));
  const start = randomLength + lengthBytes;
  if (plain.length < start) throw new KeyringError('push_undecryptable');
  const end = start + plain.readUInt32BE(randomLength);
  if (end > plain.length) throw new KeyringError('push_undecryptable');
  if (plain.toString('utf8', end) !== appId) throw new KeyringError('push_foreign');
  return plain.toString('utf8', start, end);
}

/** Without the padding. Node's own check of it knows blocks of 16 bytes only, so it is off. */
function decrypt(key: Buffer, ciphertext: Buffer): Buffer {
  if (ciphertext.length % blockBytes !== 0) throw new KeyringError('push_undecryptable');
  const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  const padded = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  const pad = padded.at(-1) ?? 0;
  const end = padded.length - pad;
  if (pad < 1 || pad > blockBytes || padded.subarray(end).some((byte) => byte !== pad)) {
    throw new KeyringError('push_undecryptable');
  }
  return padded.subarray(0, end);
}

/**
 * Encrypts a message to WeChat, in the form that {@link decryptMessage} reads.
 *
 * @param random 16 bytes
 * @returns base64
 */
export function encryptMessage(
  encodingAesKey: string,
  appId: AppId,
  message: string,
  random = randomBytes(randomLength),
): string {
  const text = Buffer.from(message);
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(text.length);
  const plain = Buffer.concat([random, length, text, Buffer.from(appId)]);
  const pad = blockBytes - (plain.length % blockBytes);
  const key = Buffer.from(`${encodingAesKey}=`, 'base64');
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  const padded = Buffer.concat([plain, Buffer.alloc(pad, pad)]);
  return Buffer.concat([cipher.update(padded), cipher.final()]).toString('base64');
}
