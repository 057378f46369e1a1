import { describe, expect, test } from '@jest/globals';
import { openPush } from '../../shared/push/open-push.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { encrypt, sign, toXml } from './sender.ts';

const now = 1_700_000_000;
const appId = parseAppId('wx0123456789abcdef');
const pushToken = 'Token';
const encodingAesKey = 'a'.repeat(43);
const fields = { MsgType: 'event', Event: 'CLICK' };

function signed(body: string, time = now, ciphertext?: string) {
  const [timestamp, nonce] = [String(time), 'nonce'];
  return {
    signature: sign(pushToken, timestamp, nonce),
    timestamp,
    nonce,
    msgSignature: ciphertext === undefined ? undefined : sign(pushToken, timestamp, nonce, ciphertext),
    body,
  };
}

function encrypted(xml: string, time = now) {
  const ciphertext = encrypt(encodingAesKey, appId, xml);
  return signed(toXml({ ToUserName: 'gh', Encrypt: ciphertext }), time, ciphertext);
}

type Sent = ReturnType<typeof signed>;
function open(sent: Sent, key?: string): unknown {
  try {
    return openPush(
      sent,
      { appId, secrets: { pushToken, ...(key !== undefined && { encodingAesKey: key }) } },
      now,
    );
  } catch (error) {
    const { code, detail } = error as { code: string; detail?: string };
    return detail === undefined ? code : { code, detail };
  }
}

describe('a push', () => {
  test('in the clear is taken without a key, and its body is not signed', () => {
    expect(open(signed(toXml(fields)))).toEqual({
      text: toXml(fields),
      fields,
      isBodySigned: false,
      signatureEnd: now + 301,
    });
  });

  test('encrypted is taken with the key, and its body is signed', () => {
    expect(open(encrypted(toXml(fields)), encodingAesKey)).toEqual({
      text: toXml(fields),
      fields,
      isBodySigned: true,
      signatureEnd: now + 301,
    });
  });

  test('that nobody signed is looked at no further', () => {
    expect(open({ ...signed('no XML'), nonce: 'other' })).toBe('push_signature_wrong');
  });

  test('that was signed long ago is push_expired', () => {
    expect(open(signed(toXml(fields), now - 301))).toBe('push_expired');
  });

  test('in the clear is push_not_encrypted where there is a key', () => {
    expect(open(signed(toXml(fields)), encodingAesKey)).toBe('push_not_encrypted');
  });

  test('with nothing in its Encrypt is push_not_encrypted', () => {
    expect(open(signed(toXml({ Encrypt: '' })), encodingAesKey)).toBe('push_not_encrypted');
  });

  test('encrypted without a key says what is missing', () => {
    expect(open(encrypted(toXml(fields)))).toEqual({
      code: 'push_not_configured',
      detail: 'The push is encrypted, and no EncodingAESKey is set.',
    });
  });

  test('of neither kind is push_not_xml', () => {
    expect(open(signed(toXml({ A: 'b' })))).toBe('push_not_xml');
  });

  test.each([
    ['of another ciphertext', sign(pushToken, String(now), 'nonce', 'other')],
    ['of none', undefined],
    ['that leaves the ciphertext out', sign(pushToken, String(now), 'nonce')],
    ['of another token', 'Other'],
  ])('encrypted under a signature %s is push_signature_wrong', (_, msgSignature) => {
    expect(open({ ...encrypted(toXml(fields)), msgSignature }, encodingAesKey)).toBe('push_signature_wrong');
  });
});
