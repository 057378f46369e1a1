import type { StoredGrant } from '../../shared/users/grant.ts';
import type { AppId } from '../../shared/wechat/tokens.ts';

/** What the API shows of a user. Nothing that WeChat would accept is among it. */
export function userAnswer(appId: AppId, grant: StoredGrant) {
  const { openid, unionid, profile, scopes, grantedAt, removeAt } = grant;
  return {
    account: appId,
    openid,
    unionid,
    nickname: profile?.nickname,
    avatar: profile?.avatar,
    scope: scopes,
    grantedAt,
    expiresAt: removeAt,
  };
}
