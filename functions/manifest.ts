import type { OwnEnvironment } from './environment.ts';
import {
  asksWeChat,
  checksSession,
  days,
  directory,
  endedSessions,
  findsAccount,
  grants,
  keyUses,
  logins,
  lists,
  mirrors,
  people,
  readsCredential,
  sessions,
  signing,
  tokens,
  turns,
  usage,
  type Permissions,
} from './permissions.ts';
import { routes } from './routes.ts';

/** What has a function run, where that is not a request to a route. */
export type Trigger =
  /** Each request to a route that takes an API key, before the function of the route. */
  | { readonly by: 'authorizer' }
  /** The operator's command line. */
  | { readonly by: 'operator' }
  /** Messages, up to 10 at once; gathered for so many seconds while there are fewer. */
  | { readonly by: 'queue'; readonly queue: 'pushes' | 'details'; readonly gatherSeconds?: number }
  /** A schedule, every 5 minutes, and other functions for single accounts. */
  | { readonly by: 'sweep' };

/** What there is to say of a function. Its code is in the file of its name. */
export interface FunctionSpec {
  /** @default requests to the routes that name the function */
  readonly trigger?: Trigger;
  /** One sentence. @default what the route says of itself */
  readonly description?: string;
  /** How long it may run, in seconds. @default {@link usual} */
  readonly timeoutSeconds?: number;
  /** @default {@link usual} */
  readonly memoryMiB?: number;
  readonly permissions: Permissions;
  /** What it is told beside what every function is told, and beside the name of the refresh function. */
  readonly environment?: readonly (keyof OwnEnvironment)[];
}

/** Where a function does not say. An HTTP API waits for 30 seconds. */
export const usual = { timeoutSeconds: 29, memoryMiB: 512 };

interface UnroutedSpec extends FunctionSpec {
  readonly trigger: Trigger;
  readonly description: string;
  readonly timeoutSeconds: number;
}

type RoutedEntry = (typeof routes)[keyof typeof routes]['entry'];
type RoutedSpec = FunctionSpec & { readonly trigger?: never };

/** A whole vCPU, which is what a sync is short of: it writes thousands of items for each page of the list. */
const oneVcpu = 1769;

const table = {
  'credentials/refresh-credentials': {
    trigger: { by: 'sweep' },
    description: 'Mints and renews the credentials of WeChat accounts.',
    timeoutSeconds: 120,
    permissions: {
      credentials: {
        GetItem: ['accounts', tokens, usage],
        Query: ['accounts'],
        UpdateItem: [tokens, usage],
      },
      secrets: { appSecrets: ['GetSecretValue'], proxySecret: ['GetSecretValue'] },
      schedules: true,
      alarms: true,
    },
    // It learns its own ARN when it is called: told here, it would depend on itself.
    environment: [
      'KEYRING_SCHEDULE_GROUP',
      'KEYRING_SCHEDULE_ROLE_ARN',
      'KEYRING_SCHEDULE_DLQ_ARN',
      'KEYRING_ALARM_TOPIC',
      'KEYRING_PLACE',
      'KEYRING_EGRESS_ADDRESS',
      'KEYRING_EGRESS_PROXY',
      'KEYRING_EGRESS_PROXY_AUTH',
      'KEYRING_SWEEP_STARTS',
    ],
  },
  'credentials/get-token': { permissions: readsCredential },
  'credentials/report-token': { permissions: readsCredential },
  'credentials/get-ticket': { permissions: readsCredential },
  'credentials/get-jssdk-config': { permissions: readsCredential },
  'usage/get-usage': { permissions: { credentials: { GetItem: [...directory, usage] } } },

  'followers/sync-followers': {
    trigger: { by: 'sweep' },
    description: "Keeps the mirror of followers in line with WeChat's list.",
    // The longest that Lambda lets a function run: a sync works in stretches of at most so long.
    timeoutSeconds: 900,
    memoryMiB: oneVcpu,
    permissions: {
      credentials: {
        GetItem: ['accounts', tokens, usage],
        Query: ['accounts'],
        UpdateItem: [usage, turns],
        DeleteItem: [turns],
      },
      followers: { GetItem: 'any', Query: 'any', PutItem: 'any', UpdateItem: 'any', DeleteItem: 'any' },
      detailsQueue: 'feeds',
      invokesRefresh: true,
    },
    environment: ['KEYRING_DETAILS_QUEUE_URL', 'KEYRING_SWEEP_STARTS'],
  },
  'followers/fetch-details': {
    // So that people who begin to follow at the same time are asked about in one call.
    trigger: { by: 'queue', queue: 'details', gatherSeconds: 5 },
    description: 'Fetches the details of followers.',
    // A batch is up to 10 calls to WeChat, each with 100 writes.
    timeoutSeconds: 120,
    permissions: {
      ...asksWeChat,
      followers: {
        GetItem: 'any',
        BatchGetItem: 'any',
        PutItem: [mirrors],
        UpdateItem: [people, mirrors, days],
      },
      detailsQueue: 'receives',
    },
  },
  'followers/list-followers': {
    permissions: {
      ...asksWeChat,
      followers: { GetItem: 'any', Query: 'any' },
      followerIndexes: true,
    },
  },
  'followers/count-followers': {
    permissions: { ...findsAccount, followers: { GetItem: [mirrors] } },
  },
  'followers/get-follower': { permissions: { ...asksWeChat, followers: { GetItem: 'any' } } },
  'followers/lookup-followers': {
    permissions: { ...asksWeChat, followers: { GetItem: 'any', BatchGetItem: 'any' } },
  },
  'followers/list-avatars': {
    permissions: {
      ...asksWeChat,
      ...checksSession,
      followers: { GetItem: 'any', BatchGetItem: 'any' },
      followerIndexes: true,
    },
  },
  'followers/get-placeholder': { permissions: {} },

  'events/check-url': {
    permissions: {
      ...findsAccount,
      users: { PutItem: ['push-signature#*'] },
      secrets: { pushSecrets: ['GetSecretValue'] },
    },
  },
  'events/receive-event': {
    permissions: {
      ...findsAccount,
      users: { PutItem: ['push-forward#*', 'push-signature#*'] },
      secrets: { pushSecrets: ['GetSecretValue'] },
      pushQueue: 'sends',
    },
    environment: ['KEYRING_PUSH_QUEUE_URL'],
  },
  'events/handle-events': {
    trigger: { by: 'queue', queue: 'pushes' },
    description: 'Does what the pushes of WeChat ask for.',
    timeoutSeconds: 30,
    permissions: {
      // What came in the clear is confirmed with WeChat, as the account and as the user.
      ...asksWeChat,
      credentials: { ...asksWeChat.credentials, GetItem: [...asksWeChat.credentials.GetItem, 'data-keys'] },
      dataKey: ['Decrypt'],
      users: {
        GetItem: [grants],
        PutItem: ['push#*', endedSessions],
        UpdateItem: [grants],
        DeleteItem: [grants, sessions],
      },
      followers: {
        GetItem: [people, mirrors],
        // A late event may have to be compared with WeChat's list.
        Query: lists,
        UpdateItem: [people, mirrors, days],
        DeleteItem: [people],
      },
      detailsQueue: 'sends',
      pushQueue: 'receives',
      eventBus: true,
    },
    environment: ['KEYRING_DETAILS_QUEUE_URL', 'KEYRING_EVENT_BUS'],
  },

  'oauth/authorize': { permissions: { ...findsAccount, users: { PutItem: [logins] } } },
  'oauth/callback': {
    permissions: {
      credentials: { GetItem: [...directory, 'data-keys'], PutItem: ['data-keys'] },
      users: {
        GetItem: [grants, logins, sessions, endedSessions],
        PutItem: [sessions],
        UpdateItem: [grants, logins],
      },
      followers: { UpdateItem: [people, days] },
      secrets: { appSecrets: ['GetSecretValue'] },
      dataKey: ['GenerateDataKey', 'Decrypt'],
    },
  },
  'oauth/logout': {
    permissions: {
      ...findsAccount,
      users: {
        GetItem: [grants, sessions],
        PutItem: [endedSessions],
        UpdateItem: [grants, sessions],
        DeleteItem: [sessions],
      },
    },
  },
  'users/get-me': { permissions: { ...findsAccount, ...checksSession } },
  'users/delete-me': {
    permissions: {
      ...findsAccount,
      users: { ...checksSession.users, PutItem: [endedSessions], DeleteItem: [grants, sessions] },
      followers: { GetItem: [people], DeleteItem: [people] },
    },
  },
  'users/get-user': {
    permissions: {
      credentials: { GetItem: [...directory, 'data-keys'] },
      users: { GetItem: [grants], UpdateItem: [grants], DeleteItem: [grants] },
      followers: { UpdateItem: [people] },
      dataKey: ['Decrypt'],
    },
  },

  'dropin/serve-sdk': {
    description: "Answers SDKs in WeChat's place, and passes their calls on with the account's token.",
    permissions: {
      credentials: {
        GetItem: [...directory, 'api-keys', signing, tokens, usage],
        PutItem: [signing],
        UpdateItem: [usage, turns, keyUses],
        DeleteItem: [turns],
      },
      signingKey: ['GenerateDataKey', 'Decrypt'],
      invokesRefresh: true,
    },
  },
  'dropin/exchange-code': {
    description: 'Exchanges codes for SDKs, with the AppSecret in the place of their key.',
    permissions: {
      credentials: { GetItem: [...directory, 'api-keys'], UpdateItem: [keyUses] },
      secrets: { appSecrets: ['GetSecretValue'] },
    },
  },

  'admin/admin': {
    trigger: { by: 'operator' },
    description: "The operator's commands; only IAM lets one call it.",
    timeoutSeconds: 60,
    permissions: {
      // It forgets tokens and cannot plant one, and leaves data keys alone that have sealed something.
      credentials: {
        GetItem: 'any',
        Query: 'any',
        PutItem: [...directory, 'api-keys', 'data-keys', signing, 'domain-files'],
        UpdateItem: ['accounts', 'api-keys', usage, turns],
        DeleteItem: [...directory, 'api-keys', 'domain-files', tokens, usage, turns],
      },
      users: {
        GetItem: [grants, sessions],
        PutItem: [endedSessions],
        DeleteItem: [grants, sessions],
        Scan: 'any',
      },
      // Reads and erases people; UpdateItem begins, pauses and resumes syncs, and notes accounts that are removed.
      followers: {
        GetItem: 'any',
        Query: 'any',
        UpdateItem: [mirrors, 'removals'],
        DeleteItem: [people, mirrors],
      },
      followerIndexes: true,
      detailsQueue: 'watches',
      invokesSync: true,
      secrets: { accountSecrets: ['CreateSecret', 'PutSecretValue', 'DeleteSecret', 'RestoreSecret'] },
      // Makes keys of both uses; that it cannot open one is why Decrypt is missing.
      dataKey: ['GenerateDataKey'],
      signingKey: ['GenerateDataKey'],
      invokesRefresh: true,
    },
    environment: ['KEYRING_SYNC_FUNCTION', 'KEYRING_DETAILS_QUEUE_URL', 'KEYRING_DETAILS_DLQ_URL'],
  },

  'access/authorize-key': {
    trigger: { by: 'authorizer' },
    description: 'Recognises API keys for API Gateway.',
    timeoutSeconds: 5,
    // Its keys it can only read.
    permissions: { credentials: { GetItem: ['api-keys'], UpdateItem: [keyUses] } },
  },
  'open/health': { permissions: { credentials: { Query: ['accounts'] }, credentialStates: true } },
  'open/domain-file': { permissions: { credentials: { GetItem: ['domain-files'] } } },
} as const satisfies Readonly<Record<RoutedEntry, RoutedSpec>> &
  Readonly<Record<string, RoutedSpec | UnroutedSpec>>;

/** Every function, as the path of its source below `functions/` without its ending. */
export type Entry = keyof typeof table;

/**
 * Every function, and all that is said of it but its code. Made from it are the CDK stack, the local stack, the limits
 * of sizes and the search for dead code. A route's function that has no row does not compile.
 */
export const manifest: Readonly<Record<Entry, FunctionSpec>> = table;

/** Every entry once, in a stable order. */
export const entries: readonly Entry[] = Object.keys(table).filter((name): name is Entry => name in table);

type OwnName<E extends Entry> = (typeof table)[E] extends {
  readonly environment: readonly (infer Name extends keyof OwnEnvironment)[];
}
  ? Name
  : never;

/** What the stack has to tell a function beside what every function is told. */
export type EnvironmentOf<E extends Entry> = { readonly [Name in OwnName<E>]: OwnEnvironment[Name] };

/** The functions that an HTTP request waits for: those of routes, and the authorizer in front of them. */
export const requestEntries: readonly Entry[] = entries.filter((entry) => {
  const { trigger } = manifest[entry];
  return trigger === undefined || trigger.by === 'authorizer';
});

/** How large each of them may be, in KiB of minified code: docs/adr/0006-size-and-start.md. */
export const maxKib = 250;
