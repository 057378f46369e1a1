import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../cdk/bundle.ts';
import { bundleClient } from '../client/make/build.ts';
import { pageFiles } from '../console/server/page-files.ts';
import { entries } from '../functions/manifest.ts';
import { apiReferenceFiles } from '../local/api-reference-files.ts';
import type { PageFiles } from '../local/served-page.ts';
import { webFiles } from '../local/web-files.ts';
import { documentInPackage } from './documents.ts';
import { asInPackage, programs } from './instead.ts';
import { external, libraries, manifestOf, readRootManifest } from './manifest.ts';
import { bundleModules } from './modules.ts';
import { inputsOf, noticesOf, packagesIn } from './notices.ts';
import { writeTypes } from './types.ts';

/** Makes the package that is published, in dist/package: `npm run package`. */

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'dist/package');
const lib = join(folder, 'lib');

rmSync(folder, { recursive: true, force: true });
mkdirSync(lib, { recursive: true });
const ofWeb = await webFiles();
const ofConsole = await pageFiles();
const sources = [
  ...(await writeModules()),
  ...(await writeFunctions()),
  ...ofWeb.sources,
  ...ofConsole.sources,
  'node_modules/swagger-ui-dist/swagger-ui-bundle.js',
];
writePage('web', ofWeb);
writePage('console', ofConsole);
await writeApiReference();
await writeTypes(sourcesOf(libraries), lib, [/^aws-cdk-lib/, /^constructs$/]);
const repository = process.env['GITHUB_REPOSITORY'];
const manifest = manifestOf(readRootManifest(), repository);
writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
for (const name of ['README.md', 'README.zh-CN.md', 'CHANGELOG.md', 'LICENSE']) {
  cpSync(join(root, name), join(folder, name));
}

// What its texts and its README lead to. Why the project is as it is concerns those who change it.
cpSync(join(root, 'docs'), join(folder, 'docs'), {
  recursive: true,
  filter: (path) =>
    statSync(path).isDirectory()
      ? !/^(adr|images)$/.test(basename(path))
      : path.endsWith('.md') || path.endsWith('deploy-role-policy.json'),
});
for (const page of globSync('**/*.md', { cwd: folder })) {
  const text = readFileSync(join(folder, page), 'utf8');
  const published = repository === undefined ? undefined : { repository, version: manifest.version };
  writeFileSync(
    join(folder, page),
    documentInPackage(text, page, (path) => existsSync(join(folder, path)), published),
  );
}
writeFileSync(join(folder, 'THIRD-PARTY.md'), noticesOf(packagesIn(sources)));

function sourcesOf(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `package/entries/${name}.ts`]));
}

/** The programs and the libraries. Returns the sources of which something is in them. */
async function writeModules(): Promise<string[]> {
  const common = { outdir: lib, external, plugins: [asInPackage] };
  // The client is for browsers, too.
  const forNode = libraries.filter((name) => name !== 'client');
  writeFileSync(join(lib, 'client.mjs'), await bundleClient());
  const made = await Promise.all([
    // Most commands need a part of it alone.
    bundleModules({ ...common, entries: sourcesOf(['bin']), split: true }),
    bundleModules({ ...common, entries: { ...programs, ...sourcesOf(forNode) } }),
    bundleModules({ ...common, entries: sourcesOf(libraries), format: 'cjs' }),
  ]);
  return made.flatMap(inputsOf);
}

/**
 * The functions as the CDK takes them: a folder for each. Without their source maps, which are twice as large as they
 * and which nothing on AWS reads.
 */
async function writeFunctions(): Promise<string[]> {
  const made = await bundle(entries, [asInPackage]);
  for (const { entry, code } of made) {
    mkdirSync(join(folder, 'functions', entry), { recursive: true });
    const text = Buffer.from(code).toString('utf8');
    writeFileSync(
      join(folder, 'functions', entry, 'index.mjs'),
      text.replace(/\/\/# sourceMappingURL=.*\n$/, ''),
    );
  }
  return made.flatMap(({ inputs }) => Object.keys(inputs));
}

function writePage(name: string, { page, icon, script, style }: PageFiles): void {
  mkdirSync(join(folder, name));
  const files = { 'index.html': page, 'icon.svg': icon, 'main.js': script, 'style.css': style };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, name, file), text);
}

/** Swagger UI comes as it is: its licence is told with those of what is bundled. */
async function writeApiReference(): Promise<void> {
  const { page, start, document, styles, script } = await apiReferenceFiles();
  mkdirSync(join(folder, 'reference'));
  const files = {
    'index.html': page,
    'start.mjs': start,
    'openapi.json': document,
    'swagger-ui.css': styles,
    'swagger-ui-bundle.js': script,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'reference', name), text);
}
