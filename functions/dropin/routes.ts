import * as z from 'zod/mini';
import type { prefixes } from '../../shared/dropin/path.ts';
import { none, type Answer, type Route } from '../route.ts';

/** What all routes of the drop-in have in common. What they take is WeChat's, and the function itself reads it. */
const common = { audience: 'sdk', query: none, looseQuery: true, body: none } as const;
const withKey = { who: 'sdk', gives: 'a key in the place of the AppSecret' } as const;
const withToken = { who: 'sdk', gives: 'the token from /cgi-bin/token' } as const;

/** How WeChat says that something is wrong, with status 200. */
export const wechatErrorSchema = z.object({
  errcode: z.int(),
  errmsg: z.string(),
});
/** What a key gets in the place of the account's token. */
export const dropInTokenSchema = z.object({
  access_token: z.string(),
  expires_in: z.int(),
});
/** A ticket, or an errcode. */
export const dropInTicketSchema = z.extend(wechatErrorSchema, {
  ticket: z.optional(z.string()),
  expires_in: z.optional(z.int()),
});
/** What WeChat answers is its own. Most of it has an errcode. */
export const passedAnswerSchema = z.looseObject({
  errcode: z.optional(z.int()),
  errmsg: z.optional(z.string()),
});

const passed: Answer = {
  description: "WeChat's answer, as it came: most often JSON, or a picture or another file. Or an errcode.",
  schema: passedAnswerSchema,
  orContentType: '*/*',
};
const token: Answer = {
  description:
    "A token for the calls of this key: the drop-in's own, or with the scope `dropin:token` the account's. Or an errcode.",
  contentType: 'application/json; encoding=utf-8',
  schema: z.union([dropInTokenSchema, wechatErrorSchema]),
};
const serve = 'dropin/serve-sdk';

const tokenRoute = {
  ...common,
  path: '/cgi-bin/token',
  entry: serve,
  access: withKey,
  summary: "WeChat's `/cgi-bin/token`, with a key in the place of the AppSecret.",
  answers: { 200: token },
} as const;

const ticketRoute = {
  ...common,
  path: '/cgi-bin/ticket/getticket',
  entry: serve,
  access: withToken,
  summary: "WeChat's `/cgi-bin/ticket/getticket`.",
  answers: {
    200: {
      description: 'The ticket that is kept here. Or an errcode.',
      contentType: 'application/json; encoding=utf-8',
      schema: dropInTicketSchema,
    },
  },
} as const;

const exchangeRoute = {
  ...common,
  path: '/sns/oauth2/access_token',
  entry: 'dropin/exchange-code',
  access: withKey,
  summary: "WeChat's `/sns/oauth2/access_token`, with a key in the place of the AppSecret.",
  answers: { 200: passed },
} as const;

export const getDropInToken = { ...tokenRoute, method: 'GET' } as const satisfies Route;
export const postDropInToken = { ...tokenRoute, method: 'POST' } as const satisfies Route;
export const postDropInStableToken = {
  ...tokenRoute,
  method: 'POST',
  path: '/cgi-bin/stable_token',
  summary: "WeChat's `/cgi-bin/stable_token`, with a key in the place of the AppSecret.",
} as const satisfies Route;
export const getDropInTicket = { ...ticketRoute, method: 'GET' } as const satisfies Route;
export const postDropInTicket = { ...ticketRoute, method: 'POST' } as const satisfies Route;
export const getDropInGrant = { ...exchangeRoute, method: 'GET' } as const satisfies Route;
export const postDropInGrant = { ...exchangeRoute, method: 'POST' } as const satisfies Route;

function passedOn<Prefix extends (typeof prefixes)[number]>(prefix: Prefix) {
  return {
    ...common,
    method: 'ANY',
    path: `/${prefix}/{proxy+}`,
    entry: serve,
    access: withToken,
    summary: `Any other call to WeChat below \`/${prefix}\`, passed on with the account's token.`,
    answers: { 200: passed },
  } as const satisfies Route;
}

export const passCgiBin = passedOn('cgi-bin');
export const passCard = passedOn('card');
export const passDatacube = passedOn('datacube');
export const passCustomservice = passedOn('customservice');
export const passShakearound = passedOn('shakearound');
export const passDevice = passedOn('device');
export const passBizwifi = passedOn('bizwifi');
export const passCv = passedOn('cv');
export const passWxaapi = passedOn('wxaapi');
export const passWxa = passedOn('wxa');
export const passMerchant = passedOn('merchant');
export const passSemantic = passedOn('semantic');
export const passScan = passedOn('scan');
export const passMarketing = passedOn('marketing');
export const passPublisher = passedOn('publisher');
export const passPay = passedOn('pay');
export const passPayfeedback = passedOn('payfeedback');
export const passSns = passedOn('sns');
