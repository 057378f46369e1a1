import { randomInt } from 'node:crypto';
import * as z from 'zod/mini';
import type { PushSecrets } from '../accounts/secrets.ts';
import type { AppId } from '../wechat/tokens.ts';
import { decryptMessage, encryptMessage, isSignatureOf, signatureOf } from './message-crypt.ts';
import { parsePushXml } from './push-xml.ts';

/** The account that is answered for. */
interface Answering {
  readonly appId: AppId;
  readonly secrets: PushSecrets;
}

const text = z.string().check(z.minLength(1));
const envelopeSchema = z.object({ Encrypt: text, MsgSignature: text, TimeStamp: text, Nonce: text });
const replySchema = z.object({ MsgType: text });

/** WeChat takes none of the answer: it is no reply, or not of this account. Quotes nothing. */
class UnusableReplyError extends Error {
  override readonly name = 'UnusableReplyError';
}

/**
 * Makes of a back end's answer to a push what WeChat is answered: the XML of a passive reply, or undefined for an empty
 * answer and for `success`. With an EncodingAESKey the reply is encrypted and signed, whether the back end has done so
 * or not. Without one, an answer that is encrypted passes as it is: the account may be in the compatible mode.
 *
 * Throws UnusableReplyError, or KeyringError `push_not_xml`, `push_undecryptable` or `push_foreign`.
 *
 * @param now Unix seconds
 * @see https://developers.weixin.qq.com/doc/service/guide/product/message/Passive_user_reply_message.html
 */
export function passiveReply(answer: string, account: Answering, now: number): string | undefined {
  if (saysNothing(answer)) return undefined;
  const fields = parsePushXml(answer);
  const isSealed = fields['Encrypt'] !== undefined;
  const { encodingAesKey } = account.secrets;
  if (isSealed) requireSigned(fields, account);
  if (encodingAesKey === undefined) {
    if (!isSealed) requireReply(fields);
    return answer;
  }
  if (!isSealed) {
    requireReply(fields);
    return seal(answer, encodingAesKey, account, now);
  }
  const opened = decryptMessage(encodingAesKey, account.appId, z.parse(envelopeSchema, fields).Encrypt);
  if (saysNothing(opened)) return undefined;
  requireReply(parsePushXml(opened));
  return seal(opened, encodingAesKey, account, now);
}

function saysNothing(answer: string): boolean {
  return /^\s*(?:success)?\s*$/.test(answer);
}

function requireReply(fields: unknown): void {
  if (!replySchema.safeParse(fields).success) throw new UnusableReplyError('The XML is no reply.');
}

function requireSigned(fields: unknown, { secrets }: Answering): void {
  const { data } = envelopeSchema.safeParse(fields);
  const isSigned =
    data && isSignatureOf(data.MsgSignature, [secrets.pushToken, data.TimeStamp, data.Nonce, data.Encrypt]);
  if (!isSigned) throw new UnusableReplyError('The reply is not signed with the token of the account.');
}

function seal(
  reply: string,
  encodingAesKey: string,
  { appId, secrets }: Answering,
  timestamp: number,
): string {
  const ciphertext = encryptMessage(encodingAesKey, appId, reply);
  const nonce = String(randomInt(2 ** 31));
  const signature = signatureOf([secrets.pushToken, String(timestamp), nonce, ciphertext]);
  return `<xml><Encrypt><![CDATA[${ciphertext}]]></Encrypt><MsgSignature><![CDATA[${signature}]]></MsgSignature><TimeStamp>${timestamp}</TimeStamp><Nonce><![CDATA[${nonce}]]></Nonce></xml>`;
}
