import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What whoever uses the package has beside it: taken from here, so that only the package itself is installed. */
const beside = ['aws-cdk-lib', 'constructs', 'aws-cdk', 'jest', 'typescript', '@types/node'];

/**
 * Makes the package, and installs its tarball in a folder outside of the project, which KEYRING_INSTALLED names. npm
 * gets what the package asks for from the registry that it is set up with.
 */
export default function install() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'keyring-package-')));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const run = (cwd, command, ...args) =>
    execFileSync(command, args, {
      cwd,
      env: withoutNpm(process.env),
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  run(root, process.execPath, 'package/build.ts');
  run(join(root, 'dist/package'), 'npm', 'pack', '--silent', '--pack-destination', folder);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--loglevel', 'error'];
  run(folder, 'npm', 'install', ...quiet, join(folder, tarball));
  for (const name of beside) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link);
  }
  process.env.KEYRING_INSTALLED = folder;
  process.env.KEYRING_TARBALL = join(folder, tarball);
}

/** Without what an npm that runs this says of the project here. How npm is set up stays. */
function withoutNpm(environment) {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) => !/^npm_(?!config_)/.test(name) && !/^npm_config_(local_prefix|prefix)$/.test(name),
    ),
  );
}
