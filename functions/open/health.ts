import { Accounts } from '../../shared/accounts/accounts.ts';
import { accountStates } from '../../shared/accounts/status.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import { httpHandler, json, type HttpHandler } from '../http.ts';
import { tablesOf } from '../parts.ts';
import { routes } from '../routes.ts';
import { onLambda, type Runtime } from '../runtime.ts';

/** Health for anyone: which accounts need a person, and the stable code of why. No advice: it may hold an address. */
export function create(runtime: Runtime): HttpHandler {
  const { credentials } = tablesOf(runtime);
  const accounts = new Accounts(credentials);
  const store = new CredentialStore(credentials, 'access_token');
  return httpHandler(runtime, routes.health, async () => {
    const states = await accountStates(accounts, store);
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
