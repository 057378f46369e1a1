import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { KeyringError } from '../platform/errors.ts';
import { type AppId, appIdSchema, openidSchema } from '../wechat/tokens.ts';
import type { OpenedPush } from './open-push.ts';
import { windowSeconds } from './push-signature.ts';
import type { PushFields } from './push-xml.ts';

/**
 * The elements that say what a push is. What it is about must not cost a push: WeChat sends it three times and no more,
 * and a revocation that is lost leaves data that must go.
 */
const kindSchema = z.object({
  MsgType: z.string().check(z.minLength(1), z.maxLength(32)),
  Event: z.optional(z.string().check(z.maxLength(64))),
});
const timeSchema = z.string().check(z.regex(/^\s*\d{1,12}\s*$/));
/** A few codes of three digits. */
const revokedSchema = z.string().check(z.maxLength(200));

/** One push on its way from the endpoint to the worker, as JSON in a queue. */
export const pushMessageSchema = z.object({
  /** The same for every delivery of the same push. */
  id: z.string(),
  /** Of this delivery alone. */
  delivery: z.string(),
  account: appIdSchema,
  type: z.string(),
  /** Of an event, as WeChat writes it: `subscribe`, but `SCAN`. */
  event: z.optional(z.string()),
  /** Whom it is about. */
  openid: z.optional(openidSchema),
  /** What the user no longer allows, of `user_authorization_revoke`. None: whatever it is. */
  revoked: z.optional(z.string()),
  /** When WeChat made it, in Unix seconds; when it came, where that is not said. */
  createdAt: z.number(),
  /** Whether WeChat has signed what it says. Messages of a version that did not tell are believed. */
  isSigned: z._default(z.boolean(), true),
  /** When its signature is over for good, in Unix seconds: until then the same push can be sent again. */
  signatureEnd: z.optional(z.number()),
  /** All its elements, but those that are left out. */
  fields: z.record(z.string(), z.unknown()),
  /** The names of the elements that are left out, where all together are too long. */
  leftOut: z.optional(z.array(z.string())),
});
export type PushMessage = z.infer<typeof pushMessageSchema>;

/** An event that says which user it is about. */
export type UserEvent = PushMessage & { readonly openid: string };

/**
 * Events about what a user lets one know: they come from an account of the platform, and the user is in `OpenID`, which
 * has also been met as `openid`.
 *
 * @see https://developers.weixin.qq.com/doc/service/guide/h5/authorization_change.html
 */
const personalDataEvents = [
  'user_info_modified',
  'user_authorization_revoke',
  'user_authorization_cancellation',
];

/** Makes the message for the worker out of a push. Throws KeyringError `invalid_body`. */
export function pushMessage(
  appId: AppId,
  { text, fields, isBodySigned: isSigned, signatureEnd }: OpenedPush,
  now: number,
): PushMessage {
  const parsed = kindSchema.safeParse(fields);
  if (!parsed.success) {
    const parameter = String(parsed.error.issues.flatMap(({ path }) => path)[0]);
    throw new KeyringError('invalid_body', `${parameter} is missing or not a text.`, { parameter });
  }
  const { MsgType: type, Event: event } = parsed.data;
  const isPersonal = personalDataEvents.some((name) => name === event);
  const openid = isPersonal ? userOf(fields) : openidIn(fields['FromUserName']);
  const revoked = revokedSchema.safeParse(fields['RevokeInfo']).data;
  const time = timeSchema.safeParse(fields['CreateTime']).data;
  return {
    id: idOf(appId, text),
    delivery: randomUUID(),
    account: appId,
    type,
    ...(event !== undefined && { event }),
    ...(openid !== undefined && { openid }),
    ...(revoked !== undefined && { revoked }),
    // What nobody has signed must not be able to overtake all that comes.
    createdAt: time === undefined ? now : Math.min(Number(time), now + windowSeconds),
    isSigned,
    signatureEnd,
    ...fitting(fields),
  };
}

/**
 * An event bus takes 256 KB. In JSON a control character has six bytes, so a push of 64 KiB may have more than that. Names
 * have no such characters, and together no more than 64 KiB.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/calculate-putevents-entry-size.html
 */
const maxFieldsBytes = 160 * 1024;

/** The elements, without the longest ones where they are too long for a bus. */
function fitting(fields: PushFields): Pick<PushMessage, 'fields' | 'leftOut'> {
  const sized = Object.entries(fields)
    .map((field) => ({ field, bytes: Buffer.byteLength(JSON.stringify(field)) }))
    .toSorted((one, other) => one.bytes - other.bytes);
  let bytes = 0;
  const leftOut = new Set<string>();
  for (const { field, bytes: more } of sized) {
    bytes += more;
    if (bytes > maxFieldsBytes) leftOut.add(field[0]);
  }
  if (leftOut.size === 0) return { fields };
  const kept = Object.entries(fields).filter(([name]) => !leftOut.has(name));
  return { fields: Object.fromEntries(kept), leftOut: [...leftOut] };
}

/** The user in an event about personal data. */
function userOf(fields: PushFields): string | undefined {
  const others = Object.entries(fields).filter(([name]) => name.toLowerCase() === 'openid');
  return [fields['OpenID'], ...others.map(([, value]) => value)].map(openidIn).find((found) => found);
}

function openidIn(value: unknown): string | undefined {
  return openidSchema.safeParse(value).data;
}

/**
 * Only the same message is a repeat, byte for byte. By its fields none can be told: two events of one user in one second
 * have differed in `UserCardCode` alone, or in a nested MsgID, and voice messages of two users have had one MsgId.
 */
function idOf(appId: AppId, text: string): string {
  return createHash('sha256')
    .update(JSON.stringify([appId, text]))
    .digest('hex');
}
