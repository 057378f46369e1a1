import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from '@jest/globals';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/architecture.md', root), 'utf8');

/** The names of all files below some folders, each with its folder from the root on. */
function filesBelow(...folders: string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${folder}/${name}`),
  );
}

test('every file that the page of the architecture names is there', () => {
  const known = filesBelow('shared', 'functions', 'cdk', 'cli', 'local');
  const named = [...page.matchAll(/[`/ >]([a-z][a-z-]*\.ts)\b/g)].map(([, name]) => name ?? '');
  const missing = new Set(named.filter((name) => !known.some((path) => basename(path) === name)));
  expect([...missing]).toEqual([]);
});

test('every file of the credentials and of push stands on the page', () => {
  const missing = filesBelow('shared/credentials', 'shared/push').filter(
    (path) => !page.includes(basename(path)),
  );
  expect(missing).toEqual([]);
});
