import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { texts } from '../../cli/chinese.ts';
import { exitCodeMeanings } from '../../cli/exit-codes.ts';
import { bundledKeyring } from './bundled.ts';
import { refusingService } from './refusing-service.ts';

const program = await bundledKeyring();
const service = refusingService();

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, AWS_PORT: service.port(), NODE_OPTIONS: '' },
  });
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (output.out += String(chunk)));
  child.stderr.on('data', (chunk) => (output.err += String(chunk)));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...output }));
  return { child, ended };
}

async function keyring(...args: string[]) {
  const { child, ended } = start(args);
  child.stdin.end();
  return ended;
}

describe('the command line exits with', () => {
  test('0 after the version, the help and a completion script, which ask no service', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await keyring('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
    const help = await keyring('account', 'add', '--help');
    expect(help).toMatchObject({ code: 0, err: '', out: expect.stringContaining('-- account add <appid>') });
    const script = await keyring('completion', 'bash');
    expect(script).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^complete .* keyring$/m) });
    expect(service.sent()).toBe(0);
  });

  test('1 when the service refuses', async () => {
    const { code, err } = await keyring('usage', 'default', '--local');
    expect({ code, err }).toEqual({ code: 1, err: 'account_unknown: There is no such account.\n' });
    expect(service.sent()).toBe(1);
  });

  test('2 and the way to the help when the command line is wrong, and sends nothing', async () => {
    const { code, out, err } = await keyring('usage', 'default', '--local', '--days', '3');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^usage does not know the option --days.*usage --help\n$/s);
    expect(service.sent()).toBe(0);
  });

  test('2 and an object on standard output with --json', async () => {
    const { code, out, err } = await keyring('usage', 'default', '--days', '3', '--local', '--json');
    expect({ code, err }).toEqual({ code: 2, err: '' });
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      problem: { code: 'usage', detail: expect.stringContaining('--days') },
    });
    expect(service.sent()).toBe(0);
  });

  test('130 when it is interrupted at a question, and sends nothing', async () => {
    const { child, ended } = start(['user', 'erase', 'default', 'oUser', '--local']);
    child.stderr.on('data', (chunk) => String(chunk).includes('Type yes') && child.kill('SIGINT'));
    expect(await ended).toMatchObject({ code: 130, err: expect.stringContaining('Type yes') });
    expect(service.sent()).toBe(0);
  });

  test.each([
    [['account', 'set-push', 'default'], 'aToken\n'],
    [['account', 'add', 'wxabcdefabcdefabcd'], ''],
    [['account', 'rotate-secret', 'default'], ''],
    [['user', 'erase', 'default', 'oUser'], ''],
  ])('130 when the input of %j ends before all is answered, and sends nothing', async (args, input) => {
    const { child, ended } = start([...args, '--local']);
    child.stdin.end(input);
    expect(await ended).toMatchObject({
      code: 130,
      out: '',
      err: expect.stringContaining('Nothing was changed.'),
    });
    expect(service.sent()).toBe(0);
  });
});

test.each([
  ['docs/operations.md', exitCodeMeanings],
  ['docs/zh/operations.md', exitCodeMeanings.map(([code, meaning]) => [code, texts[meaning]])],
])('%s has each exit code and its meaning, as the help has them', (page, meanings) => {
  const rows = readFileSync(page, 'utf8').matchAll(/^\| +(\d+) +\| (.*?) +\|$/gm);
  expect([...rows].map(([, code, meaning]) => [Number(code), meaning])).toEqual(meanings);
});
