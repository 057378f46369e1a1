import middy from '@middy/core';
import { Accounts, type Account } from '../../shared/accounts/accounts.ts';
import { ApiKeys } from '../../shared/accounts/api-keys.ts';
import { accountStates } from '../../shared/accounts/status.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import { credentialKinds } from '../../shared/credentials/credential.ts';
import { chinaDay } from '../../shared/credentials/timing.ts';
import { Checkpoints } from '../../shared/followers/checkpoint.ts';
import { accountItemKey } from '../../shared/followers/follower-item.ts';
import { queueLength } from '../../shared/followers/details-queue.ts';
import { Removals } from '../../shared/followers/removal.ts';
import { readSyncStatus } from '../../shared/followers/sync-status.ts';
import { beginRun } from '../../shared/followers/sync.ts';
import { problemOf, toKeyringError } from '../../shared/http/problem.ts';
import { KeyringError } from '../../shared/platform/errors.ts';
import { UsageStore } from '../../shared/usage/usage-store.ts';
import { endingGrants } from '../../shared/users/ending-grants.ts';
import { eraseUser } from '../../shared/users/erase-user.ts';
import { exportUser } from '../../shared/users/export-user.ts';
import { getQuota } from '../../shared/wechat/quota.ts';
import { clearQuotaInvoker, refreshInvoker } from '../credentials/refresh-invoker.ts';
import { environmentOf } from '../environment.ts';
import { syncStarter } from '../followers/sync-request.ts';
import {
  accountCallsOf,
  dataKeysOf,
  followersOf,
  secretsOf,
  sqsOf,
  tablesOf,
  userPartsOf,
} from '../parts.ts';
import { onLambda, type LambdaHandler, type Runtime } from '../runtime.ts';
import {
  commandSchema,
  type AccountReport,
  type AdminAnswer,
  type Command,
  type CommandResult,
} from './commands.ts';

const usualMintBudget = 200;
/** How long one answer may go on reading the Users table. */
const scanSeconds = 15;

/**
 * What the operator's command line calls, with the operator's own AWS credentials. No route leads here: whoever
 * may invoke the function may administer.
 */
export function create(runtime: Runtime): LambdaHandler<unknown, AdminAnswer> {
  const { clock, log } = runtime;
  const tables = tablesOf(runtime);
  const { credentials } = tables;
  const accounts = new Accounts(credentials);
  const keys = new ApiKeys(credentials);
  const store = new CredentialStore(credentials, 'access_token');
  const usage = new UsageStore(credentials);
  const secrets = secretsOf(runtime);
  const calls = accountCallsOf(runtime, tables);
  const requestRefresh = refreshInvoker(runtime, 'access_token');
  const users = userPartsOf(runtime, tables);
  const dataKeys = dataKeysOf(runtime, tables);
  const clearQuota = clearQuotaInvoker(runtime);
  const { publicUrl, syncFunction, detailsQueue, detailsDeadLetters } = environmentOf(runtime, {
    publicUrl: 'KEYRING_PUBLIC_URL',
    syncFunction: 'KEYRING_SYNC_FUNCTION',
    detailsQueue: 'KEYRING_DETAILS_QUEUE_URL',
    detailsDeadLetters: 'KEYRING_DETAILS_DLQ_URL',
  });
  const checkpoints = new Checkpoints(tables.followers);
  const followers = followersOf(runtime, tables);
  const startSync = syncStarter(runtime);
  const sqs = sqsOf(runtime);

  async function report(only?: string): Promise<{ accounts: AccountReport[] }> {
    const today = chinaDay(clock.now());
    const states = await accountStates(accounts, (account) => store.read(account));
    return {
      accounts: states
        .filter(({ account }) => only === undefined || account.account === only)
        .map(
          ({
            account: { account, name, mode, lender, allowedOrigins, mintBudget },
            state,
            credential,
            failure,
          }) => ({
            account,
            name,
            mode,
            lender,
            state,
            allowedOrigins,
            generation: credential.generation,
            mintedAt: credential.mintedAt,
            expiresAt: credential.expiresAt,
            refreshAt: credential.refreshAt,
            mintsToday: credential.mints?.day === today ? credential.mints.count : 0,
            mintBudget,
            failure,
          }),
        ),
    };
  }

  async function find(nameOrAppId: string): Promise<Account> {
    const account = await accounts.find(nameOrAppId);
    if (!account) throw new KeyringError('account_unknown', `There is no account ${nameOrAppId}.`);
    return account;
  }

  /** The AppSecret; of an account that is borrowed, the API key instead. */
  async function storeSecret({ account, lender }: Pick<Account, 'account' | 'lender'>, secret: string) {
    await (lender === undefined
      ? secrets.put(account, { appSecret: secret })
      : secrets.putLenderKey(account, secret));
  }

  async function add(command: Extract<Command, { command: 'account.add' }>): Promise<CommandResult> {
    const { account, name, mode, lender, allowedOrigins, secret, domainFiles } = command;
    const { mintBudget = usualMintBudget, dailyLimits = {}, sessionIdleSeconds, sessionSeconds } = command;
    if (await accounts.get(account)) throw new KeyringError('account_exists');
    await storeSecret({ account, lender }, secret);
    const createdAt = clock.now();
    await accounts.add({
      account,
      name,
      // A borrowed token is renewed as a stable one is: it comes back unchanged until the lender has another.
      mode: lender === undefined ? mode : 'stable',
      lender,
      allowedOrigins,
      mintBudget,
      dailyLimits,
      sessionIdleSeconds,
      sessionSeconds,
      // Syncs would spend the quota of the lender's users, too.
      sync: command.sync ?? (lender === undefined ? undefined : 'off'),
      syncShare: command.syncShare,
      createdAt,
    });
    for (const id of domainFiles) await accounts.addDomainFile(id, account);
    log.info('An account was registered.', { account, mode });
    return refreshNow(account);
  }

  async function change(
    { account, lender }: Account,
    {
      name,
      mode,
      allowedOrigins,
      domainFiles = [],
      mintBudget,
      dailyLimits,
      sessionIdleSeconds,
      sessionSeconds,
      sync,
      syncShare,
    }: Extract<Command, { command: 'account.set' }>,
  ): Promise<CommandResult> {
    if (mode !== undefined && lender !== undefined) {
      throw new KeyringError('account_borrowed', `The mode is that of ${lender}.`);
    }
    for (const id of domainFiles) await accounts.addDomainFile(id, account);
    await accounts.change(account, {
      name,
      mode,
      allowedOrigins,
      mintBudget,
      dailyLimits,
      sessionIdleSeconds,
      sessionSeconds,
      sync,
      syncShare,
    });
    log.info('The settings of an account were changed.', { account });
    // A token of the other mode is a different one, so the change shows at once whether it works.
    return mode === undefined ? report(account) : refreshNow(account);
  }

  async function remove({ account }: Account): Promise<CommandResult> {
    // Before it is gone, or a fault in between would leave its followers for ever.
    await new Removals(tables.followers).note(account, clock.now());
    // While the account is there the command can be repeated, so what another service does comes before.
    await secrets.remove(account);
    await accounts.remove(account);
    for (const kind of credentialKinds) await new CredentialStore(credentials, kind).forget(account);
    // A sync that is under way stops, and should the account come back, its mirror must not stand for WeChat before
    // the next one.
    for (const name of ['counts', 'checkpoint']) await tables.followers.delete(accountItemKey(account, name));
    log.info('An account was removed.', { account });
    return {
      done: `${account} is removed. Its secret can be restored in Secrets Manager for 7 days. What is kept about its followers is deleted in the background, which begins within 5 minutes.`,
    };
  }

  /** A refresh by hand: also the proof that a new secret or mode works. */
  async function refreshNow(account: string): Promise<CommandResult> {
    await requestRefresh(account, { reason: 'manual' });
    return report(account);
  }

  async function syncStatus(account: Account): Promise<CommandResult> {
    const [waiting, poisoned] = await Promise.all([
      queueLength(sqs, detailsQueue),
      queueLength(sqs, detailsDeadLetters),
    ]);
    const about = { now: clock.now(), queue: { waiting, poisoned } };
    return { sync: await readSyncStatus(tables.followers, account, about) };
  }

  /** Begins a sync, or has one go on that waits. */
  async function sync(account: Account, force: boolean): Promise<CommandResult> {
    const begun = await beginRun(checkpoints, account, { now: clock.now(), force });
    if (begun === 'paused') {
      throw new KeyringError('sync_paused', `Say: followers resume ${account.account}`);
    }
    await startSync(syncFunction, account.account);
    return syncStatus(account);
  }

  async function run(command: Command): Promise<CommandResult> {
    switch (command.command) {
      case 'account.add':
        return add(command);
      case 'account.show':
        return report((await find(command.account)).account);
      case 'account.remove':
        return remove(await find(command.account));
      case 'account.rotate-secret': {
        const found = await find(command.account);
        await storeSecret(found, command.secret);
        log.info('An AppSecret was rotated.', { account: found.account });
        return refreshNow(found.account);
      }
      case 'account.set-push': {
        const { account } = await find(command.account);
        const { pushToken, encodingAesKey } = command;
        await secrets.putPush(account, { pushToken, encodingAesKey });
        log.info('Pushes were set up.', { account, encrypted: encodingAesKey !== undefined });
        return {
          done: `Pushes of ${account} are taken at ${publicUrl}/v1/accounts/${account}/events, ${encodingAesKey === undefined ? 'in the clear' : 'encrypted only'}. A former token may count for a minute more.`,
        };
      }
      case 'account.set':
        return change(await find(command.account), command);
      case 'status':
        return report();
      case 'refresh':
        return refreshNow((await find(command.account)).account);
      case 'usage': {
        const { account } = await find(command.account);
        const day = command.day ?? chinaDay(clock.now());
        return { usage: { day, calls: Object.fromEntries((await usage.read(account, day)).calls) } };
      }
      case 'quota.get': {
        const account = await find(command.account);
        return { quota: await calls.send(account, (token) => getQuota(token, { path: command.path })) };
      }
      case 'quota.clear': {
        const { account, lender } = await find(command.account);
        if (lender !== undefined) throw new KeyringError('account_borrowed', `Do it at ${lender}.`);
        await clearQuota(account);
        await usage.forget(account, chinaDay(clock.now()));
        log.info('The quotas of an account were cleared.', { account });
        const done = `WeChat has set today's quotas of ${account} back. That can be done 10 times a month.`;
        try {
          // A token whose quota was used up would wait for midnight in China.
          await requestRefresh(account, { reason: 'manual' });
        } catch {
          return { done: `${done} Its token could not be refreshed after that: run \`refresh\`.` };
        }
        return { done };
      }
      case 'key.create': {
        const { name, scopes } = command;
        const forAccounts =
          command.accounts === '*'
            ? '*'
            : await Promise.all(command.accounts.map(async (account) => (await find(account)).account));
        const { key, apiKey } = await keys.create({ name, scopes, accounts: forAccounts }, clock.now());
        log.info('An API key was made.', { keyId: apiKey.keyId, scopes, accounts: forAccounts });
        return { key, apiKey };
      }
      case 'user.expiring': {
        const { account } = await find(command.account);
        const range = {
          until: clock.now() + command.days * 86_400,
          from: command.from,
          seconds: scanSeconds,
        };
        const { grants, next } = await endingGrants({ users: tables.users, clock }, account, range);
        return {
          expiring: grants.map(({ removeAt, ...grant }) => ({ ...grant, expiresAt: removeAt })),
          next,
        };
      }
      case 'user.erase': {
        const { account } = await find(command.account);
        const removed = await eraseUser(users, account, command.openid);
        log.info('A user was erased.', { account, removed });
        return { removed };
      }
      case 'user.export': {
        const { account } = await find(command.account);
        const exported = await exportUser(users, account, command.openid);
        if (!exported) throw new KeyringError('openid_unknown', 'Nothing is stored about this user.');
        log.info('A user was exported.', { account });
        return { exported };
      }
      case 'followers.sync':
        return sync(await find(command.account), command.force === true);
      case 'followers.status':
        return syncStatus(await find(command.account));
      case 'followers.export': {
        const { followers: people, next } = await followers.exportPage(
          await find(command.account),
          command.from,
        );
        return { followers: [...people], next };
      }
      case 'followers.pause': {
        const account = await find(command.account);
        await checkpoints.pause(account.account, clock.now());
        return syncStatus(account);
      }
      case 'followers.resume': {
        const account = await find(command.account);
        await checkpoints.resume(account.account);
        await startSync(syncFunction, account.account);
        return syncStatus(account);
      }
      case 'data-key.rotate': {
        const keyId = await dataKeys.rotate();
        log.info('The data key was rotated.', { keyId });
        return {
          done: `The data key ${keyId} seals what is stored from now on, in every process within 5 minutes. The ones before still open what they have sealed, which is over in 30 days.`,
        };
      }
      case 'key.list':
        return { keys: await keys.list() };
      case 'key.revoke': {
        if (!(await keys.revoke(command.keyId))) throw new KeyringError('key_unknown', 'No key has that id.');
        log.info('An API key was revoked.', { keyId: command.keyId });
        return { done: `The key ${command.keyId} is revoked. It works for half a minute more at the most.` };
      }
    }
  }

  return middy<unknown, AdminAnswer>().handler(async (event) => {
    try {
      const command = commandSchema.safeParse(event);
      if (!command.success) {
        // The issues name members and rules, never the values: one of them is the AppSecret.
        const faults = command.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
        throw new KeyringError('invalid_parameter', faults.join('; '));
      }
      return { ok: true, result: await run(command.data) };
    } catch (error) {
      const fault = toKeyringError(error, clock.now());
      if (fault.code === 'internal') {
        const cause = fault.cause instanceof Error ? fault.cause : fault;
        log.error('A command failed.', { error: cause.name, stack: cause.stack });
      }
      return { ok: false, problem: problemOf(fault) };
    }
  });
}

export const handler = onLambda(create);
