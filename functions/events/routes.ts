import * as z from 'zod/mini';
import { timestampPattern } from '../../shared/push/push-signature.ts';
import { none, type Route } from '../route.ts';

const sha1 = z.string().check(z.regex(/^[0-9a-f]{40}$/));
/** What WeChat signs a push with: https://developers.weixin.qq.com/doc/subscription/guide/dev/push */
const pushSignature = z.object({
  signature: sha1,
  timestamp: z.string().check(z.regex(timestampPattern)),
  nonce: z.string().check(z.minLength(1), z.maxLength(128)),
});

export const checkEventsUrl = {
  method: 'GET',
  path: '/v1/accounts/{account}/events',
  entry: 'events/check-url',
  access: { who: 'anyone' },
  summary: "WeChat's check that this address takes the account's pushes; signed.",
  audience: 'program',
  query: z.extend(pushSignature, {
    echostr: z.string().check(z.minLength(1), z.maxLength(512)),
  }),
  looseQuery: true,
  body: none,
  answers: { 200: { description: '`echostr` and nothing else.', contentType: 'text/plain' } },
  problems: ['push_not_configured', 'push_signature_wrong', 'push_expired', 'push_replayed'],
} as const satisfies Route;

export const receiveEvent = {
  method: 'POST',
  path: '/v1/accounts/{account}/events',
  entry: 'events/receive-event',
  access: { who: 'anyone' },
  summary: "Takes a message or event that WeChat pushes; signed, and encrypted by the account's setting.",
  audience: 'program',
  query: z.extend(pushSignature, {
    msg_signature: z.optional(sha1),
    encrypt_type: z.optional(z.string()),
    openid: z.optional(z.string()),
  }),
  looseQuery: true,
  body: none,
  rawBody: 'text/xml',
  answers: {
    200: {
      description:
        '`success`: the push is queued. Or, as XML, the reply of the back end that pushes are forwarded to.',
      contentType: 'text/plain',
      orContentType: 'application/xml',
    },
  },
  problems: [
    'push_not_configured',
    'push_signature_wrong',
    'push_expired',
    'push_replayed',
    'push_not_encrypted',
    'push_undecryptable',
    'push_foreign',
    'push_not_xml',
    'invalid_body',
  ],
} as const satisfies Route;
