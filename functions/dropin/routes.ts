import * as z from 'zod/mini';
import type { prefixes } from '../../shared/dropin/path.ts';
import { none, type Answer, type Route } from '../route.ts';

/** What all routes of the drop-in have in common. What they take is WeChat's, and the function itself reads it. */
const common = { audience: 'sdk', query: none, looseQuery: true, body: none } as const;
const withKey = { who: 'sdk', gives: 'a key in the place of the AppSecret' } as const;
const withToken = { who: 'sdk', gives: 'the token from /cgi-bin/token' } as const;

/** How WeChat says that something is wrong, with status 200. */
const fault = z.object({ errcode: z.number(), errmsg: z.string() });

const token: Answer = {
  description:
    "A token for the calls of this key: the drop-in's own, or with the scope `dropin:token` the account's. Or an errcode.",
  contentType: 'application/json; encoding=utf-8',
  schema: z.union([z.object({ access_token: z.string(), expires_in: z.number() }), fault]),
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
      schema: z.extend(fault, { ticket: z.optional(z.string()), expires_in: z.optional(z.number()) }),
    },
  },
} as const;

const exchangeRoute = {
  ...common,
  path: '/sns/oauth2/access_token',
  entry: 'dropin/exchange-code',
  access: withKey,
  summary: "WeChat's `/sns/oauth2/access_token`, with a key in the place of the AppSecret.",
  answers: { 200: { description: "WeChat's answer, as it came. Or an errcode." } },
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

function passed<Prefix extends (typeof prefixes)[number]>(prefix: Prefix) {
  return {
    ...common,
    method: 'ANY',
    path: `/${prefix}/{proxy+}`,
    entry: serve,
    access: withToken,
    summary: `Any other call to WeChat below \`/${prefix}\`, passed on with the account's token.`,
    answers: { 200: { description: "WeChat's answer, as it came. Or an errcode." } },
  } as const satisfies Route;
}

export const passCgiBin = passed('cgi-bin');
export const passCard = passed('card');
export const passDatacube = passed('datacube');
export const passCustomservice = passed('customservice');
export const passShakearound = passed('shakearound');
export const passDevice = passed('device');
export const passBizwifi = passed('bizwifi');
export const passCv = passed('cv');
export const passWxaapi = passed('wxaapi');
export const passWxa = passed('wxa');
export const passMerchant = passed('merchant');
export const passSemantic = passed('semantic');
export const passScan = passed('scan');
export const passMarketing = passed('marketing');
export const passPublisher = passed('publisher');
export const passPay = passed('pay');
export const passPayfeedback = passed('payfeedback');
export const passSns = passed('sns');
