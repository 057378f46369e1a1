import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as z from 'zod';

const lockSchema = z.object({
  packages: z.record(z.string(), z.object({ version: z.string(), dev: z.boolean().optional() })),
});
const sbomSchema = z.object({
  bomFormat: z.literal('CycloneDX'),
  metadata: z.object({ component: z.object({ name: z.literal('wechat-keyring'), version: z.string() }) }),
  components: z.array(z.object({ name: z.string(), version: z.string() })),
});

test('the SBOM has each package of the lock that is not for development alone, and no other', () => {
  const { packages } = lockSchema.parse(JSON.parse(readFileSync('package-lock.json', 'utf8')));
  const { '': root, ...installed } = packages;
  const released = Object.entries(installed).flatMap(([path, { version, dev = false }]) =>
    dev ? [] : [`${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)} ${version}`],
  );
  const { metadata, components } = sbomSchema.parse(
    JSON.parse(execFileSync('bash', ['.ci/sbom'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })),
  );
  expect(metadata.component.version).toBe(root?.version);
  expect(components.map(({ name, version }) => `${name} ${version}`).toSorted()).toEqual(released.toSorted());
});
