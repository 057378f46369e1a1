import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bundle, leftOutNames, type Bundle } from '../../cdk/bundle.ts';
import { entries, maxKib, requestEntries } from '../../functions/manifest.ts';
import { close, listen } from '../../local/aws/http.ts';
import { createCall, startKit, type Call, type Kit } from '../kit/kit.ts';

let folder: string;
let bundles: Map<string, Bundle>;
let kit: Kit;
let call: Call;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyring-bundles-test-'));
  bundles = new Map((await bundle(entries)).map((made) => [made.entry, made]));
  for (const [entry, { code }] of bundles) {
    await mkdir(dirname(fileOf(entry)), { recursive: true });
    await writeFile(fileOf(entry), code);
  }
  kit = await startKit();
  call = createCall(kit.runtime, (entry) => import(pathToFileURL(fileOf(entry)).href));
});
afterAll(async () => {
  await kit.close();
  await rm(folder, { recursive: true });
});

function fileOf(entry: string): string {
  return join(folder, `${entry}.mjs`);
}

function bundleOf(entry: string): Bundle {
  const found = bundles.get(entry);
  if (!found) throw new Error(`There is no bundle of ${entry}.`);
  return found;
}

/** Runs a program in a Node.js of its own, with nothing in the environment but what is given. */
async function run(program: string, env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    env,
    timeout: 60_000,
  });
  return stdout;
}

test.each(requestEntries)('%s, which a request waits for, is no larger than it may be', (entry) => {
  const kib = bundleOf(entry).code.length / 1024;
  // What is in it: npm run bundles -- followed by its name.
  expect(kib).toBeLessThanOrEqual(maxKib);
});

test('everything that is left out is still met in some function', () => {
  const met = new Set([...bundles.values()].flatMap(({ leftOut }) => leftOut));
  expect([...met].toSorted()).toEqual([...leftOutNames].toSorted());
});

test('no function holds a part of the credential chain or a file of tests', () => {
  for (const { inputs } of bundles.values()) {
    expect(Object.keys(inputs).join('\n')).not.toMatch(
      /credential-provider-|nested-clients|\btest\/|\blocal\//,
    );
  }
});

test('a function holds the schemas of its own route and not those of its neighbours', () => {
  const textOf = (entry: string) => Buffer.from(bundleOf(entry).code).toString();
  expect(textOf('followers/list-followers')).toContain('has_profile');
  expect(textOf('followers/count-followers')).not.toContain('has_profile');
});

test('a function that only counts followers asks WeChat nothing', () => {
  expect(Object.keys(bundleOf('followers/count-followers').inputs)).not.toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^shared\/(wechat\/(client|followers)|usage\/meter)\.ts$/),
    ]),
  );
});

test('no function holds what the stacks are made from', () => {
  for (const { inputs } of bundles.values()) {
    expect(Object.keys(inputs)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^functions\/(manifest|permissions|routes)\.ts$/)]),
    );
  }
});

test('every bundle imports in a Node.js of its own and exports its handler', async () => {
  const addresses = entries.map((entry) => pathToFileURL(fileOf(entry)).href);
  const program = `for (const address of ${JSON.stringify(addresses)}) {
    const { handler } = await import(address);
    process.stdout.write(typeof handler + ' ');
  }`;
  expect((await run(program)).trim().split(' ')).toEqual(entries.map(() => 'function'));
});

test('a function that is started as on Lambda but without credentials says that they are missing', async () => {
  const program = `try { await import(${JSON.stringify(pathToFileURL(fileOf('open/domain-file')).href)}); }
    catch (error) { process.stdout.write(error.message); }`;
  const environment = {
    AWS_LAMBDA_FUNCTION_NAME: 'domain-file',
    AWS_REGION: 'us-east-1',
    KEYRING_CREDENTIALS_TABLE: 'c',
    KEYRING_USERS_TABLE: 'u',
    KEYRING_FOLLOWERS_TABLE: 'f',
  };
  expect(await run(program, environment)).toBe(
    'On Lambda credentials come from the environment (AWS_ACCESS_KEY_ID), and there were none.',
  );
});

test('the same sources give the same bytes', async () => {
  const entry = 'credentials/get-token';
  const [again] = await bundle([entry]);
  expect(Buffer.compare(again?.code ?? Buffer.of(), bundleOf(entry).code)).toBe(0);
  expect(Buffer.compare(again?.sourceMap ?? Buffer.of(), bundleOf(entry).sourceMap)).toBe(0);
});

describe('the bundles at work', () => {
  test('read a token, which the refresh function has to mint first', async () => {
    const answer = await call('getToken', { key: kit.apiKey });
    expect(answer).toMatchObject({ status: 200, body: { access_token: expect.any(String) } });
  });

  test('list followers', async () => {
    const answer = await call('listFollowers', { key: kit.apiKey, query: { limit: '10' } });
    expect(answer).toMatchObject({ status: 200, body: { total: 30 } });
  });

  test('tell the fault of a request', async () => {
    const answer = await call('listFollowers', { key: kit.apiKey, query: { limit: 'many' } });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_parameter' } });
  });

  test('draw a placeholder', async () => {
    const answer = await call('getPlaceholder', { path: { seed: '0123456789abcdef', size: '64' } });
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'image/png' } });
  });

  test('log a user in, with KMS and Secrets Manager', async () => {
    const listed = await call('listFollowers', { key: kit.apiKey });
    const [openid = ''] = (listed.body as { openids: string[] }).openids;
    const query = { scope: 'snsapi_userinfo', return_to: `${kit.origin}/after` };
    const { headers, cookies } = await call('authorize', { query });
    const location = await kit.consent(String(headers['location']), openid);
    const back = await call('callback', { query: new URL(location).search.slice(1), cookies });
    expect(back).toMatchObject({ status: 303, headers: { location: `${kit.origin}/after#` } });
    expect(await call('getMe', { cookies: back.cookies })).toMatchObject({ status: 200, body: { openid } });
  });
});

describe('an error of DynamoDB that the sources do not tell apart', () => {
  const servers: Server[] = [];
  afterAll(() => Promise.all(servers.map(close)));

  /** What a bundle makes of a DynamoDB that answers with these errors in turn, and then with nothing found. */
  async function askFile(...errors: string[]) {
    let asked = 0;
    const server = createServer((request, response) => {
      const error = errors[asked++];
      request.resume();
      response
        .writeHead(error === undefined ? 200 : 400, { 'content-type': 'application/x-amz-json-1.0' })
        .end(
          error === undefined ? '{}' : `{"__type":"com.amazonaws.dynamodb.v20120810#${error}","message":""}`,
        );
    });
    servers.push(server);
    const logged: unknown[] = [];
    const environment = { ...kit.runtime.environment, AWS_ENDPOINT_URL_DYNAMODB: await listen(server) };
    const log = { ...kit.runtime.log, error: (_: string, fields: unknown) => logged.push(fields) };
    const callHere = createCall(
      { ...kit.runtime, environment, log },
      (entry) => import(`${pathToFileURL(fileOf(entry)).href}?${errors.join()}`),
    );
    const { status } = await callHere('domainFile', { path: { file: 'MP_verify_1.txt' } });
    return { status, asked, logged };
  }

  test('is waited out where it says that the table is busy', async () => {
    expect(await askFile('ProvisionedThroughputExceededException')).toEqual({
      status: 404,
      asked: 2,
      logged: [],
    });
  });

  test('keeps its name', async () => {
    expect(await askFile('ResourceNotFoundException')).toMatchObject({
      status: 500,
      asked: 1,
      logged: [{ error: 'ResourceNotFoundException' }],
    });
  });
});

test('the folder of a function holds the module and its source map, and is gone with the process', async () => {
  const program = `import { readdirSync } from 'node:fs';
    import { bundleFolder } from ${JSON.stringify(new URL('../../cdk/bundle-folders.ts', import.meta.url).href)};
    const folder = bundleFolder('open/health');
    process.stdout.write(JSON.stringify({ folder, files: readdirSync(folder) }));`;
  const { folder: made, files } = JSON.parse(await run(program)) as { folder: string; files: string[] };
  expect(files).toEqual(['index.mjs', 'index.mjs.map']);
  expect(existsSync(made)).toBe(false);
});
