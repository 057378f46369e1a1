import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { entries } from '../../functions/manifest.ts';
import { libraries } from '../../package/manifest.ts';
import { folder, root, run, tarball } from './installed.ts';

const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' })
  .trim()
  .split('\n')
  .map((path) => path.replace(/^package\//, ''));
/** Those of users and operators: decisions and pictures stay away. */
const documents = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.md') && !path.startsWith('adr/'))
  .map((path) => `docs/${path}`);
const installed = join(folder, 'node_modules/wechat-keyring');

test('the tarball has the functions, the pages and documents as they are listed here, and modules', () => {
  const modules = files.filter((path) => path.startsWith('lib/'));
  expect(files.filter((path) => !modules.includes(path)).toSorted()).toEqual(
    [
      ...['package.json', 'LICENSE', 'README.md', 'README.zh-CN.md', 'CHANGELOG.md', 'THIRD-PARTY.md'],
      ...['web', 'console'].flatMap((page) =>
        ['index.html', 'icon.svg', 'main.js', 'style.css'].map((name) => `${page}/${name}`),
      ),
      ...['index.html', 'start.mjs', 'openapi.json', 'swagger-ui.css', 'swagger-ui-bundle.js'].map(
        (name) => `reference/${name}`,
      ),
      ...documents,
      'docs/deploy-role-policy.json',
      ...entries.map((entry) => `functions/${entry}/index.mjs`),
    ].toSorted(),
  );
  const kinds = libraries.flatMap((name) =>
    ['mjs', 'cjs', 'd.mts', 'd.cts'].map((kind) => `lib/${name}.${kind}`),
  );
  expect(modules).toEqual(expect.arrayContaining(kinds));
  // The rest are the programs, and parts of the command line that are loaded when they are needed.
  const others = modules.filter((path) => !kinds.includes(path));
  expect(others.filter((path) => !/^lib\/[\w-]+\.mjs$/.test(path))).toEqual([]);
});

test('the client is one module that a browser can load, with its types', () => {
  const read = (name: string) => readFileSync(join(installed, 'lib', name), 'utf8');
  expect(read('client.mjs')).not.toMatch(/^import\b|node:/m);
  expect(read('client.d.mts')).not.toMatch(/from '.*\.ts'/);
});

test('no file of it names a place on the machine that made it', () => {
  const naming = files.filter((path) => readFileSync(join(installed, path), 'utf8').includes(root));
  expect(naming).toEqual([]);
});

test('every document that a text of it names is in it', () => {
  const texts = files.filter((path) => /^(lib|functions|console|web)\/.*js$/.test(path));
  const named = texts.flatMap((path) =>
    readFileSync(join(installed, path), 'utf8').match(/(?<![\w./-])docs\/[\w/-]+\.md/g),
  );
  expect(named).toContain('docs/runbook.md');
  expect([...new Set(named)].filter((name) => name !== null && !files.includes(name))).toEqual([]);
});

test('every link of a document of it leads to a file of it, or to the web', () => {
  const pages = files.filter((path) => path.endsWith('.md') && path !== 'THIRD-PARTY.md');
  const broken = pages.flatMap((page) => {
    const prose = readFileSync(join(installed, page), 'utf8').replaceAll(/^ *```.*?^ *```$/gms, '');
    const links = [...prose.matchAll(/\]\(([^()\s#]+)[^()\s]*\)|\ssrc="([^"]+)"/g)];
    return links
      .map(([, link, source]) => link ?? source ?? '')
      .filter((to) => !to.startsWith('https://') && !existsSync(join(installed, page, '..', to)))
      .map((to) => `${page} leads to ${to}`);
  });
  expect(broken).toEqual([]);
});

test('the licences of what is bundled come with it', () => {
  const notices = readFileSync(join(installed, 'THIRD-PARTY.md'), 'utf8');
  for (const name of [
    'zod',
    '@middy/core',
    'openapi-fetch',
    'swagger-ui-dist',
    '@aws-sdk/client-dynamodb',
    'jdenticon',
    'csv-stringify',
    'preact',
    'uplot',
  ]) {
    expect(notices).toMatch(new RegExp(`^- ${name} \\d+\\.\\d+\\.\\d+ \\(`, 'm'));
  }
});

test('the manifest is public, and asks for nothing that a user of the simulator has no use for', () => {
  const manifest: unknown = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  const own = z
    .object({ version: z.string(), devDependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  expect(manifest).toMatchObject({
    name: 'wechat-keyring',
    version: own.version,
    dependencies: { dynalite: own.devDependencies['dynalite'] },
    peerDependenciesMeta: { 'aws-cdk-lib': { optional: true }, constructs: { optional: true } },
  });
  for (const name of ['private', 'scripts', 'devDependencies', 'overrides'])
    expect(manifest).not.toHaveProperty(name);
});

test('publint has nothing to say of it', async () => {
  const publint = join(root, 'node_modules/.bin/publint');
  const { code, out } = await run([process.execPath, publint, '--strict', tarball]);
  expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('All good!') });
});

test('its types are found by every way of resolving modules that knows `exports`', async () => {
  const attw = join(root, 'node_modules/.bin/attw');
  const { code, out } = await run([
    process.execPath,
    attw,
    tarball,
    '--profile',
    'node16',
    '--format',
    'json',
  ]);
  expect(JSON.parse(out)).toMatchObject({ problems: {} });
  expect(code).toBe(0);
});

test('npm would publish it', async () => {
  const { code, err } = await run(['npm', 'publish', '--dry-run', '--offline', tarball]);
  expect({ code, err }).toMatchObject({ code: 0 });
});
