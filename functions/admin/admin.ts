import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import middy from '@middy/core';
import { Accounts } from '../../shared/accounts/accounts.ts';
import { ApiKeys } from '../../shared/accounts/api-keys.ts';
import { SecretStore } from '../../shared/accounts/secrets.ts';
import { accountStates } from '../../shared/accounts/status.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import { problemOf, toKeyringError } from '../../shared/http/problem.ts';
import { KeyringError } from '../../shared/platform/errors.ts';
import { refreshInvoker } from '../credentials/refresh-invoker.ts';
import { tablesOf } from '../parts.ts';
import { awsClientConfig, onLambda, requireVariable, type LambdaHandler, type Runtime } from '../runtime.ts';
import {
  commandSchema,
  type AccountReport,
  type AdminAnswer,
  type Command,
  type CommandResult,
} from './commands.ts';

/**
 * What the operator's command line calls, with the operator's own AWS credentials. No route leads here: whoever
 * may invoke the function may administer.
 */
export function create(runtime: Runtime): LambdaHandler<unknown, AdminAnswer> {
  const { clock, log } = runtime;
  const { credentials } = tablesOf(runtime);
  const accounts = new Accounts(credentials);
  const keys = new ApiKeys(credentials);
  const store = new CredentialStore(credentials, 'access_token');
  const secrets = new SecretStore(
    new SecretsManagerClient(awsClientConfig(runtime, 'SECRETS_MANAGER')),
    requireVariable(runtime, 'KEYRING_SECRET_PREFIX'),
    clock,
  );
  const requestRefresh = refreshInvoker(runtime);

  async function report(account?: string): Promise<AccountReport[]> {
    const states = await accountStates(accounts, store);
    return states
      .filter((state) => account === undefined || state.account.account === account)
      .map(({ account: { name, mode, account: appId, allowedOrigins }, state, credential, failure }) => ({
        account: appId,
        name,
        mode,
        state,
        allowedOrigins,
        generation: credential.generation,
        mintedAt: credential.mintedAt,
        expiresAt: credential.expiresAt,
        refreshAt: credential.refreshAt,
        failure,
      }));
  }

  async function run(command: Command): Promise<CommandResult> {
    switch (command.command) {
      case 'account.add': {
        const { account, name, mode, allowedOrigins, secret, domainFiles } = command;
        if (await accounts.get(account)) throw new KeyringError('account_exists');
        await secrets.put(account, { appSecret: secret });
        await accounts.add({ account, name, mode, allowedOrigins, createdAt: clock.now() });
        for (const id of domainFiles) await accounts.addDomainFile(id, account);
        log.info('An account was registered.', { account, mode });
        await requestRefresh(account, { reason: 'missing' });
        return { accounts: await report(account) };
      }
      case 'status':
        return { accounts: await report() };
      case 'key.create': {
        const { name, scopes } = command;
        const forAccounts = command.accounts === '*' ? '*' : await resolve(command.accounts);
        const { key, apiKey } = await keys.create({ name, scopes, accounts: forAccounts }, clock.now());
        log.info('An API key was made.', { keyId: apiKey.keyId, scopes, accounts: forAccounts });
        return { key, apiKey };
      }
    }
  }

  async function resolve(names: readonly string[]): Promise<string[]> {
    return Promise.all(
      names.map(async (name) => {
        const found = await accounts.find(name);
        if (!found) throw new KeyringError('account_unknown', `There is no account ${name}.`);
        return found.account;
      }),
    );
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
