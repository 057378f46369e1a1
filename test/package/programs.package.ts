import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { folder, root, run, start } from './installed.ts';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const keyring = (...args: string[]) => run(['npx', '--no-install', 'wechat-keyring', ...args]);

/** What a program prints when it is ready. */
async function readyLineOf({ child }: ReturnType<typeof start>): Promise<Record<string, string>> {
  let out = '';
  for await (const chunk of child.stdout) {
    out += String(chunk);
    const [line] = /^\{"ready":true.*\}$/m.exec(out) ?? [];
    if (line !== undefined) return JSON.parse(line) as Record<string, string>;
  }
  throw new Error(`It ended without being ready: ${out}`);
}

describe('npx wechat-keyring', () => {
  test('tells its version', async () => {
    expect(await keyring('--version')).toMatchObject({ code: 0, out: `${version}\n` });
  });

  test('names itself in its help, and the programs beside it', async () => {
    const { out } = await keyring('--help');
    expect(out).toContain('Usage: npx wechat-keyring <command> [options]');
    expect(out).toContain('npx wechat-keyring start');
    expect(out).toContain('npx wechat-keyring simulator');
    expect(out).not.toContain('npm run');
  });

  test('completes itself, not the command of a clone', async () => {
    const { out } = await keyring('completion', 'bash');
    expect(out).toMatch(/^complete .* wechat-keyring$/m);
  });

  test.each(['start', 'simulator'])('%s says what it takes', async (program) => {
    const { code, out } = await keyring(program, '--help');
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringContaining(`Usage: npx wechat-keyring ${program} [options]`),
    });
  });

  test.each([
    ['in English', 'C'],
    ['in Chinese', 'zh_CN.UTF-8'],
  ])('names documents in its help that can be opened, %s', async (_, locale) => {
    const helps = [[], ['console'], ['completion'], ['simulator']];
    for (const words of helps) {
      const { out } = await run(['npx', '--no-install', 'wechat-keyring', ...words, '--help'], {
        env: { LC_ALL: locale },
      });
      const named = out.match(/[\w./-]+\.md/g) ?? [];
      expect(named).not.toEqual([]);
      expect(named.filter((name) => !existsSync(resolve(folder, name)))).toEqual([]);
    }
  });

  test('simulator mints a token', async () => {
    const account = ['--appid', 'wx0123456789abcdef', '--secret', 'a'.repeat(32)];
    const running = start([...bin(), 'simulator', '--port', '0', ...account]);
    const { simulator } = await readyLineOf(running);
    const asked = `appid=wx0123456789abcdef&secret=${'a'.repeat(32)}&grant_type=client_credential`;
    const answer = await fetch(`${simulator ?? ''}/cgi-bin/token?${asked}`);
    expect(await answer.json()).toMatchObject({ expires_in: 7200 });
    running.child.kill('SIGINT');
    expect((await running.ended).code).toBe(0);
  });
});

/** The program without npx, which would keep a signal to itself. */
function bin(): [string, string] {
  return [process.execPath, 'node_modules/.bin/wechat-keyring'];
}

describe('npx wechat-keyring start', () => {
  let running: ReturnType<typeof start>;
  let ready: Record<string, string>;
  beforeAll(async () => {
    running = start([...bin(), 'start', '--followers', '3'], {
      env: { PORT: '0', SIM_PORT: '0', AWS_PORT: '0', CONSOLE_PORT: '0' },
    });
    ready = await readyLineOf(running);
  });
  afterAll(async () => {
    running.child.kill('SIGINT');
    const { code, err } = await running.ended;
    expect({ code, err }).toMatchObject({ code: 0 });
  });

  test('serves the API', async () => {
    const answer = await fetch(`${ready['api'] ?? ''}/v1/accounts/default/followers`, {
      headers: { authorization: `Bearer ${ready['apiKey'] ?? ''}` },
    });
    expect(await answer.json()).toMatchObject({ total: 3 });
  });

  test('serves the console, which says how to start it again', async () => {
    const { origin, hash } = new URL(ready['console'] ?? '');
    expect(await (await fetch(origin)).text()).toContain('content="npx wechat-keyring"');
    expect((await fetch(`${origin}/assets/main.js`)).status).toBe(200);
    const body = JSON.stringify({ token: hash.slice(1) });
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(`${origin}/session`, { method: 'POST', headers, body })).status).toBe(200);
  });

  test('serves the page, with its script', async () => {
    const page = await (await fetch(`${ready['api'] ?? ''}/`)).text();
    expect(page).toContain('src="assets/main.js"');
    const script = await fetch(`${ready['api'] ?? ''}/assets/main.js`);
    expect(script.headers.get('content-type')).toContain('javascript');
    expect((await script.text()).length).toBeGreaterThan(1000);
  });

  test('serves the API reference, with what it loads', async () => {
    const page = await (await fetch(ready['docs'] ?? '')).text();
    const loaded = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
    for (const path of [...loaded, '/assets/docs/openapi.json']) {
      const { status } = await fetch(`${ready['api'] ?? ''}${path}`);
      expect({ path, status }).toEqual({ path, status: 200 });
    }
  });

  test('is what the operator’s commands talk to', async () => {
    const status = await run([...bin(), 'status', '--local'], {
      env: { AWS_PORT: String(ready['awsPort']) },
    });
    expect(status).toMatchObject({ code: 0, err: '', out: expect.stringContaining('token usable for 2 h') });
  });
});
