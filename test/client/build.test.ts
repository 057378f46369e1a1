import { afterAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { buildClient, bundleClient } from '../../client/make/build.ts';
import { apiTypes, readDocument } from '../../client/make/types.ts';

const folder = await mkdtemp(join(tmpdir(), 'keyring-client-'));
afterAll(() => rm(folder, { recursive: true }));

test('client/api.ts is what docs/openapi.json says (else: npm run openapi)', async () => {
  const committed = await readFile(new URL('../../client/api.ts', import.meta.url), 'utf8');
  expect(committed).toBe(await apiTypes(await readDocument()));
});

test('a browser loads at most 8 KiB of it', async () => {
  const code = await bundleClient({ minify: true });
  expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(8 * 1024);
});

describe('what a package brings', () => {
  test('is one module that needs no other, with its types', async () => {
    await buildClient(folder);
    const code = await readFile(join(folder, 'index.js'), 'utf8');
    expect(code).not.toMatch(/^import /m);
    const { Keyring } = (await import(pathToFileURL(join(folder, 'index.js')).href)) as {
      Keyring: new (options: object) => { loginUrl(options: object): string };
    };
    expect(new Keyring({ account: 'wx1' }).loginUrl({ returnTo: 'x:' })).toContain(
      '/v1/accounts/wx1/oauth/authorize?',
    );
    const types = (await readdir(folder)).filter((name) => name.endsWith('.d.ts'));
    expect(types).toContain('index.d.ts');
    for (const name of types) expect(await readFile(join(folder, name), 'utf8')).not.toMatch(/from '.*\.ts'/);
  });
});
