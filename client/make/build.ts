import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../index.ts', import.meta.url));

/** The client as one ES module, minified, for browsers some years old and for Node, with all that it needs. */
export async function bundleClient(): Promise<string> {
  const { outputFiles } = await build({
    minify: true,
    entryPoints: [source],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: ['es2020', 'chrome80'],
    charset: 'utf8',
    // Node.js prints the whole line that an uncaught error comes from.
    lineLimit: 160,
    logLevel: 'silent',
  });
  return outputFiles.map(({ text }) => text).join('');
}
