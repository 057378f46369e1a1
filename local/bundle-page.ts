import { buildSync, type BuildOptions } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PageFiles } from './served-page.ts';

/** A page that was bundled, and the sources of which something is in it, packages included. */
export interface BundledPage extends PageFiles {
  readonly sources: readonly string[];
}

/**
 * Bundles a page from its folder, which has `index.html`, `icon.svg`, `style.css` and the script `main`. Throws esbuild's
 * BuildFailure when it does not compile.
 */
export async function bundlePage(
  folder: string,
  main: string,
  settings: Pick<BuildOptions, 'target' | 'jsx' | 'jsxImportSource'>,
): Promise<BundledPage> {
  const read = (name: string) => readFile(join(folder, name));
  const [page, icon] = await Promise.all([read('index.html'), read('icon.svg')]);
  // The synchronous call leaves no helper process running.
  const { outputFiles, metafile } = buildSync({
    ...settings,
    entryPoints: [join(folder, main), join(folder, 'style.css')],
    outdir: 'assets',
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    charset: 'utf8',
    logLevel: 'silent',
  });
  const output = (name: string) =>
    Buffer.from(outputFiles.find(({ path }) => path.endsWith(name))?.contents ?? []);
  return {
    page,
    icon,
    script: output('main.js'),
    style: output('style.css'),
    sources: Object.keys(metafile.inputs),
  };
}
