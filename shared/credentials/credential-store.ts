import * as z from 'zod/mini';
import { allOf, holderAttributes, isFree, Leases, type Lease, type LeaseTable } from '../platform/lease.ts';
import type { Change, Condition } from '../platform/table.ts';
import type { AppId } from '../wechat/tokens.ts';
import {
  credentialStateSchema,
  stateAttributes,
  type Credential,
  type CredentialKind,
  type CredentialState,
} from './credential.ts';
import { credentialKey, readCredential } from './read-credential.ts';

/** The stores of all kinds. */
export type CredentialStores = Readonly<Record<CredentialKind, CredentialStore>>;

/** Makes the stores of all kinds. */
export function credentialStores(credentials: LeaseTable): CredentialStores {
  return {
    access_token: new CredentialStore(credentials, 'access_token'),
    jsapi_ticket: new CredentialStore(credentials, 'jsapi_ticket'),
    wx_card_ticket: new CredentialStore(credentials, 'wx_card_ticket'),
  };
}

/** The right to refresh one credential, until it is released or somebody else takes it over. */
export interface CredentialLease extends Lease {
  readonly revision: number;
}

/** Attributes to set, where one that is undefined stays as it is, and attributes to remove. */
export type Writing = Pick<Change, 'remove'> & { readonly set?: Partial<Credential> };

/**
 * The stored credentials of one kind and every transition they can make. Each transition is one conditional
 * write, so of several that race exactly one takes effect:
 *
 *   free ──acquire──► leased ──begin────► leased, a mint is about to be sent
 *                        ├────release──► free, with what the refresh or the check brought
 *                        └──(time)─────► free for others; what the late holder writes no longer applies
 *   free ──amend────► free, with what is known of the value without a refresh
 */
export class CredentialStore {
  readonly #table: LeaseTable;
  readonly #leases: Leases;
  readonly #kind: CredentialKind;

  constructor(credentials: LeaseTable, kind: CredentialKind) {
    this.#table = credentials;
    this.#leases = new Leases(credentials);
    this.#kind = kind;
  }

  async read(appId: AppId): Promise<Credential> {
    return readCredential(this.#table, this.#kind, appId);
  }

  /** How the credential is. Reads nothing else of it. */
  async readState(appId: AppId): Promise<CredentialState> {
    const item = await this.#table.get(this.#key(appId), stateAttributes);
    return z.parse(credentialStateSchema, item ?? {});
  }

  /**
   * Takes the lease if it is free and nothing has changed since `seen` was read; undefined if not. `checks` counts a
   * check that is about to be made. `hasRunOut`: the caller has watched the lease for so long that it is over, whatever
   * the clocks say.
   */
  async acquire(
    appId: AppId,
    seen: Credential,
    {
      now,
      until,
      checks,
      hasRunOut = false,
    }: { now: number; until: number; checks?: number | undefined; hasRunOut?: boolean },
  ): Promise<CredentialLease | undefined> {
    const revision = seen.revision + 1;
    const lease = await this.#leases.take(this.#key(appId), {
      now: hasRunOut ? undefined : now,
      until,
      set: { revision, checks },
      condition: isAs(seen),
    });
    return lease && { ...lease, revision };
  }

  /**
   * Writes what must be on record before a request to WeChat is sent, and keeps the lease. Undefined when it was lost.
   * It is a transition like the others: who saw the record before it can take no lease.
   */
  async begin(lease: CredentialLease, set: Partial<Credential>): Promise<CredentialLease | undefined> {
    const begun = { ...lease, revision: lease.revision + 1 };
    return (await this.#leases.extend(lease, { set: { ...set, revision: begun.revision } }))
      ? begun
      : undefined;
  }

  /** Writes what came of the refresh and gives the lease back. False when it was lost: then nothing is written. */
  async release(lease: CredentialLease, { set = {}, remove = [] }: Writing): Promise<boolean> {
    return this.#leases.release(lease, { set: { ...set, revision: lease.revision + 1 }, remove });
  }

  /**
   * Writes what is known of the value although nobody refreshes it. False when somebody holds the lease or something
   * has changed since `seen` was read. `evenIfHeld` takes the lease away from its holder.
   */
  async amend(
    appId: AppId,
    seen: Credential,
    set: Partial<Credential>,
    { now, evenIfHeld = false }: { now: number; evenIfHeld?: boolean },
  ): Promise<boolean> {
    return this.#table.update(this.#key(appId), {
      set: { ...set, revision: seen.revision + 1 },
      // One that is past is taken away: its holder's late write would count the revision anew.
      remove: holderAttributes,
      condition: evenIfHeld ? isAs(seen) : allOf([isFree(now), isAs(seen)]),
    });
  }

  /** Forgets the credential of an account that is being removed. */
  async forget(appId: AppId): Promise<void> {
    await this.#table.delete(this.#key(appId));
  }

  #key(appId: AppId) {
    return credentialKey(appId, this.#kind);
  }
}

/** Nothing has changed since the record was seen. */
function isAs({ revision }: Credential): Condition {
  return revision === 0
    ? { expression: 'attribute_not_exists(#revision)' }
    : { expression: '#revision = :seen', values: { seen: revision } };
}
