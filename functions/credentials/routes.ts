import * as z from 'zod/mini';
import { credentialProblems, none, type Route } from '../route.ts';

const accessToken = z.string().check(z.describe('The value that WeChat takes as `access_token`.'));
const expiresIn = z
  .int()
  .check(z.describe('Seconds for which WeChat goes on accepting it. Ask again before they are over.'));

/** The account's token as a caller gets it. */
export const tokenSchema = z.object({ access_token: accessToken, expires_in: expiresIn });
/** What a caller gets for a token that WeChat rejected. */
export const replacedTokenSchema = z.extend(tokenSchema, {
  replaced: z
    .boolean()
    .check(z.describe('False when WeChat accepts the reported token after all, which is then this one.')),
});
/** A token that WeChat rejected. */
export const tokenReportSchema = z.object({
  access_token: z
    .string()
    .check(z.minLength(1), z.maxLength(1024), z.describe('The token that WeChat rejected.')),
});
/** A ticket as a caller gets it. */
export const ticketSchema = z.object({
  ticket: z.string().check(z.describe('What a page or a card is signed with.')),
  expires_in: z.int().check(z.describe('Seconds for which it goes on being valid.')),
});
/** What `wx.config` takes. */
export const jssdkConfigSchema = z.object({
  appId: z.string().check(z.describe("The account's appid.")),
  timestamp: z.int().check(z.describe('When it was signed, in Unix seconds.')),
  nonceStr: z.string().check(z.describe('A random text that is part of what was signed.')),
  signature: z.string().check(z.describe('SHA-1 of ticket, nonce, timestamp and address, as hexadecimal.')),
});

export const getToken = {
  method: 'GET',
  path: '/v1/accounts/{account}/token',
  entry: 'credentials/get-token',
  access: { who: 'key', scope: 'token:read' },
  summary: "The account's global access token, for backends that call WeChat themselves.",
  description:
    'Every caller gets the same token, and no call mints one while it lasts. Do not keep it for longer than `expires_in` says.',
  audience: 'program',
  query: none,
  body: none,
  answers: {
    200: {
      description: 'The token, and how many seconds WeChat will go on accepting it.',
      schema: tokenSchema,
    },
  },
  problems: credentialProblems,
} as const satisfies Route;

export const reportToken = {
  method: 'POST',
  path: '/v1/accounts/{account}/token/report',
  entry: 'credentials/report-token',
  access: { who: 'key', scope: 'token:read' },
  summary: 'Tells that WeChat rejected the token (40001, 40014, 42001), and gets the one to use instead.',
  description:
    'The service asks WeChat whether the token is rejected before it mints a new one, so a mistaken report costs nobody a token. Repeat your own call once, with the answer.',
  audience: 'program',
  query: none,
  body: tokenReportSchema,
  answers: {
    200: {
      description: 'The token to use. `replaced` is false when WeChat accepts the reported one after all.',
      schema: replacedTokenSchema,
    },
  },
  problems: [...credentialProblems, 'wechat_unreachable'],
} as const satisfies Route;

export const getTicket = {
  method: 'GET',
  path: '/v1/accounts/{account}/ticket',
  entry: 'credentials/get-ticket',
  access: { who: 'key', scope: 'token:read' },
  summary: 'A JS-SDK or card ticket, for backends that sign themselves.',
  description: 'A page needs no ticket: `getJssdkConfig` signs for it. A ticket is renewed while it is used.',
  audience: 'program',
  query: z.object({
    type: z
      .enum(['jsapi', 'wx_card'])
      .check(z.describe('`jsapi` for the JS-SDK of pages, `wx_card` for cards and coupons.')),
  }),
  body: none,
  answers: {
    200: {
      description: 'The ticket, and how many seconds it lives on.',
      schema: ticketSchema,
    },
  },
  problems: credentialProblems,
} as const satisfies Route;

export const getJssdkConfig = {
  method: 'GET',
  path: '/v1/accounts/{account}/jssdk-config',
  entry: 'credentials/get-jssdk-config',
  access: { who: 'anyone' },
  summary: "What `wx.config` takes for a page of one of the account's allowed origins.",
  description:
    'Pass the answer to `wx.config`, with the `jsApiList` of the page. Ask anew for each address: a page that changes its path or query needs another signature.',
  audience: 'program',
  query: z.object({
    url: z
      .string()
      .check(
        z.minLength(1),
        z.maxLength(2000),
        z.describe("The page's address. Other than on an allowed origin: 400 `url_not_allowed`."),
      ),
  }),
  body: none,
  answers: {
    200: {
      description: 'The signature for exactly that address, without its fragment.',
      schema: jssdkConfigSchema,
    },
  },
  problems: ['url_not_allowed', ...credentialProblems],
} as const satisfies Route;
