import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { buildWxJava } from '../../bench/wxjava.ts';
import { mustRun, onlyNeeded, run } from '../deploy/children.ts';
import { installPackages } from '../deploy/python.ts';

/** How a driver is started. */
export interface Program {
  readonly program: string;
  readonly args: readonly string[];
}

/** A language that SDKs are written in. */
export interface Language {
  /** Programs of the machine without which it is left out, each with arguments for which it ends with 0. */
  readonly needs: Readonly<Record<string, readonly string[]>>;
  /** Fetches the SDK by the language's own means and compiles the driver. Resolves to how it is started. */
  readonly build: (driver: string) => Promise<Program>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));
/** Where what is built lies, outside of the sources. */
const built = join(root, '.keyring', 'sdks');
/** Who fetches packages needs the machine's own settings. */
const settings = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
);

const python = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))';

export const languages = {
  node: {
    needs: {},
    build: (driver) => Promise.resolve({ program: process.execPath, args: [join(here, 'node', driver)] }),
  },
  go: {
    needs: { go: ['version'] },
    build: async () => {
      const program = join(built, 'go-driver');
      await mustRun('go', ['build', '-o', program, '.'], { cwd: join(here, 'go'), env: settings });
      return { program, args: [] };
    },
  },
  java: {
    needs: { javac: ['-version'], mvn: ['-version'] },
    build: async (driver) => {
      // The benchmark "herd" has the same version of WxJava.
      await buildWxJava();
      const packages = join(root, 'bench', 'wxjava', 'target', 'dependency', '*');
      const classes = join(built, 'java');
      await mkdir(classes, { recursive: true });
      const adapter = join(root, 'examples', 'adapters', 'KeyringService.java');
      const sources = [join(here, 'java', driver), adapter];
      await mustRun('javac', ['-cp', packages, '-d', classes, ...sources], { cwd: here, env: settings });
      return { program: 'java', args: ['-cp', [classes, packages].join(':'), 'Driver'] };
    },
  },
  python: {
    needs: { python3: ['-c', python] },
    build: async (driver) => {
      const programs = await installPackages(root, {
        folder: 'sdks/python',
        minor: 10,
        whatToInstall: 'Python 3.10',
      });
      return { program: join(programs, 'python'), args: [join(here, 'python', driver)] };
    },
  },
} satisfies Record<string, Language>;

/** Which programs of a language are not on this machine. */
export async function missingFor({ needs }: Language): Promise<string[]> {
  const missing: string[] = [];
  for (const [program, args] of Object.entries(needs)) {
    const { code } = await run(program, args, { cwd: root, env: onlyNeeded() });
    if (code !== 0) missing.push(program);
  }
  return missing;
}
