import type { Account } from '../accounts.ts';
import { WeChatError } from '../errors.ts';
import type { Grant } from '../oauth.ts';
import {
  accountBySecret,
  enter,
  knownAccount,
  oddOf,
  ok,
  parametersOf,
  required,
  type Body,
  type Call,
  type Endpoint,
} from './call.ts';

/**
 * GET /sns/oauth2/access_token: exchanges a code. POST is seen to work, with the parameters in a form or in the query.
 * https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsaccesstoken.md
 */
export const snsAccessToken: Endpoint = {
  method: 'GET',
  takesPost: true,
  answer: (call) => {
    const parameters = parametersOf(call);
    const appid = required(parameters.get('appid'), 41002);
    const secret = required(parameters.get('secret'), 41004);
    const code = required(parameters.get('code'), 41008);
    if (parameters.get('grant_type') !== 'authorization_code') throw new WeChatError(40002);
    const account = accountBySecret(call, appid, secret);
    enter(call, account);
    const grant = account.oauth.exchange(code, call.now, account.options);
    const { scope, snapshot, unionid } = grant.consent;
    const { open_platform, unionid_with_base } = account.options;
    return {
      ...tokenBody(account, grant),
      ...(snapshot && { is_snapshotuser: 1 }),
      ...(open_platform && (scope === 'snsapi_userinfo' || unionid_with_base) && { unionid }),
    };
  },
};

/**
 * GET /sns/oauth2/refresh_token: takes no secret.
 * https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsrefreshtoken
 */
export const snsRefreshToken: Endpoint = {
  method: 'GET',
  answer: (call) => {
    const appid = required(call.query.get('appid'), 41002);
    const refreshToken = required(call.query.get('refresh_token'), 41003);
    if (call.query.get('grant_type') !== 'refresh_token') throw new WeChatError(40002);
    const account = knownAccount(call, appid);
    enter(call, account);
    return tokenBody(account, account.oauth.refresh(refreshToken, call.now, account.options));
  },
};

/**
 * GET /sns/userinfo: nickname and picture of a user who agreed to snsapi_userinfo.
 * https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/Wechat_webpage_authorization.html
 */
export const snsUserInfo: Endpoint = {
  method: 'GET',
  answer: (call) => {
    const { account, grant } = authorized(call);
    const { consent } = grant;
    if (consent.scope === 'snsapi_base') throw new WeChatError(48001);
    if (consent.snapshot && account.options.snapshot_userinfo === 'unauthorized')
      throw new WeChatError(48001);
    const user = account.followers.find(consent.user);
    if (!user) throw new WeChatError(40003);
    return {
      openid: consent.openid,
      nickname: consent.snapshot ? '微信用户' : user.nickname,
      sex: 0,
      language: '',
      city: '',
      province: '',
      country: '',
      headimgurl: call.world.avatarUrl(account, user, consent.snapshot),
      privilege: [],
      ...(account.options.open_platform && { unionid: consent.unionid }),
      ...oddOf(user),
    };
  },
};

/** GET /sns/auth: whether a user's web token still works. */
export const snsAuth: Endpoint = {
  method: 'GET',
  answer: (call) => {
    authorized(call);
    return ok;
  },
};

function authorized(call: Call): { account: Account; grant: Grant } {
  const token = required(call.query.get('access_token'), 41001);
  const openid = required(call.query.get('openid'), 41009);
  const account = call.world.accountOfSnsToken(token);
  const found = account?.oauth.judge(token, call.now);
  if (!account || !found) throw new WeChatError(40001);
  if (!found.alive) throw new WeChatError(42001);
  enter(call, account);
  if (found.grant.consent.openid !== openid) throw new WeChatError(40003);
  return { account, grant: found.grant };
}

function tokenBody(account: Account, grant: Grant): Body {
  return {
    access_token: grant.accessToken,
    expires_in: account.options.sns_token_lifetime_s,
    refresh_token: grant.refreshToken,
    openid: grant.consent.openid,
    scope: scopeText(account, grant),
  };
}

function scopeText(account: Account, { consent: { scope } }: Grant): string {
  switch (account.options.scope_style) {
    case 'plain':
      return scope;
    case 'trailing_comma':
      return `${scope},`;
    case 'both':
      return scope === 'snsapi_base' ? 'snsapi_base,' : 'snsapi_base,snsapi_userinfo,';
  }
}
