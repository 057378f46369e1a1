import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A hash of files and folders, which are paths below the project: another one as soon as anything in them is another. */
export function hashOfFiles(paths: readonly string[]): string {
  return hashOf(paths.flatMap((path) => contentsOf(path)));
}

/** A hash of texts. */
export function hashOf(texts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex');
}

/** The paths and contents of all files below. */
function contentsOf(path: string): string[] {
  const there = join(root, path);
  if (!statSync(there).isDirectory()) return [path, readFileSync(there, 'utf8')];
  return readdirSync(there).flatMap((name) => contentsOf(join(path, name)));
}
