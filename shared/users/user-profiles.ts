import type { Account } from '../accounts/accounts.ts';
import type { Profiles } from '../followers/mirror/profiles.ts';
import type { Clock } from '../platform/clock.ts';
import { KeyringError } from '../platform/errors.ts';
import type { Log } from '../platform/log.ts';
import { getUserProfile, type UserProfile } from '../wechat/authorization.ts';
import type { WeChatCall } from '../wechat/call.ts';
import { WeChatError } from '../wechat/errors.ts';
import type { UserAccessToken } from '../wechat/tokens.ts';
import { opensProfile, type GrantProfile, type StoredGrant } from './grant.ts';
import type { GrantStore } from './grant-store.ts';
import type { Grants } from './grants.ts';

/** A profile older than this is fetched again when a back end reads it: a picture's URL dies when the user changes it. */
const freshSeconds = 86_400;

/** Asks WeChat for the profile of the user whose token it is. */
export function askForProfile(openid: string): (token: UserAccessToken) => WeChatCall<UserProfile> {
  return (token) => getUserProfile(token, { openid, lang: 'zh_CN' });
}

/** What of WeChat's answer is kept. */
export function toGrantProfile({ nickname, headimgurl }: UserProfile, fetchedAt: number): GrantProfile {
  return { nickname, avatar: headimgurl, fetchedAt };
}

/** The profiles of users who granted `snsapi_userinfo`, as back ends read them. */
export class UserProfiles {
  readonly #grants: Grants;
  readonly #store: GrantStore;
  readonly #profiles: Profiles;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(parts: { grants: Grants; store: GrantStore; profiles: Profiles; clock: Clock; log: Log }) {
    this.#grants = parts.grants;
    this.#store = parts.store;
    this.#profiles = parts.profiles;
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  /**
   * The user's grant with the profile, which is fetched anew when it is older than a day or `refresh` says so. While
   * WeChat cannot be reached an older profile serves, unless `refresh` asked for a new one. With `snsapi_base` there
   * is none. Throws `authorization_needed`.
   */
  async get(account: Account, openid: string, { refresh }: { refresh: boolean }): Promise<StoredGrant> {
    const grant = await this.#grants.require(account, openid);
    if (!opensProfile(grant)) return grant;
    const { profile } = grant;
    if (profile && !refresh && this.#clock.now() < profile.fetchedAt + freshSeconds) return grant;
    try {
      return await this.#fetch(account, grant);
    } catch (error) {
      if (!profile || refresh || !isWeChatsFault(error)) throw error;
      this.#log.warn('A profile could not be read anew.', { account: account.appId, code: error.code });
      return grant;
    }
  }

  async #fetch(account: Account, grant: StoredGrant): Promise<StoredGrant> {
    const { openid, grantedAt } = grant;
    const fetchedAt = this.#clock.now();
    const answer = await this.#grants.callAs(account, openid, askForProfile(openid));
    const profile = toGrantProfile(answer, fetchedAt);
    const unionid = answer.unionid ?? grant.unionid;
    // Nothing is kept of somebody whose grant has gone in the meantime, nor for the wall of somebody who was erased.
    if (await this.#store.putProfile(account.appId, grant, { profile, unionid })) {
      const { nickname, avatar } = profile;
      const shared = { openid, unionid, nickname, avatar, consentedAt: grantedAt };
      await this.#profiles.put(account.appId, shared, { renews: true });
    }
    // The call may have refreshed the grant, and with it moved its end.
    return this.#grants.require(account, openid);
  }
}

/** Whether an older profile may stand in. That the user must authorize again is no such fault. */
function isWeChatsFault(error: unknown): error is WeChatError | KeyringError {
  return (
    error instanceof WeChatError || (error instanceof KeyringError && error.code === 'wechat_unreachable')
  );
}
