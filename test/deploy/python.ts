import { join } from 'node:path';

import { mustRun, onlyNeeded, run, type HowToRun } from './children.ts';

/** A Python environment of its own for the packages of one folder of test/. */
export interface Packages {
  /** The folder below test/ whose requirements.txt names the packages, with their hashes. */
  readonly folder: string;
  /** The oldest minor version of Python 3 that they run on. */
  readonly minor: number;
  /** What to say where there is no such Python. */
  readonly whatToInstall: string;
}

/** What to say where a command finds no Python that is new enough. */
export function pythonFor(command: string, minor: number): string {
  return [
    `npm run ${command} needs Python 3.${minor} or newer, with its modules venv and ensurepip.`,
    '  Debian, Ubuntu: apt-get install python3 python3-venv',
    '  Fedora: dnf install python3',
    '  macOS: brew install python',
  ].join('\n');
}

/** Makes the environment, or brings it up to date. Resolves to the folder of its programs. Throws what to install. */
export async function installPackages(root: string, packages: Packages): Promise<string> {
  const how = { cwd: root, env: { ...onlyNeeded(), ...pipSettings() } };
  const environment = join(root, '.keyring', `${packages.folder}-venv`);
  const python = join(environment, 'bin', 'python');
  if ((await run(python, ['-m', 'pip', '--version'], how)).code !== 0) {
    const system = await findPython(packages, how);
    await mustRun(system, ['-m', 'venv', '--clear', environment], how);
  }
  const requirements = join(root, 'test', packages.folder, 'requirements.txt');
  await mustRun(python, ['-m', 'pip', 'install', '--quiet', '--require-hashes', '-r', requirements], how);
  return join(environment, 'bin');
}

async function findPython({ minor, whatToInstall }: Packages, how: HowToRun): Promise<string> {
  const check = `import sys, venv, ensurepip; sys.exit(sys.version_info < (3, ${minor}))`;
  for (const name of ['python3', 'python']) {
    if ((await run(name, ['-c', check], how)).code === 0) return name;
  }
  throw new Error(whatToInstall);
}

/** Where this machine has its own index or proxy, pip is to use them. */
function pipSettings(): Record<string, string> {
  const wanted = /^(PIP_|HOME$|(HTTPS?|NO|ALL)_PROXY$|SSL_CERT_|REQUESTS_CA_BUNDLE$)/i;
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && wanted.test(name)) found[name] = value;
  }
  return found;
}
