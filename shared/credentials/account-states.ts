import type { AppId } from '../wechat/tokens.ts';
import { standingOf, type Standing } from './credential-state.ts';
import type { CredentialState, Failure } from './credential.ts';
import type { Account, Accounts } from '../accounts/accounts.ts';

/** How an account's access token is. */
export interface AccountState<Read extends CredentialState> {
  readonly account: Account;
  readonly standing: Standing;
  readonly credential: Read;
  readonly failure: Failure | undefined;
}

/** How every registered account is, by what is read of its access token. */
export async function accountStates<Read extends CredentialState>(
  accounts: Accounts,
  read: (appId: AppId) => Promise<Read>,
  now: number,
): Promise<AccountState<Read>[]> {
  const all = await accounts.list();
  return Promise.all(
    all.map(async (account) => {
      const credential = await read(account.appId);
      return { account, standing: standingOf(credential, now), credential, failure: credential.failure };
    }),
  );
}
