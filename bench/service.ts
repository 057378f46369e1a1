import { SteerableClock } from '../local/clock.ts';
import { callFunction } from '../local/aws/lambda.ts';
import { create as createRefresh } from '../functions/credentials/refresh-credentials.ts';
import { meterOf, tablesOf } from '../functions/parts.ts';
import { environmentOf } from '../functions/environment.ts';
import type { Runtime } from '../functions/runtime.ts';
import { Accounts, type Account } from '../shared/accounts/accounts.ts';
import { AccountCalls } from '../shared/credentials/account-calls.ts';
import { CredentialStore } from '../shared/credentials/credential-store.ts';
import type { Need } from '../shared/credentials/credential.ts';
import type { RefreshOutcome } from '../shared/credentials/credential.ts';
import { CredentialReader } from '../shared/credentials/reader.ts';
import { takingTurns } from '../shared/credentials/turns.ts';
import type { AppId } from '../shared/wechat/tokens.ts';

/** The service as one process has it: its readers, and a refresher of its own. */
export interface Service {
  /** Calls with a reader that remembers nothing yet, as a Lambda has that has just been started. */
  newCalls(): AccountCalls;
  refresh(appId: AppId, need: Need): Promise<RefreshOutcome>;
  account(appId: AppId): Promise<Account>;
}

/**
 * Puts together what the functions put together, but with the refresh function in this process, so that several
 * processes are several refreshers. `watch` is told when a refresh begins, and returns what is called at its end.
 */
export function serviceOf(runtime: Runtime, watch: () => () => void = () => () => undefined): Service {
  const tables = tablesOf(runtime);
  const store = new CredentialStore(tables.credentials, 'access_token');
  const accounts = new Accounts(tables.credentials);
  const refreshFunction = createRefresh(runtime);
  // Bookings are made for this name, so that the schedules lead to the function of the stand-ins.
  const { name } = environmentOf(runtime, { name: 'KEYRING_REFRESH_FUNCTION' });

  const refresh: Service['refresh'] = async (appId, need) => {
    const done = watch();
    try {
      const request = { kind: 'refresh', credential: 'access_token', account: appId, need };
      const { failed, payload } = await callFunction(name, refreshFunction, JSON.stringify(request));
      if (failed) throw new Error(`The refresh function failed: ${payload}`);
      return JSON.parse(payload) as RefreshOutcome;
    } finally {
      done();
    }
  };
  const { clock } = runtime;
  const { credentials } = tables;
  const requestRefresh = takingTurns({
    ...{ credentials, kind: 'access_token', store, clock },
    requestRefresh: refresh,
  });
  return {
    refresh,
    newCalls: () =>
      new AccountCalls(new CredentialReader({ store, requestRefresh, clock }), meterOf(runtime, tables)),
    account: async (appId) => {
      const account = await accounts.get(appId);
      if (!account) throw new Error(`${appId} is not registered.`);
      return account;
    },
  };
}

/** A clock that several processes have alike: it runs with the machine's and leaps when told. */
export class SharedClock extends SteerableClock {
  #ledTo: number;

  /** `offset` is how many seconds ahead of the machine it starts. */
  constructor(offset: number) {
    super(offset);
    this.#ledTo = offset;
  }

  /** Takes over where the process that moves time has got to. */
  async leapTo(offset: number): Promise<void> {
    const leap = offset - this.#ledTo;
    this.#ledTo = offset;
    await this.advance(leap);
  }
}
