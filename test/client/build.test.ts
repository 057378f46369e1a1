import { afterAll, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { bundleClient } from '../../client/make/build.ts';
import { apiTypes, readDocument } from '../../client/make/types.ts';

const folder = await mkdtemp(join(tmpdir(), 'keyring-client-'));
afterAll(() => rm(folder, { recursive: true }));

test('client/api.ts is what docs/openapi.json says (else: npm run openapi)', async () => {
  const committed = await readFile(new URL('../../client/api.ts', import.meta.url), 'utf8');
  expect(committed).toBe(await apiTypes(await readDocument()));
});

test('a browser loads at most 8 KiB of it', async () => {
  const code = await bundleClient();
  expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(8 * 1024);
});

test('it is one module that needs no other', async () => {
  const code = await bundleClient();
  expect(code).not.toMatch(/^import\b/m);
  const file = join(folder, 'client.mjs');
  await writeFile(file, code);
  const { Keyring } = (await import(pathToFileURL(file).href)) as {
    Keyring: new (options: object) => { loginUrl(options: object): string };
  };
  expect(new Keyring({ account: 'wx1' }).loginUrl({ returnTo: 'x:' })).toContain(
    '/v1/accounts/wx1/oauth/authorize?',
  );
});
