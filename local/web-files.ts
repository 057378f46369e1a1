import { buildSync } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** What the web client is made of. */
export interface WebFiles {
  readonly page: Buffer;
  readonly icon: Buffer;
  readonly script: Buffer;
  readonly style: Buffer;
}

/** Bundles the web client from its sources. Throws esbuild's BuildFailure when it does not compile. */
export async function webFiles(): Promise<WebFiles> {
  const [page, icon] = await Promise.all([readFile(source('index.html')), readFile(source('icon.svg'))]);
  return { page, icon, ...bundle() };
}

/** For the browsers of phones some years old, WeChat's own among them. */
function bundle(): Pick<WebFiles, 'script' | 'style'> {
  // The synchronous call leaves no helper process running.
  const { outputFiles } = buildSync({
    entryPoints: [source('main.ts'), source('style.css')],
    outdir: 'assets',
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: ['es2020', 'chrome80'],
    charset: 'utf8',
    logLevel: 'silent',
  });
  const output = (name: string) =>
    Buffer.from(outputFiles.find(({ path }) => path.endsWith(name))?.contents ?? []);
  return { script: output('main.js'), style: output('style.css') };
}

function source(name: string): string {
  return fileURLToPath(new URL(`../web/${name}`, import.meta.url));
}
