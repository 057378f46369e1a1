import type { Endpoint } from './call.ts';
import { clearQuota, clearQuotaBySecret, ipList, quotaGet } from './management.ts';
import {
  articleImageUpload,
  materialAdd,
  materialCount,
  materialDelete,
  materialGet,
  materialList,
  mediaGet,
  mediaUpload,
} from './media.ts';
import { snsAccessToken, snsAuth, snsRefreshToken, snsUserInfo } from './sns.ts';
import { templateAdd, templateDelete, templateList, templateSend } from './template.ts';
import { getTicket } from './ticket.ts';
import { stableToken, token } from './token.ts';
import { userGet, userInfo, userInfoBatch } from './user.ts';

/** Every API of the simulated platform, by path. */
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
  ['/cgi-bin/media/upload', mediaUpload],
  ['/cgi-bin/media/get', mediaGet],
  ['/cgi-bin/media/uploadimg', articleImageUpload],
  ['/cgi-bin/material/add_material', materialAdd],
  ['/cgi-bin/material/get_material', materialGet],
  ['/cgi-bin/material/del_material', materialDelete],
  ['/cgi-bin/material/get_materialcount', materialCount],
  ['/cgi-bin/material/batchget_material', materialList],
  ['/cgi-bin/template/api_add_template', templateAdd],
  ['/cgi-bin/template/get_all_private_template', templateList],
  ['/cgi-bin/template/del_private_template', templateDelete],
  ['/cgi-bin/message/template/send', templateSend],
  ['/sns/oauth2/access_token', snsAccessToken],
  ['/sns/oauth2/refresh_token', snsRefreshToken],
  ['/sns/userinfo', snsUserInfo],
  ['/sns/auth', snsAuth],
]);
