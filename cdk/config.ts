import { documents } from '../shared/platform/documents.ts';
import {
  arnProblems,
  concurrencyProblems,
  canaryProblems,
  credentialsProblems,
  existingProblems,
  faultOf,
  isRecord,
  ownAddressProblems,
  schemaProblems,
  tracingProblems,
  unreadKeyProblems,
  zoneProblems,
} from './config-faults.ts';
import type { Credentials, Problem, Settings } from './config-faults.ts';
import { members, schema } from './config-schema.ts';

/** Where API Gateway serves the API under a name of the deployer's own. */
interface Domain {
  /** Host name, such as `keyring.example.com`. */
  readonly name: string;
  /** ARN of an ACM certificate for that name, in the region of the deployment. */
  readonly certificateArn: string;
}

/**
 * The way of mints to WeChat, which answers them only to addresses on the account's allow-list:
 * `none`, whatever address Lambda has at the moment; `nat-gateway` or `nat-instance`, a network of its own with one
 * fixed address; `proxy`, an HTTP proxy of the deployer's.
 */
export type Egress =
  | { readonly via: 'none' }
  | {
      readonly via: 'nat-gateway' | 'nat-instance';
      /** Availability zone of the network, by name, such as `ap-southeast-1b`. @default the first that AWS names */
      readonly zone?: string | undefined;
      /** An Elastic IP address of the deployer's, which the stack uses and neither makes nor releases. @default a new one */
      readonly allocationId?: string | undefined;
      /** That address, IPv4; given where the id is. */
      readonly address?: string | undefined;
    }
  | {
      readonly via: 'proxy';
      /** Origin of the proxy, such as `https://proxy.example.com:3128`; without a password. */
      readonly url: string;
      /** The IPv4 address that WeChat sees. */
      readonly address: string;
      /** Whether the proxy asks for the name and password in the secret `wechat-keyring/<stage>/egress-proxy`. */
      readonly authenticate: boolean;
    };

/** What a deployment is made from, as {@link readConfig} reads it. */
export interface Config {
  /** Names the stack, `wechat-keyring-<stage>`, and the prefix of its secrets. @default 'prod' */
  readonly stage: string;
  /** @default the region of the AWS profile in use */
  readonly region: string;
  /** Twelve digits. @default whatever account the credentials in use belong to */
  readonly account?: string | undefined;
  /** No default: whether WeChat sees a fixed address is for the deployer to say. */
  readonly egress: Egress;
  /**
   * `full`: metrics, a dashboard, and alarms on the topic. `none`: logs, and the service's own word of an account that
   * needs a person. No default, so that nobody goes without by oversight.
   */
  readonly monitoring: 'full' | 'none';
  /** Where alarms point to: the address of docs/runbook.md as your people can open it. @default 'docs/runbook.md' */
  readonly runbookUrl: string;
  /** @default the address that API Gateway gives out */
  readonly domain?: Domain | undefined;
  /** Requests a second to each route, of all callers together: a target, which API Gateway may miss. @default 100 */
  readonly throttleRate: number;
  /** Requests at once, likewise. @default 200 */
  readonly throttleBurst: number;
  /** Origins of web pages elsewhere that may call the API with the user's session. @default none */
  readonly allowedOrigins: readonly string[];
  /** Whether SDKs of WeChat's find its API here, too: docs/drop-in.md. @default true */
  readonly dropIn: boolean;
  /** @default 'arm64', and 'x86_64' in the China regions, where arm64 is not known to be offered */
  readonly architecture: 'arm64' | 'x86_64';
  /** @default 'https://api.weixin.qq.com' */
  readonly wechatApiUrl: string;
  /** @default 'https://open.weixin.qq.com' */
  readonly wechatOpenUrl: string;
  /** EventBridge bus, by name or ARN, that WeChat's pushes are passed on to. @default they are not passed on */
  readonly eventBus?: string | undefined;
  /** Subscribed to the alarms that say which account needs a person, and what to do. @default nobody */
  readonly alarmEmail?: string | undefined;
  /** Whether DynamoDB refuses to delete the tables. @default true */
  readonly deletionProtection: boolean;
  /** Whether the tables can be restored to any second of the last 35 days. @default true */
  readonly pointInTimeRecovery: boolean;
  /** Whether a KMS key of this account encrypts the tables, rather than one that AWS owns. @default true */
  readonly customerManagedKey: boolean;
  /** How many refreshes may run at once, and as many functions that nobody else may take. @default no share of their own */
  readonly refreshConcurrency?: number | undefined;
  /** How many functions Lambda runs at once in the AWS account, where there are few: 10 in a new one. @default enough */
  readonly lambdaConcurrency?: number | undefined;
  /** Put on all resources that take tags, beside one with the stage. @default none */
  readonly tags: Readonly<Record<string, string>>;
  /** Whether CloudFormation refuses to delete the stack. @default false */
  readonly terminationProtection: boolean;
  /** Whether X-Ray samples runs of the functions. Not in the China regions. @default false */
  readonly tracing: boolean;
  /**
   * Whether a new version gets a part of the requests first, and all once no alarm of the API has rung.
   * @default whether `monitoring` is `full`
   */
  readonly canary: boolean;
  /**
   * How many of the indexes of Followers there are, from the first: CloudFormation adds one to an existing table in each
   * deployment. @default all that the code knows
   */
  readonly followerIndexes: number;
  /**
   * Tables by name and KMS keys by ARN that the stack takes over instead of making new ones: restored, or left by a
   * stack that was destroyed. It neither changes nor deletes them. @default none
   */
  readonly existing?: Existing | undefined;
}

interface Existing {
  readonly credentials?: string | undefined;
  readonly users?: string | undefined;
  readonly followers?: string | undefined;
  /** Encrypts the tables. */
  readonly tablesKey?: string | undefined;
  /** Wraps the keys that encrypt users' grants. */
  readonly dataKey?: string | undefined;
}

/** The configuration is at fault. The message is for the deployer and names every fault at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** One line per fault: the key, what is wrong, an example. */
  readonly faults: readonly string[];

  /** @param remedy the last line: where the configuration is set */
  constructor(
    faults: readonly string[],
    remedy = 'Set keys in cdk.json under "context" > "keyring", or on the command line with -c key=value.',
  ) {
    const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
    const lines = faults.map((fault) => `  - ${fault}`);
    super([`The deployment configuration has ${count}:`, ...lines, remedy].join('\n'));
    this.faults = faults;
  }
}

/**
 * The `keyring` object of cdk.json, each key replaced by its `-c` value where there is one. An empty value takes the key
 * away: another stage must do without some that are in cdk.json.
 */
function gather(context: (key: string) => unknown): Record<string, unknown> {
  const written = context('keyring');
  const settings = { ...(isRecord(written) ? written : {}) };
  for (const key of Object.keys(schema.shape)) {
    const override = context(key);
    if (override !== undefined) settings[key] = override === '' ? undefined : override;
  }
  // Most ways need no more than their name.
  if (typeof settings['egress'] === 'string') settings['egress'] = { via: settings['egress'] };
  for (const [parent, names] of Object.entries(members)) {
    for (const name of names) {
      const override = context(`${parent}.${name}`);
      const present = settings[parent] ?? {};
      if (override === undefined || !isRecord(present)) continue;
      settings[parent] = { ...present, [name]: override };
    }
  }
  return settings;
}

/** Whether the configuration says where to deploy. CDK takes us-east-1 where no profile says it either. */
export function namesRegion(context: (key: string) => unknown): boolean {
  return gather(context)['region'] !== undefined;
}

/** How keys fit together, and what is around them. */
function furtherProblems(
  context: (key: string) => unknown,
  settings: Settings,
  around: Around,
): readonly Problem[] {
  const keyring = context('keyring') ?? {};
  return [
    ...(isRecord(keyring) ? [] : [{ key: 'keyring', says: 'must be an object in cdk.json' }]),
    ...unreadKeyProblems(around.contextKeys ?? [], settings),
    ...arnProblems(settings),
    ...zoneProblems(settings),
    ...ownAddressProblems(settings),
    ...canaryProblems(settings),
    ...existingProblems(settings),
    ...tracingProblems(settings),
    ...concurrencyProblems(settings),
    ...credentialsProblems(settings, around.credentials),
  ];
}

/** What else the command line knows. */
interface Around {
  /** All keys of the context. */
  readonly contextKeys?: readonly string[];
  readonly credentials?: Credentials | undefined;
}

/**
 * Reads the deployment configuration: the `keyring` object of the CDK context (cdk.json), where each key may
 * be overridden from the command line with `-c key=value`; lists with commas between their items, and the
 * parts of the domain as `-c domain.name=…`.
 *
 * @param context the value of a context key, `undefined` where there is none
 * @param profileRegion the region of the AWS profile in use, taken where the configuration names none
 * @param around what else the command line knows: all keys of the context, and the credentials in use
 * @throws ConfigError with every fault at once
 */
export function readConfig(
  context: (key: string) => unknown,
  profileRegion: string | undefined,
  around: Around = {},
): Config {
  const gathered = gather(context);
  const settings = { ...gathered, region: gathered['region'] ?? profileRegion };
  const parsed = schema.safeParse(settings);
  const problems = parsed.success ? [] : schemaProblems(parsed.error, settings);
  const wrong = new Set(problems.map(({ key }) => key));
  problems.push(...furtherProblems(context, settings, around).filter(({ key }) => !wrong.has(key)));
  if (!parsed.success || problems.length > 0) {
    throw new ConfigError(problems.map((problem) => faultOf(problem, settings)));
  }
  const { architecture, canary, ...rest } = parsed.data;
  return {
    ...rest,
    architecture: architecture ?? (rest.region.startsWith('cn-') ? 'x86_64' : 'arm64'),
    canary: canary ?? rest.monitoring === 'full',
  };
}

/** How a key is set on the command line. */
function onCommandLine(key: string, value: string): string {
  return `-c ${key}=${value}`;
}

/**
 * What a deployer who said so, or nothing, may not have meant. Faults they are not: it may be as it should.
 *
 * @param set how a key is set, for the advice
 */
export function notesOn(
  { egress, monitoring, alarmEmail, runbookUrl }: Config,
  set: (key: string, value: string) => string = onCommandLine,
): readonly string[] {
  const notes: string[] = [];
  if (egress.via === 'none') {
    notes.push(
      `WeChat hands tokens only to addresses on an account's IP allow-list, and with egress=none the address is whichever Lambda has at the moment. For a fixed one: ${set('egress', 'nat-gateway')}, or one of the other ways in ${documents}/deploy.md.`,
    );
  }
  if (alarmEmail === undefined) {
    notes.push(
      `Nobody is told of alarms before something subscribes to the topic AlarmTopicArn. To have them mailed: ${set('alarmEmail', 'operators@example.com')}`,
    );
  }
  if (monitoring === 'full' && !runbookUrl.startsWith('https://')) {
    notes.push(
      `Alarms name ${runbookUrl}, which is no link in a mail. To have one: ${set('runbookUrl', 'https://git.example.com/wechat-keyring/blob/main/docs/runbook.md')}`,
    );
  }
  return notes;
}
