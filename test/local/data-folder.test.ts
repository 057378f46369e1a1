import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAdmin, startStack, type LocalStack, type StackOptions } from '../../local/stack.ts';
import { clientConfig } from './clients.ts';

const ports = { api: 0, simulator: 0, aws: 0 };
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const running: LocalStack[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const stack of running.splice(0)) await stack.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keyring-'));
  folders.push(folder);
  return folder;
}

async function start(dataDir: string, options: Partial<StackOptions> = {}): Promise<LocalStack> {
  const stack = await startStack({ ports, log: quiet, followers: 1, dataDir, ...options });
  running.push(stack);
  return stack;
}

async function stop(stack: LocalStack): Promise<void> {
  running.splice(running.indexOf(stack), 1);
  await stack.close();
}

/** What there would be of a folder if the process that works with it were killed now. */
function imageOf(dataDir: string): string {
  const image = join(makeFolder(), 'data');
  cpSync(dataDir, image, { recursive: true });
  return image;
}

/** Whether the account's token can be had, which takes key, secret, tables and schedules. */
async function lends({ api, apiKey }: LocalStack): Promise<boolean> {
  const headers = { authorization: `Bearer ${apiKey}` };
  const answer = await fetch(`${api}/v1/accounts/default/followers?limit=1`, { headers });
  await answer.arrayBuffer();
  return answer.status === 200;
}

const stateFile = (dataDir: string) => join(dataDir, 'stack.json');

describe('a data folder', () => {
  test('keeps account, key and clock from one start to the next', async () => {
    const dataDir = makeFolder();
    const first = await start(dataDir);
    const moved = await first.clock.advance(600);
    await stop(first);
    const second = await start(dataDir);
    expect([second.account, second.apiKey]).toEqual([first.account, first.apiKey]);
    expect(second.clock.now()).toBeGreaterThanOrEqual(moved);
    expect(await lends(second)).toBe(true);
  });

  test('of a first start that was killed, wherever, is started from again', async () => {
    const dataDir = makeFolder();
    const images: string[] = [];
    const line = () => {
      images.push(imageOf(dataDir));
    };
    await stop(await start(dataDir, { log: { info: line, warn: line, error: line }, metrics: line }));
    expect(images.length).toBeGreaterThan(2);
    for (const image of images) {
      const again = await start(image);
      // Who was killed in a refresh has left a lease.
      await again.clock.advance(60);
      expect(await lends(again)).toBe(true);
      await stop(again);
    }
  });

  test('of a start that was killed before it had told its key gets another one', async () => {
    const dataDir = makeFolder();
    const first = await start(dataDir);
    await stop(first);
    const { account, apiKey, ...rest } = JSON.parse(readFileSync(stateFile(dataDir), 'utf8')) as Record<
      string,
      unknown
    >;
    expect([account, apiKey]).toEqual([first.account, first.apiKey]);
    writeFileSync(stateFile(dataDir), JSON.stringify(rest));
    const second = await start(dataDir);
    expect(second.apiKey).not.toBe(first.apiKey);
    expect(await lends(second)).toBe(true);
  });
});

describe('what was acknowledged is there after a kill:', () => {
  test('the secret of an account', async () => {
    const dataDir = makeFolder();
    const stack = await start(dataDir);
    const [account, secret] = ['wx0123456789abcdef', 'f'.repeat(32)];
    const body = JSON.stringify({ appid: account, secret });
    await fetch(`${String(stack.simulator)}/_sim/accounts`, { method: 'POST', body });
    await runAdmin(stack.runtime, {
      command: 'account.add',
      account,
      name: account,
      mode: 'stable',
      secret,
      allowedOrigins: [],
      domainFiles: [],
    });
    const { awsPort } = await start(imageOf(dataDir));
    const client = new SecretsManagerClient(clientConfig(`http://127.0.0.1:${awsPort}`));
    const stored = await client.send(
      new GetSecretValueCommand({ SecretId: `wechat-keyring/local/${account}` }),
    );
    client.destroy();
    expect(stored.SecretString).toContain(secret);
  });

  test('how far the clock was moved', async () => {
    const dataDir = makeFolder();
    const stack = await start(dataDir);
    const moved = await stack.clock.advance(600);
    const again = await start(imageOf(dataDir));
    expect(again.clock.now()).toBeGreaterThanOrEqual(moved);
  });
});

describe('is told in a sentence:', () => {
  test.each([
    ['cut off', (text: string) => text.slice(0, 100)],
    ['empty', () => ''],
    ['something else', () => '{}'],
    ['without what AWS holds', (text: string) => text.replace('"material"', '"immaterial"')],
  ])('a stack.json that is %s', async (_damage, damage) => {
    const dataDir = makeFolder();
    await stop(await start(dataDir));
    const file = stateFile(dataDir);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, damage(text));
    await expect(start(dataDir)).rejects.toThrow(
      `${file} is damaged. Put a copy of it back, or delete the folder ${dataDir} to begin anew.`,
    );
    writeFileSync(file, text);
    expect(await lends(await start(dataDir))).toBe(true);
  });

  test('tables whose keys are gone', async () => {
    const dataDir = makeFolder();
    await stop(await start(dataDir));
    rmSync(stateFile(dataDir));
    const sentence = `${stateFile(dataDir)} is missing, and without it the tables beside it cannot be used.`;
    await expect(start(dataDir)).rejects.toThrow(sentence);
    // Nothing is made in its place, so that a copy can be put back.
    await expect(start(dataDir)).rejects.toThrow(sentence);
  });

  test('tables that are damaged', async () => {
    const dataDir = makeFolder();
    await stop(await start(dataDir));
    writeFileSync(join(dataDir, 'dynamodb', 'CURRENT'), 'nonsense');
    await expect(start(dataDir)).rejects.toThrow(
      `The tables in ${join(dataDir, 'dynamodb')} cannot be opened: Corruption`,
    );
  });

  test('a folder that is none', async () => {
    const file = join(makeFolder(), 'file');
    writeFileSync(file, '');
    await expect(start(file)).rejects.toThrow(`The data folder ${file} cannot be used: `);
    await expect(start(join(file, 'below'))).rejects.toThrow(
      `The data folder ${file}/below cannot be used: `,
    );
  });

  test('a second stack, which changes nothing', async () => {
    const dataDir = makeFolder();
    const first = await start(dataDir);
    const before = readFileSync(stateFile(dataDir), 'utf8');
    await expect(start(dataDir)).rejects.toThrow(
      `Another local stack is using ${join(dataDir, 'dynamodb')}. Stop it, or choose another folder.`,
    );
    expect(JSON.parse(readFileSync(stateFile(dataDir), 'utf8'))).toMatchObject({
      apiKey: (JSON.parse(before) as { apiKey: string }).apiKey,
    });
    expect(await lends(first)).toBe(true);
  });

  test('once, a folder that takes nothing any more, while the stack goes on', async () => {
    const dataDir = makeFolder();
    const warned: string[] = [];
    const stack = await start(dataDir, { log: { ...quiet, warn: (line) => warned.push(line) } });
    rmSync(dataDir, { recursive: true });
    for (let moves = 0; moves < 3; moves += 1) await stack.clock.advance(1);
    expect(warned.filter((line) => line.includes(dataDir))).toEqual([
      expect.stringContaining(`The data folder ${dataDir} cannot be used: `),
    ]);
    const command = { command: 'account.set-push', account: 'default', pushToken: 'AnotherToken1' } as const;
    await expect(runAdmin(stack.runtime, command)).rejects.toThrow();
  });
});

test('nobody else can read what is in a folder that everybody may open', async () => {
  const dataDir = makeFolder();
  chmodSync(dataDir, 0o755);
  await stop(await start(dataDir));
  chmodSync(join(dataDir, 'dynamodb'), 0o755);
  await start(dataDir);
  const open = readdirSync(dataDir).filter((name) => (statSync(join(dataDir, name)).mode & 0o077) !== 0);
  expect(open).toEqual([]);
});
