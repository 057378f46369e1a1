/**
 * The environment variables of the functions. The CDK stack and the local stack build what they give as these types, so
 * one that is forgotten does not compile. Names are only added (test/cdk/variables.test.ts): AWS updates a function's
 * code and its variables one after the other, so for a moment either version meets the variables of the other.
 */

/** What every function is told. */
export interface SharedEnvironment {
  /** Name of the DynamoDB table with accounts, API keys, tokens and the usage ledger. */
  readonly KEYRING_CREDENTIALS_TABLE: string;
  /** Name of the DynamoDB table with grants, sessions and logins. */
  readonly KEYRING_USERS_TABLE: string;
  /** Name of the DynamoDB table with the mirror of followers. */
  readonly KEYRING_FOLLOWERS_TABLE: string;
  /** ARN of the KMS key that wraps the keys which encrypt grants. */
  readonly KEYRING_DATA_KEY: string;
  /**
   * What the names of the deployment's secrets begin with, such as `wechat-keyring/prod/`. Data keys are wrapped for it,
   * too, so that they cannot be unwrapped once it is another.
   */
  readonly KEYRING_SECRET_PREFIX: string;
  /** Where callers find the API, without a slash at the end. */
  readonly KEYRING_PUBLIC_URL: string;
  /** Where WeChat's API is called: `https://api.weixin.qq.com`. */
  readonly KEYRING_WECHAT_API_URL: string;
  /** Where WeChat asks users for their consent: `https://open.weixin.qq.com`. */
  readonly KEYRING_WECHAT_OPEN_URL: string;
  /** The stage that metrics are written for. Without it none are. */
  readonly KEYRING_METRICS_STAGE?: string | undefined;
}

/** What single functions are told besides. functions/manifest.ts says which. */
export interface OwnEnvironment {
  /** Name of the function that mints and renews credentials. All but that one know it. */
  readonly KEYRING_REFRESH_FUNCTION: string;
  /** Name of the function that keeps the mirror of followers. */
  readonly KEYRING_SYNC_FUNCTION: string;
  /** The EventBridge Scheduler group that holds the booked refreshes. */
  readonly KEYRING_SCHEDULE_GROUP: string;
  /** ARN of the role that EventBridge Scheduler takes to call the refresh function. */
  readonly KEYRING_SCHEDULE_ROLE_ARN: string;
  /** ARN of the queue where booked refreshes end that failed. */
  readonly KEYRING_SCHEDULE_DLQ_ARN: string;
  /** ARN of the SNS topic that says which account needs a person. */
  readonly KEYRING_ALARM_TOPIC: string;
  /** The options with which the command line reaches the deployment, for commands in alarms. Without it they name none. */
  readonly KEYRING_PLACE?: string | undefined;
  /** The IPv4 address that WeChat sees. Without it, it is not known. */
  readonly KEYRING_EGRESS_ADDRESS?: string | undefined;
  /** Origin of the HTTP proxy on the way to WeChat. Without it there is none. */
  readonly KEYRING_EGRESS_PROXY?: string | undefined;
  /** `true` where that proxy asks for the name and password in the secret `egress-proxy`. */
  readonly KEYRING_EGRESS_PROXY_AUTH?: 'true' | undefined;
  /** How many functions a sweep may have working at once, in a small AWS account. Without it the sweep's own limit holds. */
  readonly KEYRING_SWEEP_STARTS?: string | undefined;
  /** The SQS queue of pushes that wait to be handled. */
  readonly KEYRING_PUSH_QUEUE_URL: string;
  /** The EventBridge bus that pushes are passed on to, by name or ARN. Without it they are not. */
  readonly KEYRING_EVENT_BUS?: string | undefined;
  /** The SQS queue of people whose details are to be fetched. */
  readonly KEYRING_DETAILS_QUEUE_URL: string;
  /** The SQS queue where messages of that one end that failed. */
  readonly KEYRING_DETAILS_DLQ_URL: string;
}

/** Not on AWS: for stand-ins that are slower than AWS, or that die sooner. */
export interface StandInEnvironment {
  /** How many milliseconds any AWS service may be silent, in the place of the limits in functions/runtime.ts. */
  readonly KEYRING_AWS_SOCKET_TIMEOUT_MS?: string | undefined;
}

/** All variables that there are. */
export type Environment = SharedEnvironment & OwnEnvironment & StandInEnvironment;

/** As a function finds them, with those that AWS itself sets: any may be missing. */
export type FoundEnvironment = Readonly<
  { [Name in keyof Environment]?: string | undefined } & Record<`AWS_${string}`, string | undefined>
>;

/** The names of what a function may do without. */
export type OptionalName = {
  [Name in keyof Environment]-?: undefined extends Environment[Name] ? Name : never;
}[keyof Environment];

type RequiredName = Exclude<keyof Environment, OptionalName>;

/** The deployment is at fault: a function was not told what it needs. */
export class MissingVariablesError extends Error {
  override readonly name = 'MissingVariablesError';
  readonly names: readonly string[];

  constructor(names: readonly string[]) {
    super(`Environment variables are missing: ${names.join(', ')}.`);
    this.names = names;
  }
}

/**
 * Reads variables: `environmentOf(runtime, { bucket: 'KEYRING_BUCKET' })` gives `{ bucket }`.
 *
 * @throws MissingVariablesError with all of these that are missing or empty
 */
export function environmentOf<Key extends string>(
  runtime: { readonly environment: FoundEnvironment },
  names: Readonly<Record<Key, RequiredName>>,
): Readonly<Record<Key, string>>;
export function environmentOf(
  { environment }: { readonly environment: FoundEnvironment },
  names: Readonly<Record<string, RequiredName>>,
): Readonly<Record<string, string>> {
  const missing = Object.values(names).filter((name) => !environment[name]);
  if (missing.length > 0) throw new MissingVariablesError(missing);
  return Object.fromEntries(Object.entries(names).map(([key, name]) => [key, environment[name] ?? '']));
}
