import type { StoredGrant } from '../../shared/users/grant.ts';

/** What the API shows of a user. Nothing that WeChat would accept is among it. */
export function userAnswer(account: string, grant: StoredGrant) {
  const { openid, unionid, profile, scopes, grantedAt, removeAt } = grant;
  return {
    account,
    openid,
    unionid,
    nickname: profile?.nickname,
    avatar: profile?.avatar,
    scope: scopes,
    grantedAt,
    expiresAt: removeAt,
  };
}
