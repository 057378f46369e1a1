import { buildSync } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
}

/** Bundles the page. Returns its files by their paths. Throws esbuild's BuildFailure when it does not compile. */
export async function buildPage(): Promise<ReadonlyMap<string, PageFile>> {
  // The synchronous call leaves no helper process running.
  const { outputFiles } = buildSync({
    entryPoints: [source('main.tsx'), source('style.css')],
    outdir: 'assets',
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: ['es2022'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    charset: 'utf8',
    logLevel: 'silent',
  });
  const output = (name: string) =>
    Buffer.from(outputFiles.find(({ path }) => path.endsWith(name))?.contents ?? []);
  const [page, icon] = await Promise.all([readFile(source('index.html')), readFile(source('icon.svg'))]);
  return new Map([
    ['/', { type: 'text/html; charset=utf-8', body: page }],
    ['/assets/main.js', { type: 'text/javascript; charset=utf-8', body: output('main.js') }],
    ['/assets/style.css', { type: 'text/css; charset=utf-8', body: output('style.css') }],
    ['/assets/icon.svg', { type: 'image/svg+xml', body: icon }],
  ]);
}

function source(name: string): string {
  return fileURLToPath(new URL(`../page/${name}`, import.meta.url));
}
