import { RegionInfo } from 'aws-cdk-lib/region-info';
import * as z from 'zod';

/** Where API Gateway serves the API under a name of the deployer's own. */
interface Domain {
  /** Host name, such as `keyring.example.com`. */
  readonly name: string;
  /** ARN of an ACM certificate for that name, in the region of the deployment. */
  readonly certificateArn: string;
}

/** What a deployment is made from, as {@link readConfig} reads it. */
export interface Config {
  /** Names the stack, `wechat-keyring-<stage>`, and the prefix of its secrets. @default 'prod' */
  readonly stage: string;
  /** @default the region of the AWS profile in use */
  readonly region: string;
  /** Twelve digits. @default whatever account the credentials in use belong to */
  readonly account?: string | undefined;
  /** @default the address that API Gateway gives out */
  readonly domain?: Domain | undefined;
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

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const loopback = url.hostname === 'localhost' || url.hostname === '127.0.0.1';
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
});

/** What to write instead, per key; shown with each fault. */
const examples: Readonly<Record<string, string>> = {
  keyring: '"keyring": { "stage": "prod", "region": "ap-southeast-1" }',
  stage: '-c stage=prod',
  region: '-c region=ap-southeast-1, or -c region=cn-north-1',
  account: '"account": "123456789012"',
  domain: '"domain": { "name": "keyring.example.com", "certificateArn": "arn:aws:acm:…" }',
  'domain.name': '-c domain.name=keyring.example.com',
  'domain.certificateArn':
    '-c domain.certificateArn=arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012',
  allowedOrigins: '-c allowedOrigins=https://wall.example.com,https://www.example.com',
  architecture: '-c architecture=x86_64',
  wechatApiUrl: '-c wechatApiUrl=https://api.weixin.qq.com',
  wechatOpenUrl: '-c wechatOpenUrl=https://open.weixin.qq.com',
  eventBus: '-c eventBus=wechat-pushes',
  alarmEmail: '-c alarmEmail=operators@example.com',
  deletionProtection: '-c deletionProtection=false',
  pointInTimeRecovery: '-c pointInTimeRecovery=false',
  customerManagedKey: '-c customerManagedKey=false',
};

function fault(path: string, problem: string): string {
  const example = examples[path] ?? examples[path.split('.')[0] ?? ''];
  return `${path} ${problem}.${example === undefined ? '' : ` For example: ${example}`}`;
}

/** An unknown key is most often a misspelt one, so the answer lists those that exist. */
function unknownKeyFault(parent: string, key: string): string {
  const known = parent === 'domain' ? ['name', 'certificateArn'] : Object.keys(schema.shape);
  return `${parent === '' ? key : `${parent}.${key}`} is not a key of the configuration. For example: ${known.join(', ')}`;
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
  for (const key of ['name', 'certificateArn']) {
    const override = context(`domain.${key}`);
    if (override === undefined) continue;
    settings['domain'] = { ...(isRecord(settings['domain']) ? settings['domain'] : {}), [key]: override };
  }
  return settings;
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

/**
 * Reads the deployment configuration: the `keyring` object of the CDK context (cdk.json), where each key may
 * be overridden from the command line with `-c key=value`; lists with commas between their items, and the
 * parts of the domain as `-c domain.name=…`.
 *
 * @param context the value of a context key, `undefined` where there is none
 * @param profileRegion the region of the AWS profile in use, taken where the configuration names none
 * @throws ConfigError with every fault at once
 */
export function readConfig(context: (key: string) => unknown, profileRegion: string | undefined): Config {
  const gathered = gather(context);
  const settings = { ...gathered, region: gathered['region'] ?? profileRegion };
  const parsed = schema.safeParse(settings);
  const faults = [...(parsed.success ? [] : faultsOf(parsed.error)), ...certificateFaults(settings)];
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);
  const { architecture, ...rest } = parsed.data;
  return { ...rest, architecture: architecture ?? (rest.region.startsWith('cn-') ? 'x86_64' : 'arm64') };
}
