import { RegionInfo } from 'aws-cdk-lib/region-info';
import type * as z from 'zod';
import { members, schema } from './config-schema.ts';

/** What is wrong with a key. */
export interface Problem {
  /** As `-c` has it, such as `domain.name`. */
  readonly key: string;
  /** Goes on from the key: `must be a text`. */
  readonly says: string;
  /** What to write instead. @default that of the key, or of the key that it is a part of */
  readonly example?: string;
  /** All keys that there are, where there is none of this name. No example is given then. */
  readonly known?: readonly string[];
}

/** The configuration before it is known to be right. */
export type Settings = Readonly<Record<string, unknown>>;

/** The credentials in use, where there are any. */
export interface Credentials {
  readonly account: string;
  /** The region of their profile. */
  readonly region: string;
}

/** What to write instead, per key, in the region of the deployment. `via` is the way of calls. */
function examplesFor(region: string, via: unknown): Readonly<Record<string, string>> {
  const arn = (service: string, resource: string) =>
    `arn:${partitionOf(region) ?? 'aws'}:${service}:${region}:123456789012:${resource}`;
  const uuid = '12345678-1234-1234-1234-123456789012';
  const certificateArn = arn('acm', `certificate/${uuid}`);
  const gateway = '-c egress=nat-gateway';
  const ownAddress = `${gateway} -c egress.allocationId=eipalloc-0123456789abcdef0 -c egress.address=203.0.113.7`;
  const proxy = '-c egress=proxy -c egress.url=https://proxy.example.com:3128 -c egress.address=203.0.113.7';
  return {
    keyring: `"keyring": { "region": "${region}", "egress": "nat-gateway", "monitoring": "full" }`,
    stage: '-c stage=prod',
    region: '-c region=ap-southeast-1, or -c region=cn-north-1',
    account: '"account": "123456789012"',
    egress: '-c egress=nat-gateway for a fixed address, or -c egress=none to do without',
    'egress.via': '-c egress=nat-gateway, or "egress": { "via": "nat-gateway" }',
    'egress.zone': `${gateway} -c egress.zone=${region}b`,
    'egress.url': proxy,
    'egress.allocationId': ownAddress,
    'egress.address': via === 'proxy' ? proxy : ownAddress,
    'egress.authenticate': `${proxy} -c egress.authenticate=true`,
    monitoring: '-c monitoring=full, or -c monitoring=none to do without',
    runbookUrl: '-c runbookUrl=https://git.example.com/wechat-keyring/blob/main/docs/runbook.md',
    domain: `"domain": { "name": "keyring.example.com", "certificateArn": "${certificateArn}" }`,
    'domain.name': '-c domain.name=keyring.example.com',
    'domain.certificateArn': `-c domain.certificateArn=${certificateArn}`,
    allowedOrigins: '-c allowedOrigins=https://wall.example.com,https://www.example.com',
    throttleRate: '-c throttleRate=100',
    throttleBurst: '-c throttleBurst=200',
    architecture: '-c architecture=x86_64',
    wechatApiUrl: '-c wechatApiUrl=https://api.weixin.qq.com',
    wechatOpenUrl: '-c wechatOpenUrl=https://open.weixin.qq.com',
    eventBus: `-c eventBus=wechat-pushes, or -c eventBus=${arn('events', 'event-bus/wechat-pushes')}`,
    alarmEmail: '-c alarmEmail=operators@example.com',
    deletionProtection: '-c deletionProtection=false',
    pointInTimeRecovery: '-c pointInTimeRecovery=false',
    dropIn: '-c dropIn=false',
    customerManagedKey: '-c customerManagedKey=false',
    tracing: '-c tracing=false',
    tags: '-c tags=team=web,cost-centre=42, or "tags": { "team": "web" }',
    terminationProtection: '-c terminationProtection=true',
    refreshConcurrency: '-c refreshConcurrency=20',
    lambdaConcurrency: '-c lambdaConcurrency=10',
    canary: '-c monitoring=full -c canary=true',
    followerIndexes: '-c followerIndexes=1',
    existing: '"existing": { "users": "wechat-keyring-prod-users-restored" }',
    'existing.credentials': '-c existing.credentials=wechat-keyring-prod-credentials-restored',
    'existing.users': '-c existing.users=wechat-keyring-prod-users-restored',
    'existing.followers': '-c existing.followers=wechat-keyring-prod-followers-restored',
    'existing.tablesKey': `-c existing.tablesKey=${arn('kms', `key/${uuid}`)}`,
    'existing.dataKey': `-c existing.dataKey=${arn('kms', `key/${uuid}`)}`,
  };
}

/** One line for the deployer: the key, what is wrong, an example or what there is. */
export function faultOf({ key, says, example, known }: Problem, settings: Settings): string {
  if (known) return `${key} ${says}. There are: ${known.join(', ')}`;
  const examples = examplesFor(regionOf(settings) ?? 'ap-southeast-1', valueOf(settings, 'egress.via'));
  const shown = example ?? examples[key] ?? examples[key.split('.')[0] ?? ''];
  const name = key.replace(/\.(\d+)$/, (_, index) => ` (entry ${Number(index) + 1})`);
  return `${name} ${says}.${shown === undefined ? '' : ` For example: ${shown}`}`;
}

/** What the schema found. */
export function schemaProblems(error: z.ZodError, settings: Settings): Problem[] {
  return error.issues.flatMap((issue) => {
    const key = issue.path.join('.');
    if (issue.code !== 'unrecognized_keys') return [{ key, says: issue.message }];
    return issue.keys.map((name) => {
      if (key !== '') return unknownKey(`${key}.${name}`, settings);
      const [parent = '', part = ''] = name.split('.');
      if (!members[parent]?.includes(part)) return unknownKey(name, settings);
      const example = `"${parent}": { "${part}": … }`;
      return { key: name, says: 'is for the command line, and in cdk.json a part of an object', example };
    });
  });
}

/** What `-c` said that nobody reads. CDK's own keys have a mark that ours have not, or are named here. */
export function unreadKeyProblems(contextKeys: readonly string[], settings: Settings): Problem[] {
  const read = new Set([
    ...['keyring', 'cli-telemetry', 'acknowledged-issue-numbers'],
    ...Object.keys(schema.shape),
    ...Object.entries(members).flatMap(([parent, names]) => names.map((name) => `${parent}.${name}`)),
  ]);
  return contextKeys
    .filter((key) => !read.has(key) && !/[@:/]/.test(key))
    .map((key) => unknownKey(key, settings));
}

/** Which way a member of `egress` belongs to. */
const waysOf: Readonly<Record<string, string>> = {
  'egress.zone': 'nat-gateway or nat-instance',
  'egress.allocationId': 'nat-gateway or nat-instance',
  'egress.url': 'proxy',
  'egress.address': 'proxy, nat-gateway or nat-instance',
  'egress.authenticate': 'proxy',
};

/** An unknown key is most often a misspelt one, so the answer lists those that exist. */
function unknownKey(key: string, settings: Settings): Problem {
  const egress = settings['egress'];
  const ways = waysOf[key];
  if (ways !== undefined && isRecord(egress)) {
    return { key, says: `is for egress=${ways} only, and egress is ${String(egress['via'])}` };
  }
  const [parent = ''] = key.split('.');
  const known = members[parent]?.map((name) => `${parent}.${name}`) ?? Object.keys(schema.shape);
  return { key, says: 'is not a key of the configuration', known };
}

/** Everything is in one region: a regional API takes its certificate from there, and EventBridge its events. */
export function arnProblems(settings: Settings): Problem[] {
  const region = regionOf(settings);
  if (region === undefined) return [];
  const partition = partitionOf(region);
  return ['domain.certificateArn', 'existing.tablesKey', 'existing.dataKey', 'eventBus'].flatMap((key) => {
    const [scheme, partitionThere, , regionThere] = String(valueOf(settings, key)).split(':');
    if (scheme !== 'arn' || regionThere === undefined) return [];
    if (partitionThere !== partition) {
      return [{ key, says: `is of the partition ${partitionThere}, and ${region} is in ${partition}` }];
    }
    return regionThere === region ? [] : [{ key, says: `is in ${regionThere}, and must be in ${region}` }];
  });
}

/** The network is in a zone of the region. */
export function zoneProblems(settings: Settings): Problem[] {
  const region = regionOf(settings);
  const zone = valueOf(settings, 'egress.zone');
  if (region === undefined || typeof zone !== 'string' || zone.slice(0, -1) === region) return [];
  return [{ key: 'egress.zone', says: `is ${zone}, which is no zone of ${region}` }];
}

/** Nothing tells a template which address an allocation id stands for, so both are said. */
export function ownAddressProblems(settings: Settings): Problem[] {
  if (!String(valueOf(settings, 'egress.via')).startsWith('nat-')) return [];
  const allocationId = valueOf(settings, 'egress.allocationId');
  const address = valueOf(settings, 'egress.address');
  if ((allocationId === undefined) === (address === undefined)) return [];
  return allocationId === undefined
    ? [{ key: 'egress.allocationId', says: 'is missing: the id of the Elastic IP address that you gave' }]
    : [{ key: 'egress.address', says: 'is missing: the address that WeChat sees' }];
}

/** Without an alarm nothing stops it. */
export function canaryProblems(settings: Settings): Problem[] {
  if (String(settings['canary']) !== 'true' || settings['monitoring'] !== 'none') return [];
  return [{ key: 'canary', says: 'is stopped by alarms, and monitoring=none has none' }];
}

const tables = ['credentials', 'users', 'followers'];

/** Tables that are taken over are encrypted already, and each is a table of its own. */
export function existingProblems(settings: Settings): Problem[] {
  const names = tables.map((table) => valueOf(settings, `existing.${table}`));
  const ownKey = String(settings['customerManagedKey']) !== 'false';
  const tablesKey = valueOf(settings, 'existing.tablesKey');
  const problems: Problem[] = [];
  if (ownKey && tablesKey === undefined && !names.includes(undefined)) {
    problems.push({
      key: 'existing.tablesKey',
      says: 'is missing: it encrypts the three tables that exist, and a new key could not read them. If none of your keys does, say -c customerManagedKey=false',
    });
  }
  if (!ownKey && tablesKey !== undefined) {
    problems.push({
      key: 'existing.tablesKey',
      says: 'names the key of the tables, and customerManagedKey=false says that they have none: leave one of the two out',
      example: '-c customerManagedKey=true',
    });
  }
  for (const [index, name] of names.entries()) {
    const first = names.indexOf(name);
    if (name === undefined || first === index) continue;
    problems.push({
      key: `existing.${tables[index] ?? ''}`,
      says: `names the same table as existing.${tables[first] ?? ''}`,
    });
  }
  return problems;
}

/**
 * Lambda keeps some for all functions without a share of their own: 10 in new accounts, in others up to 100.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
 */
export function concurrencyProblems(settings: Settings): Problem[] {
  const refreshes = Number(settings['refreshConcurrency'] ?? 0);
  const all = Number(settings['lambdaConcurrency'] ?? Infinity);
  if (refreshes === 0 || all - refreshes >= 10) return [];
  return [
    {
      key: 'refreshConcurrency',
      says: `is ${refreshes}, and Lambda keeps at least 10 of the ${all} for all functions together: leave it out, and ask AWS for more`,
      example: '-c lambdaConcurrency=1000',
    },
  ];
}

/** Lambda sends no traces there: docs/adr/0001-stack-and-runtime.md. */
export function tracingProblems(settings: Settings): Problem[] {
  const region = regionOf(settings);
  if (String(settings['tracing']) !== 'true' || !region?.startsWith('cn-')) return [];
  return [{ key: 'tracing', says: `is for regions outside China, and region is ${region}` }];
}

/** Accounts and credentials of the China regions are apart from all others. */
export function credentialsProblems(settings: Settings, credentials: Credentials | undefined): Problem[] {
  const { region } = settings;
  if (typeof region !== 'string' || credentials === undefined) return [];
  const there = partitionOf(region);
  const here = partitionOf(credentials.region);
  if (there === undefined || here === undefined || there === here) return [];
  return [
    {
      key: 'region',
      says: `is ${region} in the partition ${there}, and your AWS credentials are of ${here}: choose a profile of ${there} with AWS_PROFILE or --profile, or another region`,
    },
  ];
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Of a key such as `domain.name`. */
function valueOf(settings: Settings, key: string): unknown {
  const [parent = '', name] = key.split('.');
  const value = settings[parent];
  if (name === undefined) return value;
  return isRecord(value) ? value[name] : undefined;
}

/** The region of the deployment, if that is one. */
function regionOf({ region }: Settings): string | undefined {
  return RegionInfo.regions.find(({ name }) => name === region)?.name;
}

function partitionOf(region: string): string | undefined {
  return RegionInfo.get(region).partition;
}
