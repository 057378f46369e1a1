import * as z from 'zod/mini';
import type { PushSecrets } from '../accounts/secrets.ts';
import { KeyringError } from '../platform/errors.ts';
import type { AppId } from '../wechat/tokens.ts';
import { decryptMessage, isSignatureOf } from './message-crypt.ts';
import { endOfSignature, requireSignature, type PushSignature } from './push-signature.ts';
import { parsePushXml, type PushFields } from './push-xml.ts';

/** The message of a push. */
export interface OpenedPush {
  /** Its XML, as WeChat wrote it. */
  readonly text: string;
  readonly fields: PushFields;
  /** Whether the signature covers the message. */
  readonly isBodySigned: boolean;
  /** {@link endOfSignature} */
  readonly signatureEnd: number;
}

const encryptedSchema = z.object({ Encrypt: z.string().check(z.minLength(1)) });

/**
 * Verifies and decrypts a push. With an EncodingAESKey only what is encrypted counts, so that nobody can leave the
 * encryption out; the clear elements of the compatible mode are passed over. Without one the message is
 * what stands in the clear, which the signature does not cover.
 *
 * Throws KeyringError: `push_signature_wrong`, `push_expired`, `push_not_xml`, `push_not_encrypted`,
 * `push_undecryptable`, `push_foreign`, or `push_not_configured` where the key that is needed is missing.
 */
export function openPush(
  sent: PushSignature & { readonly msgSignature: string | undefined; readonly body: string },
  account: { readonly appId: AppId; readonly secrets: PushSecrets },
  now: number,
): OpenedPush {
  const { pushToken, encodingAesKey } = account.secrets;
  const { timestamp, nonce, msgSignature } = sent;
  // Before the body is even looked at: whoever cannot sign gets no further.
  requireSignature(sent, pushToken, now);
  const signatureEnd = endOfSignature(sent, pushToken);
  const fields = parsePushXml(sent.body);
  const encrypted = encryptedSchema.safeParse(fields);
  if (encodingAesKey === undefined) {
    if (fields['MsgType'] !== undefined)
      return { text: sent.body, fields, isBodySigned: false, signatureEnd };
    throw encrypted.success
      ? new KeyringError('push_not_configured', 'The push is encrypted, and no EncodingAESKey is set.')
      : new KeyringError('push_not_xml');
  }
  if (!encrypted.success) throw new KeyringError('push_not_encrypted');
  const { Encrypt: ciphertext } = encrypted.data;
  if (msgSignature === undefined || !isSignatureOf(msgSignature, [pushToken, timestamp, nonce, ciphertext])) {
    throw new KeyringError('push_signature_wrong');
  }
  const text = decryptMessage(encodingAesKey, account.appId, ciphertext);
  return { text, fields: parsePushXml(text), isBodySigned: true, signatureEnd };
}
