import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { minVersion, satisfies } from 'semver';
import * as z from 'zod';

function textOf(file: string): string {
  return readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
}

const { devDependencies, engines } = z
  .object({ devDependencies: z.object({ node: z.string() }), engines: z.object({ node: z.string() }) })
  .parse(JSON.parse(textOf('package.json')));
const node = textOf('.node-version').trim();

test('.node-version names the Node.js that comes with the packages', () => {
  expect(node).toBe(devDependencies.node);
});

test('the development container has the same major version', () => {
  const { image } = z
    .object({ image: z.string() })
    .parse(JSON.parse(textOf('.devcontainer/devcontainer.json')));
  expect(image).toContain(`:${node.split('.')[0] ?? ''}-`);
});

describe('the versions of Node.js that package.json takes', () => {
  const lowest = engines.node.split(' || ').map((range) => minVersion(range)?.version ?? '');
  const { packages } = z
    .object({
      packages: z.record(
        z.string(),
        z.object({ engines: z.optional(z.object({ node: z.optional(z.string()) })) }),
      ),
    })
    .parse(JSON.parse(textOf('package-lock.json')));

  test.each(lowest)('%s installs without a package that asks for another one', (version) => {
    const refusing = Object.entries(packages)
      .filter(([, { engines: asked }]) => asked?.node !== undefined && !satisfies(version, asked.node))
      .map(([name, { engines: asked }]) => `${name}: ${asked?.node ?? ''}`);
    expect(refusing).toEqual([]);
  });

  test.each(['README.md', 'README.zh-CN.md', 'CONTRIBUTING.md'])('are those that %s names', (page) => {
    const named = [...textOf(page).matchAll(/\b(2\d)(?:\.(\d+)\.(\d+))? (?:or later|以上)/g)].map(
      ([, major = '', minor = '0', patch = '0']) => `${major}.${minor}.${patch}`,
    );
    expect(named.toSorted()).toEqual(lowest.toSorted());
  });
});
