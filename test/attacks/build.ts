import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
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
  #built = 0;

  constructor() {
    // Beside the packages, so that what is built finds them: they are not bundled with it.
    const cache = join(root, 'node_modules/.cache');
    mkdirSync(cache, { recursive: true });
    this.#folder = mkdtempSync(join(cache, 'keyring-attacks-'));
  }

  /** Gets entry points of the changed source: each one bundle, as on Lambda. */
  with(changes: readonly Change[]): LoadFunction {
    return (entry) => this.module(`functions/${entry}.ts`, changes);
  }

  /** Any module of the changed source, with all of the project that it imports. */
  async module(file: string, changes: readonly Change[]): Promise<unknown> {
    const outfile = join(this.#folder, `${(this.#built += 1)}.mjs`);
    await build({
      entryPoints: [join(root, file)],
      outfile,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node24',
      logLevel: 'error',
      plugins: [
        {
          name: 'changes',
          setup(builder) {
            for (const changed of new Set(changes.map((change) => change.file))) {
              const filter = new RegExp(`${changed.replace(/[.]/g, '\\.')}$`);
              builder.onLoad({ filter }, () => ({ contents: changedSource(changed, changes), loader: 'ts' }));
            }
          },
        },
      ],
    });
    return import(outfile);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
