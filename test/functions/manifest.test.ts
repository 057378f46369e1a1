import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { FoundEnvironment, SharedEnvironment } from '../../functions/environment.ts';
import { entries, manifest, type Entry } from '../../functions/manifest.ts';
import { routes } from '../../functions/routes.ts';
import type { Route } from '../../functions/route.ts';
import type { Runtime } from '../../functions/runtime.ts';
import { systemClock } from '../../shared/platform/clock.ts';
import { noMetrics } from '../../shared/platform/metrics.ts';

const functionsFolder = new URL('../../functions/', import.meta.url);
const routed = new Set(Object.values<Route>(routes).map(({ entry }) => entry));

const shared: Required<SharedEnvironment> = {
  KEYRING_CREDENTIALS_TABLE: 'credentials',
  KEYRING_USERS_TABLE: 'users',
  KEYRING_FOLLOWERS_TABLE: 'followers',
  KEYRING_DATA_KEY: 'key',
  KEYRING_SECRET_PREFIX: 'wechat-keyring/test/',
  KEYRING_PUBLIC_URL: 'https://keyring.example.com',
  KEYRING_WECHAT_API_URL: 'https://api.example.com',
  KEYRING_WECHAT_OPEN_URL: 'https://open.example.com',
  KEYRING_METRICS_STAGE: 'test',
};

/** Which variables of ours the function reads when it is put together as on AWS, with what the manifest gives it. */
async function readBy(entry: Entry): Promise<{ read: string[]; given: string[] }> {
  const { environment: own = [] } = manifest[entry];
  const given: FoundEnvironment = {
    ...shared,
    ...(entry !== 'credentials/refresh-credentials' && { KEYRING_REFRESH_FUNCTION: 'refresh' }),
    ...Object.fromEntries(own.map((name) => [name, 'https://own.example.com'])),
  };
  const region = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's' };
  const read = new Set<string>();
  const environment = new Proxy<FoundEnvironment>(
    { ...region, ...given },
    {
      get: (target, name) => {
        if (String(name).startsWith('KEYRING_')) read.add(String(name));
        return Reflect.get(target, name) as unknown;
      },
    },
  );
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const { create } = (await import(`../../functions/${entry}.ts`)) as {
    create: (runtime: Runtime) => unknown;
  };
  create({ environment, clock: systemClock, log, metrics: noMetrics });
  // Stand-ins alone set it.
  read.delete('KEYRING_AWS_SOCKET_TIMEOUT_MS');
  return { read: [...read], given: Object.keys(given) };
}

test('every file that Lambda can call has a row, and every row a file', () => {
  const callable = readdirSync(functionsFolder, { recursive: true, encoding: 'utf8' }).filter(
    (file) =>
      file.endsWith('.ts') &&
      readFileSync(new URL(file, functionsFolder), 'utf8').includes('\nexport const handler = '),
  );
  expect(callable.toSorted()).toEqual(entries.map((entry) => `${entry}.ts`).toSorted());
});

test('every function is reached by a route or by a trigger, and by one of them alone', () => {
  const reached = entries.map((entry) => [entry, routed.has(entry), manifest[entry].trigger !== undefined]);
  expect(reached.filter(([, byRoute, byTrigger]) => byRoute === byTrigger)).toEqual([]);
});

test.each(entries)('%s reads no variable that it is not told, and each of its own', async (entry) => {
  const { read, given } = await readBy(entry);
  expect(read.filter((name) => !given.includes(name))).toEqual([]);
  expect((manifest[entry].environment ?? []).filter((name) => !read.includes(name))).toEqual([]);
});
