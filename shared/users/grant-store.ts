import type { Clock } from '../platform/clock.ts';
import { serviceBusy } from '../platform/errors.ts';
import { holderAttributes, Leases, type Lease } from '../platform/lease.ts';
import type { Condition, Table } from '../platform/table.ts';
import { randomToken } from '../platform/random.ts';
import type { AppId } from '../wechat/tokens.ts';
import {
  grantKey,
  isAlive,
  opensProfile,
  readGrant,
  readStoredGrant,
  type GrantProfile,
  type StoredGrant,
} from './grant.ts';

/** Tokens ready to be stored. */
export type SealedTokens = Pick<StoredGrant, 'accessToken' | 'accessTokenExpiresAt' | 'refreshToken'>;

/** What a login brings. `removeAt` ends it. */
export type NewGrant = SealedTokens &
  Pick<StoredGrant, 'scopes' | 'grantedAt' | 'removeAt' | 'unionid' | 'profile'>;

/** Whoever logs in once more loses the oldest session. So a user's grant, and what an erasure deletes, stay small. */
const maxSessions = 20;
/** Longer than a refresh can take, with its repetition. */
const leaseSeconds = 20;
/** Logins of one user that meet: more of them at the same instant are no user. */
const maxTries = 8;

/**
 * The users' grants in the Users table, under `appId#openid`, and every change they can undergo. Each is one
 * conditional write:
 *
 *   (none) ──grant──► granted ──acquire──► leased ──commit──► granted, generation + 1
 *                       ▲ └─grant (generation + 1; whoever holds a lease loses it)
 *                       └────────── fail ─────┤
 *   (none) ◄───────────────────── remove ─────┘
 *
 * The sessions that are listed in a grant come and go without touching its tokens.
 */
export class GrantStore {
  readonly #table: Table;
  readonly #leases: Leases;
  readonly #clock: Clock;

  constructor(users: Table, clock: Clock) {
    this.#table = users;
    this.#leases = new Leases(users);
    this.#clock = clock;
  }

  /** The user's grant, unless there is none or its 30 days are over. */
  async read(appId: AppId, openid: string): Promise<StoredGrant | undefined> {
    return readGrant(this.#table, appId, openid, this.#clock.now());
  }

  /**
   * Stores what a login brought, and returns the grant that stands then.
   *
   * A silent login (`snsapi_base`) while a grant of `snsapi_userinfo` stands leaves that one as it is, its 30 days
   * included: what it opens, the profile, the new tokens do not open, and they open nothing that it does not.
   * When it ends, the next silent login begins a grant of its own. Any other login replaces the tokens and
   * scopes; a profile stays until a newer one is there. In the same write the login's `session`, as its hash, begins
   * to count.
   */
  async grant(appId: AppId, openid: string, next: NewGrant, session: string): Promise<StoredGrant> {
    const key = grantKey(appId, openid);
    for (let tries = 0; tries < maxTries; tries++) {
      const stored = await this.stored(appId, openid);
      const alive = stored && isAlive(stored, this.#clock.now()) ? stored : undefined;
      const sessions = {
        // Sessions from before a grant that ended do not come back to life with a new one.
        sessions: withSession(alive?.sessions ?? [], session),
        sessionChanges: (stored?.sessionChanges ?? 0) + 1,
      };
      if (alive && opensProfile(alive) && !opensProfile(next)) {
        if (await this.#table.update(key, { set: sessions, condition: isUnchanged(alive) })) {
          return { ...alive, ...sessions };
        }
        continue;
      }
      const grant = { ...granted(openid, next, { alive, stored }), ...sessions };
      const gone = (['unionid', 'profile'] as const).filter((name) => grant[name] === undefined);
      const written = await this.#table.update(key, {
        set: { ...grant },
        remove: [...holderAttributes, 'retryAt', ...gone],
        condition: stored ? isUnchanged(stored) : { expression: 'attribute_not_exists(#grantId)' },
      });
      if (written) return grant;
    }
    throw serviceBusy('A grant changed all the time while it was to be stored.');
  }

  /** Takes the lease if it is free and `seen` still stands. Undefined if not. */
  async acquire(appId: AppId, seen: StoredGrant, now: number): Promise<Lease | undefined> {
    return this.#leases.take(grantKey(appId, seen.openid), {
      now,
      until: now + leaseSeconds,
      condition: {
        expression:
          '#grantId = :grantId AND #generation = :seen AND (attribute_not_exists(#retryAt) OR #retryAt <= :now)',
        values: { grantId: seen.grantId, seen: seen.generation, now },
      },
    });
  }

  /** Stores refreshed tokens. False when the lease was lost. */
  async commit(
    lease: Lease,
    next: SealedTokens & Pick<StoredGrant, 'generation' | 'removeAt'>,
  ): Promise<boolean> {
    return this.#leases.release(lease, { set: next, remove: ['retryAt'] });
  }

  /** Gives the lease back after a refresh that failed. False when it was lost. */
  async fail(lease: Lease, retryAt: number): Promise<boolean> {
    return this.#leases.release(lease, { set: { retryAt } });
  }

  /** Removes a grant that WeChat does not honour any more. False when the lease was lost. */
  async remove(lease: Lease): Promise<boolean> {
    return this.#leases.delete(lease);
  }

  /** The same without a lease, as long as no other tokens have been stored. */
  async removeGeneration(appId: AppId, { openid, grantId, generation }: StoredGrant): Promise<boolean> {
    return this.#table.delete(grantKey(appId, openid), {
      expression: '#grantId = :grantId AND #generation = :generation',
      values: { grantId, generation },
    });
  }

  /** The user's grant as it is stored, even one that has ended. */
  async stored(appId: AppId, openid: string): Promise<StoredGrant | undefined> {
    return readStoredGrant(this.#table, appId, openid);
  }

  /** Deletes the grant `seen`. False when it has got other tokens or sessions since. */
  async removeUnchanged(appId: AppId, seen: StoredGrant): Promise<boolean> {
    return this.#table.delete(grantKey(appId, seen.openid), isUnchanged(seen));
  }

  /** Stores a newer profile of the grant `seen`. False when that one is gone. */
  async putProfile(
    appId: AppId,
    { openid, grantId }: Pick<StoredGrant, 'openid' | 'grantId'>,
    { profile, unionid }: Pick<StoredGrant, 'unionid'> & { readonly profile: GrantProfile },
  ): Promise<boolean> {
    return this.#table.update(grantKey(appId, openid), {
      set: { profile, unionid },
      condition: { expression: '#grantId = :grantId', values: { grantId } },
    });
  }

  /** Ends one of the user's sessions, or all of them. Returns the hashes of those that were ended. */
  async endSessions(appId: AppId, openid: string, only?: string): Promise<readonly string[]> {
    for (let tries = 0; tries < maxTries; tries++) {
      const stored = await this.stored(appId, openid);
      if (!stored) return [];
      const ended = stored.sessions.filter((session) => only === undefined || session === only);
      if (ended.length === 0) return [];
      const ending = await this.#table.update(grantKey(appId, openid), {
        set: {
          sessions: stored.sessions.filter((session) => !ended.includes(session)),
          sessionChanges: stored.sessionChanges + 1,
        },
        condition: isUnchanged(stored),
      });
      if (ending) return ended;
    }
    throw serviceBusy('A grant changed all the time while sessions were to be ended.');
  }
}

/** What a login makes of the grant that stood before, if one did. */
function granted(
  openid: string,
  next: NewGrant,
  before: { readonly alive: StoredGrant | undefined; readonly stored: StoredGrant | undefined },
): Omit<StoredGrant, 'sessions' | 'sessionChanges'> {
  const { alive, stored } = before;
  return {
    ...next,
    openid,
    grantId: alive?.grantId ?? randomToken(),
    unionid: next.unionid ?? alive?.unionid,
    profile: next.profile ?? alive?.profile,
    generation: (stored?.generation ?? 0) + 1,
  };
}

function withSession(sessions: readonly string[], session: string): string[] {
  return [...sessions.filter((other) => other !== session), session].slice(-maxSessions);
}

/** That a grant has still the tokens and the sessions it was seen with, and is no later one. */
function isUnchanged({ grantId, generation, sessionChanges }: StoredGrant): Condition {
  return {
    expression: '#grantId = :grantId AND #generation = :generation AND #sessionChanges = :sessionChanges',
    values: { grantId, generation, sessionChanges },
  };
}
