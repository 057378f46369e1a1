import type { AccountDirectory } from '../accounts/accounts.ts';
import type { AccountCalls } from '../credentials/account-calls.ts';
import { readPerson } from '../followers/mirror/people.ts';
import { KeyringError } from '../platform/errors.ts';
import type { Table } from '../platform/table.ts';
import { opensProfile } from '../users/grant.ts';
import type { GrantStore } from '../users/grant-store.ts';
import type { Grants } from '../users/grants.ts';
import { askForProfile } from '../users/user-profiles.ts';
import { checkUserToken } from '../wechat/authorization.ts';
import { WeChatApiError } from '../wechat/errors.ts';
import { getFollower } from '../wechat/followers.ts';
import type { UserEvent } from './push-message.ts';

/**
 * Asks WeChat whether an event is true that came in the clear. WeChat does not sign what such an event says, so nobody
 * is deleted on its word. Of an account that was removed nothing can be asked, and nothing is of use any more: there it
 * is true.
 */
export class Confirmation {
  readonly #accounts: AccountDirectory;
  readonly #calls: Pick<AccountCalls, 'send'>;
  readonly #grants: Grants;
  readonly #store: GrantStore;
  readonly #followers: Table;

  constructor(parts: {
    accounts: AccountDirectory;
    calls: Pick<AccountCalls, 'send'>;
    grants: Grants;
    store: GrantStore;
    followers: Table;
  }) {
    this.#accounts = parts.accounts;
    this.#calls = parts.calls;
    this.#grants = parts.grants;
    this.#store = parts.store;
    this.#followers = parts.followers;
  }

  /**
   * Whether a follower of the mirror follows no more. That somebody does not follow is no sign that they left: whoever
   * logs in need not follow. So only a follower can leave. Throws what WeChat answers, but that the account may not ask.
   */
  async hasLeft({ account: appId, openid, createdAt }: UserEvent): Promise<boolean> {
    if (!(await this.#accounts.has(appId))) return true;
    const account = await this.#accounts.find(appId);
    const person = await readPerson(this.#followers, appId, openid);
    // An earlier try has confirmed it, and was cut short.
    if (person?.subscribed === false && person.changedAt === createdAt) return true;
    if (person?.subscribed !== true) return false;
    try {
      const { subscribe } = await this.#calls.send(account, (token) => getFollower(token, { openid }));
      return !subscribe;
    } catch (error) {
      if (isRefused(error, 'openid_unknown')) return true;
      if (isRefused(error, 'not_permitted')) return false;
      throw error;
    }
  }

  /**
   * Whether WeChat honours no more what the user granted: it refuses the profile, or the refresh of the user's token.
   * False also where no grant is stored to ask with. Throws what WeChat answers to anything else.
   */
  async hasWithdrawn({ account: appId, openid }: UserEvent): Promise<boolean> {
    if (!(await this.#accounts.has(appId))) return true;
    const account = await this.#accounts.find(appId);
    const grant = await this.#store.read(appId, openid);
    if (!grant) return false;
    try {
      await (opensProfile(grant)
        ? this.#grants.callAs(account, openid, askForProfile(openid))
        : this.#grants.callAs(account, openid, (token) => checkUserToken(token, { openid })));
      return false;
    } catch (error) {
      if (error instanceof KeyringError && error.code === 'authorization_needed') return true;
      if (isRefused(error, 'not_permitted') || isRefused(error, 'openid_unknown')) return true;
      throw error;
    }
  }
}

function isRefused(error: unknown, kind: WeChatApiError['kind']): boolean {
  return error instanceof WeChatApiError && error.kind === kind;
}
