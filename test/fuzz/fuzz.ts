import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { LogSink } from '../../shared/platform/log.ts';
import { startStack, type LocalStack } from '../../local/stack.ts';
import { endChildren, killChildren, onlyNeeded, run } from '../deploy/children.ts';
import { installPackages, pythonFor } from '../deploy/python.ts';
import { say, step } from '../deploy/steps.ts';
import { logIn } from './login.ts';

/**
 * Holds the local stack against docs/openapi.json: schemathesis makes requests that fit the document and requests that
 * do not, and checks what is answered. Run by `npm run test:fuzz`. schemathesis.toml says what it checks, and what it
 * lets pass. Options of `schemathesis run` can be added, such as `-- --include-operation-id callback --seed 7`.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));

process.once('exit', killChildren);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void endChildren().then(() => process.exit(130)));
}

/** What the service logs as an error is a fault of its own, whatever it answered. */
const logged: string[] = [];
const quiet = () => undefined;
const log: LogSink = {
  info: quiet,
  warn: quiet,
  error: (message, fields) => logged.push(JSON.stringify({ message, ...fields })),
};

const programs = await step('install the fuzzer', () =>
  installPackages(root, { folder: 'fuzz', minor: 11, whatToInstall: pythonFor('test:fuzz', 11) }),
);
const stack = await startStack({ ports: { api: 0, simulator: 0, aws: 0 }, log, followers: 50 });
const folder = await mkdtemp(join(tmpdir(), 'keyring-fuzz-'));
try {
  const { code, said } = await fuzz(stack);
  say(said);
  for (const line of logged) say(`The service logged an error: ${line}`);
  if (code !== 0 || logged.length > 0) process.exitCode = 1;
} finally {
  await endChildren();
  await stack.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Runs the fuzzer to its end. */
async function fuzz({ api, apiKey, account, simulator }: LocalStack) {
  const here = join(root, 'test', 'fuzz');
  const openids = await followersOf(api, apiKey);
  const logInAs = (index: number) => logIn({ api, account, simulator }, openids[index] ?? '');
  const document = join(root, 'docs', 'openapi.json');
  const config = ['--config-file', join(here, 'schemathesis.toml'), '--no-color'];
  return run(join(programs, 'schemathesis'), [...config, 'run', document, ...process.argv.slice(2)], {
    // It keeps what it finds in a folder where it runs.
    cwd: folder,
    env: {
      ...onlyNeeded(),
      PYTHONDONTWRITEBYTECODE: '1',
      FUZZ_FOLDER: here,
      KEYRING_URL: api,
      KEYRING_KEY: apiKey,
      SESSION_OF_READER: await logInAs(0),
      SESSION_OF_LEAVER: await logInAs(1),
      SESSION_OF_ERASER: await logInAs(2),
    },
  });
}

/** The first three openids of the account. */
async function followersOf(api: string, key: string): Promise<string[]> {
  const headers = { authorization: `Bearer ${key}` };
  const answer = await fetch(`${api}/v1/accounts/default/followers?limit=3`, { headers });
  const { openids } = (await answer.json()) as { openids: string[] };
  return openids;
}
