import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import type { OpenedPush } from '../../shared/push/open-push.ts';
import type { PushFields } from '../../shared/push/push-xml.ts';

/** The other side of a push, written on its own so that it can also send what WeChat never would. */

export function sign(...parts: string[]): string {
  return createHash('sha1').update(parts.sort().join('')).digest('hex');
}

/** Encrypts as WeChat does; `options` bend the form. */
export function encrypt(
  encodingAesKey: string,
  appId: string,
  message: string,
  options: { random?: Buffer; length?: number; padding?: (bytes: number) => Buffer } = {},
): string {
  const text = Buffer.from(message);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(options.length ?? text.length);
  const plain = Buffer.concat([options.random ?? randomBytes(16), length, text, Buffer.from(appId)]);
  const pad = 32 - (plain.length % 32);
  return encryptBlocks(
    encodingAesKey,
    Buffer.concat([plain, options.padding?.(pad) ?? Buffer.alloc(pad, pad)]),
  );
}

/** Encrypts blocks as they are, padding included. */
export function encryptBlocks(encodingAesKey: string, blocks: Buffer): string {
  const key = Buffer.from(`${encodingAesKey}=`, 'base64');
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(blocks), cipher.final()]).toString('base64');
}

/** A push with these elements, as it is once it has been opened. */
export function opened(fields: PushFields, about: Partial<OpenedPush> = {}): OpenedPush {
  return { text: JSON.stringify(fields), fields, isBodySigned: true, signatureEnd: 0, ...about };
}

/** The XML of a push: texts in CDATA. */
export function toXml(fields: Readonly<Record<string, string | number>>): string {
  const elements = Object.entries(fields).map(
    ([name, value]) => `<${name}>${typeof value === 'number' ? value : `<![CDATA[${value}]]>`}</${name}>`,
  );
  return `<xml>${elements.join('')}</xml>`;
}
