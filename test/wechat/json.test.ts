import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseLenientJson } from '../../shared/wechat/json.ts';
import { anyCharacter } from '../kit/any-character.ts';

/** JSON whose control characters stand raw inside the strings, as WeChat sends them. */
function withRawControlCharacters(value: unknown): string {
  const raw: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
  return JSON.stringify(value).replace(
    /\\(?:u00([01][0-9a-f])|([bfnrt])|(.))/gu,
    (escape, hex: string | undefined, letter: string | undefined) => {
      if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16));
      return letter === undefined ? escape : (raw[letter] ?? escape);
    },
  );
}

const nastyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('"', '\\', '\n', '\t', '\u0000', '\u0001', '\u001f', 'n', 'u', '{', ':', '你', '😀'),
    fc.string({ minLength: 1, maxLength: 1, unit: anyCharacter }),
  ),
});

test('any text survives with its control characters raw', () => {
  fc.assert(
    fc.property(nastyText, nastyText, (nickname, remark) => {
      const answer = { nickname, list: [remark, { remark }], sex: 0 };
      expect(parseLenientJson(withRawControlCharacters(answer))).toEqual(answer);
    }),
    { numRuns: 500 },
  );
});

test('white space between the fields stays white space', () => {
  expect(parseLenientJson('{\r\n\t"nickname" :\t"a\tb\u0007"\n}\n')).toEqual({ nickname: 'a\tb\u0007' });
});

test('escapes that were right stay what they are', () => {
  expect(parseLenientJson('{"nickname":"\\"\\\\\\u0041\\n\u0002"}')).toEqual({ nickname: '"\\A\n\u0002' });
});

test.each([['<html>'], ['{"a":'], ['{"a":"\\\n"}'], ['{"a":"b'], ['']])('%j is no JSON', (text) => {
  expect(() => parseLenientJson(text)).toThrow(expect.objectContaining({ name: 'SyntaxError' }));
});
