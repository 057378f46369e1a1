/**
 * What a field of a log line holds, beside `requestId`, which request-id.ts puts on every line of a request. None is a secret, token, ticket, code, session id,
 * state or openid.
 */
export interface LogFields {
  /** The appid of an Official Account. */
  readonly account?: string | undefined;
  /** True on lines that say which key was given a credential. */
  readonly audit?: true | undefined;
  /** The id of an API key or of a data key, which opens nothing. */
  readonly keyId?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly accounts?: readonly string[] | '*' | undefined;
  /** `stable` or `classic`. */
  readonly mode?: string | undefined;
  /** Whether pushes are taken encrypted only. */
  readonly encrypted?: boolean | undefined;
  /** How many values of a credential there have been. */
  readonly generation?: number | undefined;
  /** Unix seconds, like each time here. */
  readonly expiresAt?: number | undefined;
  readonly retryAt?: number | undefined;
  /** A stable code: of a problem document, or of a failure. */
  readonly code?: string | undefined;
  /** WeChat's errcode. */
  readonly errcode?: number | undefined;
  /** In a sentence, why; WeChat's words with what is secret taken out. */
  readonly reason?: string | undefined;
  /** Failures in a row. */
  readonly count?: number | undefined;
  /** The name of an error. Its message may quote something. */
  readonly error?: string | undefined;
  readonly stack?: string | undefined;
  /** API Gateway's name of a route: method and path, with nothing of the request in it. */
  readonly route?: string | undefined;
  /** SQS's id of a message. */
  readonly messageId?: string | undefined;
  /** The path of a WeChat API. */
  readonly api?: string | undefined;
  /** 1 for the first attempt at a call. */
  readonly attempt?: number | undefined;
  /** Milliseconds. */
  readonly ms?: number | undefined;
  /** An HTTP status. */
  readonly status?: number | undefined;
  /** Of a ticket: `jsapi` or `wx_card`. Of a push: what WeChat calls its type. */
  readonly type?: string | undefined;
  /** Of a push about an event, such as `unsubscribe`. */
  readonly event?: string | undefined;
  /** What was done about a push. */
  readonly done?: string | undefined;
  /** Of a sync of followers: `listing`, `comparing`, `details` or `counting`. */
  readonly phase?: string | undefined;
  /** How many followers a sync found, and how many of them began or had ceased to follow. */
  readonly listed?: number | undefined;
  readonly joined?: number | undefined;
  readonly left?: number | undefined;
  /** Followers whose details were asked for and never came. */
  readonly missing?: number | undefined;
  /** Whether a push went to the deployer's bus. */
  readonly passedOn?: boolean | undefined;
  /** Whether the caller was given another token than the one reported. */
  readonly replaced?: boolean | undefined;
  /** How many items of each kind were deleted. */
  readonly removed?: Readonly<Record<string, number>> | undefined;
}

/**
 * Every message that a function logs, with its level and the fields that may stand beside it. Nothing else compiles as
 * an argument of {@link Log}. docs/logs.md says what each means; a test compares the two.
 */
export const messages = {
  'The credential has a new value.': { level: 'info', fields: ['account', 'generation', 'expiresAt'] },
  'A refresh failed.': { level: 'warn', fields: ['account', 'code', 'reason', 'count', 'retryAt'] },
  'A lease was lost during a refresh.': { level: 'warn', fields: ['account'] },
  'WeChat has ended a token before its time.': { level: 'warn', fields: ['account', 'generation'] },
  'WeChat accepts a value that was in doubt.': {
    level: 'info',
    fields: ['account', 'generation'],
  },
  'WeChat could not be asked about a value in doubt.': {
    level: 'warn',
    fields: ['account', 'generation', 'code'],
  },
  'The next refresh could not be booked; the sweep will find it.': {
    level: 'warn',
    fields: ['account', 'error'],
  },
  'A ticket could not follow its token; the sweep will find it.': {
    level: 'warn',
    fields: ['account', 'error'],
  },
  'It could not be read whether an account is still registered.': {
    level: 'warn',
    fields: ['account', 'error'],
  },
  'It could not be noted that a person was told; they are told again.': {
    level: 'warn',
    fields: ['account', 'error'],
  },
  'The record could not be read after a failure.': { level: 'warn', fields: ['account', 'error'] },
  'A verdict could not be put on record.': { level: 'warn', fields: ['account', 'error'] },
  'A value that may be dead could not be put on record yet.': { level: 'warn', fields: ['account', 'error'] },
  'A value that may be dead could not be put on record.': { level: 'error', fields: ['account'] },
  'An alarm could not be raised.': { level: 'error', fields: ['account', 'code', 'error'] },
  'The sweep could not see to an account.': { level: 'error', fields: ['account', 'error'] },
  'A refresh of an account that is no longer registered was passed over.': {
    level: 'info',
    fields: ['account'],
  },
  'WeChat was called.': { level: 'info', fields: ['api', 'attempt', 'ms', 'status', 'errcode', 'code'] },
  'Usage could not be written; it will be with the next call.': {
    level: 'warn',
    fields: ['account', 'error'],
  },

  'A token was read.': { level: 'info', fields: ['audit', 'keyId', 'account', 'generation'] },
  'A ticket was read.': { level: 'info', fields: ['audit', 'keyId', 'account', 'type', 'generation'] },
  'A token was reported as rejected.': {
    level: 'info',
    fields: ['audit', 'keyId', 'account', 'generation', 'replaced'],
  },

  'A token of the drop-in was made.': { level: 'info', fields: ['audit', 'keyId', 'account'] },
  'A call was passed on.': {
    level: 'info',
    fields: ['audit', 'keyId', 'account', 'api', 'status', 'errcode'],
  },
  'A code was exchanged for a back end.': {
    level: 'info',
    fields: ['audit', 'keyId', 'account', 'status'],
  },

  'A code could not be exchanged.': { level: 'warn', fields: ['account', 'code', 'reason'] },
  'A profile could not be read after a login.': { level: 'warn', fields: ['account', 'code'] },
  'A profile could not be read anew.': { level: 'warn', fields: ['account', 'code'] },
  'A grant could not be refreshed.': { level: 'warn', fields: ['account', 'code'] },
  'A grant was replaced while it was refreshed.': { level: 'warn', fields: ['account'] },
  'A grant has ended at WeChat.': { level: 'info', fields: ['account', 'errcode'] },
  'A user had their data deleted.': { level: 'info', fields: ['account', 'removed'] },

  'A sync of followers has ended.': {
    level: 'info',
    fields: ['account', 'listed', 'joined', 'left', 'missing'],
  },
  'A step of a sync failed.': { level: 'warn', fields: ['account', 'phase', 'code', 'retryAt'] },
  'A sync has failed for today.': { level: 'error', fields: ['account', 'phase', 'code'] },
  'Another process has gone on with a sync.': { level: 'warn', fields: ['account'] },
  'The checkpoint of a sync could not be written.': { level: 'error', fields: ['account', 'code'] },
  'The sweep could not see to the sync of an account.': { level: 'error', fields: ['account', 'code'] },
  'The followers of a removed account are deleted.': { level: 'info', fields: ['account', 'removed'] },
  'The followers of a removed account could not be deleted; the sweep comes again.': {
    level: 'warn',
    fields: ['account', 'code'],
  },
  'Details of followers could not be fetched; their message comes again.': {
    level: 'warn',
    fields: ['account', 'code'],
  },
  'A message about details could not be read.': { level: 'error', fields: ['messageId', 'error'] },

  'A push was handled.': { level: 'info', fields: ['account', 'type', 'event', 'done', 'passedOn'] },
  'A push came once more.': { level: 'info', fields: ['account', 'type', 'event'] },
  'An event about a user does not say which.': { level: 'warn', fields: ['account', 'event'] },
  'A push was forwarded.': { level: 'info', fields: ['account', 'ms', 'done'] },
  'A push could not be forwarded; WeChat was told success.': {
    level: 'warn',
    fields: ['account', 'ms', 'code', 'status', 'error'],
  },
  'A push could not be handled.': { level: 'error', fields: ['messageId', 'error'] },

  'What happened could not be counted.': { level: 'warn', fields: ['account', 'error'] },

  'An account was registered.': { level: 'info', fields: ['account', 'mode'] },
  'The settings of an account were changed.': { level: 'info', fields: ['account'] },
  'An account was removed.': { level: 'info', fields: ['account'] },
  'An AppSecret was rotated.': { level: 'info', fields: ['account'] },
  'Pushes were set up.': { level: 'info', fields: ['account', 'encrypted'] },
  'Where pushes are forwarded was changed.': { level: 'info', fields: ['account'] },
  'The quotas of an account were cleared.': { level: 'info', fields: ['account'] },
  'An API key was made.': { level: 'info', fields: ['keyId', 'scopes', 'accounts'] },
  'The limits of an API key were changed.': { level: 'info', fields: ['keyId'] },
  'An API key was revoked.': { level: 'info', fields: ['keyId'] },
  'A user was erased.': { level: 'info', fields: ['account', 'removed'] },
  'A user was exported.': { level: 'info', fields: ['account'] },
  'The data key was rotated.': { level: 'info', fields: ['keyId'] },
  'The signing key was rotated.': { level: 'info', fields: ['keyId'] },
  'A command failed.': { level: 'error', fields: ['error', 'stack'] },

  'A request failed.': { level: 'error', fields: ['route', 'code', 'error', 'stack'] },
  'An API key could not be looked up.': { level: 'warn', fields: ['error'] },
} as const satisfies Record<
  string,
  { level: 'info' | 'warn' | 'error'; fields: readonly (keyof LogFields)[] }
>;

type Messages = typeof messages;

/** The messages of one level. */
export type LogMessage<Level> = {
  [Message in keyof Messages]: Messages[Message]['level'] extends Level ? Message : never;
}[keyof Messages];

/** The fields that may stand beside a message. */
export type FieldsOf<Message extends keyof Messages> = Pick<LogFields, Messages[Message]['fields'][number]>;
