import { RegionInfo } from 'aws-cdk-lib/region-info';
import * as z from 'zod';
import { followerIndexes } from '../shared/followers/mirror/follower-item.ts';
import { isPublicAddress } from '../shared/platform/public-address.ts';

/** `-c` passes text: `true` and `false` are meant as such. */
const flag = z.union(
  [z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')],
  'must be true or false',
);

/** From `least` to `most`; `-c` passes text. */
function wholeNumber(most: number, least = 1) {
  const inRange = (value: number) => Number.isInteger(value) && value >= least && value <= most;
  const message = `must be a whole number from ${least} to ${most}`;
  return z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)], message).refine(inRange, message);
}

/** Every resource bears it, with the stage as its value. */
export const stageTag = 'wechat-keyring';

type PlainHttp = 'on this machine' | 'anywhere';

/** What is wrong with an origin, if anything. Repeats neither a path nor a password. */
function originProblem(text: string, plainHttp: PlainHttp): string | undefined {
  // API Gateway takes `https://*` for any origin there is, and would let it use the user's session.
  if (text.includes('*')) return 'must be one origin, without a *';
  if (!URL.canParse(text)) return 'must be a scheme and a host';
  const { protocol, hostname, origin: written } = new URL(text);
  const loopback = hostname === 'localhost' || hostname === '127.0.0.1';
  if (protocol !== 'https:' && !(protocol === 'http:' && (plainHttp === 'anywhere' || loopback))) {
    return plainHttp === 'anywhere'
      ? 'must begin with http:// or https://'
      : 'must begin with https:// unless it is on this machine';
  }
  if (written === text) return undefined;
  return `must be written ${written}, as a browser does: in lower case, without a default port, a path, a slash at the end or a password`;
}

function origin(plainHttp: PlainHttp = 'on this machine', error = 'must be a text') {
  return z.string(error).superRefine((text, context) => {
    const message = originProblem(text, plainHttp);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
}

const hostName = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;
const certificate = /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[A-Za-z0-9-]+$/;
const eventBusPattern = /^(arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus\/)?[/.\w-]{1,256}$/;

const tableName = z
  .string('must be a text')
  .regex(/^[\w.-]{3,255}$/, 'must be the name of a DynamoDB table')
  .optional();
const keyArn = z
  .string('must be a text')
  .regex(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/, 'must be the ARN of a KMS key')
  .optional();

/** @param missing what is said where it is not given */
function publicAddress(missing: string) {
  return z
    .ipv4({ error: (issue) => (issue.input === undefined ? missing : 'must be an IPv4 address') })
    .refine(isPublicAddress, 'must be the public address, which WeChat sees');
}

const egress = z.discriminatedUnion(
  'via',
  [
    z.strictObject({ via: z.literal('none') }),
    z.strictObject({
      via: z.enum(['nat-gateway', 'nat-instance']),
      zone: z
        .string('must be a text')
        .regex(/^[a-z]+(-[a-z]+)+-\d[a-z]$/, 'must be the name of an availability zone')
        .optional(),
      allocationId: z
        .string('must be a text')
        .regex(/^eipalloc-[0-9a-f]{8,17}$/, 'must be the allocation id of an Elastic IP address')
        .optional(),
      address: publicAddress('is missing').optional(),
    }),
    z.strictObject({
      via: z.literal('proxy'),
      url: origin('anywhere', 'is missing: the origin of the proxy'),
      address: publicAddress('is missing: the address of the proxy that WeChat sees'),
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

const domain = z.strictObject(
  {
    name: z
      .string('is missing: a domain has a name and a certificate')
      .regex(hostName, 'must be a host name in lower case, without https://'),
    certificateArn: z
      .string('is missing: a domain has a name and a certificate')
      .regex(certificate, 'must be the ARN of a certificate in AWS Certificate Manager'),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? 'must be an object' : undefined) },
);

const existing = z.strictObject(
  {
    credentials: tableName,
    users: tableName,
    followers: tableName,
    tablesKey: keyArn,
    dataKey: keyArn,
  },
  { error: (issue) => (issue.code === 'invalid_type' ? 'must be an object' : undefined) },
);

/** `-c` passes `team=web,cost-centre=42`. */
const tags = z.preprocess(
  (value) => {
    if (typeof value !== 'string') return value;
    const pairs = value.split(',').map((pair) => /^\s*([^=]*)=(.*?)\s*$/.exec(pair)?.slice(1));
    return pairs.includes(undefined) ? value : Object.fromEntries(pairs as [string, string][]);
  },
  z
    .record(z.string(), z.string('must be a text'), 'must be names and values, such as team=web')
    .superRefine((given, context) => {
      const message = tagsProblem(Object.entries(given));
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    }),
);

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html */
function tagsProblem(given: readonly (readonly [string, string])[]): string | undefined {
  const names = given.map(([name]) => name);
  if (names.some((name) => name.toLowerCase().startsWith('aws:')))
    return 'has a name that AWS keeps for itself';
  if (names.includes(stageTag)) return 'has a name that the stack itself uses';
  if (names.some((name) => !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(name))) {
    return 'must have names of 1 to 128 letters, digits, blanks and _.:/=+-@';
  }
  if (given.some(([, value]) => value.length > 256)) return 'must have values of at most 256 characters';
  // AWS takes 50 for a resource, and the stack and CloudFormation have some of their own.
  return names.length > 40 ? 'must be at most 40' : undefined;
}
const indexCount = Object.keys(followerIndexes).length;

/** Each key by itself, with what is wrong with it. How keys fit together is in config-faults.ts. */
export const schema = z.strictObject({
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
  egress,
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
  domain: domain.optional(),
  allowedOrigins: z
    .preprocess(
      (value) => (typeof value === 'string' ? value.split(',').map((item) => item.trim()) : value),
      z
        .array(origin(), 'must be a list')
        .refine((list) => new Set(list).size === list.length, 'names an origin twice'),
    )
    .default([]),
  throttleRate: wholeNumber(10_000).default(100),
  throttleBurst: wholeNumber(5_000).default(200),
  dropIn: flag.default(true),
  architecture: z.enum(['arm64', 'x86_64'], 'must be arm64 or x86_64').optional(),
  wechatApiUrl: origin().default('https://api.weixin.qq.com'),
  wechatOpenUrl: origin().default('https://open.weixin.qq.com'),
  eventBus: z
    .string('must be a text')
    .regex(eventBusPattern, 'must be the name or the ARN of an EventBridge bus')
    .optional(),
  alarmEmail: z.email('must be an e-mail address').optional(),
  deletionProtection: flag.default(true),
  pointInTimeRecovery: flag.default(true),
  customerManagedKey: flag.default(true),
  tracing: flag.default(false),
  tags: tags.default({}),
  terminationProtection: flag.default(false),
  // A sweep, tokens of some accounts, and the tickets that follow them.
  refreshConcurrency: wholeNumber(1000, 5).optional(),
  lambdaConcurrency: wholeNumber(1000, 10).optional(),
  canary: flag.optional(),
  followerIndexes: wholeNumber(indexCount).default(indexCount),
  existing: existing.optional(),
});

/** The members of those keys that are objects. On the command line each is a key, such as `domain.name`. */
export const members: Readonly<Record<string, readonly string[]>> = {
  domain: Object.keys(domain.shape),
  egress: [...new Set(egress.options.flatMap((option) => Object.keys(option.shape)))],
  existing: Object.keys(existing.shape),
};
