import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundle } from '../cdk/bundle.ts';
import type { HttpEvent } from '../functions/http.ts';
import { routes } from '../functions/routes.ts';
import { httpEvent } from '../test/kit/event.ts';
import { startKit, type Kit } from '../test/kit/kit.ts';
import type { Start } from './coldstart-worker.ts';
import { markdownTable } from './markdown-table.ts';
import { median, quantile } from './statistics.ts';
import { startTlsFront } from './tls-front.ts';

export interface ColdStartResult {
  readonly what: string;
  /** The code that is loaded, where it is one file; the runtime's copy of the SDK comes on top. */
  readonly kib: number;
  readonly importMs: readonly number[];
  readonly answerMs: readonly number[];
  readonly rss: readonly number[];
}

interface Candidate {
  readonly what: string;
  readonly file: string;
  readonly kib: number;
  /** A request that the handler can answer once. */
  readonly event: () => Promise<HttpEvent>;
  readonly status: number;
  /** Whether DynamoDB is reached by `https:`, as in AWS. */
  readonly tls?: boolean;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const worker = fileURLToPath(new URL('coldstart-worker.ts', import.meta.url));
const known = { key: 'known', keyId: 'bench', scopes: 'token:read followers:read', accounts: '*' };

/** Starts functions in fresh processes, taking turns, each with one request to the embedded DynamoDB. */
export async function runColdStart({ times }: { times: number }): Promise<ColdStartResult[]> {
  const kit = await startKit();
  const folder = await mkdtemp(join(tmpdir(), 'keyring-coldstart-'));
  const front = await startTlsFront(kit.runtime.environment['AWS_ENDPOINT_URL_DYNAMODB'] ?? '');
  try {
    // There is a token by then, so that no start waits for one.
    await kit.call('getToken', { key: kit.apiKey });
    const candidates = await makeCandidates(kit, folder);
    const results = candidates.map(({ what, kib }) => ({
      what,
      kib,
      importMs: [] as number[],
      answerMs: [] as number[],
      rss: [] as number[],
    }));
    for (let n = 0; n < times; n++) {
      for (const [index, candidate] of candidates.entries()) {
        const start = await startOnce(kit, candidate, front.url);
        results[index]?.importMs.push(start.importMs);
        results[index]?.answerMs.push(start.answerMs);
        results[index]?.rss.push(start.rss);
      }
    }
    return results;
  } finally {
    await front.close();
    await kit.close();
    await rm(folder, { recursive: true });
  }
}

async function makeCandidates(kit: Kit, folder: string): Promise<Candidate[]> {
  const path = { account: kit.account };
  const { followers } = (
    await kit.call('lookupFollowers', { key: kit.apiKey, body: { openids: await openidsOf(kit) } })
  ).body as { followers: { openid: string }[] };
  const openid = followers[0]?.openid ?? '';
  const token = () => Promise.resolve(httpEvent(routes.getToken, { path }, known));
  const bareCode = `export const handler = () => Promise.resolve({ statusCode: 200 });`;
  const ours = await bundle(['credentials/get-token', 'followers/list-followers', 'oauth/callback']);
  const ourCode = (entry: string) => {
    const found = ours.find((made) => made.entry === entry);
    if (!found) throw new Error(`There is no bundle of ${entry}.`);
    return found.code;
  };
  const write = async (name: string, code: string | Uint8Array) => {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, code);
    return { file, kib: code.length / 1024 };
  };
  return [
    { what: 'bare handler', ...(await write('bare.mjs', bareCode)), event: token, status: 200 },
    {
      what: 'bare handler that imports node:https',
      ...(await write('https.mjs', `import 'node:https'; ${bareCode}`)),
      event: token,
      status: 200,
    },
    {
      what: 'get-token',
      ...(await write('token.mjs', ourCode('credentials/get-token'))),
      event: token,
      status: 200,
    },
    {
      what: 'get-token, built the usual way, SDK inside',
      ...(await write('usual.cjs', await buildTheUsualWay([]))),
      event: token,
      status: 200,
    },
    {
      what: 'get-token, built the usual way, SDK beside it',
      ...(await write('beside.cjs', await buildTheUsualWay(['@aws-sdk/*', '@smithy/*']))),
      event: token,
      status: 200,
    },
    {
      what: 'get-token, by TLS',
      ...(await write('token.mjs', ourCode('credentials/get-token'))),
      event: token,
      status: 200,
      tls: true,
    },
    {
      what: 'get-token, built the usual way, SDK inside, by TLS',
      ...(await write('usual.cjs', await buildTheUsualWay([]))),
      event: token,
      status: 200,
      tls: true,
    },
    {
      what: 'list-followers',
      ...(await write('followers.mjs', ourCode('followers/list-followers'))),
      event: () => Promise.resolve(httpEvent(routes.listFollowers, { path }, known)),
      status: 200,
    },
    {
      what: 'callback',
      ...(await write('callback.mjs', ourCode('oauth/callback'))),
      event: () => comeBack(kit, openid),
      status: 303,
    },
  ];
}

/** With the settings that CDK's NodejsFunction has when it is told nothing. */
async function buildTheUsualWay(external: string[]): Promise<Uint8Array> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['functions/credentials/get-token.ts'],
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    external,
    write: false,
    logLevel: 'warning',
    // In CommonJS it is empty, and so the one place that asks for it is given nothing.
    logOverride: { 'empty-import-meta': 'silent' },
  });
  const [made] = outputFiles;
  if (!made) throw new Error('esbuild made nothing.');
  return made.contents;
}

async function openidsOf(kit: Kit): Promise<string[]> {
  const { body } = await kit.call('listFollowers', { key: kit.apiKey });
  return (body as { openids: string[] }).openids;
}

/** The event of a browser that comes back from WeChat. Each works once. */
async function comeBack(kit: Kit, openid: string): Promise<HttpEvent> {
  const query = { scope: 'snsapi_base', return_to: `${kit.origin}/after` };
  const { headers, cookies } = await kit.call('authorize', { query });
  const location = await kit.consent(String(headers['location']), openid);
  return httpEvent(routes.callback, {
    path: { account: kit.account },
    query: new URL(location).search.slice(1),
    cookies,
  });
}

async function startOnce(
  kit: Kit,
  { what, file, event, status, tls = false }: Candidate,
  tlsUrl: string,
): Promise<Start> {
  const environment = Object.entries(kit.runtime.environment).filter(([, value]) => value !== undefined);
  const child = fork(worker, [file, JSON.stringify(await event())], {
    env: {
      ...(Object.fromEntries(environment) as Record<string, string>),
      // With it the handler is built while the module is imported, as on Lambda.
      AWS_LAMBDA_FUNCTION_NAME: 'cold',
      ...(tls && {
        AWS_ENDPOINT_URL_DYNAMODB: tlsUrl,
        NODE_TLS_REJECT_UNAUTHORIZED: '0',
        NODE_NO_WARNINGS: '1',
      }),
      // Where the SDK is that stands beside a bundle.
      NODE_PATH: join(root, 'node_modules'),
    },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  let start: Start | undefined;
  child.on('message', (message) => {
    start = message as Start;
  });
  await ended;
  if (start?.status !== status) throw new Error(`${what} answered ${start?.status ?? 'nothing'}.`);
  return start;
}

/** The results as Markdown. */
export function coldStartTable(results: readonly ColdStartResult[]): string {
  const totals = ({ importMs, answerMs }: ColdStartResult) =>
    importMs.map((ms, index) => ms + (answerMs[index] ?? 0));
  const show = (value: number | undefined) => value?.toFixed(1) ?? '–';
  const [bare] = results;
  const bareTotal = bare && median(totals(bare));
  const rows = results.map((result) => {
    const total = median(totals(result));
    return [
      result.what,
      result.kib.toFixed(0),
      show(median(result.importMs)),
      show(quantile(result.importMs, 0.95)),
      show(median(result.answerMs)),
      show(quantile(result.answerMs, 0.95)),
      show(total),
      total !== undefined && bareTotal !== undefined ? (total / bareTotal).toFixed(1) : '–',
      ((median(result.rss) ?? 0) / 2 ** 20).toFixed(0),
    ];
  });
  const head = [
    ...['function', 'KiB', 'import p50 ms', 'import p95 ms', 'answer p50 ms', 'answer p95 ms'],
    ...['both p50 ms', 'ratio', 'RSS MiB'],
  ];
  return markdownTable(head, rows, { texts: 1 });
}
