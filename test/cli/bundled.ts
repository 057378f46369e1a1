import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stop } from 'esbuild';
import { bundleModules } from '../../package/modules.ts';
import { hashOfFiles } from '../kit/hash.ts';

const folder = fileURLToPath(new URL('../../node_modules/.cache/cli-tests', import.meta.url));

/** All that the command line is made of. */
const sources = ['cli', 'functions', 'shared', 'local', 'package', 'package.json', 'package-lock.json'];
const aDayMs = 86_400_000;

/**
 * The command line as the package has it, bundled: it starts in a third of the time that it takes from its sources.
 * It is kept in node_modules/.cache, and made anew once any of the sources is another.
 */
export async function bundledKeyring(): Promise<string> {
  const made = join(folder, hashOfFiles(sources));
  if (!existsSync(made)) {
    mkdirSync(folder, { recursive: true });
    removeOld();
    const draft = `${made}.${process.pid}`;
    await bundleModules({ entries: { keyring: 'cli/keyring.ts' }, outdir: draft, split: true });
    // Its helper would outlive the tests of this process.
    await stop();
    moveWhole(draft, made);
  }
  return join(made, 'keyring.mjs');
}

/** Under its name at once, whole: other processes make and read it, too. */
function moveWhole(draft: string, made: string): void {
  try {
    renameSync(draft, made);
  } catch (error) {
    if (!existsSync(made)) throw error;
    rmSync(draft, { recursive: true });
  }
}

/** Those of sources that have changed since. Another run may still use one of today. */
function removeOld(): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (Date.now() - statSync(path).mtimeMs > aDayMs) rmSync(path, { recursive: true, force: true });
  }
}
