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

/**
 * Health for anyone: which accounts have failed to be refreshed, whether users notice, and the stable code of why. No
 * advice: it may hold an address.
 */
export function create(runtime: Runtime): HttpHandler {
  const { credentials } = tablesOf(runtime);
  const accounts = new Accounts(credentials);
  const store = new CredentialStore(credentials, 'access_token');
  let known: { states: AccountState<CredentialState>[]; until: number } | undefined;
  return httpHandler(runtime, routes.health, async () => {
    const now = runtime.clock.now();
    if (!known || now >= known.until) {
      const states = await accountStates(accounts, (appId) => store.readState(appId), now);
      known = { states, until: now + cacheTtlSeconds };
    }
    const { states } = known;
    return json(200, {
      status: worst(states),
      accounts: states.map(({ account, standing, failure }) => ({
        account: account.appId,
        ...standing,
        reason: failure?.code,
      })),
    });
  });
}

function worst(states: readonly AccountState<CredentialState>[]): 'ok' | 'degraded' | 'down' {
  const has = (wanted: string) => states.some(({ standing }) => standing.state === wanted);
  return has('down') ? 'down' : has('degraded') ? 'degraded' : 'ok';
}

export const handler = onLambda(create);
