import { describe, expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import { parseBody, readRawBody } from '../../functions/input.ts';

const schema = z.object({ text: z.string() });

/** A JSON body of so many bytes, in characters of three bytes as far as they go. */
function jsonOf(bytes: number): string {
  const around = JSON.stringify({ text: '' }).length;
  const wide = Math.floor((bytes - around) / 3);
  return JSON.stringify({ text: '你'.repeat(wide) + 'x'.repeat(bytes - around - 3 * wide) });
}

function event(body: string, isBase64Encoded: boolean) {
  const headers = { 'content-type': 'application/json' };
  return { body: isBase64Encoded ? Buffer.from(body).toString('base64') : body, headers, isBase64Encoded };
}

describe.each([
  ['as it is', false],
  ['in base64', true],
])('a body that comes %s', (_, isBase64Encoded) => {
  test.each([
    ['JSON', 256 * 1024, (body: string) => parseBody(schema, event(body, isBase64Encoded))],
    [
      'JSON of a route with a limit of its own',
      1000,
      (body: string) => parseBody(schema, event(body, isBase64Encoded), 1000),
    ],
    ['text', 64 * 1024, (body: string) => readRawBody(event(body, isBase64Encoded))],
  ])('may have as many bytes as its limit says, and no more: %s', (_kind, bytes, read) => {
    expect(read(jsonOf(bytes))).toBeTruthy();
    expect(() => read(jsonOf(bytes + 1))).toThrow(
      expect.objectContaining({ code: 'body_too_large', detail: `At most ${bytes} bytes.` }),
    );
  });

  test('is read as it was sent', () => {
    expect(parseBody(schema, event('{"text":"你好"}', isBase64Encoded))).toEqual({ text: '你好' });
    expect(readRawBody(event('你好', isBase64Encoded))).toBe('你好');
  });
});

test('a request without a body is no JSON, and no text', () => {
  const nothing = { headers: { 'content-type': 'application/json' }, isBase64Encoded: false };
  expect(() => parseBody(schema, nothing)).toThrow(expect.objectContaining({ code: 'body_not_json' }));
  expect(readRawBody(nothing)).toBe('');
});
