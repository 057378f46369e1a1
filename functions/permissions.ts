/**
 * The words that functions/manifest.ts says in what each function may do. cdk/statements.ts makes IAM's of them. What a
 * row does not name, the function may not do.
 */

/** DynamoDB's actions that change items, as IAM names them. */
export const tableWrites = ['PutItem', 'UpdateItem', 'DeleteItem'] as const;
type TableAction = 'GetItem' | 'BatchGetItem' | 'Query' | 'Scan' | (typeof tableWrites)[number];

/**
 * What a function may do in a table, and on which items: those whose partition key is like one of the patterns, in
 * which `*` stands for any text and `?` for one character. A Scan has no partition to be held to.
 */
type TableGrant = Readonly<Partial<Record<TableAction, 'any' | readonly string[]>>>;

/** In Credentials, under its appid: an account's token and tickets. */
export const tokens = 'wx*';
/** In Credentials: how often accounts called WeChat. */
export const usage = 'usage#*';
/** In Credentials: what tokens of the drop-in are signed with. */
export const signing = 'signing-keys';
/** In Credentials: whose turn it is to ask for a refresh. */
export const turns = 'turn#*';
/** In Credentials: on which day keys were used last. */
export const keyUses = 'key-uses';
/** In Users. */
export const grants = 'wx*#*';
export const sessions = 'session#*';
/** That sessions are over. */
export const endedSessions = 'ended#*';
export const logins = 'state#*';
/** In Followers, in shards with one digit. */
export const people = 'wx*#?';
/** In Followers: the checkpoint and the counts of an account's mirror. */
export const mirrors = 'wx*#sync';
/** In Followers: what is counted of each account by the day. */
export const days = 'wx*#days';
/** In Followers: the pages of WeChat's list as a sync read it, and their chunks, by shard. */
export const lists = ['wx*#list', 'wx*#list-?'] as const;

const appId = `wx${'?'.repeat(16)}`;

/**
 * The secrets below the deployment's prefix, by the end of their ARN. Secrets Manager puts a hyphen and six characters
 * of its own behind a name, but authorizes requests about a secret that does not exist by the bare name: functions to
 * which that happens need the answer that there is none, and have a `*` for both.
 */
export const secretPatterns = {
  /** The AppSecret of an account, or the API key it is borrowed with. */
  appSecrets: `${appId}-??????`,
  /** What an account's pushes are signed and encrypted with. */
  pushSecrets: `${appId}/push*`,
  /** Both. */
  accountSecrets: `${appId}*`,
  proxySecret: 'egress-proxy-??????',
} as const;

/** What one Lambda may do, apart from writing to its own log group. */
export interface Permissions {
  readonly credentials?: TableGrant;
  /** May read of every account's token and tickets how their last refresh went, and no value. */
  readonly credentialStates?: true;
  readonly users?: TableGrant;
  readonly followers?: TableGrant;
  /** May query the indexes of Followers, too. */
  readonly followerIndexes?: true;
  readonly secrets?: Readonly<
    Partial<
      Record<
        keyof typeof secretPatterns,
        readonly ('GetSecretValue' | 'CreateSecret' | 'PutSecretValue' | 'DeleteSecret' | 'RestoreSecret')[]
      >
    >
  >;
  /** May hand pushes over, or take them. */
  readonly pushQueue?: 'sends' | 'receives';
  /** May hand people over whose details are to be fetched, take them, or see how many wait and how many failed. */
  readonly detailsQueue?: 'sends' | 'feeds' | 'receives' | 'watches';
  /** May invoke sync-followers. */
  readonly invokesSync?: true;
  /** May put events on the deployer's bus, where there is one. */
  readonly eventBus?: true;
  /** On the KMS key that wraps the keys which encrypt grants. */
  readonly dataKey?: readonly ('GenerateDataKey' | 'Decrypt')[];
  /** On the same KMS key, for the keys which sign the drop-in's tokens. */
  readonly signingKey?: readonly ('GenerateDataKey' | 'Decrypt')[];
  /** May invoke refresh-credentials. */
  readonly invokesRefresh?: true;
  /** May book its own next run in the schedule group, and leave what failed in the dead-letter queue. */
  readonly schedules?: true;
  /** May tell people that an account needs one. */
  readonly alarms?: true;
}

/** Where an account is found by its appid or an alias. */
export const directory = ['accounts', 'aliases'] as const;

/** Learns which account is meant, and can read no token. */
export const findsAccount = { credentials: { GetItem: directory } } as const satisfies Permissions;

export const readsCredential = {
  credentials: { GetItem: [...directory, tokens], UpdateItem: [turns], DeleteItem: [turns] },
  invokesRefresh: true,
} as const satisfies Permissions;

/** Calls WeChat with the token, and counts its calls. */
export const asksWeChat = {
  credentials: {
    GetItem: [...directory, tokens, usage],
    UpdateItem: [usage, turns],
    DeleteItem: [turns],
  },
  invokesRefresh: true,
} as const satisfies Permissions;

/** The last use of a session is noted once an hour. */
export const checksSession = {
  users: { GetItem: [grants, sessions], UpdateItem: [sessions] },
} as const satisfies Permissions;
