import { buildSync, type BuildResult } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** What the page is made of. */
export interface PageFiles {
  readonly page: Buffer;
  readonly icon: Buffer;
  readonly script: Buffer;
  readonly style: Buffer;
}

/** Bundles the page from its sources. Throws esbuild's BuildFailure when it does not compile. */
export async function pageFiles(): Promise<PageFiles> {
  const { outputFiles } = bundle();
  const output = (name: string) =>
    Buffer.from(outputFiles.find(({ path }) => path.endsWith(name))?.contents ?? []);
  const [page, icon] = await Promise.all([readFile(source('index.html')), readFile(source('icon.svg'))]);
  return { page, icon, script: output('main.js'), style: output('style.css') };
}

/** The sources of which something is in the page, packages included. */
export function pageSources(): string[] {
  return Object.keys(bundle().metafile.inputs);
}

function bundle(): BuildResult<{ write: false; metafile: true }> {
  // The synchronous call leaves no helper process running.
  return buildSync({
    entryPoints: [source('main.tsx'), source('style.css')],
    outdir: 'assets',
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: ['es2022'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    charset: 'utf8',
    logLevel: 'silent',
  });
}

function source(name: string): string {
  return fileURLToPath(new URL(`../page/${name}`, import.meta.url));
}
