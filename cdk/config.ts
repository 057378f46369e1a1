import { RegionInfo } from 'aws-cdk-lib/region-info';
import * as z from 'zod';

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
  | { readonly via: 'none' | 'nat-gateway' | 'nat-instance' }
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
  /** Requests per second over all callers. @default 100 */
  readonly throttleRate: number;
  /** Requests at once over all callers. @default 200 */
  readonly throttleBurst: number;
  /** Origins of web pages elsewhere that may call the API with the user's session. @default none */
  readonly allowedOrigins: readonly string[];
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

  constructor(faults: readonly string[]) {
    const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
    const lines = faults.map((fault) => `  - ${fault}`);
    super(
      [
        `The deployment configuration has ${count}:`,
        ...lines,
        'Set keys in cdk.json under "context" > "keyring", or on the command line with -c key=value.',
      ].join('\n'),
    );
    this.faults = faults;
  }
}

/** `-c` passes text: `true` and `false` are meant as such. */
const flag = z.union(
  [z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')],
  'must be true or false',
);

/** From 1 to `most`; `-c` passes text. */
function wholeNumber(most: number) {
  const inRange = (value: number) => Number.isInteger(value) && value >= 1 && value <= most;
  return z
    .union(
      [z.number(), z.string().regex(/^\d+$/).transform(Number)],
      `must be a whole number from 1 to ${most}`,
    )
    .refine(inRange, `must be a whole number from 1 to ${most}`);
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const loopback = url.hostname === 'localhost' || url.hostname === '127.0.0.1';
  // API Gateway takes `https://*` for any origin there is, and would let it use the user's session.
  if (text.includes('*')) return false;
  return url.origin === text && (url.protocol === 'https:' || (url.protocol === 'http:' && loopback));
}

const origin = z
  .string('must be a text')
  .refine(
    isOrigin,
    'must be a scheme and a host without a path or a slash at the end, and https unless on this machine',
  );

const hostName = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;
const certificate = /^arn:aws[a-z-]*:acm:(?<region>[a-z0-9-]+):\d{12}:certificate\/[A-Za-z0-9-]+$/;
const eventBusPattern = /^(arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus\/)?[/.\w-]{1,256}$/;

const tableName = z
  .string('must be a text')
  .regex(/^[\w.-]{3,255}$/, 'must be the name of a DynamoDB table')
  .optional();
const keyArn = z
  .string('must be a text')
  .regex(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/, 'must be the ARN of a KMS key')
  .optional();

const egressSchema = z.discriminatedUnion(
  'via',
  [
    z.strictObject({ via: z.enum(['none', 'nat-gateway', 'nat-instance']) }),
    z.strictObject({
      via: z.literal('proxy'),
      url: z
        .string('is missing: the origin of the proxy')
        .refine(
          (text) =>
            URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text,
          'must be a scheme, a host and a port, without a path, a slash at the end or a password',
        ),
      address: z.ipv4({
        error: (issue) =>
          issue.input === undefined
            ? 'is missing: the address of the proxy that WeChat sees'
            : 'must be an IPv4 address',
      }),
      authenticate: flag.default(false),
    }),
  ],
  {
    error: (issue) =>
      issue.input === undefined
        ? 'is missing: WeChat mints tokens only for addresses on its allow-list, so say which way calls go'
        : 'must be none, nat-gateway, nat-instance or proxy',
  },
);

const schema = z.strictObject({
  stage: z
    .string('must be a text')
    .regex(
      /^[a-z][a-z0-9-]{0,15}$/,
      'must be 1 to 16 lower-case letters, digits and hyphens, and begin with a letter',
    )
    .default('prod'),
  region: z
    .string({
      error: (issue) =>
        issue.input === undefined ? 'is missing, and no AWS profile names one' : 'must be a text',
    })
    .refine((name) => RegionInfo.regions.some((region) => region.name === name), 'is not an AWS region'),
  account: z
    .string('must be a text')
    .regex(/^\d{12}$/, 'must be twelve digits')
    .optional(),
  egress: egressSchema,
  monitoring: z.enum(['full', 'none'], {
    error: (issue) =>
      issue.input === undefined
        ? 'is missing: without it nobody is told that something is wrong before users notice'
        : 'must be full or none',
  }),
  runbookUrl: z
    .string('must be a text')
    .regex(/^(https:\/\/[^\s#]{1,300}|docs\/runbook\.md)$/, 'must be an https address without a #')
    .default('docs/runbook.md'),
  domain: z
    .strictObject(
      {
        name: z
          .string('is missing: a domain has a name and a certificate')
          .regex(hostName, 'must be a host name in lower case, without https://'),
        certificateArn: z
          .string('is missing: a domain has a name and a certificate')
          .regex(certificate, 'must be the ARN of a certificate in AWS Certificate Manager'),
      },
      { error: (issue) => (issue.code === 'invalid_type' ? 'must be an object' : undefined) },
    )
    .optional(),
  allowedOrigins: z
    .preprocess(
      (value) => (typeof value === 'string' ? value.split(',').map((item) => item.trim()) : value),
      z.array(origin, 'must be a list'),
    )
    .default([]),
  throttleRate: wholeNumber(10_000).default(100),
  throttleBurst: wholeNumber(5_000).default(200),
  architecture: z.enum(['arm64', 'x86_64'], 'must be arm64 or x86_64').optional(),
  wechatApiUrl: origin.default('https://api.weixin.qq.com'),
  wechatOpenUrl: origin.default('https://open.weixin.qq.com'),
  eventBus: z
    .string('must be a text')
    .regex(eventBusPattern, 'must be the name or the ARN of an EventBridge bus')
    .optional(),
  alarmEmail: z.email('must be an e-mail address').optional(),
  deletionProtection: flag.default(true),
  pointInTimeRecovery: flag.default(true),
  customerManagedKey: flag.default(true),
  existing: z
    .strictObject(
      {
        credentials: tableName,
        users: tableName,
        followers: tableName,
        tablesKey: keyArn,
        dataKey: keyArn,
      },
      { error: (issue) => (issue.code === 'invalid_type' ? 'must be an object' : undefined) },
    )
    .optional(),
});

/** What to write instead, per key; shown with each fault. */
const examples: Readonly<Record<string, string>> = {
  keyring: '"keyring": { "stage": "prod", "region": "ap-southeast-1" }',
  stage: '-c stage=prod',
  region: '-c region=ap-southeast-1, or -c region=cn-north-1',
  account: '"account": "123456789012"',
  egress: '-c egress=nat-gateway for a fixed address, or -c egress=none to do without',
  'egress.via': '-c egress=nat-gateway, or "egress": { "via": "nat-gateway" }',
  'egress.url': '-c egress=proxy -c egress.url=https://proxy.example.com:3128 -c egress.address=203.0.113.7',
  'egress.address':
    '-c egress=proxy -c egress.url=https://proxy.example.com:3128 -c egress.address=203.0.113.7',
  'egress.authenticate': '-c egress.authenticate=true',
  monitoring: '-c monitoring=full, or -c monitoring=none to do without',
  runbookUrl: '-c runbookUrl=https://git.example.com/wechat-keyring/blob/main/docs/runbook.md',
  domain: '"domain": { "name": "keyring.example.com", "certificateArn": "arn:aws:acm:…" }',
  'domain.name': '-c domain.name=keyring.example.com',
  'domain.certificateArn':
    '-c domain.certificateArn=arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012',
  allowedOrigins: '-c allowedOrigins=https://wall.example.com,https://www.example.com',
  throttleRate: '-c throttleRate=100',
  throttleBurst: '-c throttleBurst=200',
  architecture: '-c architecture=x86_64',
  wechatApiUrl: '-c wechatApiUrl=https://api.weixin.qq.com',
  wechatOpenUrl: '-c wechatOpenUrl=https://open.weixin.qq.com',
  eventBus: '-c eventBus=wechat-pushes',
  alarmEmail: '-c alarmEmail=operators@example.com',
  deletionProtection: '-c deletionProtection=false',
  pointInTimeRecovery: '-c pointInTimeRecovery=false',
  customerManagedKey: '-c customerManagedKey=false',
  existing: '"existing": { "users": "wechat-keyring-prod-users-restored" }',
  'existing.tablesKey': '-c existing.tablesKey=arn:aws:kms:us-east-1:123456789012:key/12345678-…',
  'existing.dataKey': '-c existing.dataKey=arn:aws:kms:us-east-1:123456789012:key/12345678-…',
};

function fault(path: string, problem: string): string {
  const example = examples[path] ?? examples[path.split('.')[0] ?? ''];
  return `${path} ${problem}.${example === undefined ? '' : ` For example: ${example}`}`;
}

/** The members of those keys that are objects. On the command line each is a key, such as `domain.name`. */
const members: Readonly<Record<string, readonly string[]>> = {
  domain: ['name', 'certificateArn'],
  egress: ['via', 'url', 'address', 'authenticate'],
  existing: ['credentials', 'users', 'followers', 'tablesKey', 'dataKey'],
};

/** An unknown key is most often a misspelt one, so the answer lists those that exist. */
function unknownKeyFault(parent: string, key: string): string {
  const known = members[parent] ?? Object.keys(schema.shape);
  return `${parent === '' ? key : `${parent}.${key}`} is not a key of the configuration. For example: ${known.join(', ')}`;
}

/**
 * What `-c` said that nobody reads. CDK's own keys have a mark that ours have not, or are named here.
 */
function unreadKeyFaults(contextKeys: readonly string[]): string[] {
  const read = new Set([
    ...['keyring', 'cli-telemetry', 'acknowledged-issue-numbers'],
    ...Object.keys(schema.shape),
    ...Object.entries(members).flatMap(([parent, names]) => names.map((name) => `${parent}.${name}`)),
  ]);
  return contextKeys
    .filter((key) => !read.has(key) && !/[@:/]/.test(key))
    .map((key) => unknownKeyFault('', key));
}

function faultsOf(error: z.ZodError): string[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.join('.');
    return issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownKeyFault(path, key))
      : [fault(path, issue.message)];
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The `keyring` object of cdk.json, each key replaced by its `-c` value where there is one. */
function gather(context: (key: string) => unknown): Record<string, unknown> {
  const written = context('keyring') ?? {};
  if (!isRecord(written)) throw new ConfigError([fault('keyring', 'must be an object in cdk.json')]);
  const settings = { ...written };
  for (const key of Object.keys(schema.shape)) {
    const override = context(key);
    if (override !== undefined) settings[key] = override;
  }
  // Most ways need no more than their name.
  if (typeof settings['egress'] === 'string') settings['egress'] = { via: settings['egress'] };
  for (const [parent, names] of Object.entries(members)) {
    for (const name of names) {
      const override = context(`${parent}.${name}`);
      if (override === undefined) continue;
      const present = settings[parent];
      settings[parent] = { ...(isRecord(present) ? present : {}), [name]: override };
    }
  }
  return settings;
}

/** Whether the configuration says where to deploy. CDK takes us-east-1 where no profile says it either. */
export function namesRegion(context: (key: string) => unknown): boolean {
  return gather(context)['region'] !== undefined;
}

/** A regional API takes its certificate from its own region. */
function certificateFaults(settings: Record<string, unknown>): string[] {
  const domain = settings['domain'];
  const arn = isRecord(domain) ? domain['certificateArn'] : undefined;
  const region = typeof arn === 'string' ? certificate.exec(arn)?.groups?.['region'] : undefined;
  if (region === undefined || typeof settings['region'] !== 'string' || region === settings['region']) {
    return [];
  }
  return [fault('domain.certificateArn', `is in ${region}, and must be in ${settings['region']}`)];
}

/** Accounts and credentials of the China regions are apart from all others. */
function partitionFaults(region: unknown, credentials: Credentials | undefined): string[] {
  if (typeof region !== 'string' || credentials === undefined) return [];
  const there = RegionInfo.get(region).partition;
  const here = RegionInfo.get(credentials.region).partition;
  if (there === undefined || here === undefined || there === here) return [];
  return [
    fault(
      'region',
      `is ${region} in the partition ${there}, and your AWS credentials are of ${here}: choose a profile of ${there} with AWS_PROFILE or --profile, or another region`,
    ),
  ];
}

/** The credentials in use, where there are any. */
interface Credentials {
  readonly account: string;
  /** The region of their profile. */
  readonly region: string;
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
  around: { readonly contextKeys?: readonly string[]; readonly credentials?: Credentials | undefined } = {},
): Config {
  const gathered = gather(context);
  const settings = { ...gathered, region: gathered['region'] ?? profileRegion };
  const parsed = schema.safeParse(settings);
  const faults = [
    ...(parsed.success ? [] : faultsOf(parsed.error)),
    ...unreadKeyFaults(around.contextKeys ?? []),
    ...certificateFaults(settings),
    ...partitionFaults(settings.region, around.credentials),
  ];
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);
  const { architecture, ...rest } = parsed.data;
  return { ...rest, architecture: architecture ?? (rest.region.startsWith('cn-') ? 'x86_64' : 'arm64') };
}
