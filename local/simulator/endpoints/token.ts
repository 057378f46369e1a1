import * as z from 'zod/mini';

import { WeChatError } from '../errors.ts';
import { accountBySecret, checkAllowList, enter, jsonBody, required, type Endpoint } from './call.ts';

/**
 * GET /cgi-bin/token: each call makes a new token.
 * https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/Get_access_token.html
 */
export const token: Endpoint = {
  method: 'GET',
  answer: (call) => {
    const appid = required(call.query.get('appid'), 41002);
    const secret = required(call.query.get('secret'), 41004);
    if (call.query.get('grant_type') !== 'client_credential') throw new WeChatError(40002);
    const account = accountBySecret(call, appid, secret);
    checkAllowList(call, account);
    enter(call, account);
    const issued = account.tokens.mintClassic(call.now, account.options);
    return { access_token: issued.value, expires_in: issued.expiresIn };
  },
};

const stableTokenSchema = z.object({
  grant_type: z.optional(z.string()),
  appid: z.optional(z.string()),
  secret: z.optional(z.string()),
  force_refresh: z.optional(z.boolean()),
});

/**
 * POST /cgi-bin/stable_token: the existing token until its last five minutes, or a new one by force.
 * https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/getStableAccessToken.html
 */
export const stableToken: Endpoint = {
  method: 'POST',
  answer: (call) => {
    const input = jsonBody(call, stableTokenSchema);
    const appid = required(input.appid, 41002);
    const secret = required(input.secret, 41004);
    if (input.grant_type !== 'client_credential') throw new WeChatError(40002);
    const account = accountBySecret(call, appid, secret);
    checkAllowList(call, account);
    enter(call, account);
    const issued = account.tokens.stable(call.now, account.options, input.force_refresh ?? false);
    return { access_token: issued.value, expires_in: issued.expiresIn };
  },
};
