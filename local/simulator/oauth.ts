import { announce } from '../diagnostics.ts';

import { WeChatError } from './errors.ts';
import type { Followers, User } from './followers.ts';
import { createCode, createSnsToken } from './formats.ts';

/** The two scopes of web authorization. */
export const scopes = ['snsapi_base', 'snsapi_userinfo'] as const;
export type Scope = (typeof scopes)[number];

/** The account options that web authorization depends on; all times in seconds. */
export interface OAuthRules {
  readonly code_lifetime_s: number;
  readonly code_expired_errcode: number;
  readonly code_reuse_window_s: number;
  readonly sns_token_lifetime_s: number;
  readonly refresh_token_lifetime_s: number;
  readonly refresh_expired_errcode: number;
  readonly revoked_grant_errcode: number;
  readonly rotate_refresh_token: boolean;
}

/** Who allowed what: the real user behind it, and the identity that the account is shown. */
export interface Consent {
  readonly user: string;
  readonly openid: string;
  readonly unionid: string;
  readonly snapshot: boolean;
  readonly scope: Scope;
}

interface Code {
  readonly consent: Consent;
  readonly createdAt: number;
  usedAt: number | undefined;
}

/** What stands behind a user's web token. */
export interface Grant {
  readonly consent: Consent;
  refreshToken: string;
  refreshExpiresAt: number;
  accessToken: string;
  accessExpiresAt: number;
}

/** A code of one account stays remembered this long after it was made; later it is as unknown as any other. */
const codeMemory = 86_400;

/** Codes and grants of one account. */
export class OAuth {
  readonly #codes = new Map<string, Code>();
  readonly #byAccessToken = new Map<string, { grant: Grant; expiresAt: number }>();
  readonly #byRefreshToken = new Map<string, Grant | 'revoked'>();

  /** Makes the code that a redirect carries after the user agreed. */
  createCode(consent: Consent, now: number): string {
    for (const [code, { createdAt }] of this.#codes) {
      if (now - createdAt < codeMemory) break;
      this.#codes.delete(code);
    }
    const code = createCode();
    announce('openid', consent.openid);
    this.#codes.set(code, { consent, createdAt: now, usedAt: undefined });
    return code;
  }

  /**
   * Uses up a code.
   * @throws {WeChatError} 40163 for a code used lately; 40029 for one used long ago or unknown;
   *   `code_expired_errcode` for one past its life
   */
  exchange(code: string, now: number, rules: OAuthRules): Grant {
    const found = this.#codes.get(code);
    if (!found) throw new WeChatError(40029);
    if (found.usedAt !== undefined) {
      throw new WeChatError(now - found.usedAt < rules.code_reuse_window_s ? 40163 : 40029);
    }
    if (now - found.createdAt >= rules.code_lifetime_s) throw new WeChatError(rules.code_expired_errcode);
    found.usedAt = now;
    const grant: Grant = {
      consent: found.consent,
      refreshToken: createSnsToken(),
      refreshExpiresAt: now + rules.refresh_token_lifetime_s,
      accessToken: '',
      accessExpiresAt: 0,
    };
    this.#byRefreshToken.set(grant.refreshToken, grant);
    this.#issueAccessToken(grant, now + rules.sns_token_lifetime_s);
    return grant;
  }

  /**
   * A living access token stays the same and lives longer; a dead one is replaced. The refresh token's own
   * end stays where the exchange put it.
   * @throws {WeChatError} 40030 unknown, `refresh_expired_errcode` after its life, `revoked_grant_errcode`
   */
  refresh(refreshToken: string, now: number, rules: OAuthRules): Grant {
    const grant = this.#byRefreshToken.get(refreshToken);
    if (!grant) throw new WeChatError(40030);
    if (grant === 'revoked') throw new WeChatError(rules.revoked_grant_errcode);
    if (now >= grant.refreshExpiresAt) throw new WeChatError(rules.refresh_expired_errcode);
    const expiresAt = now + rules.sns_token_lifetime_s;
    if (now < grant.accessExpiresAt) {
      grant.accessExpiresAt = expiresAt;
      this.#byAccessToken.set(grant.accessToken, { grant, expiresAt });
    } else {
      this.#issueAccessToken(grant, expiresAt);
    }
    if (rules.rotate_refresh_token) {
      this.#byRefreshToken.delete(refreshToken);
      grant.refreshToken = createSnsToken();
      grant.refreshExpiresAt = now + rules.refresh_token_lifetime_s;
      this.#byRefreshToken.set(grant.refreshToken, grant);
    }
    return grant;
  }

  /** The grant behind a user's web token, and whether that token still lives; undefined where it is unknown. */
  judge(accessToken: string, now: number): { grant: Grant; alive: boolean } | undefined {
    const found = this.#byAccessToken.get(accessToken);
    return found && { grant: found.grant, alive: now < found.expiresAt };
  }

  /** All tokens and unused codes of a user die. */
  revoke(user: string): void {
    for (const [code, { consent }] of this.#codes) if (consent.user === user) this.#codes.delete(code);
    for (const [token, { grant }] of this.#byAccessToken) {
      if (grant.consent.user === user) this.#byAccessToken.delete(token);
    }
    for (const [token, grant] of this.#byRefreshToken) {
      if (grant !== 'revoked' && grant.consent.user === user) this.#byRefreshToken.set(token, 'revoked');
    }
  }

  #issueAccessToken(grant: Grant, expiresAt: number): void {
    grant.accessToken = createSnsToken();
    grant.accessExpiresAt = expiresAt;
    this.#byAccessToken.set(grant.accessToken, { grant, expiresAt });
  }
}

/** What a user agrees to: in a snapshot page the account is shown a virtual identity. */
export function consentOf(user: User, scope: Scope, snapshot: boolean, followers: Followers): Consent {
  const identity = snapshot
    ? followers.virtualIdentity(user)
    : { openid: user.openid, unionid: user.unionid };
  return { user: user.openid, ...identity, snapshot, scope };
}
