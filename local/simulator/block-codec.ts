import { createCipheriv, createDecipheriv, hash } from 'node:crypto';

const blockLength = 16;

/**
 * Turns small numbers into opaque 22-character texts and back, by one AES block under a key of its own.
 * That makes any openid of a million followers computable without storing one, and no made-up text decodes.
 */
export class BlockCodec {
  readonly #encrypt: (blocks: Buffer) => Buffer;
  readonly #decrypt: (blocks: Buffer) => Buffer;

  constructor(keyMaterial: string) {
    const key = hash('sha256', keyMaterial, 'buffer').subarray(0, blockLength);
    // ECB: every block stands alone, so one cipher object serves all calls.
    const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    const decipher = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    this.#encrypt = (blocks) => cipher.update(blocks);
    this.#decrypt = (blocks) => decipher.update(blocks);
  }

  /** Encodes pairs of numbers: the first below 2^48, the second below 2^32. */
  encodeAll(pairs: readonly (readonly [number, number])[]): string[] {
    const plain = Buffer.alloc(pairs.length * blockLength);
    pairs.forEach(([first, second], index) => {
      plain.writeUIntBE(first, index * blockLength, 6);
      plain.writeUInt32BE(second, index * blockLength + 6);
    });
    const encrypted = this.#encrypt(plain);
    return pairs.map((_, index) =>
      encrypted.toString('base64url', index * blockLength, (index + 1) * blockLength),
    );
  }

  encode(first: number, second: number): string {
    return this.encodeAll([[first, second]]).join('');
  }

  /** The pair behind a text, or undefined where this codec never made that text. */
  decode(text: string): [number, number] | undefined {
    const block = Buffer.from(text, 'base64url');
    if (block.length !== blockLength || block.toString('base64url') !== text) return undefined;
    const plain = this.#decrypt(block);
    if (plain.subarray(10).some((byte) => byte !== 0)) return undefined;
    return [plain.readUIntBE(0, 6), plain.readUInt32BE(6)];
  }
}
