import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { endOfSignature, requireSignature } from '../../shared/push/push-signature.ts';
import { sign } from './sender.ts';

const now = 1_700_000_000;
const pushToken = 'Token';

function signed(timestamp: string, nonce = 'nonce', token = pushToken) {
  return { signature: sign(token, timestamp, nonce), timestamp, nonce };
}

describe('a signature', () => {
  const check = (timestamp: string) => () => requireSignature(signed(timestamp), pushToken, now);

  test.each([
    ['of five minutes ago', -300],
    ['of now', 0],
    ['of five minutes ahead', 300],
  ])('%s is good', (_, seconds) => {
    expect(check(String(now + seconds))).not.toThrow();
  });

  test.each([
    ['a second older than five minutes', String(now - 301)],
    ['more than five minutes ahead', String(now + 301)],
    ['of a time with a zero before it', `0${now}`],
    ['of a time with a fraction', `${now}.0`],
    ['of no time', 'now'],
  ])('%s is push_expired', (_, timestamp) => {
    expect(check(timestamp)).toThrow(expect.objectContaining({ code: 'push_expired' }));
  });

  test('of another token is push_signature_wrong', () => {
    expect(() => requireSignature(signed(String(now)), 'Other', now)).toThrow(
      expect.objectContaining({ code: 'push_signature_wrong' }),
    );
  });
});

describe('a signature is over', () => {
  const timestamp = String(now + 1);

  test.each([
    ['a second after the window of its time', '486452656', now + 1],
    ['with the later of its two times, if the nonce is one', '2046759987', 2_046_759_987],
    ['with its own time, if that is the later one', '1699999999', now + 1],
    // 1700000001 and 846759987 are joined to the same digits as 170000000 and 1846759987.
    ['with a time that the end of the one and the other make', '846759987', 1_846_759_987],
    ['with its own time, if digits would not be in order', '146759987', now + 1],
    ['with its own time, if the nonce is longer than a time', '20467599871', now + 1],
    ['with its own time, if the nonce is a time past 2096', '4046759987', now + 1],
    ['with its own time, if the nonce is no number', 'nonce', now + 1],
  ])('%s', (_, nonce, last) => {
    expect(endOfSignature({ timestamp, nonce }, pushToken)).toBe(last + 301);
  });

  test.each([
    ['behind both', '9'],
    ['between them', '18'],
    ['before both', '0abc'],
  ])('with the later of its two times, where the token stands %s', (_, token) => {
    expect(endOfSignature({ timestamp, nonce: '2046759987' }, token)).toBe(2_046_759_987 + 301);
  });

  test('whatever times could be read in the token', () => {
    expect(endOfSignature({ timestamp, nonce: '2' }, '1999999999')).toBe(now + 1 + 301);
  });

  test('once no reading of it is good any more', () => {
    const time = fc.integer({ min: now, max: 2 ** 31 }).map(String);
    const nonces = fc.oneof(
      time,
      fc.integer({ min: 0, max: 2 ** 31 }).map(String),
      fc.stringMatching(/^[0-9a-c]{1,12}$/),
    );
    const tokens = fc.oneof(fc.constant(pushToken), fc.stringMatching(/^[0-9a-c]{3,5}$/));
    fc.assert(
      fc.property(time, nonces, tokens, (sentAt, nonce, token) => {
        const end = endOfSignature({ timestamp: sentAt, nonce }, token);
        const signature = sign(token, sentAt, nonce);
        const joined = [token, sentAt, nonce].sort().join('');
        const others = joined.replace(token, '');
        for (let at = 0; at <= others.length; at++) {
          for (const [one, other] of [
            [others.slice(0, at), others.slice(at)],
            [others.slice(at), others.slice(0, at)],
          ] as const) {
            const read = { signature, timestamp: one, nonce: other };
            if (sign(token, one, other) !== signature || Number(one) + 300 < end) continue;
            expect(() => requireSignature(read, token, Number(one))).toThrow();
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
