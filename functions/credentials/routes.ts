import * as z from 'zod/mini';
import { none, type Route } from '../route.ts';

/** The account's token as a caller gets it. */
export const tokenSchema = z.object({ access_token: z.string(), expires_in: z.int() });
/** What a caller gets for a token that WeChat rejected. */
export const replacedTokenSchema = z.extend(tokenSchema, {
  replaced: z.boolean(),
});
/** A token that WeChat rejected. */
export const tokenReportSchema = z.object({
  access_token: z.string().check(z.minLength(1), z.maxLength(1024)),
});
/** A ticket as a caller gets it. */
export const ticketSchema = z.object({
  ticket: z.string(),
  expires_in: z.int(),
});
/** What `wx.config` takes. */
export const jssdkConfigSchema = z.object({
  appId: z.string(),
  timestamp: z.int(),
  nonceStr: z.string(),
  signature: z.string(),
});

export const getToken = {
  method: 'GET',
  path: '/v1/accounts/{account}/token',
  entry: 'credentials/get-token',
  access: { who: 'key', scope: 'token:read' },
  summary: "The account's global access token, for backends that call WeChat themselves.",
  audience: 'program',
  query: none,
  body: none,
  answers: {
    200: {
      description: 'The token, and how many seconds WeChat will go on accepting it.',
      schema: tokenSchema,
    },
  },
  asksFor: 'credential',
} as const satisfies Route;

export const reportToken = {
  method: 'POST',
  path: '/v1/accounts/{account}/token/report',
  entry: 'credentials/report-token',
  access: { who: 'key', scope: 'token:read' },
  summary: 'Tells that WeChat rejected the token (40001, 40014, 42001), and gets the one to use instead.',
  audience: 'program',
  query: none,
  body: tokenReportSchema,
  answers: {
    200: {
      description: 'The token to use. `replaced` is false when WeChat accepts the reported one after all.',
      schema: replacedTokenSchema,
    },
  },
  problems: ['wechat_unreachable'],
  asksFor: 'credential',
} as const satisfies Route;

export const getTicket = {
  method: 'GET',
  path: '/v1/accounts/{account}/ticket',
  entry: 'credentials/get-ticket',
  access: { who: 'key', scope: 'token:read' },
  summary: 'A JS-SDK or card ticket, for backends that sign themselves.',
  audience: 'program',
  query: z.object({
    type: z.enum(['jsapi', 'wx_card']),
  }),
  body: none,
  answers: {
    200: {
      description: 'The ticket, and how many seconds it lives on.',
      schema: ticketSchema,
    },
  },
  asksFor: 'credential',
} as const satisfies Route;

export const getJssdkConfig = {
  method: 'GET',
  path: '/v1/accounts/{account}/jssdk-config',
  entry: 'credentials/get-jssdk-config',
  access: { who: 'anyone' },
  summary: "What `wx.config` takes for a page of one of the account's allowed origins.",
  audience: 'program',
  query: z.object({
    url: z.string().check(z.minLength(1), z.maxLength(2000)),
  }),
  body: none,
  answers: {
    200: {
      description: 'The signature for exactly that address, without its fragment.',
      schema: jssdkConfigSchema,
    },
  },
  problems: ['url_not_allowed'],
  asksFor: 'credential',
} as const satisfies Route;
