import type { Endpoint } from './call.ts';
import { clearQuota, clearQuotaBySecret, ipList, quotaGet } from './management.ts';
import { snsAccessToken, snsAuth, snsRefreshToken, snsUserInfo } from './sns.ts';
import { getTicket } from './ticket.ts';
import { stableToken, token } from './token.ts';
import { userGet, userInfo, userInfoBatch } from './user.ts';

/** Every JSON API of the simulated platform, by path. */
export const endpoints: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  ['/cgi-bin/token', token],
  ['/cgi-bin/stable_token', stableToken],
  ['/cgi-bin/user/get', userGet],
  ['/cgi-bin/user/info', userInfo],
  ['/cgi-bin/user/info/batchget', userInfoBatch],
  ['/cgi-bin/ticket/getticket', getTicket],
  ['/cgi-bin/clear_quota', clearQuota],
  ['/cgi-bin/clear_quota/v2', clearQuotaBySecret],
  ['/cgi-bin/openapi/quota/get', quotaGet((path) => endpoints.has(path))],
  ['/cgi-bin/get_api_domain_ip', ipList],
  ['/cgi-bin/getcallbackip', ipList],
  ['/sns/oauth2/access_token', snsAccessToken],
  ['/sns/oauth2/refresh_token', snsRefreshToken],
  ['/sns/userinfo', snsUserInfo],
  ['/sns/auth', snsAuth],
]);
