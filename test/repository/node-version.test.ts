import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import * as z from 'zod';

function textOf(file: string): string {
  return readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
}

const { devDependencies } = z
  .object({ devDependencies: z.object({ node: z.string() }) })
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
