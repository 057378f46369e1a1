import type { Account } from '../accounts/accounts.ts';
import type { Clock } from '../platform/clock.ts';
import { KeyringError } from '../platform/errors.ts';
import type { Lease } from '../platform/lease.ts';
import type { Log } from '../platform/log.ts';
import { refreshGrant, type Grant, type RefreshedGrant } from '../wechat/authorization.ts';
import type { WeChatCall } from '../wechat/call.ts';
import type { WeChatClient } from '../wechat/client.ts';
import { WeChatApiError, WeChatError } from '../wechat/errors.ts';
import { type AppId, parseUserAccessToken, type UserAccessToken } from '../wechat/tokens.ts';
import { authorizePath } from './authorize-path.ts';
import { opensProfile, type GrantProfile, type StoredGrant } from './grant.ts';
import type { GrantStore } from './grant-store.ts';
import type { Sealing } from './sealing.ts';

/**
 * A refresh token lives 30 days from the exchange of the code; refreshing does not move that.
 * https://developers.weixin.qq.com/doc/oplatform/Website_App/WeChat_Login/Authorized_Interface_Calling_UnionID.html
 */
const grantSeconds = 30 * 86_400;
/** A token with less life than this is refreshed before it is used. */
const marginSeconds = 60;
/** Nobody tries again so soon after a refresh that failed. */
const backOffSeconds = 10;
/** How long a request waits for the refresh of another. */
const waitSeconds = 9;

/** Why a token is wanted: to be used, or in place of one of that generation, which WeChat has rejected. */
type Need = { readonly reason: 'use' } | { readonly reason: 'rejected'; readonly generation: number };

interface Token {
  readonly token: UserAccessToken;
  readonly of: StoredGrant;
}

/** The users' grants: what a login brought, and calls to WeChat in a user's name. */
export class Grants {
  readonly #store: GrantStore;
  readonly #sealing: Sealing;
  readonly #wechat: WeChatClient;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #publicUrl: string;
  readonly #random: () => number;

  constructor(parts: {
    store: GrantStore;
    sealing: Sealing;
    /** Its calls must end well within the 20 seconds that a lease lasts. */
    wechat: WeChatClient;
    clock: Clock;
    log: Log;
    publicUrl: string;
    random?: () => number;
  }) {
    this.#store = parts.store;
    this.#sealing = parts.sealing;
    this.#wechat = parts.wechat;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#publicUrl = parts.publicUrl;
    this.#random = parts.random ?? Math.random;
  }

  /** Stores what an exchange at `exchangedAt` brought, as GrantStore.grant says. Returns the grant that stands then. */
  async put(
    appId: AppId,
    grant: Grant,
    {
      exchangedAt,
      profile,
      unionid,
      session,
    }: {
      exchangedAt: number;
      profile: GrantProfile | undefined;
      unionid: string | undefined;
      session: string;
    },
  ): Promise<StoredGrant> {
    const next = {
      ...(await this.#seal(appId, grant, exchangedAt)),
      scopes: [...grant.scopes],
      grantedAt: exchangedAt,
      removeAt: exchangedAt + grantSeconds,
      unionid,
      profile,
    };
    return this.#store.grant(appId, grant.openid, next, session);
  }

  /** The user's grant. Throws `authorization_needed` when there is none. */
  async require(account: Account, openid: string): Promise<StoredGrant> {
    const grant = await this.#store.read(account.appId, openid);
    if (!grant) throw this.#needed(account);
    return grant;
  }

  /**
   * Sends the call that `build` makes from the user's token, which is refreshed where that is due. If WeChat
   * rejects the token, it is refreshed and the call sent once more; a second rejection is thrown. Nothing of this
   * touches the account's own token. Throws `authorization_needed` when only the user can help, and
   * `wechat_unreachable` while the token cannot be refreshed.
   */
  async callAs<T>(
    account: Account,
    openid: string,
    build: (token: UserAccessToken) => WeChatCall<T>,
  ): Promise<T> {
    const first = await this.#token(account, openid, { reason: 'use' });
    try {
      return await this.#send(account, first, build);
    } catch (error) {
      if (!(error instanceof WeChatApiError && error.kind === 'token_rejected')) throw error;
    }
    const { generation } = first.of;
    return this.#send(account, await this.#token(account, openid, { reason: 'rejected', generation }), build);
  }

  async #send<T>(
    account: Account,
    { token, of }: Token,
    build: (token: UserAccessToken) => WeChatCall<T>,
  ): Promise<T> {
    try {
      return await this.#wechat.send(build(token));
    } catch (error) {
      if (!(error instanceof WeChatApiError && error.kind === 'grant_gone')) throw error;
      await this.#store.removeGeneration(account.appId, of);
      throw this.#needed(account, of, error);
    }
  }

  /** A token to use. Of several callers that need a new one, in whatever processes, one refreshes. */
  async #token(account: Account, openid: string, need: Need): Promise<Token> {
    const giveUpAt = this.#clock.now() + waitSeconds;
    for (;;) {
      const seen = await this.require(account, openid);
      const now = this.#clock.now();
      if (!needsRefresh(seen, need, now)) return this.#open(account, seen);

      const isFree = seen.leaseUntil === undefined || seen.leaseUntil < now;
      const mayTry = seen.retryAt === undefined || seen.retryAt <= now;
      const lease = isFree && mayTry ? await this.#store.acquire(account.appId, seen, now) : undefined;
      if (lease) return this.#refresh(account, seen, need, lease);
      if (stillAlive(seen, need, now)) return this.#open(account, seen);
      if (!mayTry || now >= giveUpAt) {
        throw new KeyringError('wechat_unreachable', "The user's token could not be refreshed.", {
          retryAfter: backOffSeconds,
        });
      }
      await this.#clock.sleep(0.1 + 0.2 * this.#random());
    }
  }

  /** What the holder of the lease does. */
  async #refresh(account: Account, seen: StoredGrant, need: Need, lease: Lease): Promise<Token> {
    const { openid } = seen;
    const askedAt = this.#clock.now();
    let refreshToken: string;
    let refreshed: RefreshedGrant;
    try {
      refreshToken = await this.#sealing.open(seen.refreshToken, {
        account: account.appId,
        openid,
        attribute: 'refreshToken',
      });
      refreshed = await this.#wechat.send(refreshGrant({ appId: account.appId, refreshToken }));
      if (refreshed.openid !== openid) throw new Error('WeChat refreshed the grant of another user.');
    } catch (error) {
      return this.#failed(account, seen, need, lease, error);
    }
    const committed = await this.#store.commit(lease, {
      ...(await this.#seal(account.appId, { ...refreshed, openid }, askedAt)),
      generation: seen.generation + 1,
      // The same refresh token goes on towards its old end.
      removeAt: refreshed.refreshToken === refreshToken ? seen.removeAt : askedAt + grantSeconds,
    });
    const stands = await this.require(account, openid);
    if (committed) return this.#open(account, stands);
    this.#log.warn('A grant was replaced while it was refreshed.', { account: account.appId });
    // What stands without the lease is a later login's; or the former tokens, where a clock is ahead.
    if (!needsRefresh(stands, need, this.#clock.now())) return this.#open(account, stands);
    return { token: refreshed.accessToken, of: stands };
  }

  async #failed(
    account: Account,
    seen: StoredGrant,
    need: Need,
    lease: Lease,
    error: unknown,
  ): Promise<Token> {
    if (error instanceof WeChatApiError && error.kind === 'grant_gone') {
      this.#log.info('A grant has ended at WeChat.', { account: account.appId, errcode: error.errcode });
      const isRemoved = await this.#store.remove(lease);
      const stands = isRemoved ? undefined : await this.require(account, seen.openid);
      if (stands && !needsRefresh(stands, need, this.#clock.now())) return this.#open(account, stands);
      throw this.#needed(account, seen, error);
    }
    const now = this.#clock.now();
    await this.#store.fail(lease, now + backOffSeconds);
    if (!(error instanceof WeChatError)) throw error;
    this.#log.warn('A grant could not be refreshed.', { account: account.appId, code: error.code });
    if (stillAlive(seen, need, now)) return this.#open(account, seen);
    throw error;
  }

  async #open(account: Account, of: StoredGrant): Promise<Token> {
    const context = { account: account.appId, openid: of.openid, attribute: 'accessToken' };
    return { token: parseUserAccessToken(await this.#sealing.open(of.accessToken, context)), of };
  }

  /** Whatever is sealed is sealed anew, with the newest data key. */
  async #seal(
    appId: AppId,
    { openid, accessToken, refreshToken, expiresIn }: Omit<RefreshedGrant, 'scopes'>,
    askedAt: number,
  ) {
    return {
      accessToken: await this.#sealing.seal(accessToken, {
        account: appId,
        openid,
        attribute: 'accessToken',
      }),
      accessTokenExpiresAt: askedAt + expiresIn,
      refreshToken: await this.#sealing.seal(refreshToken, {
        account: appId,
        openid,
        attribute: 'refreshToken',
      }),
    };
  }

  #needed(account: Account, former?: StoredGrant, cause?: WeChatApiError): KeyringError {
    const scope = former && !opensProfile(former) ? 'snsapi_base' : 'snsapi_userinfo';
    return new KeyringError(
      'authorization_needed',
      'Send the user to authorizeUrl, with a return_to of your own.',
      {
        authorizeUrl: this.#publicUrl + authorizePath(account, scope),
        ...(cause && { errcode: cause.errcode, ...(cause.rid !== undefined && { rid: cause.rid }) }),
      },
      { cause },
    );
  }
}

function needsRefresh(seen: StoredGrant, need: Need, now: number): boolean {
  return need.reason === 'rejected'
    ? seen.generation === need.generation
    : now >= seen.accessTokenExpiresAt - marginSeconds;
}

/** Whether a token that is due for a refresh can still be used. */
function stillAlive(seen: StoredGrant, need: Need, now: number): boolean {
  return need.reason === 'use' && now < seen.accessTokenExpiresAt;
}
