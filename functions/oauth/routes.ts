import * as z from 'zod/mini';
import { none, trueOrFalse, type Answer, type Route } from '../route.ts';

const html: Answer = { description: 'A page for people, in Chinese and English.', contentType: 'text/html' };

export const authorize = {
  method: 'GET',
  path: '/v1/accounts/{account}/oauth/authorize',
  entry: 'oauth/authorize',
  access: { who: 'anyone' },
  summary: "Sends the browser to WeChat's consent page.",
  audience: 'person',
  query: z.object({
    scope: z.optional(z.enum(['snsapi_base', 'snsapi_userinfo'])),
    forcePopup: trueOrFalse,
    return_to: z.string().check(z.minLength(1), z.maxLength(2000)),
  }),
  looseQuery: true,
  body: none,
  answers: { 302: { description: "To WeChat's authorization page." }, 400: html, 409: html },
  throttlePercent: 25,
  problems: ['return_to_not_allowed', 'account_borrowed'],
} as const satisfies Route;

export const callback = {
  method: 'GET',
  path: '/v1/accounts/{account}/oauth/callback',
  entry: 'oauth/callback',
  access: { who: 'anyone' },
  summary: 'Where WeChat sends the browser back: exchanges the code, stores the grant, opens a session.',
  audience: 'person',
  query: z.object({
    code: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_-]{1,512}$/))),
    state: z.string().check(z.minLength(1), z.maxLength(512)),
  }),
  looseQuery: true,
  body: none,
  answers: {
    303: {
      description: 'To `return_to`, with the session cookie.',
    },
    200: html,
    400: html,
  },
  throttlePercent: 25,
  problems: [
    'state_unknown',
    'state_expired',
    'state_used',
    'state_foreign',
    'login_cookie_missing',
    'code_refused',
    'login_unfinished',
    'wechat_refused',
    'wechat_unreachable',
    'wechat_quota',
  ],
} as const satisfies Route;

export const logout = {
  method: 'POST',
  path: '/v1/accounts/{account}/oauth/logout',
  entry: 'oauth/logout',
  access: { who: 'session', orNobody: true },
  summary: 'Ends the session, or with `everywhere` all sessions of the user, who must be logged in for that.',
  audience: 'program',
  query: z.object({ everywhere: trueOrFalse }),
  body: none,
  answers: { 204: { description: 'Nobody is logged in any more, or nobody was.' } },
} as const satisfies Route;
