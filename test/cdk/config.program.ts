import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { ConfigError, namesRegion, notesOn, readConfig } from '../../cdk/config.ts';
import type { Config } from '../../cdk/config.ts';

type Around = Parameters<typeof readConfig>[2];

/** With what a deployer must say besides, unless `context` says it. */
function read(given: Readonly<Record<string, unknown>>, profileRegion?: string, around?: Around): Config {
  const context: Readonly<Record<string, unknown>> = { egress: 'none', monitoring: 'none', ...given };
  return readConfig((key) => context[key], profileRegion, around);
}

function faultsOf(context: Readonly<Record<string, unknown>>, around?: Around): readonly string[] {
  try {
    read(context, undefined, around);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

const certificateArn = 'arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012';

describe('the deployment configuration', () => {
  test('has a default for everything but the region, the way out and the monitoring', () => {
    expect(read({ region: 'us-east-1' })).toEqual({
      stage: 'prod',
      region: 'us-east-1',
      egress: { via: 'none' },
      monitoring: 'none',
      runbookUrl: 'docs/runbook.md',
      allowedOrigins: [],
      throttleRate: 100,
      throttleBurst: 200,
      dropIn: true,
      canary: false,
      followerIndexes: 3,
      architecture: 'arm64',
      wechatApiUrl: 'https://api.weixin.qq.com',
      wechatOpenUrl: 'https://open.weixin.qq.com',
      deletionProtection: true,
      pointInTimeRecovery: true,
      customerManagedKey: true,
      tracing: false,
      tags: {},
      terminationProtection: false,
    });
  });

  test('an empty value on the command line takes away a key of cdk.json, which another stage must do without', () => {
    const keyring = {
      region: 'us-east-1',
      domain: { name: 'keyring.example.com', certificateArn },
      existing: { users: 'restored-users' },
    };
    expect(read({ keyring })).toMatchObject({ domain: keyring.domain, existing: keyring.existing });
    const staging = read({ keyring, stage: 'staging', domain: '', existing: '' });
    expect([staging.domain, staging.existing]).toEqual([undefined, undefined]);
    expect(faultsOf({ keyring, monitoring: '' })).toEqual([expect.stringMatching(/^monitoring is missing/)]);
  });

  test('takes the region of the AWS profile where it names none', () => {
    expect(read({}, 'eu-west-1').region).toBe('eu-west-1');
    expect(read({ region: 'us-east-1' }, 'eu-west-1').region).toBe('us-east-1');
  });

  test('knows whether anybody named a region, since CDK takes us-east-1 where nobody did', () => {
    const names = (context: Readonly<Record<string, unknown>>) => namesRegion((key) => context[key]);
    expect([names({}), names({ keyring: { stage: 'prod' } })]).toEqual([false, false]);
    expect([names({ region: 'eu-west-1' }), names({ keyring: { region: 'eu-west-1' } })]).toEqual([
      true,
      true,
    ]);
  });

  test('takes x86_64 in the China regions, unless told otherwise', () => {
    expect(read({ region: 'cn-north-1' }).architecture).toBe('x86_64');
    expect(read({ region: 'cn-north-1', architecture: 'arm64' }).architecture).toBe('arm64');
  });

  test('prefers what -c says to what cdk.json says', () => {
    const keyring = {
      region: 'us-east-1',
      stage: 'prod',
      domain: { name: 'old.example.com', certificateArn },
      deletionProtection: true,
    };
    const config = read({
      keyring,
      stage: 'dev',
      'domain.name': 'new.example.com',
      deletionProtection: 'false',
      allowedOrigins: 'https://a.example.com, http://localhost:5173',
    });
    expect(config).toMatchObject({
      stage: 'dev',
      region: 'us-east-1',
      domain: { name: 'new.example.com', certificateArn },
      deletionProtection: false,
      allowedOrigins: ['https://a.example.com', 'http://localhost:5173'],
    });
  });

  test('names all its faults at once, each with the key and an example', () => {
    const faults = faultsOf({
      keyring: { stagge: 'prod', domain: { name: 'https://keyring.example.com', port: 443 } },
      stage: 'Production!',
      account: '1234',
      architecture: 'riscv',
      allowedOrigins: 'https://ok.example.com,https://wall.example.com/,*',
      wechatApiUrl: 'http://api.weixin.qq.com',
      pointInTimeRecovery: 'maybe',
      eventBus: 'arn:aws:sqs:us-east-1:123456789012:pushes',
      throttleRate: '0',
      throttleBurst: 'many',
      egress: 'nat',
    });
    const keys = faults.map((fault) => fault.split(' ')[0]);
    expect(keys.toSorted()).toEqual([
      'account',
      'allowedOrigins',
      'allowedOrigins',
      'architecture',
      'domain.certificateArn',
      'domain.name',
      'domain.port',
      'egress.via',
      'eventBus',
      'pointInTimeRecovery',
      'region',
      'stage',
      'stagge',
      'throttleBurst',
      'throttleRate',
      'wechatApiUrl',
    ]);
    for (const fault of faults) expect(fault).toMatch(/ (For example|There are): /);
  });

  test('asks which way calls go to WeChat, and takes no silence for an answer', () => {
    const [fault, ...others] = faultsOf({ region: 'us-east-1', egress: undefined });
    expect(others).toEqual([]);
    expect(fault).toMatch(/^egress is missing: .* For example: -c egress=nat-gateway/);
  });

  test.each(['nat-gateway', 'nat-instance'])('lets the zone of a %s be chosen, in its region', (via) => {
    const inZone = (zone: string) => ({ region: 'ap-southeast-1', egress: via, 'egress.zone': zone });
    expect(read(inZone('ap-southeast-1b')).egress).toEqual({ via, zone: 'ap-southeast-1b' });
    for (const zone of ['us-east-1b', 'ap-southeast-1', 'apse1-az2', 'ap-southeast-1-bkk-1a', 'b', '']) {
      expect(faultsOf(inZone(zone))).toEqual([
        expect.stringMatching(/^egress\.zone .* -c egress\.zone=ap-southeast-1b$/),
      ]);
    }
  });

  test.each(['none', 'nat-gateway', 'nat-instance'])('takes the way %s by its name alone', (via) => {
    expect(read({ region: 'us-east-1', egress: via }).egress).toEqual({ via });
    expect(read({ region: 'us-east-1', egress: undefined, keyring: { egress: { via } } }).egress).toEqual({
      via,
    });
  });

  test('takes a proxy with its address, from cdk.json or the command line', () => {
    const proxy = { via: 'proxy', url: 'https://proxy.example.com:3128', address: '203.0.113.7' };
    const expected = { ...proxy, authenticate: true };
    const keyring = { egress: { ...proxy, authenticate: true } };
    expect(read({ region: 'us-east-1', egress: undefined, keyring }).egress).toEqual(expected);
    const said = { egress: 'proxy', 'egress.url': proxy.url, 'egress.address': proxy.address };
    expect(read({ region: 'us-east-1', ...said, 'egress.authenticate': 'true' }).egress).toEqual(expected);
    expect(read({ region: 'us-east-1', ...said }).egress).toEqual({ ...proxy, authenticate: false });
  });

  test.each([
    ['without its address', { 'egress.url': 'https://proxy.example.com' }, 'egress.address is missing'],
    [
      'by IPv6',
      { 'egress.url': 'https://p.example.com', 'egress.address': '2001:db8::1' },
      'egress.address must be',
    ],
    [
      'with a password',
      { 'egress.url': 'https://me:secret@p.example.com', 'egress.address': '203.0.113.7' },
      'egress.url must be',
    ],
    [
      'without a scheme',
      { 'egress.url': 'proxy.example.com:3128', 'egress.address': '203.0.113.7' },
      'egress.url must be',
    ],
    [
      'without a scheme that is one',
      { 'egress.url': 'socks5://p.example.com:1080', 'egress.address': '203.0.113.7' },
      'egress.url must begin with http',
    ],
    ...[
      ...['0.0.0.0', '10.0.0.1', '100.64.0.1', '127.0.0.1', '169.254.169.254', '172.31.0.1', '192.168.1.1'],
      ...['198.18.0.1', '224.0.0.1', '255.255.255.255'],
    ].map((address): [string, Record<string, string>, string] => [
      `at ${address}, which WeChat cannot see`,
      { 'egress.url': 'https://p.example.com', 'egress.address': address },
      'egress.address must be the public address',
    ]),
  ])('refuses a proxy %s', (_, said, fault) => {
    const faults = faultsOf({ region: 'us-east-1', egress: 'proxy', ...said });
    expect(faults).toEqual([expect.stringContaining(fault)]);
    expect(faults[0]).not.toContain('secret@');
  });

  describe.each(['nat-gateway', 'nat-instance'])(
    'with an Elastic IP address of the deployer for a %s',
    (via) => {
      const region = 'us-east-1';
      const own = { allocationId: 'eipalloc-0123456789abcdef0', address: '203.0.113.7' };

      test('takes both its id and the address, from cdk.json or the command line', () => {
        const keyring = { egress: { via, ...own } };
        expect(read({ region, egress: undefined, keyring }).egress).toEqual({ via, ...own });
        const said = { 'egress.allocationId': own.allocationId, 'egress.address': own.address };
        expect(read({ region, egress: via, ...said }).egress).toEqual({ via, ...own });
      });

      test.each([
        [
          'its id alone, which does not say what WeChat sees',
          { allocationId: own.allocationId },
          'egress.address is missing',
        ],
        ['the address alone', { address: own.address }, 'egress.allocationId is missing'],
        [
          'an id that is none',
          { ...own, allocationId: 'eipassoc-0123456789abcdef0' },
          'egress.allocationId must be',
        ],
        [
          'an address that WeChat cannot see',
          { ...own, address: '10.0.0.1' },
          'egress.address must be the public',
        ],
      ])('refuses %s', (_, given, fault) => {
        const faults = faultsOf({ region, egress: undefined, keyring: { egress: { via, ...given } } });
        expect(faults).toEqual([expect.stringContaining(fault)]);
        expect(faults[0]).toContain(
          'For example: -c egress=nat-gateway -c egress.allocationId=eipalloc-0123456789abcdef0 -c egress.address=203.0.113.7',
        );
      });
    },
  );

  test.each([
    ['egress.address', 'none', 'proxy, nat-gateway or nat-instance'],
    ['egress.allocationId', 'none', 'nat-gateway or nat-instance'],
    ['egress.allocationId', 'proxy', 'nat-gateway or nat-instance'],
    ['egress.url', 'none', 'proxy'],
    ['egress.authenticate', 'nat-instance', 'proxy'],
    ['egress.zone', 'proxy', 'nat-gateway or nat-instance'],
    ['egress.zone', 'none', 'nat-gateway or nat-instance'],
  ])('refuses %s with %s, and says what it is for', (key, egress, way) => {
    expect(faultsOf({ region: 'us-east-1', egress, [key]: 'true' })).toContainEqual(
      expect.stringContaining(`${key} is for egress=${way} only, and egress is ${egress}.`),
    );
  });

  test('refuses what the command line says and nobody reads, and leaves the keys of CDK alone', () => {
    const contextKeys = [
      ...['keyring', 'stage', 'domain.name', 'egress.url', 'cli-telemetry', 'acknowledged-issue-numbers'],
      ...['aws:cdk:enable-path-metadata', '@aws-cdk/core:explicitStackTags', 'availability-zones:account=1'],
      ...['stgae', 'egress.adress', 'Region'],
    ];
    const faults = faultsOf({ region: 'us-east-1' }, { contextKeys });
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual(['stgae', 'egress.adress', 'Region']);
    for (const fault of faults) expect(fault).toContain('is not a key of the configuration.');
  });

  test('lists the keys that there are beside one that there is not', () => {
    const contextKeys = ['stgae', 'egress.adress'];
    const [stage, address] = faultsOf({ region: 'us-east-1' }, { contextKeys });
    expect(stage).toMatch(/ There are: stage, region, account, /);
    expect(address).toMatch(
      / There are: egress\.via, egress\.zone, egress\.allocationId, egress\.address, egress\.url, egress\.authenticate$/,
    );
    expect(faultsOf({ region: 'us-east-1', keyring: { domain: { cert: 'x' } } })).toContainEqual(
      'domain.cert is not a key of the configuration. There are: domain.name, domain.certificateArn',
    );
  });

  test('says how cdk.json has a part of an object that it names as the command line does', () => {
    const keyring = { 'egress.address': '203.0.113.7' };
    expect(faultsOf({ region: 'us-east-1', keyring })).toEqual([
      expect.stringMatching(/^egress\.address is for the command line.*"egress": \{ "address": … \}$/),
    ]);
  });

  test('refuses a region of China with credentials of the other partition, and the other way round', () => {
    const here = { account: '123456789012', region: 'us-east-1' };
    const there = { account: '123456789012', region: 'cn-north-1' };
    expect(faultsOf({ region: 'cn-north-1' }, { credentials: here })[0]).toMatch(
      /^region is cn-north-1 .*AWS_PROFILE/,
    );
    expect(faultsOf({ region: 'us-east-1' }, { credentials: there })[0]).toMatch(/^region is us-east-1 /);
    expect(faultsOf({ region: 'eu-west-1' }, { credentials: here })).toEqual([]);
    expect(faultsOf({ region: 'cn-northwest-1' }, { credentials: there })).toEqual([]);
  });

  test('has a canary where there are alarms to stop it, unless it is told otherwise', () => {
    const region = 'us-east-1';
    expect(read({ region, monitoring: 'full' }).canary).toBe(true);
    expect(read({ region, monitoring: 'full', canary: 'false' }).canary).toBe(false);
    expect(read({ region, monitoring: 'none' }).canary).toBe(false);
    expect(faultsOf({ region, monitoring: 'none', canary: 'true' })).toEqual([
      'canary is stopped by alarms, and monitoring=none has none. For example: -c monitoring=full -c canary=true',
    ]);
  });

  test('takes up to as many indexes of Followers as there are', () => {
    const region = 'us-east-1';
    expect(read({ region }).followerIndexes).toBe(3);
    expect(read({ region, followerIndexes: '2' }).followerIndexes).toBe(2);
    for (const followerIndexes of ['0', '4', 'all']) {
      expect(faultsOf({ region, followerIndexes })).toEqual([
        'followerIndexes must be a whole number from 1 to 3. For example: -c followerIndexes=1',
      ]);
    }
  });

  test('refuses a region that does not exist', () => {
    expect(faultsOf({ region: 'us-esat-1' })).toEqual([
      'region is not an AWS region. For example: -c region=ap-southeast-1, or -c region=cn-north-1',
    ]);
  });

  const arns = (start: string) => ({
    'domain.certificateArn': start.replace('*', 'acm') + 'certificate/12345678-1234-1234-1234-123456789012',
    eventBus: start.replace('*', 'events') + 'event-bus/pushes',
    'existing.tablesKey': start.replace('*', 'kms') + 'key/12345678-1234-1234-1234-123456789012',
    'existing.dataKey': start.replace('*', 'kms') + 'key/mrk-12345678123412341234123456789012',
  });
  const keysWithArns = Object.keys(arns('')).toSorted();

  test.each([
    ['eu-west-1', 'arn:aws:*:eu-west-1:123456789012:'],
    ['cn-north-1', 'arn:aws-cn:*:cn-north-1:123456789012:'],
  ])('takes ARNs of %s there', (region, start) => {
    expect(faultsOf({ region, 'domain.name': 'keyring.example.com', ...arns(start) })).toEqual([]);
  });

  test.each([
    ['another region', 'eu-west-1', 'arn:aws:*:us-east-1:123456789012:', 'is in us-east-1, and must be in'],
    ['another partition', 'us-east-1', 'arn:aws-cn:*:us-east-1:123456789012:', 'is of the partition aws-cn,'],
    ['both', 'cn-north-1', 'arn:aws:*:us-east-1:123456789012:', 'is of the partition aws, and cn-north-1'],
  ])('refuses each ARN of %s, with one of the region as the example', (_, region, start, problem) => {
    const faults = faultsOf({ region, 'domain.name': 'keyring.example.com', ...arns(start) });
    expect(faults.map((fault) => fault.split(' ')[0]).toSorted()).toEqual(keysWithArns);
    for (const fault of faults) {
      expect(fault).toContain(problem);
      expect(fault).toMatch(new RegExp(`For example: .*=arn:aws[a-z-]*:[a-z]+:${region}:`));
    }
  });

  test.each(Object.keys(arns('')).filter((key) => key !== 'eventBus'))(
    'has one fault where %s is no ARN of its kind, wherever that is',
    (key) => {
      const wrong = { 'domain.name': 'keyring.example.com', ...arns('arn:aws:*:us-east-1:123456789012:') };
      const faults = faultsOf({
        region: 'us-east-1',
        ...wrong,
        [key]: 'arn:aws:sqs:eu-west-1:123456789012:x',
      });
      expect(faults).toEqual([expect.stringMatching(`^${key} must be the ARN`)]);
    },
  );

  describe('that takes over tables', () => {
    const region = 'us-east-1';
    const names = { credentials: 'old-credentials', users: 'old-users', followers: 'old-followers' };
    const tablesKey = arns('arn:aws:*:us-east-1:123456789012:')['existing.tablesKey'];

    test('asks for their key where all of them exist, which a new key could not read', () => {
      expect(faultsOf({ region, existing: names })).toEqual([
        expect.stringMatching(/^existing\.tablesKey is missing: .* For example: -c existing\.tablesKey=arn:/),
      ]);
      expect(faultsOf({ region, existing: { ...names, tablesKey } })).toEqual([]);
      expect(faultsOf({ region, existing: names, customerManagedKey: 'false' })).toEqual([]);
    });

    test('asks for no key where one was restored beside the others', () => {
      expect(faultsOf({ region, existing: { users: 'restored-users' } })).toEqual([]);
    });

    test('refuses a key of the tables where they are to have none', () => {
      for (const customerManagedKey of [false, 'false']) {
        expect(faultsOf({ region, existing: { ...names, tablesKey }, customerManagedKey })).toEqual([
          expect.stringMatching(/^existing\.tablesKey names .* For example: -c customerManagedKey=true$/),
        ]);
      }
    });

    test('refuses one name for two tables', () => {
      const existing = { credentials: 'old-users', users: 'old-users' };
      expect(faultsOf({ region, existing })).toEqual([
        expect.stringMatching(/^existing\.users names the same table as existing\.credentials\./),
      ]);
    });
  });

  test('refuses to keep functions back for refreshes where the AWS account has none to spare', () => {
    const region = 'us-east-1';
    expect(faultsOf({ region, refreshConcurrency: '10', lambdaConcurrency: '10' })).toEqual([
      expect.stringMatching(/^refreshConcurrency is 10, and Lambda keeps at least 10 of the 10 /),
    ]);
    expect(faultsOf({ region, refreshConcurrency: '10', lambdaConcurrency: '20' })).toEqual([]);
    expect(faultsOf({ region, refreshConcurrency: '2' })).toEqual([
      expect.stringMatching(/^refreshConcurrency must be a whole number from 5 to 1000/),
    ]);
  });

  test.each([
    ['team', 'must be names and values, such as team=web'],
    [{ 'aws:team': 'web' }, 'has a name that AWS keeps for itself'],
    [{ '': 'web' }, 'must have names of 1 to 128'],
    [{ team: 'x'.repeat(257) }, 'must have values of at most 256'],
    [{ 'wechat-keyring': 'mine' }, 'has a name that the stack itself uses'],
    [Object.fromEntries(Array.from({ length: 41 }, (_, n) => [`tag${n}`, 'a'])), 'must be at most 40'],
  ])('says how tags as %j are none', (tags, says) => {
    expect(faultsOf({ region: 'us-east-1', tags })).toEqual([
      expect.stringMatching(new RegExp(`^tags(\\.\\S*)? ${says}`)),
    ]);
  });

  test('refuses X-Ray in the China regions', () => {
    expect(faultsOf({ region: 'cn-north-1', tracing: 'true' })).toEqual([
      expect.stringMatching(/^tracing is for regions outside China/),
    ]);
    expect(faultsOf({ region: 'cn-north-1', tracing: 'false' })).toEqual([]);
    expect(read({ region: 'us-east-1', tracing: 'true' }).tracing).toBe(true);
  });

  test.each([
    ['https://A.example.com', 'must be written https://a.example.com,'],
    ['https://a.example.com:443', 'must be written https://a.example.com,'],
    ['http://localhost:80', 'must be written http://localhost,'],
    ['https://a.example.com/', 'must be written https://a.example.com,'],
    ['https://a.example.com/wall?token=secret', 'must be written https://a.example.com,'],
    ['https://me:secret@a.example.com', 'must be written https://a.example.com,'],
    ['https://例子.example.com', 'must be written https://xn--fsqu00a.example.com,'],
    ['http://a.example.com', 'must begin with https:// unless'],
    ['a.example.com', 'must be a scheme and a host.'],
    ['https://*.example.com', 'must be one origin, without a *.'],
  ])('says how %s is no origin', (origin, problem) => {
    const faults = faultsOf({ region: 'us-east-1', allowedOrigins: [origin], wechatApiUrl: origin });
    expect(faults).toHaveLength(2);
    for (const [index, key] of ['allowedOrigins \\(entry 1\\)', 'wechatApiUrl'].entries()) {
      expect(faults[index]).toMatch(new RegExp(`^${key} `));
      expect(faults[index]).toContain(problem);
      expect(faults[index]).not.toContain('secret');
    }
  });

  test('refuses an origin that is there twice, beside one that is none', () => {
    const faults = faultsOf({ region: 'us-east-1', allowedOrigins: 'https://a.cn,https://a.cn,b' });
    expect(faults).toContainEqual(expect.stringMatching(/^allowedOrigins names an origin twice\./));
    expect(faults).toContainEqual(expect.stringMatching(/^allowedOrigins \(entry 3\) must be/));
    expect(faults).toHaveLength(2);
  });

  test('refuses a keyring that is not an object, and tells the other faults too', () => {
    for (const keyring of ['prod', [], 1]) {
      expect(faultsOf({ keyring, region: 'us-east-1' })).toEqual([
        expect.stringMatching(/^keyring must be an object/),
      ]);
      expect(faultsOf({ keyring, region: 'us-east-1', stage: 'NO' })).toHaveLength(2);
    }
  });

  test('refuses a text for what is an object, whatever else is said of it', () => {
    const faults = faultsOf({ region: 'us-east-1', domain: 'x', 'domain.name': 'keyring.example.com' });
    expect(faults).toEqual([expect.stringMatching(/^domain must be an object\./)]);
  });

  test('refuses an account written as a number, which may have lost its leading zeros', () => {
    expect(faultsOf({ region: 'us-east-1', account: 12345678901 })[0]).toContain('account must be a text');
  });
});

/** What each alternative of an example says on the command line. */
function saidBy(example: string): Record<string, string>[] {
  return example
    .split(', or ')
    .map((alternative) =>
      Object.fromEntries(
        [...alternative.matchAll(/-c ([\w.]+)=(\S+)/g)].map(([, key = '', value = '']) => [key, value]),
      ),
    )
    .filter((said) => Object.keys(said).length > 0);
}

test.each(['eu-west-1', 'cn-north-1'])('in %s every example for the command line is right', (region) => {
  const keys = ['stage', 'account', 'egress', 'monitoring', 'runbookUrl', 'domain.name', 'allowedOrigins'];
  keys.push('domain.certificateArn', 'throttleRate', 'throttleBurst', 'architecture', 'wechatApiUrl');
  keys.push('wechatOpenUrl', 'eventBus', 'alarmEmail', 'deletionProtection', 'pointInTimeRecovery');
  keys.push('customerManagedKey', 'existing.tablesKey', 'existing.dataKey', 'existing.credentials');
  keys.push('existing.users', 'existing.followers');
  const wrong = Object.fromEntries(keys.map((key) => [key, '*']));
  const faults = [
    ...faultsOf({ region, ...wrong }),
    ...faultsOf({
      region,
      egress: 'proxy',
      'egress.url': '*',
      'egress.address': '*',
      'egress.authenticate': '*',
    }),
    ...faultsOf({ region, egress: 'nat-gateway', 'egress.zone': '*', 'egress.allocationId': '*' }),
    ...faultsOf({ region: 'nowhere' }),
  ];
  const examples = faults.flatMap((fault) => saidBy(fault.split('For example: ')[1] ?? ''));
  expect(examples.length).toBeGreaterThan(keys.length);
  for (const said of examples) {
    const about = faultsOf({ region, ...said }).map((fault) => fault.split(' ')[0] ?? '');
    expect(Object.keys(said).filter((key) => about.includes(key))).toEqual([]);
  }
});

describe('a deployer is told, and not stopped,', () => {
  const meant = { region: 'us-east-1', egress: 'nat-gateway', monitoring: 'full' };
  const reached = { alarmEmail: 'ops@example.com', runbookUrl: 'https://git.example.com/runbook.md' };

  test.each([
    ['when mints have no fixed address', { ...reached, egress: 'none' }, /allow-list.*-c egress=nat-gateway/],
    ['when nobody gets the alarms', { ...reached, alarmEmail: undefined }, /-c alarmEmail=/],
    ['when alarms have no link', { ...reached, runbookUrl: undefined }, /-c runbookUrl=https:/],
  ])('%s', (_, settings, note) => {
    expect(notesOn(read({ ...meant, ...settings }))).toEqual([expect.stringMatching(note)]);
  });

  test('of nothing else', () => {
    expect(notesOn(read({ ...meant, ...reached }))).toEqual([]);
    expect(notesOn(read({ ...meant, ...reached, runbookUrl: undefined, monitoring: 'none' }))).toEqual([]);
  });
});

/** Runs cdk/app.ts as `cdk synth` does, without bundling the functions and without the rules that schema.test.ts has. */
async function runApp(context: Readonly<Record<string, unknown>>, CDK_OUTDIR?: string) {
  const app = fileURLToPath(new URL('../../cdk/app.ts', import.meta.url));
  const CDK_CONTEXT_JSON = JSON.stringify({ ...context, 'aws:cdk:bundling-stacks': [] });
  const env = {
    ...process.env,
    CDK_CONTEXT_JSON,
    CDK_VALIDATION: 'false',
    ...(CDK_OUTDIR !== undefined && { CDK_OUTDIR }),
  };
  return new Promise<{ code: unknown; output: string }>((resolve) => {
    execFile(process.execPath, [app], { env }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, output: stdout + stderr });
    });
  });
}

test('cdk/app.ts tells the deployer the faults, without a stack trace, and fails', async () => {
  const context = { stage: 'NO', region: 'nowhere', egress: 'none', monitoring: 'none', alarmMail: 'x' };
  const { code, output } = await runApp(context);
  expect(code).toBe(1);
  expect(output).toContain('has 3 faults');
  expect(output).toContain('- stage must be');
  expect(output).toContain('- region is not an AWS region');
  expect(output).toContain('- alarmMail is not a key');
  expect(output).not.toMatch(/^\s+at /m);
});

test('cdk/app.ts notes what may not be meant, none of it a warning, and goes on', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'keyring-synth-'));
  try {
    const { code } = await runApp({ region: 'us-east-1', egress: 'none', monitoring: 'full' }, folder);
    expect(code).toBe(0);
    const metadata = readFileSync(path.join(folder, 'wechat-keyring-prod.metadata.json'), 'utf8');
    const noted = metadata.match(/"aws:cdk:(info|warning|error)"/g) ?? [];
    expect([noted.length, new Set(noted)]).toEqual([3, new Set(['"aws:cdk:info"'])]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
