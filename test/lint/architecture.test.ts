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
  const known = filesBelow('shared', 'functions', 'cdk', 'cli', 'local', 'console', 'package');
  const named = [...page.matchAll(/[`/ >]([a-z][a-z-]*\.ts)\b/g)].map(([, name]) => name ?? '');
  const missing = new Set(named.filter((name) => !known.some((path) => basename(path) === name)));
  expect([...missing]).toEqual([]);
});

test.each(['shared', 'cdk', 'cli', 'local', 'console/server', 'package'])(
  'every file of %s stands on the page',
  (room) => {
    // A file for each command, and for each of WeChat's APIs in the simulator, is found by its name.
    const ours = filesBelow(room).filter((path) => !/\/(commands|endpoints)\/|\.d\.ts$/u.test(path));
    expect(ours.filter((path) => !page.includes(`\`${basename(path)}\``))).toEqual([]);
  },
);
