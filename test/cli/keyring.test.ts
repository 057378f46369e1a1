import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { startStack, type LocalStack } from '../../local/stack.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
let stack: LocalStack;
beforeAll(async () => {
  stack = await startStack({ ports: { api: 0, simulator: 0, aws: 0 }, log: quiet, followers: 3 });
});
afterAll(() => stack.close());

/** Runs the command as an operator does, with `input` on its standard input. */
function keyring(
  args: readonly string[],
  input = '',
): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['cli/keyring.ts', '--local', ...args], {
      env: { ...process.env, AWS_PORT: String(stack.awsPort), NODE_OPTIONS: '' },
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += String(chunk)));
    child.stderr.on('data', (chunk) => (err += String(chunk)));
    child.on('close', (code) => resolve({ code, out, err }));
    child.stdin.end(input);
  });
}

describe('the operator’s command line', () => {
  test('registers an account with a secret from standard input, which it never shows', async () => {
    const account = 'wxabcdefabcdefabcd';
    const secret = 'b'.repeat(32);
    await fetch(`${stack.simulator}/_sim/accounts`, {
      method: 'POST',
      body: JSON.stringify({ appid: account, secret, followers: 5 }),
    });
    const { code, out, err } = await keyring(['account', 'add', account, '--mode', 'classic'], `${secret}\n`);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`${account}  ok`);
    expect(out + err).not.toContain(secret);
  });

  test('takes the token and the key of pushes from standard input, and shows neither', async () => {
    const push = { token: 'CliPushToken', key: 'c'.repeat(43) };
    const { code, out, err } = await keyring(
      ['account', 'set-push', 'default'],
      `${push.token}\n${push.key}\n`,
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`${stack.api}/v1/accounts/${stack.account}/events, encrypted only`);
    expect(out).not.toMatch(new RegExp(`${push.token}|${push.key}`));
    const options = { push_token: push.token, encoding_aes_key: push.key };
    const simulate = (what: string, method: string, body: object) =>
      fetch(`${stack.simulator}/_sim/${what}`, { method, body: JSON.stringify(body) });
    await simulate('accounts', 'PATCH', { appid: stack.account, options });
    const url = `${stack.api}/v1/accounts/default/events`;
    const event = { FromUserName: 'oSomebody', Event: 'CLICK' };
    const pushed = await simulate('push', 'POST', { appid: stack.account, url, event, safe_mode: true });
    expect(await pushed.json()).toMatchObject({ status: 200, body: 'success' });
  });

  test('takes pushes in the clear where no key is given', async () => {
    const { code, out } = await keyring(['account', 'set-push', 'default'], 'CliPushToken\n');
    expect(code).toBe(0);
    expect(out).toContain('in the clear');
  });

  test('makes a key that opens the API', async () => {
    const { out } = await keyring(['key', 'create', '--name', 'test', '--scope', 'followers:read']);
    const answer = await fetch(`${stack.api}/v1/accounts/default/followers`, {
      headers: { authorization: `Bearer ${out.split('\n')[0] ?? ''}` },
    });
    expect(answer.status).toBe(200);
  });

  test('shows how every account is', async () => {
    const { code, out } = await keyring(['status']);
    expect(code).toBe(0);
    expect(out).toMatch(/mode stable, generation \d+, \d+ of 200 mints today/);
  });

  test('prints JSON where it is asked to', async () => {
    const { out } = await keyring(['status', '--json']);
    expect(JSON.parse(out)).toMatchObject({ ok: true });
  });

  test('exits with 1 and the stable code when the service refuses', async () => {
    const { code, err } = await keyring(['account', 'show', 'wxffffffffffffffff']);
    expect(code).toBe(1);
    expect(err).toContain('account_unknown');
  });

  test.each([
    [['nonsense'], 'There is no command'],
    [['key', 'create', '--name', 'x', '--scope', 'everything'], '--scope is one or more of'],
    [['account', 'remove', 'default'], 'Add --yes'],
    [['status', '--colour'], '--colour'],
    [['account', 'add', 'wxabcdefabcdefabcd', '--secret', 'x'], '--secret'],
  ])('exits with 2 and says what is wrong about %j', async (args, sentence) => {
    const { code, err } = await keyring(args);
    expect(code).toBe(2);
    expect(err).toContain(sentence);
  });
});
