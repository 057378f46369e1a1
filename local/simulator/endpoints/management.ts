import * as z from 'zod/mini';

import { WeChatError } from '../errors.ts';
import { accountBySecret, accountByToken, jsonBody, ok, required, type Call, type Endpoint } from './call.ts';

/**
 * POST /cgi-bin/clear_quota: the day's counts back to zero, ten times a month.
 * https://developers.weixin.qq.com/doc/oplatform/openApi/openapi/api_clearquota.md
 */
export const clearQuota: Endpoint = {
  method: 'POST',
  answer: (call) => {
    const account = accountByToken(call);
    const { appid } = jsonBody(call, z.object({ appid: z.string() }));
    if (appid !== account.appid) throw new WeChatError(40013);
    account.quota.clear(call.now);
    return ok;
  },
};

/**
 * POST /cgi-bin/clear_quota/v2: the same by secret. The page's table has the fields in the body and its
 * example in the query; both work here.
 * https://developers.weixin.qq.com/doc/store/API/apimgnt/clearQuotaByAppSecret.html
 */
export const clearQuotaBySecret: Endpoint = {
  method: 'POST',
  answer: (call) => {
    const input = call.query.has('appid') ? queryFields(call) : jsonBody(call, secretSchema);
    const account = accountBySecret(call, required(input.appid, 41002), required(input.appsecret, 41004));
    account.quota.clear(call.now);
    return ok;
  },
};

const secretSchema = z.object({ appid: z.optional(z.string()), appsecret: z.optional(z.string()) });

function queryFields(call: Call): z.infer<typeof secretSchema> {
  return { appid: call.query.get('appid') ?? '', appsecret: call.query.get('appsecret') ?? '' };
}

/**
 * POST /cgi-bin/openapi/quota/get; `knows` says which paths exist.
 * https://developers.weixin.qq.com/doc/service/api/apimanage/api_getapiquota
 */
export const quotaGet = (knows: (path: string) => boolean): Endpoint => ({
  method: 'POST',
  answer: (call) => {
    const account = accountByToken(call);
    const { cgi_path: path } = jsonBody(call, z.object({ cgi_path: z.string() }));
    if (path.startsWith('/sns/')) throw new WeChatError(76022);
    if (!knows(path)) throw new WeChatError(76021);
    const daily = account.limits.daily.get(path) ?? 0;
    const minute = account.limits.minute.get(path) ?? 0;
    const used = account.quota.usedToday(path, call.now);
    return {
      ...ok,
      quota: { daily_limit: daily, used, remain: Math.max(0, daily - used) },
      rate_limit: { call_count: minute, refresh_second: minute === 0 ? 0 : 60 },
      component_rate_limit: { call_count: 0, refresh_second: 0 },
    };
  },
});

/** GET /cgi-bin/get_api_domain_ip and /cgi-bin/getcallbackip: addresses, here of this machine. */
export const ipList: Endpoint = {
  method: 'GET',
  answer: (call) => {
    accountByToken(call);
    return { ip_list: ['127.0.0.1'] };
  },
};
