import type { Account } from '../accounts/accounts.ts';
import type { SecretStore } from '../accounts/secrets.ts';
import type { Profiles } from '../followers/profiles.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { exchangeCode, getUserProfile, type Grant } from '../wechat/authorization.ts';
import type { WeChatClient } from '../wechat/client.ts';
import { WeChatApiError, WeChatError } from '../wechat/errors.ts';
import type { Attempts, LoginEnd } from './attempts.ts';
import type { Grants } from './grants.ts';

export interface LoginParts {
  readonly attempts: Attempts;
  readonly grants: Grants;
  readonly profiles: Profiles;
  readonly secrets: SecretStore;
  readonly wechat: WeChatClient;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Finishes a login: claims the attempt, exchanges the code exactly once, stores the grant and, with the scope
 * `snsapi_userinfo`, the profile. The same code sent again by the same browser gets the same end without another
 * exchange. Throws the faults of Attempts.claim.
 */
export async function finishLogin(
  parts: LoginParts,
  account: Account,
  { code, state, browserId }: { code: string; state: string; browserId: string | undefined },
): Promise<{ end: LoginEnd; returnTo: string }> {
  const { attempt, finish } = await parts.attempts.claim(account.account, state, browserId, code);
  if (!finish)
    return { end: attempt.end ?? { result: 'failed', code: 'login_unfinished' }, returnTo: attempt.returnTo };
  const end = await exchange(parts, account.account, code);
  await finish(end);
  return { end, returnTo: attempt.returnTo };
}

async function exchange(parts: LoginParts, account: string, code: string): Promise<LoginEnd> {
  const { appSecret } = await parts.secrets.get(account);
  const exchangedAt = parts.clock.now();
  let grant: Grant;
  try {
    grant = await parts.wechat.send(exchangeCode({ appId: account, secret: appSecret, code }));
  } catch (error) {
    if (!(error instanceof WeChatError)) throw error;
    parts.log.warn('A code could not be exchanged.', { account, code: error.code, reason: error.message });
    const refused = error instanceof WeChatApiError && error.kind !== 'busy';
    return { result: 'failed', code: refused ? 'wechat_refused' : 'wechat_unreachable' };
  }
  // A snapshot user is a stand-in that WeChat made up: https://developers.weixin.qq.com/community/develop/doc/000c2c34068880629ced91a2f56001
  if (grant.isSnapshotUser) return { result: 'snapshot' };
  const grantEndsAt = await parts.grants.put(account, grant, exchangedAt);
  if (grant.scopes.includes('snsapi_userinfo')) await storeProfile(parts, account, grant, exchangedAt);
  return { result: 'granted', openid: grant.openid, grantEndsAt };
}

/** The login stands without the profile, so a failure here is only noted. */
async function storeProfile(parts: LoginParts, account: string, grant: Grant, now: number): Promise<void> {
  const { openid } = grant;
  try {
    const profile = await parts.wechat.send(getUserProfile(grant.accessToken, { openid, lang: 'zh_CN' }));
    await parts.profiles.put(account, {
      openid,
      unionid: profile.unionid ?? grant.unionid,
      nickname: profile.nickname,
      avatar: profile.headimgurl,
      consentedAt: now,
    });
  } catch (error) {
    if (!(error instanceof WeChatError)) throw error;
    parts.log.warn('A profile could not be read after a login.', { account, code: error.code });
  }
}
