import * as z from 'zod/mini';
import { readAnswer, wholeNumber } from './answer.ts';
import type { WeChatCall } from './call.ts';
import type { AppId, GlobalAccessToken } from './tokens.ts';

/** What WeChat itself says of one API's quota. */
export interface Quota {
  readonly dailyLimit: number;
  readonly used: number;
  readonly remain: number;
}

const quotaSchema = z.pipe(
  z.object({ quota: z.object({ daily_limit: wholeNumber, used: wholeNumber, remain: wholeNumber }) }),
  z.transform(({ quota }): Quota => ({
    dailyLimit: quota.daily_limit,
    used: quota.used,
    remain: quota.remain,
  })),
);

/**
 * Asks for one API's quota of today; `path` is such as `/cgi-bin/user/get`. The sns APIs have none.
 * https://developers.weixin.qq.com/doc/service/api/apimanage/api_getapiquota
 */
export function getQuota(token: GlobalAccessToken, { path }: { readonly path: string }): WeChatCall<Quota> {
  const api = '/cgi-bin/openapi/quota/get';
  return {
    api,
    method: 'POST',
    query: { access_token: token },
    body: { cgi_path: path },
    idempotent: true,
    secrets: [token],
    parse: readAnswer(api, quotaSchema),
  };
}

/**
 * Sets all of the account's quotas of today back: 10 times a month. Works without a token, so also when the quota
 * of the token itself is used up. The page shows the values in the query and lists them for the body; both are sent.
 * https://developers.weixin.qq.com/doc/store/API/apimgnt/clearQuotaByAppSecret.html
 */
export function clearQuota({
  appId,
  secret,
}: {
  readonly appId: AppId;
  readonly secret: string;
}): WeChatCall<true> {
  const api = '/cgi-bin/clear_quota/v2';
  const identity = { appid: appId, appsecret: secret };
  return {
    api,
    method: 'POST',
    query: identity,
    body: identity,
    // Each one that arrives is one of the ten.
    idempotent: false,
    secrets: [secret],
    parse: readAnswer(
      api,
      z.pipe(
        z.object({ errcode: wholeNumber }),
        z.transform((): true => true),
      ),
    ),
  };
}

/**
 * Asks for the addresses of WeChat's API domain. Nobody needs them; it is the cheapest call that tells whether WeChat
 * accepts a token.
 * https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/Get_the_WeChat_server_IP_address.html
 */
export function getApiDomainIp(token: GlobalAccessToken): WeChatCall<readonly string[]> {
  const api = '/cgi-bin/get_api_domain_ip';
  return {
    api,
    method: 'GET',
    query: { access_token: token },
    idempotent: true,
    secrets: [token],
    parse: readAnswer(
      api,
      z.pipe(
        z.object({ ip_list: z.array(z.string()) }),
        z.transform(({ ip_list }) => ip_list),
      ),
    ),
  };
}
