import { Accounts } from '../../shared/accounts/accounts.ts';
import { ApiKeys } from '../../shared/accounts/api-keys.ts';
import { KeyUses } from '../../shared/accounts/key-uses.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import { Checkpoints } from '../../shared/followers/sync/checkpoint.ts';
import { Removals } from '../../shared/followers/mirror/removal.ts';
import { UsageStore } from '../../shared/usage/usage-store.ts';
import { signingKeys } from '../../shared/users/data-keys.ts';
import type { AppId } from '../../shared/wechat/tokens.ts';
import { clearQuotaInvoker, refreshInvoker, secretTrier } from '../credentials/refresh-invoker.ts';
import { syncStarter } from '../followers/sync-request.ts';
import { accountCallsOf, dataKeysOf, secretsOf, sqsOf, tablesOf, userPartsOf } from '../parts.ts';
import { environmentOf } from '../environment.ts';
import type { Runtime } from '../runtime.ts';

/** What the commands of the operator work with. */
export type AdminParts = ReturnType<typeof adminPartsOf>;

/** Puts the parts together. Throws an Error where a variable of the environment is missing. */
export function adminPartsOf(runtime: Runtime) {
  const tables = tablesOf(runtime);
  const { credentials } = tables;
  const startSync = syncStarter(runtime);
  const { publicUrl, syncFunction, detailsQueue, detailsDeadLetters } = environmentOf(runtime, {
    publicUrl: 'KEYRING_PUBLIC_URL',
    syncFunction: 'KEYRING_SYNC_FUNCTION',
    detailsQueue: 'KEYRING_DETAILS_QUEUE_URL',
    detailsDeadLetters: 'KEYRING_DETAILS_DLQ_URL',
  });
  return {
    clock: runtime.clock,
    log: runtime.log,
    forwarding: runtime.forwarding ?? {},
    tables,
    accounts: new Accounts(credentials),
    keys: new ApiKeys(credentials),
    keyUses: new KeyUses(credentials, runtime.clock),
    secrets: secretsOf(runtime),
    dataKeys: dataKeysOf(runtime, tables),
    signingKeys: dataKeysOf(runtime, tables, signingKeys),
    tokens: new CredentialStore(credentials, 'access_token'),
    requestRefresh: refreshInvoker(runtime, 'access_token'),
    trySecret: secretTrier(runtime),
    calls: accountCallsOf(runtime, tables),
    usage: new UsageStore(credentials),
    clearQuota: clearQuotaInvoker(runtime),
    users: userPartsOf(runtime, tables),
    checkpoints: new Checkpoints(tables.followers),
    removals: new Removals(tables.followers),
    startSync: (appId: AppId) => startSync(syncFunction, appId),
    sqs: sqsOf(runtime),
    detailsQueue,
    detailsDeadLetters,
    publicUrl,
  };
}
