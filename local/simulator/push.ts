import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

import { isLoopbackHost } from '../aws/http.ts';

import type { Account } from './accounts.ts';

/** The fields of an event. Text becomes CDATA, numbers stay bare. */
export type EventFields = Readonly<Record<string, string | number>>;

/** What the receiver said; status and body are null where no answer came in time. */
export interface PushAnswer {
  readonly status: number | null;
  readonly body: string | null;
  readonly attempts: number;
  /** The XML of a passive reply, decrypted in safe mode, as the follower gets it. */
  readonly reply?: string;
  /** Why the follower is told instead that the account's service is out of order. */
  readonly refused?: string;
}

/** An account cannot push before its token (and, for safe mode, its key) is set. */
export class PushNotConfigured extends Error {}

/**
 * Posts an event, signed, and encrypted in safe mode. No answer in time: sent again, as often as the
 * account's `push_retries` says.
 * https://developers.weixin.qq.com/doc/subscription/guide/dev/push
 * @throws {PushNotConfigured}
 */
export async function pushEvent(
  account: Account,
  to: { url: string; event: EventFields; safeMode: boolean; now: number },
): Promise<PushAnswer> {
  const token = pushToken(account);
  const fields = withDefaults(account, to.event, to.now);
  const xml = toXml(fields);
  const openid = fields['OpenID'] ?? fields['FromUserName'] ?? '';
  const query = new URLSearchParams({ ...signedQuery(token, to.now), openid: `${openid}` });
  let body = xml;
  if (to.safeMode) {
    const encrypted = encrypt(account, xml);
    const signature = sign(token, `${to.now}`, query.get('nonce') ?? '', encrypted);
    query.set('encrypt_type', 'aes');
    query.set('msg_signature', signature);
    body = toXml({ ToUserName: account.options.original_id, Encrypt: encrypted });
  }
  const answer = await deliver(account, withQuery(to.url, query), {
    method: 'POST',
    headers: { 'content-type': 'text/xml' },
    body,
  });
  return { ...answer, ...replyIn(account, answer, to.safeMode) };
}

/**
 * What WeChat makes of an answer: nothing of an empty one and of `success`, a reply of XML. In safe mode that has to be
 * encrypted and signed.
 * https://developers.weixin.qq.com/doc/service/guide/product/message/Passive_user_reply_message.html
 */
function replyIn(
  account: Account,
  { status, body }: PushAnswer,
  safeMode: boolean,
): Pick<PushAnswer, 'reply' | 'refused'> {
  if (status !== 200 || body === null || body === '' || body === 'success') return {};
  if (!safeMode) return isReply(body) ? { reply: body } : { refused: 'the answer is no XML of a reply' };
  const [ciphertext, signature, timestamp, nonce] = ['Encrypt', 'MsgSignature', 'TimeStamp', 'Nonce'].map(
    (name) => elementIn(body, name),
  );
  if (!ciphertext || !signature || !timestamp || !nonce) return { refused: 'the answer is not encrypted' };
  if (signature !== sign(pushToken(account), timestamp, nonce, ciphertext)) {
    return { refused: 'the answer is not signed with the push_token' };
  }
  const reply = decrypt(account, ciphertext);
  return reply !== undefined && isReply(reply)
    ? { reply }
    : { refused: 'the answer is not the encrypted XML of a reply' };
}

function isReply(xml: string): boolean {
  return /^\s*(?:<\?xml[^>]*>\s*)?<xml>.*<\/xml>\s*$/s.test(xml) && elementIn(xml, 'MsgType') !== undefined;
}

function elementIn(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>\\s*(?:<!\\[CDATA\\[)?([^<\\]]+)(?:\\]\\]>)?\\s*</${name}>`).exec(xml)?.[1];
}

/**
 * Checks a receiver's address as the console does: it must give the echostr back. Never encrypted.
 * @throws {PushNotConfigured}
 */
export async function verifyUrl(
  account: Account,
  url: string,
  now: number,
): Promise<PushAnswer & { verified: boolean }> {
  const echo = randomBytes(8).readBigUInt64BE().toString();
  const query = new URLSearchParams({ ...signedQuery(pushToken(account), now), echostr: echo });
  const answer = await deliver(account, withQuery(url, query), { method: 'GET' });
  return { ...answer, verified: answer.status === 200 && answer.body === echo };
}

/** Signature of a push: SHA-1 of the sorted and joined parts, in hex. */
function sign(...parts: string[]): string {
  return createHash('sha1').update(parts.sort().join('')).digest('hex');
}

function signedQuery(token: string, now: number): { signature: string; timestamp: string; nonce: string } {
  const timestamp = `${now}`;
  // Below 2^31, as in every log that was published.
  const nonce = `${randomBytes(4).readUInt32BE() >>> 1}`;
  return { signature: sign(token, timestamp, nonce), timestamp, nonce };
}

function withDefaults(account: Account, event: EventFields, now: number): EventFields {
  return {
    ToUserName: account.options.original_id,
    FromUserName: '',
    CreateTime: now,
    MsgType: 'event',
    ...event,
  };
}

function toXml(fields: EventFields): string {
  const elements = Object.entries(fields).map(([name, value]) => {
    // A CDATA section cannot hold its own end, so that is split over two.
    const text =
      typeof value === 'number' ? value : `<![CDATA[${value.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
    return `<${name}>${text}</${name}>`;
  });
  return `<xml>${elements.join('')}</xml>`;
}

/** 16 random bytes, the length, the message and the appid; padded to blocks of 32, which Node's own padding is not. */
function encrypt(account: Account, message: string): string {
  const { encoding_aes_key: encodingKey } = account.options;
  if (encodingKey === undefined) throw new PushNotConfigured('the account has no encoding_aes_key');
  const key = Buffer.from(`${encodingKey}=`, 'base64');
  const text = Buffer.from(message);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  const plain = Buffer.concat([randomBytes(16), length, text, Buffer.from(account.appid)]);
  const pad = 32 - (plain.length % 32);
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  return Buffer.concat([
    cipher.update(plain),
    cipher.update(Buffer.alloc(pad, pad)),
    cipher.final(),
  ]).toString('base64');
}

/** The message in a ciphertext of the account; undefined where it is none. */
function decrypt(account: Account, ciphertext: string): string | undefined {
  const key = Buffer.from(`${account.options.encoding_aes_key ?? ''}=`, 'base64');
  try {
    const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
    const padded = Buffer.concat([decipher.update(ciphertext, 'base64'), decipher.final()]);
    const plain = padded.subarray(0, padded.length - padded.readUInt8(padded.length - 1));
    const end = 20 + plain.readUInt32BE(16);
    return plain.toString('utf8', end) === account.appid ? plain.toString('utf8', 20, end) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a push may go there: to this machine, or to one of these hosts. */
export function isPushTarget(url: string, hosts: readonly string[]): boolean {
  const { protocol, hostname } = new URL(url);
  return /^https?:$/.test(protocol) && (isLoopbackHost(hostname) || hosts.includes(hostname));
}

function pushToken(account: Account): string {
  const { push_token: token } = account.options;
  if (token === undefined) throw new PushNotConfigured('the account has no push_token');
  return token;
}

function withQuery(url: string, query: URLSearchParams): string {
  return `${url}${url.includes('?') ? '&' : '?'}${query.toString()}`;
}

async function deliver(account: Account, url: string, request: RequestInit): Promise<PushAnswer> {
  const { push_retries: retries, push_timeout_ms: deadlineMs } = account.options;
  for (let attempts = 1; ; attempts += 1) {
    try {
      const signal = AbortSignal.timeout(deadlineMs);
      const response = await fetch(url, { ...request, redirect: 'manual', signal });
      return { status: response.status, body: await response.text(), attempts };
    } catch {
      if (attempts > retries) return { status: null, body: null, attempts };
    }
  }
}
