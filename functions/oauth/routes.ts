import * as z from 'zod/mini';
import { none, trueOrFalse, type Answer, type Route } from '../route.ts';

const html: Answer = { description: 'A page for people, in Chinese and English.', contentType: 'text/html' };

export const authorize = {
  method: 'GET',
  path: '/v1/accounts/{account}/oauth/authorize',
  entry: 'oauth/authorize',
  access: { who: 'anyone' },
  summary: "Sends the browser to WeChat's consent page.",
  description:
    'A link for a browser, not a call for a script. It sets a cookie by which the callback knows the browser again. Outside of WeChat, WeChat shows that its own browser is needed.',
  audience: 'person',
  query: z.object({
    scope: z.optional(
      z
        .enum(['snsapi_base', 'snsapi_userinfo'])
        .check(
          z.describe(
            '`snsapi_base` is silent and tells the openid alone. `snsapi_userinfo` asks for nickname and picture. Without it, the latter.',
          ),
        ),
    ),
    forcePopup: trueOrFalse("WeChat's dialog is shown in any case."),
    return_to: z
      .string()
      .check(
        z.minLength(1),
        z.maxLength(2000),
        z.describe('Where the login ends. Other than on an allowed origin: 400 `return_to_not_allowed`.'),
      ),
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
  description:
    'Only WeChat leads here. A code that comes twice from the same browser has the same end. Where the user declined, a page offers to try again.',
  audience: 'person',
  query: z.object({
    code: z.optional(
      z
        .string()
        .check(
          z.regex(/^[A-Za-z0-9_-]{1,512}$/),
          z.describe("WeChat's code, which is exchanged once. Absent where the user declined."),
        ),
    ),
    state: z
      .string()
      .check(
        z.minLength(1),
        z.maxLength(512),
        z.describe(
          "Names an attempt that this browser has begun. Any other's: 400, and a link to begin anew.",
        ),
      ),
  }),
  looseQuery: true,
  body: none,
  answers: {
    303: {
      description:
        'To `return_to`, with the session cookie. An address without a fragment gets an empty one, `#`, so that the browser does not keep that of WeChat’s page.',
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
  description: 'The cookie is taken away in any case. Other accounts’ sessions in this browser stay.',
  audience: 'program',
  query: z.object({ everywhere: trueOrFalse('Ends all sessions of the user.') }),
  body: none,
  answers: { 204: { description: 'Nobody is logged in any more, or nobody was.' } },
} as const satisfies Route;
