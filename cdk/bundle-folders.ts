import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';
import { entries, type Entry } from '../functions/manifest.ts';

/**
 * The bundles as CDK takes them: a folder for each function. Constructs cannot wait, and esbuild’s plugins only work
 * where one can, so this file also runs itself: `node cdk/bundle-folders.ts <folder>`.
 */

const thisFile = fileURLToPath(import.meta.url);

let folder: string | undefined;

/** The folder with the function’s `index.mjs`. All functions are bundled when the first is asked for. */
export function bundleFolder(entry: Entry): string {
  folder ??= writeBundles();
  return join(folder, entry);
}

function writeBundles(): string {
  const made = mkdtempSync(join(tmpdir(), 'keyring-bundles-'));
  // CDK has made copies of what is in it by then.
  process.once('exit', () => {
    rmSync(made, { recursive: true, force: true });
  });
  execFileSync(execPath, [thisFile, made], { stdio: ['ignore', 'inherit', 'inherit'] });
  return made;
}

async function writeAll(to: string): Promise<void> {
  for (const { entry, code, sourceMap } of await bundle(entries)) {
    mkdirSync(join(to, entry), { recursive: true });
    writeFileSync(join(to, entry, 'index.mjs'), code);
    writeFileSync(join(to, entry, 'index.mjs.map'), sourceMap);
  }
}

// Nothing waits for it here: a module that does cannot be required.
if (argv[1] === thisFile) void writeAll(argv[2] ?? '');
