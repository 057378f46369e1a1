import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { ConfigError, namesRegion, readConfig } from '../../cdk/config.ts';
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
      architecture: 'arm64',
      wechatApiUrl: 'https://api.weixin.qq.com',
      wechatOpenUrl: 'https://open.weixin.qq.com',
      deletionProtection: true,
      pointInTimeRecovery: true,
      customerManagedKey: true,
    });
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
      'allowedOrigins.1',
      'allowedOrigins.2',
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
    for (const fault of faults) expect(fault).toContain('For example: ');
  });

  test('asks which way calls go to WeChat, and takes no silence for an answer', () => {
    const [fault, ...others] = faultsOf({ region: 'us-east-1', egress: undefined });
    expect(others).toEqual([]);
    expect(fault).toMatch(/^egress is missing: .* For example: -c egress=nat-gateway/);
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
  ])('refuses a proxy %s', (_, said, fault) => {
    const faults = faultsOf({ region: 'us-east-1', egress: 'proxy', ...said });
    expect(faults).toEqual([expect.stringContaining(fault)]);
    expect(faults[0]).not.toContain('secret@');
  });

  test('refuses the address of a proxy that is not used', () => {
    const faults = faultsOf({ region: 'us-east-1', egress: 'nat-gateway', 'egress.address': '203.0.113.7' });
    expect(faults).toEqual([expect.stringContaining('egress.address is not a key')]);
  });

  test('refuses what the command line says and nobody reads, and leaves the keys of CDK alone', () => {
    const contextKeys = [
      ...['keyring', 'stage', 'domain.name', 'egress.url', 'cli-telemetry', 'acknowledged-issue-numbers'],
      ...['aws:cdk:enable-path-metadata', '@aws-cdk/core:explicitStackTags', 'availability-zones:account=1'],
      ...['stgae', 'egress.adress', 'Region'],
    ];
    const faults = faultsOf({ region: 'us-east-1' }, { contextKeys });
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual(['stgae', 'egress.adress', 'Region']);
    for (const fault of faults)
      expect(fault).toContain('is not a key of the configuration. For example: stage');
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

  test('refuses a region that does not exist', () => {
    expect(faultsOf({ region: 'us-esat-1' })).toEqual([
      'region is not an AWS region. For example: -c region=ap-southeast-1, or -c region=cn-north-1',
    ]);
  });

  test('refuses a certificate of another region', () => {
    const domain = { name: 'keyring.example.com', certificateArn };
    expect(faultsOf({ region: 'us-east-1', domain })).toEqual([]);
    expect(faultsOf({ region: 'eu-west-1', domain })[0]).toContain(
      'domain.certificateArn is in us-east-1, and must be in eu-west-1',
    );
  });

  test('refuses a keyring that is not an object', () => {
    expect(faultsOf({ keyring: 'prod', region: 'us-east-1' })).toHaveLength(1);
  });

  test('refuses an account written as a number, which may have lost its leading zeros', () => {
    expect(faultsOf({ region: 'us-east-1', account: 12345678901 })[0]).toContain('account must be a text');
  });
});

test('cdk/app.ts tells the deployer the faults, without a stack trace, and fails', async () => {
  const app = fileURLToPath(new URL('../../cdk/app.ts', import.meta.url));
  const context = { stage: 'NO', region: 'nowhere', egress: 'none', monitoring: 'none', alarmMail: 'x' };
  const env = { ...process.env, CDK_CONTEXT_JSON: JSON.stringify(context) };
  const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) => {
    execFile(process.execPath, [app], { env }, (error, stdout, stderr) => {
      resolve({ code: error?.code, output: stdout + stderr });
    });
  });
  expect(code).toBe(1);
  expect(output).toContain('has 3 faults');
  expect(output).toContain('- stage must be');
  expect(output).toContain('- region is not an AWS region');
  expect(output).toContain('- alarmMail is not a key');
  expect(output).not.toMatch(/^\s+at /m);
});
