import type { Accounts } from '../accounts/accounts.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { CredentialStore } from './credential-store.ts';
import { credentialKinds, isNeeded, type CredentialKind } from './credential.ts';

export interface SweepReport {
  readonly accounts: number;
  /** Credentials whose refresh was due and has been set going. */
  readonly due: number;
}

const atOnce = 50;

/** Finds whatever is due and was missed, and has each refreshed by `dispatch`, on its own. */
export async function sweep(
  parts: { accounts: Accounts; stores: Record<CredentialKind, CredentialStore>; clock: Clock; log: Log },
  dispatch: (kind: CredentialKind, account: string) => Promise<void>,
): Promise<SweepReport> {
  const accounts = await parts.accounts.list();
  let due = 0;
  const waiting = accounts.values();
  const worker = async () => {
    for (const { account } of waiting) {
      for (const kind of credentialKinds) {
        try {
          const credential = await parts.stores[kind].read(account);
          const now = parts.clock.now();
          // A ticket that nobody has asked for yet is not kept. A failure says itself when to try again.
          const inUse = kind === 'access_token' || credential.generation > 0;
          const held = credential.failure !== undefined && now < credential.failure.retryAt;
          if (!inUse || held || !isNeeded({ reason: 'due' }, credential, now)) continue;
          due += 1;
          await dispatch(kind, account);
        } catch (error) {
          parts.log.error('The sweep could not see to an account.', {
            account,
            error: error instanceof Error ? error.name : 'unknown',
          });
        }
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, accounts.length) }, worker));
  return { accounts: accounts.length, due };
}
