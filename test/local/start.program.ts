import { afterEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeStart, describeStoreFault } from '../../local/starting.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';

let occupied: Server | undefined;
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null) child.kill();
  }
  await new Promise((resolve) => (occupied ? occupied.close(resolve) : resolve(undefined)));
  occupied = undefined;
});

async function occupy(): Promise<string> {
  occupied = createServer().listen(0, '127.0.0.1');
  await once(occupied, 'listening');
  return String((occupied.address() as AddressInfo).port);
}

/** Starts it; what it says until it is ready or has ended. */
async function start(script: string, args: readonly string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [script, ...args], {
    env: {
      ...process.env,
      ...{ NODE_OPTIONS: '', LC_ALL: 'C', PORT: '0', SIM_PORT: '0', AWS_PORT: '0', CONSOLE_PORT: '0' },
      ...environment,
    },
  });
  children.push(child);
  let out = '';
  let err = '';
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk) => {
      out += String(chunk);
      if (out.includes('"ready":true')) resolve();
    });
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const code = await Promise.race([ready, ended]);
  return { code: code ?? null, out, err };
}

const simulator = 'local/simulator/main.ts';
const stack = 'local/start.ts';

describe('the simulator', () => {
  test('says with --help what it takes', async () => {
    const { code, out, err } = await start(simulator, ['--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('Usage: npm run simulator -- [options]');
    expect(out).toMatch(/--appid .*\n.*--secret /);
  });

  test('says it in Chinese with a Chinese locale, every option of it', async () => {
    const english = await start(simulator, ['--help'], { LC_ALL: 'C' });
    const { out } = await start(simulator, ['--help'], { LC_ALL: 'zh_CN.UTF-8' });
    expect(out).toContain('用法：npm run simulator -- [选项]');
    expect(out.match(/^ {2}--.*?(?= {2}|> )/gm)).toEqual(english.out.match(/^ {2}--.*?(?= {2}|> )/gm));
  });

  test.each([
    [['--appid', 'wx0123456789abcdef'], 'An account needs a secret: --secret or SIM_SECRET.'],
    [['--port', 'x'], '--port or SIM_PORT is a port number'],
    [['--followers', 'many'], '--followers is a whole number'],
    [['--colour'], "Unknown option '--colour'. All options: npm run simulator -- --help"],
  ])('says in a sentence what is wrong with %j', async (args, sentence) => {
    const { code, out, err } = await start(simulator, args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(sentence);
    expect(err).not.toContain('    at ');
  });

  test('says what is wrong in Chinese with a Chinese locale', async () => {
    const { code, err } = await start(simulator, ['--colour'], { LC_ALL: 'zh_CN.UTF-8' });
    expect({ code, err }).toEqual({
      code: 2,
      err: '没有 --colour 这个选项。全部选项：npm run simulator -- --help\n',
    });
  });

  test('names the variable that chooses another port where its own is in use', async () => {
    const port = await occupy();
    const { code, err } = await start(simulator, [], { SIM_PORT: port });
    expect(code).toBe(1);
    expect(err).toBe(`Port ${port} is in use. Choose another one with --port or SIM_PORT.\n`);
  });

  test('prints one line when it is ready', async () => {
    const { out } = await start(simulator, []);
    expect(JSON.parse(out)).toEqual({ ready: true, simulator: expect.stringMatching(/^http:/) });
  });
});

describe('the local stack', () => {
  test('says with --help what it takes, in Chinese with a Chinese locale', async () => {
    const english = await start(stack, ['--help'], { LC_ALL: 'C' });
    const { code, out } = await start(stack, ['--help'], { LC_ALL: 'zh_CN.UTF-8' });
    expect(code).toBe(0);
    expect(out).toContain('用法：npm start -- [选项]');
    expect(out.match(/^ {2}--.*?(?= {2}|> )/gm)).toEqual(english.out.match(/^ {2}--.*?(?= {2}|> )/gm));
  });

  test.each(['PORT', 'SIM_PORT', 'AWS_PORT', 'CONSOLE_PORT'])(
    'names %s where that port is in use',
    async (name) => {
      const port = await occupy();
      const { code, out, err } = await start(stack, ['--followers', '1'], { [name]: port });
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toBe(`Port ${port} is in use. Choose another one with ${name}.\n`);
    },
  );

  test.each([
    [['--origin', 'http://localhost:5173/'], '--origin is an origin such as http://localhost:5173'],
    [['--forward', 'localhost:3000'], '--forward is an address such as http://localhost:3000/wechat'],
    [['--colour'], "Unknown option '--colour'. All options: npm start -- --help"],
    [['colour'], "Unexpected argument 'colour'. All options: npm start -- --help"],
    [
      ['--events', 'nowhere.ts'],
      'There is no file nowhere.ts. --events is a module such as the one in docs/events.md.',
    ],
    [['--followers', '-1'], "'--followers' argument is ambiguous"],
  ])('says in a sentence what is wrong with %j', async (args, sentence) => {
    const { code, out, err } = await start(stack, args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(sentence);
  });

  test.each([
    [['--mode', 'fast'], '--mode 应为 stable 或 classic。\n'],
    [['--data'], '--data 后面要写值。全部选项：npm start -- --help\n'],
    [['--followers', '-1'], '--followers 后面要写值；以短横线开头的值写成 --followers=-XYZ。'],
    [['--verbose=yes'], '--verbose 后面不写值。'],
    [['a b'], '不认识的参数：a b。'],
    [
      ['--events', 'nowhere.ts'],
      '没有 nowhere.ts 这个文件。--events 应为一个模块，例子见 docs/zh/events.md。\n',
    ],
  ])('says in Chinese what is wrong with %j, with a Chinese locale', async (args, sentence) => {
    const { err } = await start(stack, args, { LC_ALL: 'zh_CN.UTF-8' });
    expect(err).toContain(sentence);
    expect(err).not.toMatch(/[A-Za-z]+ [a-z]+ [a-z]+/);
  });

  test('says in Chinese that a port is in use, with a Chinese locale', async () => {
    const port = await occupy();
    const { err } = await start(stack, ['--followers', '1'], { PORT: port, LC_ALL: 'zh_CN.UTF-8' });
    expect(err).toBe(`端口 ${port} 已被占用。请用 PORT 换一个端口。\n`);
  });

  test.each([
    [{ WECHAT_APP_ID: 'wx1', WECHAT_APP_SECRET: 's' }, 'WECHAT_APP_ID must be wx and 16 hexadecimal digits.'],
    [{ WECHAT_APP_ID: 'wx0123456789abcdef' }, 'Set both WECHAT_APP_ID and WECHAT_APP_SECRET, or neither.'],
  ])('says in a sentence what is wrong with %j in the environment', async (environment, sentence) => {
    const { code, out, err } = await start(stack, [], environment);
    expect({ code, out, err }).toEqual({ code: 2, out: '', err: `${sentence}\n` });
  });

  test('has an account with 2,000 followers, unless it is told otherwise', async () => {
    const { out } = await start(stack, []);
    const { api, apiKey } = JSON.parse(out) as { api: string; apiKey: string };
    const answer = await fetch(`${api}/v1/accounts/default/followers?limit=1`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
    expect(await answer.json()).toMatchObject({ total: 2000 });
  });

  test('prints one line of JSON into a pipe when it is ready', async () => {
    const { out } = await start(stack, ['--followers', '1']);
    const ready = JSON.parse(out) as { api: string };
    expect(ready).toMatchObject({
      ready: true,
      docs: `${ready.api}/docs`,
      console: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/#[0-9a-f]{64}$/),
      apiKey: expect.stringMatching(/^wk_/),
      awsPort: expect.any(Number),
    });
  });

  test('says in a sentence that a disk is full', () => {
    const fault = Object.assign(new Error('IO error: /data/dynamodb/000005.log: No space left on device'), {
      code: 'LEVEL_IO_ERROR',
    });
    expect(describeStoreFault(fault)).toBe(
      'The tables cannot be written: IO error: /data/dynamodb/000005.log: No space left on device. Start again when they can. What was answered before is kept.',
    );
    expect(describeStoreFault(new Error('something else'))).toBeUndefined();
  });

  test('on a terminal says what to open and gives lines to paste', () => {
    const ready = {
      api: 'http://localhost:8787',
      console: 'http://127.0.0.1:8790/#0',
      simulator: 'http://localhost:8788',
      account: parseAppId('wx5ca1ab1e0ddba115'),
      apiKey: 'wk_x',
      awsPort: 8789,
    };
    const text = describeStart(ready);
    expect(text).toContain('Open the console in a browser: http://127.0.0.1:8790/#0\n');
    expect(text).toContain('The avatar wall is at http://localhost:8787.');
    expect(describeStart(ready, 'zh')).toContain('请用浏览器打开控制台：http://127.0.0.1:8790/#0\n');
    expect(text).toContain('http://localhost:8787/docs is the API reference');
    expect(text.split('\n').filter((line) => line.startsWith('export '))).toEqual([
      'export API=http://localhost:8787',
      'export SIM=http://localhost:8788',
      'export KEY=wk_x',
    ]);
    expect(describeStart({ ...ready, awsPort: 50_123 })).toContain(
      'export KEY=wk_x\nexport AWS_PORT=50123\n',
    );
  });
});
