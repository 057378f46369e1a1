import type { CredentialStore } from '../credentials/credential-store.ts';
import type { Credential, Failure } from '../credentials/credential.ts';
import type { Account, Accounts } from './accounts.ts';

/** `ok`; `degraded`, its last refresh failed; or `waiting`, it has had no token yet. */
export interface AccountState {
  readonly account: Account;
  readonly state: 'ok' | 'degraded' | 'waiting';
  readonly credential: Credential;
  readonly failure: Failure | undefined;
}

/** How every registered account is at the moment. */
export async function accountStates(accounts: Accounts, store: CredentialStore): Promise<AccountState[]> {
  const all = await accounts.list();
  return Promise.all(
    all.map(async (account) => {
      const credential = await store.read(account.account);
      const { failure } = credential;
      const state = failure ? 'degraded' : credential.generation === 0 ? 'waiting' : 'ok';
      return { account, state, credential, failure };
    }),
  );
}
