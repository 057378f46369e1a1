import { describe, expect, test } from '@jest/globals';
import { decryptMessage } from '../../shared/push/message-crypt.ts';
import { passiveReply } from '../../shared/push/passive-reply.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { encrypt, sign, toXml } from './sender.ts';

const appId = parseAppId('wx0123456789abcdef');
const pushToken = 'PushToken1';
const encodingAesKey = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';
const now = 1714112445;
const inTheClear = { appId, secrets: { pushToken } };
const safe = { appId, secrets: { pushToken, encodingAesKey } };

const reply = toXml({
  ToUserName: 'oFollower',
  FromUserName: 'gh_0123456789ab',
  CreateTime: now,
  MsgType: 'text',
  Content: '你好，<b> & ]] >',
});

/** As a WeChat SDK answers in safe mode. */
function sealed(message: string, { key = encodingAesKey, of = String(appId), token = pushToken } = {}) {
  const ciphertext = encrypt(key, of, message);
  const signature = sign(token, '1714112444', '77', ciphertext);
  return toXml({ Encrypt: ciphertext, MsgSignature: signature, TimeStamp: 1714112444, Nonce: '77' });
}

/** What WeChat makes of an answer in safe mode, its signature checked. */
function opened(answer: string | undefined): string {
  const pattern =
    /^<xml><Encrypt><!\[CDATA\[(.+)\]\]><\/Encrypt><MsgSignature><!\[CDATA\[(.+)\]\]><\/MsgSignature><TimeStamp>(\d+)<\/TimeStamp><Nonce><!\[CDATA\[(\d+)\]\]><\/Nonce><\/xml>$/;
  const [, ciphertext = '', signature, timestamp = '', nonce = ''] = pattern.exec(answer ?? '') ?? [];
  expect(signature).toBe(sign(pushToken, timestamp, nonce, ciphertext));
  expect(timestamp).toBe(String(now));
  return decryptMessage(encodingAesKey, appId, ciphertext);
}

test.each(['', ' \r\n', 'success', 'success\n'])('%j is no reply, in either mode', (answer) => {
  expect(passiveReply(answer, inTheClear, now)).toBeUndefined();
  expect(passiveReply(answer, safe, now)).toBeUndefined();
});

test('in plain mode a reply passes as it is', () => {
  expect(passiveReply(reply, inTheClear, now)).toBe(reply);
});

test.each([
  ['from a back end that encrypts nothing', reply],
  ['from an SDK that encrypts and signs', sealed(reply)],
  ['with a declaration before it', `<?xml version="1.0" encoding="UTF-8"?>\n${sealed(reply)}`],
])('in safe mode a reply is encrypted and signed for WeChat: %s', (_, answer) => {
  expect(opened(passiveReply(answer, safe, now))).toBe(reply);
});

test('a reply that hands over to customer service is one', () => {
  const transfer = toXml({
    ToUserName: 'o',
    FromUserName: 'g',
    CreateTime: 1,
    MsgType: 'transfer_customer_service',
  });
  expect(opened(passiveReply(transfer, safe, now))).toBe(transfer);
});

test('an SDK may encrypt `success`, too', () => {
  expect(passiveReply(sealed('success'), safe, now)).toBeUndefined();
});

test('in the compatible mode without a key here, what the back end has encrypted passes as it is', () => {
  const answer = sealed(reply);
  expect(passiveReply(answer, inTheClear, now)).toBe(answer);
});

describe.each([
  ['in plain mode', inTheClear],
  ['in safe mode', safe],
])('%s WeChat is not sent', (_, account) => {
  test.each([
    ['a page', '<!doctype html><html><body>Not found</body></html>'],
    ['JSON', '{"errcode":0}'],
    ['another word', 'ok'],
    ['XML that is cut off', reply.slice(0, -10)],
    ['XML without a MsgType', toXml({ ToUserName: 'o', Content: 'x' })],
    ['two replies', reply + reply],
    ['a DTD', `<!DOCTYPE xml [<!ENTITY a "b">]>${reply}`],
    ['an envelope with the signature of another token', sealed(reply, { token: 'Other' })],
    ['an envelope without a signature', toXml({ Encrypt: encrypt(encodingAesKey, appId, reply) })],
    ['an envelope without a ciphertext', '<xml><Encrypt></Encrypt></xml>'],
  ])('%s', (__, answer) => {
    expect(() => passiveReply(answer, account, now)).toThrow();
  });
});

test.each([
  ['encrypted with another key', sealed(reply, { key: 'k'.repeat(43) })],
  ['of another account', sealed(reply, { of: 'wxaaaaaaaaaaaaaaaa' })],
  ['with no reply in it', sealed('ok')],
  ['with another envelope in it', sealed(sealed(reply))],
])('in safe mode no envelope is passed on that is %s', (_, answer) => {
  expect(() => passiveReply(answer, safe, now)).toThrow();
});
