import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { bundledKeyring } from './bundled.ts';
import { refusingService } from './refusing-service.ts';

const program = await bundledKeyring();
const service = refusingService();

/** A port at which nothing listens. */
const nowhere = '1';
const here = () => service.port();

/** Runs a command line with what npm, or somebody, has put in the environment. */
async function keyring(line: string, environment: Readonly<Record<string, string>>) {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|AWS_)/i.test(name));
  const child = spawn(process.execPath, [program, ...line.split(' ')], {
    env: {
      ...Object.fromEntries(own),
      NODE_OPTIONS: '',
      AWS_PORT: nowhere,
      AWS_REGION: 'eu-west-1',
      AWS_CONFIG_FILE: '/nowhere',
      AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
      AWS_EC2_METADATA_DISABLED: 'true',
      ...environment,
    },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  child.stdin.end('a-secret\n');
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

const npm = { npm_command: 'run' };

describe('an option that npm has taken for itself', () => {
  test.each([
    ['status', { npm_config_local: 'true' }, '--local'],
    ['status staging', { npm_config_stage: 'true' }, '--stage <stage>'],
    ['account set default', { npm_config_domain_file: 'AbC123' }, '--domain-file <file>'],
    ['usage default', { npm_config_days: '3' }, '--days <n>'],
    ['key create --name x', { npm_config_scope: 'token:read' }, '--scope'],
    ['user erase default oUser', { npm_config_yes: 'true' }, '--yes'],
  ])('stops %s, and says how to write it', async (line, environment, label) => {
    const { code, out, err } = await keyring(line, { ...npm, ...environment });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`Put -- before what is for the command: npm run -s keyring -- <command> ${label}`);
  });

  test.each([
    ['is given as well', 'usage default --local', { npm_config_local: 'true' }],
    [
      'is a setting of npm that the command has no option for',
      'usage default --local',
      { npm_config_yes: 'true' },
    ],
    [
      'is a setting of npm with a value that the option cannot have',
      'key create --name x --scope token:read --local',
      { npm_config_scope: '@shop' },
    ],
    ['was set to false', 'usage default --local', { npm_config_wait: '' }],
  ])('stops nothing where it %s', async (_, line, environment) => {
    const { code } = await keyring(line, { ...npm, ...environment, AWS_PORT: here() });
    expect({ code, sent: service.sent() }).toEqual({ code: 1, sent: 1 });
  });
});

describe('where a command goes', () => {
  test('is asked for when a local stack runs and npm may have taken --local, which it does not show', async () => {
    const { code, err } = await keyring('refresh wx0123456789abcdef', { ...npm, AWS_PORT: here() });
    expect({ code, sent: service.sent() }).toEqual({ code: 2, sent: 0 });
    expect(err).toContain('npm run -s keyring -- refresh wx0123456789abcdef --local');
    expect(err).toContain('npm run -s keyring -- refresh wx0123456789abcdef --stage prod');
  });

  test('is asked for with the whole command, quoted as a shell needs it', async () => {
    const { err } = await keyring("key create --name Ann's&key --scope token:read", {
      ...npm,
      AWS_PORT: here(),
    });
    expect(err).toContain(
      "npm run -s keyring -- key create --name 'Ann'\\''s&key' --scope token:read --local",
    );
  });

  test.each([
    ['npm does not run the command', 'status', { AWS_PORT: 'here' }],
    ['a stage is named', 'status --stage prod', { ...npm, AWS_PORT: 'here' }],
    ['nothing listens where a local stack would', 'status', npm],
  ])('is the deployed stage where %s', async (_, line, environment) => {
    const { code, err } = await keyring(line, {
      ...environment,
      ...('AWS_PORT' in environment && { AWS_PORT: here() }),
    });
    expect({ code, sent: service.sent() }).toEqual({ code: 1, sent: 0 });
    expect(err).toContain('Check your AWS credentials');
  });

  test('cannot be two places', async () => {
    const { code, err } = await keyring('status --local --stage prod', {});
    expect(code).toBe(2);
    expect(err).toContain('--local and --stage are two places');
  });

  test.each([
    ['refresh default --local', 'The local stack at http://127.0.0.1:'],
    ['account rotate-secret default --local', 'The local stack at http://127.0.0.1:'],
    ['followers pause default --stage staging --region ap-east-1', 'Stage staging in ap-east-1.'],
    ['key revoke 3f0c9a1b2d4e', 'Stage prod in eu-west-1.'],
  ])('is the first thing that a change says: %s', async (line, where) => {
    const { out, err } = await keyring(line, { ...(line.includes('--local') && { AWS_PORT: here() }) });
    expect(out).toBe('');
    expect(err.startsWith(where)).toBe(true);
  });

  test('is not said by what only reads', async () => {
    const { err } = await keyring('account show default --local', { AWS_PORT: here() });
    expect(err).toBe('account_unknown: There is no such account.\n');
  });
});
