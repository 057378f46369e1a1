import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  decryptMessage,
  encryptMessage,
  isSignatureOf,
  signatureOf,
} from '../../shared/push/message-crypt.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { encrypt, encryptBlocks, sign } from './sender.ts';

// The worked examples of https://developers.weixin.qq.com/doc/subscription/guide/dev/push/encryption.html
const zeroKey = 'A'.repeat(43);
const token = 'AAAAA';
const appId = parseAppId('wxba5fad812f8e6fb9');
const inbound = {
  timestamp: '1714112445',
  nonce: '415670741',
  signature: '6c5c811b55cc85e0e1b54100749188c20beb3f5d',
  msgSignature: '046e02f8204d34f8ba5fa3b1db94908f3df2e9b3',
  ciphertext:
    '+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04=',
  message:
    '{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714112445,"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}',
};
const outbound = {
  timestamp: '1713424427',
  nonce: '415670741',
  random: '707722b803182950',
  msgSignature: '1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1',
  ciphertext: 'ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==',
  message: '{"demo_resp":"good luck"}',
};

describe("WeChat's worked examples", () => {
  test('have the signatures that are computed here', () => {
    expect(
      isSignatureOf('899cf89e464efb63f54ddac96b0a0a235f53aa78', [token, '1714037059', '486452656']),
    ).toBe(true);
    for (const { timestamp, nonce, msgSignature, ciphertext } of [inbound, outbound]) {
      expect(isSignatureOf(msgSignature, [token, timestamp, nonce, ciphertext])).toBe(true);
    }
    expect(isSignatureOf(inbound.signature, [token, inbound.timestamp, inbound.nonce])).toBe(true);
  });

  test.each([
    ['inbound', inbound],
    ['outbound', outbound],
  ])('%s: decrypts to its message', (_, { ciphertext, message }) => {
    expect(decryptMessage(zeroKey, appId, ciphertext)).toBe(message);
  });

  test('an answer is encrypted and signed as in theirs', () => {
    const { random, message, ciphertext, timestamp, nonce, msgSignature } = outbound;
    expect(encryptMessage(zeroKey, appId, message, Buffer.from(random))).toBe(ciphertext);
    expect(signatureOf([token, timestamp, nonce, ciphertext])).toBe(msgSignature);
  });

  test("the sender of these tests encrypts as WeChat's does", () => {
    const { random, message, ciphertext } = outbound;
    expect(encrypt(zeroKey, appId, message, { random: Buffer.from(random) })).toBe(ciphertext);
  });
});

test.each([
  ['another token', inbound.signature, ['BBBBB', inbound.timestamp, inbound.nonce]],
  ['a part of it', inbound.signature.slice(0, 39), [token, inbound.timestamp, inbound.nonce]],
  ['nothing', '', [token, inbound.timestamp, inbound.nonce]],
  ['another nonce', inbound.signature, [token, inbound.timestamp, '415670742']],
])('a signature of %s is wrong', (_, signature, parts) => {
  expect(isSignatureOf(signature, parts)).toBe(false);
});

test.each([
  [1, 25],
  [32, 26],
])('a message that is padded with %i comes back', (_, length) => {
  const message = 'x'.repeat(length);
  expect(decryptMessage(zeroKey, appId, encrypt(zeroKey, appId, message))).toBe(message);
});

const keys = fc.stringMatching(/^[A-Za-z0-9]{43}$/);

test('whatever is encrypted comes back, whatever its length and script', () => {
  fc.assert(
    fc.property(keys, fc.string({ unit: 'grapheme', maxLength: 200 }), (key, message) => {
      expect(decryptMessage(key, appId, encrypt(key, appId, message))).toBe(message);
      expect(decryptMessage(key, appId, encryptMessage(key, appId, message))).toBe(message);
    }),
  );
});

function fault(ciphertext: string, key = zeroKey): unknown {
  try {
    return decryptMessage(key, appId, ciphertext);
  } catch (error) {
    return error;
  }
}

test('one byte changed in the blocks that hold length, appid and padding is found out', () => {
  const whole = Buffer.from(encrypt(zeroKey, appId, 'x'.repeat(40)), 'base64');
  fc.assert(
    // CBC: a change garbles its own block and flips bits in the next. The random bytes are the first block.
    fc.property(
      fc.integer({ min: whole.length - 32, max: whole.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      (place, change) => {
        const tampered = Buffer.from(whole);
        tampered[place] = (tampered[place] ?? 0) ^ change;
        expect(fault(tampered.toString('base64'))).toMatchObject({
          code: expect.stringMatching(/^push_(undecryptable|foreign)$/),
        });
      },
    ),
  );
});

test('any text at all is either decrypted or refused with a code', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 256 }), keys, (bytes, key) => {
      expect(fault(Buffer.from(bytes).toString('base64'), key)).toMatchObject({
        code: expect.stringMatching(/^push_(undecryptable|foreign)$/),
      });
    }),
  );
});

test.each([
  ['no padding', encrypt(zeroKey, appId, 'x', { padding: (bytes) => Buffer.alloc(bytes, 0) })],
  [
    'a padding longer than a block',
    encrypt(zeroKey, appId, 'x', { padding: (bytes) => Buffer.alloc(bytes + 32, bytes + 32) }),
  ],
  [
    'a padding that says that it is longer than a block',
    encrypt(zeroKey, appId, 'x', { padding: (bytes) => Buffer.alloc(bytes, 33) }),
  ],
  [
    'a padding that is not uniform',
    encrypt(zeroKey, appId, 'x', {
      padding: (bytes) => Buffer.concat([Buffer.alloc(bytes - 1, bytes + 1), Buffer.of(bytes)]),
    }),
  ],
  ['nothing but padding', encryptBlocks(zeroKey, Buffer.alloc(32, 32))],
  ['a padding that leaves no room for the length', encryptBlocks(zeroKey, Buffer.alloc(32, 13))],
  ['a length beyond its end', encrypt(zeroKey, appId, 'x', { length: 0xffffffff })],
  ['half a block', encrypt(zeroKey, appId, 'x').slice(0, 40)],
  ['nothing', ''],
  ['another key', encrypt('B'.repeat(43), appId, 'x')],
])('%s is push_undecryptable', (_, ciphertext) => {
  expect(fault(ciphertext)).toMatchObject({ code: 'push_undecryptable' });
});

test.each([
  ['a message for another appid', encrypt(zeroKey, 'wx0000000000000000', 'x')],
  ['a message for no appid', encrypt(zeroKey, '', 'x')],
  ['an empty message for no appid', encrypt(zeroKey, '', '')],
])('%s is push_foreign', (_, ciphertext) => {
  expect(fault(ciphertext)).toMatchObject({ code: 'push_foreign' });
});

test('the signature covers the ciphertext', () => {
  const { timestamp, nonce, ciphertext, msgSignature } = inbound;
  expect(sign(token, timestamp, nonce, ciphertext)).toBe(msgSignature);
  expect(isSignatureOf(msgSignature, [token, timestamp, nonce, outbound.ciphertext])).toBe(false);
});

test('the same message is never encrypted in the same way twice', () => {
  expect(encryptMessage(zeroKey, appId, 'x')).not.toBe(encryptMessage(zeroKey, appId, 'x'));
});
