import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { ConfigError, readConfig } from '../../cdk/config.ts';
import type { Config } from '../../cdk/config.ts';

function read(context: Readonly<Record<string, unknown>>, profileRegion?: string): Config {
  return readConfig((key) => context[key], profileRegion);
}

function faultsOf(context: Readonly<Record<string, unknown>>): readonly string[] {
  try {
    read(context);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

const certificateArn = 'arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012';

describe('the deployment configuration', () => {
  test('has a default for everything but the region', () => {
    expect(read({ region: 'us-east-1' })).toEqual({
      stage: 'prod',
      region: 'us-east-1',
      allowedOrigins: [],
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
      'eventBus',
      'pointInTimeRecovery',
      'region',
      'stage',
      'stagge',
      'wechatApiUrl',
    ]);
    for (const fault of faults) expect(fault).toContain('For example: ');
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
  const env = { ...process.env, CDK_CONTEXT_JSON: JSON.stringify({ stage: 'NO', region: 'nowhere' }) };
  const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) => {
    execFile(process.execPath, [app], { env }, (error, stdout, stderr) => {
      resolve({ code: error?.code, output: stdout + stderr });
    });
  });
  expect(code).toBe(1);
  expect(output).toContain('has 2 faults');
  expect(output).toContain('- stage must be');
  expect(output).toContain('- region is not an AWS region');
  expect(output).not.toMatch(/^\s+at /m);
});
