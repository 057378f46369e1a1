import { CredentialStore } from '../../../shared/credentials/credential-store.ts';
import { credentialKinds } from '../../../shared/credentials/credential.ts';
import { accountItemKey } from '../../../shared/followers/mirror/follower-item.ts';
import { findAccount } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName, doneResult } from '../schemas.ts';

/** Forgets an account, and in the background its followers. */
export const accountRemove = adminCommand({
  name: 'account.remove',
  input: { account: accountName },
  result: doneResult,
  run: async (parts, command) => {
    const { accounts, clock, log, removals, secrets, tables } = parts;
    const { appId } = await findAccount(parts, command.account);
    // Before it is gone, or a fault in between would leave its followers for ever.
    await removals.note(appId, clock.now());
    // While the account is there the command can be repeated, so what another service does comes before.
    await secrets.remove(appId);
    const forget = async () => {
      for (const kind of credentialKinds) await new CredentialStore(tables.credentials, kind).forget(appId);
      // A sync that is under way stops, and should the account come back, its mirror must not stand for WeChat before
      // the next one.
      for (const name of ['counts', 'checkpoint']) await tables.followers.delete(accountItemKey(appId, name));
    };
    await forget();
    await accounts.remove(appId);
    // What was written while it was still there.
    await forget();
    log.info('An account was removed.', { account: appId });
    return {
      done: `${appId} is removed. Its secret can be restored in Secrets Manager for 7 days. What is kept about its followers is deleted in the background, which begins within 5 minutes.`,
    };
  },
});
