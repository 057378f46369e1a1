import * as z from 'zod/mini';
import { timestampPattern } from '../../shared/push/push-signature.ts';
import { none, type Route } from '../route.ts';

const sha1 = (description: string) => z.string().check(z.regex(/^[0-9a-f]{40}$/), z.describe(description));
/** What WeChat signs a push with: https://developers.weixin.qq.com/doc/subscription/guide/dev/push */
const pushSignature = z.object({
  signature: sha1('SHA-1 of the token of pushes, the timestamp and the nonce.'),
  timestamp: z
    .string()
    .check(z.regex(timestampPattern), z.describe('When WeChat signed it, in Unix seconds.')),
  nonce: z
    .string()
    .check(z.minLength(1), z.maxLength(128), z.describe('A random text that is part of what was signed.')),
});

export const checkEventsUrl = {
  method: 'GET',
  path: '/v1/accounts/{account}/events',
  entry: 'events/check-url',
  access: { who: 'anyone' },
  summary: "WeChat's check that this address takes the account's pushes; signed.",
  description:
    'WeChat calls it when the operator enters the address in its console. A signature is taken once.',
  audience: 'program',
  query: z.extend(pushSignature, {
    echostr: z
      .string()
      .check(z.minLength(1), z.maxLength(512), z.describe('What WeChat wants to have back.')),
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
  description:
    'Only WeChat calls it. A push that comes twice is handled once. The events are told on an event bus of the deployment.',
  audience: 'program',
  query: z.extend(pushSignature, {
    msg_signature: z.optional(sha1('The same of the encrypted body, too.')),
    encrypt_type: z.optional(z.string().check(z.describe('`aes` where the body is encrypted.'))),
    openid: z.optional(z.string().check(z.describe('Whose message it is. The body says so, too.'))),
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
