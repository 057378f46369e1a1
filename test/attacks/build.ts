import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { LoadFunction } from '../kit/kit.ts';
import type { Change } from './mutants.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The source of a file, changed. Throws where the text to be replaced does not stand there exactly once. */
export function changedSource(file: string, changes: readonly Change[]): string {
  let source = readFileSync(join(root, file), 'utf8');
  for (const change of changes) {
    if (change.file !== file) continue;
    const parts = source.split(change.find);
    if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${change.find}`);
    source = parts.join(change.replace);
  }
  return source;
}

/** Builds of the functions with changes in their source, in a folder that `remove` deletes. */
export class Builds {
  readonly #folder: string;
  readonly #imports = new Map<string, Promise<Imports>>();
  /** By the module, and what is changed of the files that it is made of. */
  readonly #built = new Map<string, Promise<string>>();

  constructor() {
    // Beside the packages, so that what is built finds them: they are not bundled with it.
    const cache = join(root, 'node_modules/.cache');
    mkdirSync(cache, { recursive: true });
    this.#folder = mkdtempSync(join(cache, 'keyring-attacks-'));
  }

  /** Gets entry points of the changed source. */
  with(changes: readonly Change[]): LoadFunction {
    return (entry) => this.module(`functions/${entry}.ts`, changes);
  }

  /**
   * Any module of the changed source. What is changed, and whatever imports it, is one bundle with the module; the rest
   * comes from the source.
   */
  async module(file: string, changes: readonly Change[]): Promise<unknown> {
    const imports = await (this.#imports.get(file) ?? this.#readImports(file));
    const effective = changes.filter((change) => imports.has(change.file));
    if (effective.length === 0) return import(join(root, file));
    const key = JSON.stringify([file, effective]);
    const built = this.#built.get(key) ?? this.#build(key, file, effective, imports);
    return import(await built);
  }

  #readImports(file: string): Promise<Imports> {
    const read = readImports(file);
    this.#imports.set(file, read);
    return read;
  }

  #build(key: string, file: string, changes: readonly Change[], imports: Imports): Promise<string> {
    const outfile = join(this.#folder, `${this.#built.size}.mjs`);
    const built = bundle(file, changes, imports, outfile);
    this.#built.set(key, built);
    return built;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Each file of the project that a module is made of, and which it imports. Paths are from the root of the project. */
type Imports = ReadonlyMap<string, readonly string[]>;

const options = {
  absWorkingDir: root,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node24',
  logLevel: 'error',
} as const;

async function readImports(file: string): Promise<Imports> {
  const { metafile } = await build({ ...options, entryPoints: [file], metafile: true, write: false });
  const files = Object.entries(metafile.inputs);
  return new Map(files.map(([path, { imports }]) => [path, imports.map((imported) => imported.path)]));
}

/** The changed files, and those that import one of them, themselves or by others. */
function affectedBy(changes: readonly Change[], imports: Imports): Set<string> {
  const affected = new Set(changes.map((change) => change.file));
  for (let before = 0; before < affected.size;) {
    before = affected.size;
    for (const [file, imported] of imports)
      if (imported.some((path) => affected.has(path))) affected.add(file);
  }
  return affected;
}

async function bundle(
  file: string,
  changes: readonly Change[],
  imports: Imports,
  outfile: string,
): Promise<string> {
  const affected = affectedBy(changes, imports);
  const changed = new Set(changes.map((change) => change.file));
  await build({
    ...options,
    entryPoints: [file],
    outfile,
    plugins: [
      {
        name: 'changes',
        setup(builder) {
          builder.onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
            const imported = join(resolveDir, path);
            return { path: imported, external: !affected.has(relative(root, imported)) };
          });
          builder.onLoad({ filter: /\.ts$/ }, ({ path }) =>
            changed.has(relative(root, path))
              ? { contents: changedSource(relative(root, path), changes), loader: 'ts' }
              : undefined,
          );
        },
      },
    ],
  });
  return outfile;
}
