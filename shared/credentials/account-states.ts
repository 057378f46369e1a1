import type { CredentialState, Failure } from './credential.ts';
import type { Account, Accounts } from '../accounts/accounts.ts';

/** `ok`; `degraded`, its last refresh failed; or `waiting`, it has had no token yet. */
export interface AccountState<Read extends CredentialState> {
  readonly account: Account;
  readonly state: 'ok' | 'degraded' | 'waiting';
  readonly credential: Read;
  readonly failure: Failure | undefined;
}

/** How every registered account is at the moment, by what is read of its access token. */
export async function accountStates<Read extends CredentialState>(
  accounts: Accounts,
  read: (account: string) => Promise<Read>,
): Promise<AccountState<Read>[]> {
  const all = await accounts.list();
  return Promise.all(
    all.map(async (account) => {
      const credential = await read(account.account);
      const { failure } = credential;
      const state = failure ? 'degraded' : credential.generation === 0 ? 'waiting' : 'ok';
      return { account, state, credential, failure };
    }),
  );
}
