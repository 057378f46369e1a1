import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Accounts, AccountDirectory } from '../shared/accounts/accounts.ts';
import { CredentialStore } from '../shared/credentials/credential-store.ts';
import { AccountCalls, TokenReader } from '../shared/credentials/reader.ts';
import { Followers } from '../shared/followers/followers.ts';
import { Profiles } from '../shared/followers/profiles.ts';
import { Table } from '../shared/platform/table.ts';
import { Sessions } from '../shared/users/sessions.ts';
import { createWeChatClient, type WeChatClient } from '../shared/wechat/client.ts';
import { refreshInvoker } from './credentials/refresh-invoker.ts';
import { awsClientConfig, requireVariable, type Runtime } from './runtime.ts';

/** The parts that more than one function is put together from. Each takes what it needs from the runtime. */

export interface Tables {
  readonly credentials: Table;
  readonly users: Table;
  readonly followers: Table;
}

export function tablesOf(runtime: Runtime): Tables {
  const client = new DynamoDBClient(awsClientConfig(runtime, 'DYNAMODB'));
  return {
    credentials: new Table(client, requireVariable(runtime, 'KEYRING_CREDENTIALS_TABLE')),
    users: new Table(client, requireVariable(runtime, 'KEYRING_USERS_TABLE')),
    followers: new Table(client, requireVariable(runtime, 'KEYRING_FOLLOWERS_TABLE')),
  };
}

export function accountsOf(runtime: Runtime, { credentials }: Tables): AccountDirectory {
  return new AccountDirectory(new Accounts(credentials), runtime.clock);
}

export function wechatOf(runtime: Runtime): WeChatClient {
  return createWeChatClient({
    baseUrl: requireVariable(runtime, 'KEYRING_WECHAT_API_URL'),
    clock: runtime.clock,
    onAttempt: (attempt) => runtime.log.info('WeChat was called.', { ...attempt }),
  });
}

/** Calls to WeChat with the global access token, which the refresh function renews when there is need. */
function accountCallsOf(runtime: Runtime, { credentials }: Tables): AccountCalls {
  const reader = new TokenReader({
    store: new CredentialStore(credentials, 'access_token'),
    requestRefresh: refreshInvoker(runtime),
    clock: runtime.clock,
  });
  return new AccountCalls(reader, wechatOf(runtime));
}

export function sessionsOf(runtime: Runtime, { users }: Tables): Sessions {
  return new Sessions(users, runtime.clock);
}

export function followersOf(runtime: Runtime, tables: Tables): Followers {
  return new Followers(accountCallsOf(runtime, tables), profilesOf(tables));
}

export function profilesOf({ followers }: Tables): Profiles {
  return new Profiles(followers);
}
