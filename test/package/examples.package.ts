import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { copyOf, folder, root, run } from './installed.ts';

const manifest = z.object({ version: z.string(), devDependencies: z.record(z.string(), z.string()) });
const read = (path: string) => manifest.partial().parse(JSON.parse(readFileSync(join(root, path), 'utf8')));

test('the tests of examples/jest-simulator pass in a Jest that is as it comes', async () => {
  const cwd = copyOf('jest-simulator');
  const jest = join(folder, 'node_modules/jest/bin/jest.js');
  const { code, err } = await run([process.execPath, jest, '--ci'], { cwd });
  expect(err).toContain('Tests:       5 passed, 5 total');
  expect(err).not.toContain('did not exit');
  expect(code).toBe(0);
});

test.each(['cdk-app', 'jest-simulator'])(
  'examples/%s asks for the versions that it is tested with',
  (example) => {
    const { version, devDependencies } = read('package.json');
    const known: Readonly<Record<string, string | undefined>> = {
      ...devDependencies,
      'wechat-keyring': version,
    };
    const asked = read(`examples/${example}/package.json`).devDependencies ?? {};
    expect(asked).toEqual(Object.fromEntries(Object.keys(asked).map((name) => [name, known[name]])));
  },
);
