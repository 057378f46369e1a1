import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashOf, hashOfFiles } from '../kit/hash.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'node_modules/.cache/cdk-tests');

/** All that the CDK makes something of. The rest of what it imports are packages. */
const sources = ['cdk', 'functions', 'shared', 'cdk.json', 'package-lock.json', 'test/cdk/synthesis.ts'];

/**
 * The text that `make` makes of the sources and of `about`. It is kept in node_modules/.cache, and made anew once any of
 * the sources is another.
 */
export function kept(about: unknown, make: () => string): string {
  const file = join(folder, hashOf([JSON.stringify(about)]));
  const sourcesNow = hashOfSources();
  if (existsSync(file)) {
    const [sourcesThen, text = ''] = split(readFileSync(file, 'utf8'));
    if (sourcesThen === sourcesNow) return text;
  }
  const text = make();
  mkdirSync(folder, { recursive: true });
  // Under its name at once, whole: other processes read and write it, too.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${sourcesNow}\n${text}`);
  renameSync(draft, file);
  return text;
}

/** The first line of a text, and the others. */
function split(text: string): string[] {
  const end = text.indexOf('\n');
  return [text.slice(0, end), text.slice(end + 1)];
}

let sourcesHash: string | undefined;

function hashOfSources(): string {
  sourcesHash ??= hashOf([process.version, hashOfFiles(sources)]);
  return sourcesHash;
}
