import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { exportFollowers } from '../../cli/export-followers.ts';
import type { CommandResult } from '../../functions/admin/commands.ts';
import { tablesOf } from '../../functions/parts.ts';
import { localCredentials } from '../../local/addresses.ts';
import { startStack, type LocalStack } from '../../local/stack.ts';
import { keep, keepCounts, openidOf } from '../followers/rows.ts';
import { bundledKeyring } from './bundled.ts';

const program = await bundledKeyring();

type Page = Extract<CommandResult, { followers: unknown }>;
type Follower = Page['followers'][number];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyring-export-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const noS3 = (): never => {
  throw new Error('S3 is not asked for.');
};

/** Pages of people, two to a page. */
function pagesOf(people: readonly Follower[], size = 2): (next: string | undefined) => Promise<Page> {
  return (next) => {
    const from = Number(next ?? 0);
    const to = from + size;
    const followers = people.slice(from, to);
    return Promise.resolve({ followers, ...(to < people.length && { next: String(to) }) });
  };
}

async function written(format: 'csv' | 'ndjson', people: readonly Follower[]): Promise<string> {
  const path = join(folder, `all.${format}`);
  await exportFollowers(pagesOf(people), { format, target: { to: 'file', path } }, noS3);
  return readFileSync(path, 'utf8');
}

const three: Follower[] = [
  {
    openid: 'oA',
    subscribed: true,
    subscribedAt: 1_700_000_000,
    tagIds: [2, 5],
    nickname: '王小明 "小" O, 明',
  },
  { openid: 'oB', subscribed: true, qrScene: 0, remark: 'two\nlines' },
  {
    openid: 'oC',
    subscribed: true,
    unionid: 'oU',
    avatar: 'https://example.com/132',
    profileFrom: 'consent',
  },
];

describe('an export as NDJSON', () => {
  test('is one follower a line, as the API shows them', async () => {
    const lines = (await written('ndjson', three)).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(three);
  });

  test('of nobody is empty', async () => {
    expect(await written('ndjson', [])).toBe('');
  });
});

describe('an export as CSV', () => {
  test('quotes what has to be, and starts with a byte order mark and the columns', async () => {
    expect((await written('csv', three)).split('\r\n')).toEqual([
      '\ufeffopenid,subscribedAt,subscribedAtBeijing,unionid,nickname,avatar,profileFrom,remark,language,tagIds,subscribeScene,qrScene,qrSceneStr',
      'oA,1700000000,2023-11-15 06:13:20,,"王小明 ""小"" O, 明",,,,,2 5,,,',
      'oB,,,,,,,"two\nlines",,,,0,',
      'oC,,,oU,,https://example.com/132,consent,,,,,,',
      '',
    ]);
  });

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '=HYPERLINK("http://example.com","a")'])(
    'makes a text of the formula %j',
    async (nickname) => {
      const [, row = ''] = (await written('csv', [{ openid: 'oA', subscribed: true, nickname }])).split(
        '\r\n',
      );
      const cell = row.replace(/^oA,,,,/, '').replace(/^"/, '');
      expect(cell.startsWith("'")).toBe(true);
    },
  );

  test('of nobody has the columns', async () => {
    expect(await written('csv', [])).toMatch(/^\ufeffopenid,.*\r\n$/);
  });
});

describe('a file', () => {
  test('is for its owner alone', async () => {
    await written('csv', three);
    expect(statSync(join(folder, 'all.csv')).mode & 0o777).toBe(0o600);
  });

  test('in a folder that is not there is an error that names the folder', async () => {
    const target = { to: 'file', path: join(folder, 'nowhere', 'all.csv') } as const;
    await expect(exportFollowers(pagesOf(three), { format: 'csv', target }, noS3)).rejects.toThrow(
      `There is no folder ${join(folder, 'nowhere')}.`,
    );
  });

  test('is not there, and an earlier one stays, when a page fails', async () => {
    const path = join(folder, 'kept.ndjson');
    const target = { to: 'file', path } as const;
    await exportFollowers(pagesOf(three), { format: 'ndjson', target }, noS3);
    const before = readFileSync(path, 'utf8');
    const fails = (next: string | undefined) =>
      next === undefined ? pagesOf(three)(next) : Promise.reject(new Error('gone'));
    await expect(exportFollowers(fails, { format: 'ndjson', target }, noS3)).rejects.toThrow('gone');
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(readdirSync(folder).filter((name) => name.includes('part'))).toEqual([]);
  });
});

describe('memory', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;

  /** The heap that was in use when the last page was asked for: with all that is kept of those before. */
  async function inUse(format: 'csv' | 'ndjson', count: number): Promise<number> {
    let heap = 0;
    const page = (next: string | undefined): Promise<Page> => {
      const from = Number(next ?? 0);
      if (from + 1000 >= count) {
        collect();
        heap = process.memoryUsage().heapUsed;
      }
      const followers = Array.from({ length: 1000 }, (_, index) => ({
        openid: openidOf(from + index),
        subscribed: true,
        nickname: `Somebody ${from + index}`,
        avatar: `https://example.com/${'x'.repeat(100)}/${from + index}/132`,
      }));
      return Promise.resolve({ followers, ...(from + 1000 < count && { next: String(from + 1000) }) });
    };
    const path = join(folder, 'large');
    expect(await exportFollowers(page, { format, target: { to: 'file', path } }, noS3)).toBe(count);
    return heap;
  }

  test.each(['csv', 'ndjson'] as const)(
    'in use by an export as %s does not grow with the number of followers',
    async (format) => {
      await inUse(format, 10_000);
      const few = await inUse(format, 10_000);
      const many = await inUse(format, 100_000);
      expect(many / few).toBeLessThan(1.1);
    },
  );
});

describe('S3', () => {
  let server: Server;
  const requests: { line: string; type: string | undefined; body: string }[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const line = `${request.method ?? ''} ${(request.url ?? '').replace(/\?.*/, '')}`;
        const body = Buffer.concat(chunks).toString('utf8');
        requests.push({ line, type: request.headers['content-type'], body });
        response.setHeader('etag', '"1"').end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => void server.close());

  test('gets the object under the name asked for', async () => {
    const { port } = server.address() as AddressInfo;
    const s3 = () =>
      new S3Client({
        endpoint: `http://127.0.0.1:${port}`,
        region: 'us-east-1',
        credentials: localCredentials,
      });
    const target = { to: 's3', bucket: 'lists', key: 'a/all.ndjson' } as const;
    await exportFollowers(pagesOf(three), { format: 'ndjson', target }, s3);
    expect(requests.map(({ line, type }) => [line, type])).toEqual([
      ['PUT /lists/a/all.ndjson', 'application/x-ndjson'],
    ]);
    expect(
      requests[0]?.body
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(three);
  });

  test('gets nothing when a page fails', async () => {
    requests.length = 0;
    const { port } = server.address() as AddressInfo;
    const s3 = () =>
      new S3Client({
        endpoint: `http://127.0.0.1:${port}`,
        region: 'us-east-1',
        credentials: localCredentials,
      });
    const target = { to: 's3', bucket: 'lists', key: 'half' } as const;
    const fails = (next: string | undefined) =>
      next === undefined ? pagesOf(three)(next) : Promise.reject(new Error('gone'));
    await expect(exportFollowers(fails, { format: 'csv', target }, s3)).rejects.toThrow('gone');
    expect(requests).toEqual([]);
  });
});

describe('the command line', () => {
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  let stack: LocalStack;
  beforeAll(async () => {
    stack = await startStack({ ports: { api: 0, simulator: 0, aws: 0 }, log: quiet, followers: 3 });
  });
  afterAll(() => stack.close());

  async function keyring(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
    const child = spawn(process.execPath, [program, '--local', ...args], {
      env: { ...process.env, AWS_PORT: String(stack.awsPort), NODE_OPTIONS: '' },
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += String(chunk)));
    child.stderr.on('data', (chunk) => (err += String(chunk)));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, out, err };
  }

  test('says what is missing before the first sync has ended', async () => {
    const { code, out, err } = await keyring('followers', 'export', 'default');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('mirror_not_ready');
    expect(err).toContain('followers sync');
  });

  test('exports to a file in the format of its name, and to standard output', async () => {
    const { account, runtime, clock } = stack;
    await keep(tablesOf(runtime).followers, account, three);
    await keepCounts({ account, runtime, clock }, { subscribed: 3 });
    const path = join(folder, 'followers.csv');
    const toFile = await keyring('followers', 'export', 'default', '--out', path);
    expect(toFile).toEqual({ code: 0, out: '', err: '3 followers exported.\n' });
    const toScreen = await keyring('followers', 'export', 'default', '--format', 'csv');
    expect(toScreen).toEqual({ code: 0, out: readFileSync(path, 'utf8'), err: '3 followers exported.\n' });
    expect(toScreen.out.split('\r\n').slice(1, 4).sort()).toEqual([
      expect.stringMatching(/^oA,1700000000,/),
      expect.stringMatching(/^oB,/),
      expect.stringMatching(/^oC,/),
    ]);
  });

  test.each([
    ['--format', 'xml'],
    ['--out', 's3://bucket'],
  ])('refuses %s %s', async (option, value) => {
    const { code, err } = await keyring('followers', 'export', 'default', option, value);
    expect(code).toBe(2);
    expect(err).toContain(option);
  });
});
