import { describe, expect, test } from '@jest/globals';
import { isKeyText, newKeyText } from '../../shared/accounts/key-text.ts';

const random = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg';

describe('an API key', () => {
  test('is 49 letters and digits, and never the same', () => {
    const keys = Array.from({ length: 200 }, newKeyText);
    for (const key of keys) expect(key).toMatch(/^wk_[0-9A-Za-z]{49}$/);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.every(isKeyText)).toBe(true);
  });

  test('ends in the CRC-32 of its digits, in base 62', () => {
    // Worked out with another program: binascii.crc32 of Python.
    expect(isKeyText(`wk_${random}37cCQ0`)).toBe(true);
    expect(isKeyText(`wk_${'0'.repeat(43)}2CZclj`)).toBe(true);
  });

  test('with another digit anywhere is none', () => {
    const key = newKeyText();
    for (let at = 3; at < key.length; at++) {
      const other = key[at] === 'x' ? 'y' : 'x';
      expect(isKeyText(key.slice(0, at) + other + key.slice(at + 1))).toBe(false);
    }
  });

  test('of an earlier version is one without a checksum', () => {
    expect(isKeyText(`wk_${'A-_9'.repeat(10)}abc`)).toBe(true);
  });

  test.each([
    '',
    'wk_',
    'wk_x',
    random,
    `wk_${random.slice(1)}`,
    `xk_${random}`,
    `wk_${random}0`,
    ` wk_${random}`,
  ])('is not %j', (text) => {
    expect(isKeyText(text)).toBe(false);
  });
});
