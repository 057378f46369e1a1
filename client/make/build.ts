import { build } from 'esbuild';
import ts from 'typescript';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../index.ts', import.meta.url));

/** The client as one ES module for browsers some years old and for Node, with all that it needs. */
export async function bundleClient(options: { readonly minify: boolean }): Promise<string> {
  const { outputFiles } = await build({
    ...options,
    entryPoints: [source],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: ['es2020', 'chrome80'],
    charset: 'utf8',
    logLevel: 'silent',
  });
  return outputFiles.map(({ text }) => text).join('');
}

/**
 * Writes the client for a package: `index.js`, and `index.d.ts` with the files of types that it names.
 *
 * @param folder is made where it is not there
 */
export async function buildClient(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'index.js'), await bundleClient({ minify: false }));
  for (const [name, text] of declarations()) await writeFile(join(folder, name), text);
}

/** The types of each module. Throws where the compiler has something to say of them. */
function declarations(): Map<string, string> {
  const written = new Map<string, string>();
  const program = ts.createProgram([source], {
    declaration: true,
    emitDeclarationOnly: true,
    allowImportingTsExtensions: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    skipLibCheck: true,
    types: [],
  });
  const { diagnostics, emitSkipped } = program.emit(undefined, (file, text) => {
    // Who installs it has no sources beside the types.
    written.set(basename(file), text.replace(/(from '\.\/\w+)\.ts'/g, "$1.js'"));
  });
  const said = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (emitSkipped || said.length > 0) {
    throw new Error(
      said.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')).join('\n'),
    );
  }
  return written;
}

if (import.meta.main) {
  const [folder = 'dist/client'] = process.argv.slice(2);
  await buildClient(folder);
  process.stdout.write(`Wrote ${folder}.\n`);
}
