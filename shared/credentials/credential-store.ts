import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { Condition, Table } from '../platform/table.ts';
import {
  credentialSchema,
  credentialStateSchema,
  stateAttributes,
  type Credential,
  type CredentialKind,
  type CredentialState,
  type Failure,
} from './credential.ts';

/** What the store needs of a table: single items and conditional writes. */
export type CredentialTable = Pick<Table, 'get' | 'update' | 'delete'>;

/** The right to refresh one credential, until it is released or somebody else takes it over. */
export interface Lease {
  readonly account: string;
  readonly owner: string;
  readonly revision: number;
}

/**
 * The stored credentials of one kind and every transition they can make. Each transition is one conditional
 * write, so of several that race exactly one takes effect:
 *
 *   free ──acquire──► leased ──commit──► free, generation + 1
 *                        ├────renew────► free, same generation (WeChat handed the same value back)
 *                        ├────fail─────► free, with the failure
 *                        └──(time)─────► free for others; the late holder's commit no longer applies
 */
export class CredentialStore {
  readonly #table: CredentialTable;
  readonly #kind: CredentialKind;

  constructor(credentials: CredentialTable, kind: CredentialKind) {
    this.#table = credentials;
    this.#kind = kind;
  }

  async read(account: string): Promise<Credential> {
    const item = await this.#table.get(this.#key(account));
    return z.parse(credentialSchema, item ?? {});
  }

  /** How the credential is. Reads nothing else of it. */
  async readState(account: string): Promise<CredentialState> {
    const item = await this.#table.get(this.#key(account), stateAttributes);
    return z.parse(credentialStateSchema, item ?? {});
  }

  /**
   * Takes the lease if it is free and nothing has changed since `seen` was read; undefined if not. In the same
   * write `usableUntil` can be cut, so that readers stop trusting a value before the mint that may kill it is sent,
   * and the value be marked as rejected.
   */
  async acquire(
    account: string,
    seen: Credential,
    {
      now,
      until,
      usableUntil,
      rejectedGeneration,
      mints,
    }: {
      now: number;
      until: number;
      usableUntil: number | undefined;
      rejectedGeneration: number | undefined;
      mints: Credential['mints'];
    },
  ): Promise<Lease | undefined> {
    const lease = { account, owner: randomUUID(), revision: seen.revision + 1 };
    const acquired = await this.#table.update(this.#key(account), {
      set: {
        leaseOwner: lease.owner,
        leaseUntil: until,
        usableUntil,
        rejectedGeneration,
        mints,
        revision: lease.revision,
      },
      condition: isFreeAndAs(seen, now),
    });
    if (acquired) return lease;
    // The SDK repeats a write whose answer was lost; the repetition then fails on what the first one wrote.
    return (await this.read(account)).leaseOwner === lease.owner ? lease : undefined;
  }

  /**
   * Has readers stop using a value that WeChat rejects, at a time when no new one may be asked for. False when
   * somebody holds the lease or something has changed since `seen` was read.
   */
  async distrust(account: string, seen: Credential, now: number): Promise<boolean> {
    return this.#table.update(this.#key(account), {
      set: { usableUntil: 0, rejectedGeneration: seen.generation, revision: seen.revision + 1 },
      // One that is past is taken away: its holder's late write would count the revision anew.
      remove: ['leaseOwner', 'leaseUntil'],
      condition: isFreeAndAs(seen, now),
    });
  }

  /** Notes a forced refresh before it is asked for, so that it counts even if its answer is lost. */
  async noteForced(lease: Lease, forced: Credential['forced']): Promise<boolean> {
    return this.#table.update(this.#key(lease.account), { set: { forced }, condition: isHeld(lease) });
  }

  /** Publishes a new value. False when the lease was lost. */
  async commit(
    lease: Lease,
    next: Required<
      Pick<Credential, 'generation' | 'value' | 'mintedAt' | 'expiresAt' | 'usableUntil' | 'refreshAt'>
    > &
      Pick<Credential, 'previousValue' | 'previousUsableUntil' | 'tokenGeneration'>,
  ): Promise<boolean> {
    if (await this.#release(lease, next, ['failure', 'unsettled'])) return true;
    // The same trap as in acquire.
    const { value, generation } = await this.read(lease.account);
    return value === next.value && generation === next.generation;
  }

  /** Publishes the remaining life of the value that is stored already. False when the lease was lost. */
  async renew(
    lease: Lease,
    life: Required<Pick<Credential, 'expiresAt' | 'usableUntil' | 'refreshAt'>> &
      Pick<Credential, 'tokenGeneration'>,
  ): Promise<boolean> {
    return this.#release(lease, life, ['failure', 'unsettled']);
  }

  /** Records why a refresh failed. The value stays as it is. False when the lease was lost. */
  async fail(
    lease: Lease,
    what: {
      failure: Failure;
      refreshAt: number;
      usableUntil: number | undefined;
      unsettled: boolean | undefined;
      mints: Credential['mints'];
    },
  ): Promise<boolean> {
    return this.#release(lease, what, []);
  }

  /** Forgets the credential of an account that is being removed. */
  async forget(account: string): Promise<void> {
    await this.#table.delete(this.#key(account));
  }

  #release(
    lease: Lease,
    set: Readonly<Record<string, unknown>>,
    remove: readonly string[],
  ): Promise<boolean> {
    return this.#table.update(this.#key(lease.account), {
      set: { ...set, revision: lease.revision + 1 },
      remove: ['leaseOwner', 'leaseUntil', ...remove],
      condition: isHeld(lease),
    });
  }

  #key(account: string) {
    return { appId: account, kind: this.#kind };
  }
}

function isFreeAndAs({ revision }: Credential, now: number): Condition {
  const leaseIsFree = '(attribute_not_exists(#leaseUntil) OR #leaseUntil < :now)';
  const isAsSeen = revision === 0 ? 'attribute_not_exists(#revision)' : '#revision = :seen';
  return {
    expression: `${leaseIsFree} AND ${isAsSeen}`,
    values: { now, ...(revision !== 0 && { seen: revision }) },
  };
}

/** The fence: who has lost the lease changes nothing any more. */
function isHeld({ owner }: Lease): Condition {
  return { expression: '#leaseOwner = :owner', values: { owner } };
}
