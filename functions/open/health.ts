import { Accounts } from '../../shared/accounts/accounts.ts';
import { accountStates, type AccountState } from '../../shared/credentials/account-states.ts';
import type { CredentialState } from '../../shared/credentials/credential.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import { httpHandler, json, type HttpHandler } from '../http.ts';
import { tablesOf } from '../parts.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import * as routes from './routes.ts';

/** Anyone may ask, and as often as they like. */
const cacheTtlSeconds = 10;

/** Health for anyone: which accounts need a person, and the stable code of why. No advice: it may hold an address. */
export function create(runtime: Runtime): HttpHandler {
  const { credentials } = tablesOf(runtime);
  const accounts = new Accounts(credentials);
  const store = new CredentialStore(credentials, 'access_token');
  let known: { states: AccountState<CredentialState>[]; until: number } | undefined;
  return httpHandler(runtime, routes.health, async () => {
    const now = runtime.clock.now();
    if (!known || now >= known.until) {
      const states = await accountStates(accounts, (account) => store.readState(account));
      known = { states, until: now + cacheTtlSeconds };
    }
    const { states } = known;
    return json(200, {
      status: states.some(({ state }) => state === 'degraded') ? 'degraded' : 'ok',
      accounts: states.map(({ account, state, failure }) => ({
        account: account.account,
        state,
        reason: failure?.code,
      })),
    });
  });
}

export const handler = onLambda(create);
