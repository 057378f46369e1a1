import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** So many digits take 256 bits, and 32. */
const randomDigits = 43;
const checkDigits = 6;

const checked = new RegExp(`^wk_([0-9A-Za-z]{${randomDigits}})([0-9A-Za-z]{${checkDigits}})$`);
/** Keys of earlier versions, in base64url and without a checksum. */
const unchecked = /^wk_[\w-]{43}$/;

/**
 * A new API key: `wk_`, 256 random bits in base 62, and the CRC-32 of these digits. By that a scanner for leaked secrets
 * tells it from any other text of the form. SECURITY.md tells others how.
 *
 * @see https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
 */
export function newKeyText(): string {
  const random = inBase62(BigInt(`0x${randomBytes(32).toString('hex')}`), randomDigits);
  return `wk_${random}${checksumOf(random)}`;
}

/** Whether the text can be an API key at all. One that cannot need not be looked up. */
export function isKeyText(text: string): boolean {
  const [, random, checksum] = checked.exec(text) ?? [];
  return random === undefined ? unchecked.test(text) : checksumOf(random) === checksum;
}

function checksumOf(random: string): string {
  return inBase62(BigInt(crc32(random)), checkDigits);
}

/** With leading zeros. */
function inBase62(number: bigint, length: number): string {
  let text = '';
  for (let rest = number; text.length < length; rest /= 62n) text = digits.charAt(Number(rest % 62n)) + text;
  return text;
}
