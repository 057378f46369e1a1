import { fileURLToPath } from 'node:url';
import type { Entry } from '../../functions/manifest.ts';

/** The folder with the function's `index.mjs`, which the package brings. */
export function bundleFolder(entry: Entry): string {
  return fileURLToPath(new URL(`../functions/${entry}`, import.meta.url));
}
