import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startStack } from '../../local/stack.ts';
import { endChildren, killChildren, mustRun } from '../deploy/children.ts';
import { say, step } from '../deploy/steps.ts';

/** Compiles the Kotlin of docs/clients.md and runs it against the local stack: `npm run test:kotlin`. Needs Maven. */

const here = fileURLToPath(new URL('.', import.meta.url));
const expected = ['openids 7 7', 'follower true', 'replaced true', 'refused 401 key_unknown'];

process.once('exit', killChildren);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void endChildren().then(() => process.exit(130)));
}

/** The code block of the page. */
async function documented(): Promise<string> {
  const page = await readFile(new URL('../../docs/clients.md', import.meta.url), 'utf8');
  const [, code] = /```kotlin\n(.*?)```/s.exec(page) ?? [];
  if (code === undefined) throw new Error('docs/clients.md has no Kotlin.');
  return code;
}

const folder = await mkdtemp(join(tmpdir(), 'keyring-kotlin-'));
/** Who fetches packages needs the machine's own settings. */
const env = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
);
const quiet = () => undefined;
const stack = await startStack({
  ports: { api: 0, simulator: 0, aws: 0 },
  log: { info: quiet, warn: quiet, error: quiet },
  followers: 7,
});
try {
  const jars = join(folder, 'jars', '*');
  const classes = join(folder, 'classes');
  await mkdir(classes);
  await writeFile(join(folder, 'Keyring.kt'), await documented());
  await step('fetch the compiler', () =>
    mustRun(
      'mvn',
      ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${join(folder, 'jars')}`],
      { cwd: here, env },
    ),
  );
  await step('compile', () =>
    mustRun(
      'java',
      [
        ...[
          '-cp',
          jars,
          'org.jetbrains.kotlin.cli.jvm.K2JVMCompiler',
          '-Werror',
          '-no-stdlib',
          '-no-reflect',
        ],
        ...[
          '-cp',
          ['json-20250517', 'kotlin-stdlib-2.2.20']
            .map((jar) => join(folder, 'jars', `${jar}.jar`))
            .join(':'),
        ],
        ...['-d', classes, join(folder, 'Keyring.kt'), join(here, 'Main.kt')],
      ],
      { cwd: folder, env },
    ),
  );
  const { stdout } = await step('run', () =>
    mustRun('java', ['-cp', [classes, jars].join(':'), 'MainKt', stack.api, stack.apiKey], {
      cwd: folder,
      env,
    }),
  );
  if (stdout.trim().split('\n').join() !== expected.join()) {
    say(`It said:\n${stdout}It was to say:\n${expected.join('\n')}`);
    process.exitCode = 1;
  }
} finally {
  await endChildren();
  await stack.close();
  await rm(folder, { recursive: true, force: true });
}
