import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { readApiReference } from '../../local/api-reference.ts';
import { startStack, type LocalStack } from '../../local/stack.ts';
import { buildWeb } from '../../local/web.ts';
import { memoryTables } from '../kit/memory-table.ts';

let stack: LocalStack;

beforeAll(async () => {
  const apiReference = await readApiReference();
  stack = await startStack({
    ports: { api: 0, simulator: 0, aws: 0 },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    followers: 1,
    tables: memoryTables(),
    web: await buildWeb(apiReference.files),
    apiReference,
  });
});
afterAll(() => stack.close());

function get(path: string, method = 'GET'): Promise<Response> {
  return fetch(`${stack.api}${path}`, { method });
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly {
    readonly in: string;
    readonly required?: boolean;
    readonly example?: unknown;
  }[];
}
interface OpenApi {
  readonly servers: unknown;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

function operationsOf({ paths }: OpenApi): Operation[] {
  return Object.values(paths).flatMap((methods) => Object.values(methods));
}

test('serves the API reference at /docs, with all that it loads', async () => {
  const answer = await get('/docs');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const page = await answer.text();
  const loaded = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
  expect(loaded.length).toBeGreaterThan(3);
  for (const path of loaded) {
    expect(path).toMatch(/^\/assets\//);
    expect({ path, status: (await get(path)).status }).toEqual({ path, status: 200 });
  }
});

test('lets the page load and call nothing but this stack, and run no script that stands in a page', async () => {
  const policy = (await get('/docs')).headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
  expect(policy).toContain("connect-src 'self'");
  expect(policy).not.toContain('unsafe');
});

test('has each operation of docs/openapi.json, with this stack as the server that is called', async () => {
  const served = (await (await get('/assets/docs/openapi.json')).json()) as OpenApi;
  const file = new URL('../../docs/openapi.json', import.meta.url);
  const document = JSON.parse(await readFile(file, 'utf8')) as OpenApi;
  expect(served.servers).toEqual([{ url: '/' }]);
  const names = (each: OpenApi) => operationsOf(each).map(({ operationId }) => operationId);
  expect(names(served)).toEqual(names(document));
});

test('has no example for an optional parameter, since the page would send it', async () => {
  const served = (await (await get('/assets/docs/openapi.json')).json()) as OpenApi;
  const optional = operationsOf(served)
    .flatMap(({ parameters = [] }) => parameters)
    .filter((parameter) => parameter.in === 'query' && parameter.required !== true);
  expect(optional.length).toBeGreaterThan(10);
  expect(optional.filter((parameter) => 'example' in parameter)).toEqual([]);
});

test.each(['/MP_verify_AbC123.txt', '/docs.txt', '/other'])(
  "leaves %s to the route of WeChat's domain ownership file",
  async (path) => {
    const answer = await get(path);
    expect({ status: answer.status, body: await answer.json() }).toMatchObject({
      status: 404,
      body: { code: 'file_unknown' },
    });
  },
);

test('leaves other methods to API Gateway, which has no route for them', async () => {
  const answer = await get('/docs', 'POST');
  expect({ status: answer.status, body: await answer.json() }).toEqual({
    status: 404,
    body: { message: 'Not Found' },
  });
});
