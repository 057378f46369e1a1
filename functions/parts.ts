import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Accounts, AccountDirectory } from '../shared/accounts/accounts.ts';
import { ApiKeys } from '../shared/accounts/api-keys.ts';
import { KeyDirectory } from '../shared/accounts/key-directory.ts';
import { KeyUses } from '../shared/accounts/key-uses.ts';
import { SecretStore } from '../shared/accounts/secrets.ts';
import { AccountCalls } from '../shared/credentials/account-calls.ts';
import type { CredentialKind } from '../shared/credentials/credential.ts';
import { readCredential } from '../shared/credentials/read-credential.ts';
import { CredentialReader } from '../shared/credentials/reader.ts';
import { takingTurns } from '../shared/credentials/turns.ts';
import { figureCounter, type CountFigure } from '../shared/figures/figure-counter.ts';
import { sqsDetailsQueue, type DetailsQueue } from '../shared/followers/sync/details-queue.ts';
import type { FollowerParts } from '../shared/followers/read/parts.ts';
import { Profiles } from '../shared/followers/mirror/profiles.ts';
import { SyncCalls } from '../shared/followers/sync/calls.ts';
import { awsJson, type AwsJson, type AwsJsonService } from '../shared/platform/aws-json.ts';
import type { MetricContext, MetricValues } from '../shared/platform/metrics.ts';
import { DynamoDbTable } from '../shared/platform/dynamodb-table.ts';
import { UsageMeter } from '../shared/usage/meter.ts';
import { UsageStore } from '../shared/usage/usage-store.ts';
import { DataKeys, type KeyUse } from '../shared/users/data-keys.ts';
import type { UserParts } from '../shared/users/erase-user.ts';
import { GrantStore } from '../shared/users/grant-store.ts';
import { Grants } from '../shared/users/grants.ts';
import { Sealing } from '../shared/users/sealing.ts';
import { SessionReader } from '../shared/users/read-sessions.ts';
import { Sessions } from '../shared/users/sessions.ts';
import {
  createWeChatClient,
  type Attempt,
  type WeChatClient,
  type WeChatClientOptions,
} from '../shared/wechat/client.ts';
import type { AppId } from '../shared/wechat/tokens.ts';
import { refreshInvoker } from './credentials/refresh-invoker.ts';
import { environmentOf } from './environment.ts';
import { awsClientConfig, socketTimeoutMs, type Runtime, type Tables } from './runtime.ts';

/** The parts that more than one function is put together from. Each takes what it needs from the runtime. */

const tablesByRuntime = new WeakMap<Runtime, Tables>();

/** The same tables whenever the runtime is the same, so that a function has one client with its connections. */
export function tablesOf(runtime: Runtime): Tables {
  const tables = runtime.tables ?? tablesByRuntime.get(runtime) ?? dynamoDbTables(runtime);
  tablesByRuntime.set(runtime, tables);
  return tables;
}

function dynamoDbTables(runtime: Runtime): Tables {
  const { credentials, users, followers } = environmentOf(runtime, {
    credentials: 'KEYRING_CREDENTIALS_TABLE',
    users: 'KEYRING_USERS_TABLE',
    followers: 'KEYRING_FOLLOWERS_TABLE',
  });
  const client = new DynamoDBClient(awsClientConfig(runtime, 'DYNAMODB'));
  return {
    credentials: new DynamoDbTable(client, credentials),
    users: new DynamoDbTable(client, users),
    followers: new DynamoDbTable(client, followers),
  };
}

export function accountsOf(runtime: Runtime, { credentials }: Tables): AccountDirectory {
  return new AccountDirectory(new Accounts(credentials), runtime.clock);
}

/** Finds API keys, and notes that they are used. */
export function keyDirectoryOf({ clock }: Runtime, { credentials }: Tables): KeyDirectory {
  return new KeyDirectory(new ApiKeys(credentials), new KeyUses(credentials, clock), clock);
}

/** Counts what happens to accounts by the day. */
export function figureCounterOf({ clock, log }: Runtime, { followers }: Tables): CountFigure {
  return figureCounter({ followers, clock, log });
}

export function wechatOf(
  runtime: Runtime,
  {
    measuredAs,
    ...how
  }: Pick<
    WeChatClientOptions,
    'deadlineMs' | 'attempts' | 'maxBodyBytes' | 'send' | 'passOn' | 'ownAddress'
  > & {
    /** What stands for the API in metrics, where callers choose it: each value costs. @default the API */
    readonly measuredAs?: string;
  } = {},
): WeChatClient {
  return createWeChatClient({
    ...how,
    ...environmentOf(runtime, { baseUrl: 'KEYRING_WECHAT_API_URL' }),
    clock: runtime.clock,
    onAttempt: (attempt) => {
      runtime.log.info('WeChat was called.', { ...attempt });
      runtime.metrics.put(...measuresOf(attempt, measuredAs));
    },
  });
}

/** What an attempt tells. That WeChat refused a user's own token says nothing about the account's. */
function measuresOf({ api, ms, errcode, code }: Attempt, measuredAs = api): [MetricValues, MetricContext] {
  const isRejected = code === 'wechat_token_rejected' && !api.startsWith('/sns/');
  // What callers can provoke, too, are errcodes of which there are few.
  const reason = errcode === undefined || code === 'wechat_other' ? code : String(errcode);
  return [
    {
      WeChatLatency: ms,
      ...(code !== undefined && { WeChatErrors: 1 }),
      ...(isRejected && { TokensRejected: 1 }),
    },
    { Api: measuredAs, ...(reason !== undefined && { Reason: reason }) },
  ];
}

/** Calls to WeChat, counted against their daily limits. */
export function meterOf(runtime: Runtime, { credentials }: Tables, wechat = wechatOf(runtime)): UsageMeter {
  return new UsageMeter(wechat, new UsageStore(credentials), runtime.clock, runtime.log);
}

/** As in `AWS_ENDPOINT_URL_<service>`. */
const endpointNames = { kms: 'KMS', secretsmanager: 'SECRETS_MANAGER', sqs: 'SQS' } as const;

function awsJsonOf<Service extends AwsJsonService>(runtime: Runtime, service: Service): AwsJson<Service> {
  const config = { ...awsClientConfig(runtime, endpointNames[service]), clock: runtime.clock };
  const deadlineMs = socketTimeoutMs(runtime);
  return awsJson(config, service, deadlineMs === undefined ? {} : { deadlineMs });
}

export function secretsOf(runtime: Runtime): SecretStore {
  const { prefix } = environmentOf(runtime, { prefix: 'KEYRING_SECRET_PREFIX' });
  return new SecretStore(awsJsonOf(runtime, 'secretsmanager'), prefix, runtime.clock);
}

export function sqsOf(runtime: Runtime): AwsJson<'sqs'> {
  return awsJsonOf(runtime, 'sqs');
}

export function detailsQueueOf(runtime: Runtime): DetailsQueue {
  const { queue } = environmentOf(runtime, { queue: 'KEYRING_DETAILS_QUEUE_URL' });
  return sqsDetailsQueue(sqsOf(runtime), queue);
}

/** Reads a credential; the refresh function renews it when there is need. */
export function readerOf(runtime: Runtime, { credentials }: Tables, kind: CredentialKind): CredentialReader {
  const { clock } = runtime;
  const store = { read: (appId: AppId) => readCredential(credentials, kind, appId) };
  const requestRefresh = takingTurns({
    ...{ credentials, kind, store, clock },
    requestRefresh: refreshInvoker(runtime, kind),
  });
  return new CredentialReader({ store, requestRefresh, clock });
}

/** Calls to WeChat with the global access token. */
export function accountCallsOf(runtime: Runtime, tables: Tables, wechat?: WeChatClient): AccountCalls {
  return new AccountCalls(readerOf(runtime, tables, 'access_token'), meterOf(runtime, tables, wechat));
}

export function grantStoreOf({ clock }: Runtime, { users }: Tables): GrantStore {
  return new GrantStore(users, clock);
}

/** Tells whose a session is. */
export function sessionReaderOf({ clock }: Runtime, { users }: Tables): SessionReader {
  return new SessionReader(users, clock);
}

export function sessionsOf(runtime: Runtime, tables: Tables): Sessions {
  return new Sessions(tables.users, grantStoreOf(runtime, tables), runtime.clock);
}

export function dataKeysOf(runtime: Runtime, { credentials }: Tables, use?: KeyUse): DataKeys {
  const wrapping = environmentOf(runtime, {
    kmsKey: 'KEYRING_DATA_KEY',
    deployment: 'KEYRING_SECRET_PREFIX',
  });
  return new DataKeys(awsJsonOf(runtime, 'kms'), wrapping, credentials, runtime.clock, use);
}

/** What users granted, with the calls to WeChat that this takes. */
export function grantsOf(runtime: Runtime, tables: Tables, wechat: WeChatClient): Grants {
  return new Grants({
    store: grantStoreOf(runtime, tables),
    sealing: new Sealing(dataKeysOf(runtime, tables)),
    wechat,
    clock: runtime.clock,
    log: runtime.log,
    ...environmentOf(runtime, { publicUrl: 'KEYRING_PUBLIC_URL' }),
  });
}

/** What it takes to read followers: from the mirror, and at WeChat where it does not know. */
export function followerPartsOf(runtime: Runtime, tables: Tables): FollowerParts {
  const reader = readerOf(runtime, tables, 'access_token');
  const meter = meterOf(runtime, tables);
  return {
    followers: tables.followers,
    calls: new AccountCalls(reader, meter),
    counted: () => meter.written(),
    clock: runtime.clock,
  };
}

/** Calls of syncs: within their share of the quota, and repeated by nobody else, for each repeat counts. */
export function syncCallsOf(runtime: Runtime, tables: Tables): SyncCalls {
  const wechat = wechatOf(runtime, { attempts: 1, deadlineMs: 15_000 });
  return new SyncCalls(tables.followers, accountCallsOf(runtime, tables, wechat), runtime.clock);
}

export function profilesOf({ followers }: Tables): Profiles {
  return new Profiles(followers);
}

/** Where all that is kept about a user is found. */
export function userPartsOf(runtime: Runtime, tables: Tables): UserParts {
  return {
    grants: grantStoreOf(runtime, tables),
    sessions: sessionsOf(runtime, tables),
    profiles: profilesOf(tables),
  };
}
