import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack, type LocalStack } from '../../local/stack.ts';
import { until } from '../kit/until.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
let stack: LocalStack;
let folder: string;
beforeAll(async () => {
  stack = await startStack({ ports: { api: 0, simulator: 0, aws: 0 }, log: quiet, followers: 3 });
  folder = await mkdtemp(join(tmpdir(), 'console-'));
});
afterAll(async () => {
  await stack.close();
  await rm(folder, { recursive: true });
});

const expired = `<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code>
  <Message>The security token included in the request is expired.</Message></Error></ErrorResponse>`;
const describedStack = `<DescribeStacksResponse><DescribeStacksResult><Stacks><member>
  <StackName>wechat-keyring-prod</StackName><Outputs><member><OutputKey>AdminFunctionName</OutputKey>
  <OutputValue>admin-of-prod</OutputValue></member></Outputs></member></Stacks></DescribeStacksResult>
  </DescribeStacksResponse>`;

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill();
});

/** Starts `console` as an operator does. Returns the first line that it prints, and the process. */
async function open(
  args: readonly string[],
  environment: Record<string, string> = {},
  where: readonly string[] = ['--local'],
) {
  const child = spawn(process.execPath, ['cli/keyring.ts', ...where, 'console', ...args], {
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      AWS_PORT: String(stack.awsPort),
      DISPLAY: '',
      WAYLAND_DISPLAY: '',
      ...environment,
    },
  });
  children.push(child);
  let out = '';
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  const line = await until('the console says where it is', () => (out.includes('\n') ? out.trim() : false));
  return { line, child };
}

async function enter(url: string) {
  const { origin, hash } = new URL(url);
  const ask = (path: string, body: object | undefined, authorization = '') =>
    fetch(origin + path, {
      method: body ? 'POST' : 'GET',
      headers: { 'content-type': 'application/json', authorization },
      ...(body && { body: JSON.stringify(body) }),
    });
  const { session } = (await (await ask('/session', { token: hash.slice(1) })).json()) as { session: string };
  return async (path: string, body?: object) => (await ask(path, body, `Bearer ${session}`)).json();
}

describe('the command console', () => {
  test('serves a console that speaks to the local stack, and to its simulator wherever that is', async () => {
    const { line } = await open(['--no-open', '--json']);
    const { ready, console: url } = JSON.parse(line) as { ready: boolean; console: string };
    expect(ready).toBe(true);
    const ask = await enter(url);
    expect(await ask('/about')).toEqual({ place: 'local', hasSimulator: true });
    expect(await ask('/admin', { command: 'status' })).toMatchObject({
      ok: true,
      result: { accounts: [{ account: stack.account, state: 'ok' }] },
    });
    expect(await ask('/simulator/clock', { advance_s: 0 })).toEqual({ now: expect.any(Number) });
  });

  test.each([
    ['no local stack', () => '1'],
    ['something else', () => new URL(stack.api).port],
  ])('has no controls where %s is at the place of the local stack', async (_, port) => {
    const { line } = await open(['--no-open', '--json'], { AWS_PORT: port() });
    const ask = await enter((JSON.parse(line) as { console: string }).console);
    expect(await ask('/about')).toEqual({ place: 'local', hasSimulator: false });
  });

  test('says on a terminal that the address works once, and ends with Ctrl-C', async () => {
    const { line, child } = await open(['--no-open']);
    expect(line).toMatch(
      /^The console is at http:\/\/127\.0\.0\.1:\d+\/#\w{64}\. The address works once\. Ctrl-C ends the console\.$/,
    );
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([130, null]);
  });

  // Only on Linux is the opener found by the name in PATH.
  (process.platform === 'linux' ? test : test.skip)(
    'opens the address with what the platform has for that',
    async () => {
      const opened = join(folder, 'opened');
      await writeFile(
        join(folder, 'xdg-open'),
        `#!/bin/sh\necho "$1" > ${opened}.part\nmv ${opened}.part ${opened}\n`,
      );
      await chmod(join(folder, 'xdg-open'), 0o755);
      const { line } = await open(['--json'], {
        DISPLAY: ':0',
        PATH: `${folder}:${process.env['PATH'] ?? ''}`,
      });
      const { console: url } = JSON.parse(line) as { console: string };
      const text = await until('the address was opened', () =>
        readFile(opened, 'utf8').catch(() => undefined),
      );
      expect(text.trim()).toBe(url);
    },
  );

  test('serves on where nothing can open an address', async () => {
    const { line } = await open(['--json'], { DISPLAY: ':0', PATH: folder.replace(/$/, '/nowhere') });
    const { console: url } = JSON.parse(line) as { console: string };
    const ask = await enter(url);
    expect(await ask('/about')).toMatchObject({ place: 'local' });
  });

  test('of a deployment reaches it once the credentials are good, and has no simulator', async () => {
    let areGood = false;
    const aws = createServer((request, response) => {
      const [status, body] = request.url?.startsWith('/2015-03-31/functions/admin-of-prod/')
        ? [200, JSON.stringify({ ok: true, result: { now: 1, accounts: [] } })]
        : areGood
          ? [200, describedStack]
          : [403, expired];
      request.resume().on('end', () => response.writeHead(status).end(body));
    }).listen(0, '127.0.0.1');
    aws.unref();
    await once(aws, 'listening');
    const environment = {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(aws.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
    };
    const where = ['--stage', 'prod', '--region', 'eu-west-1'];
    const { line } = await open(['--no-open', '--json'], environment, where);
    const ask = await enter((JSON.parse(line) as { console: string }).console);
    expect(await ask('/about')).toEqual({
      place: { stage: 'prod', region: 'eu-west-1' },
      hasSimulator: false,
    });
    expect(await ask('/admin', { command: 'status' })).toMatchObject({
      problem: { code: 'unreachable', detail: expect.stringContaining('expired') },
    });
    areGood = true;
    expect(await ask('/admin', { command: 'status' })).toEqual({
      ok: true,
      result: { now: 1, accounts: [] },
    });
  });
});
