import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
/** Where the package is installed, and what was installed: test/package/install.mjs. */
export const folder = given('KEYRING_INSTALLED');
export const tarball = given('KEYRING_TARBALL');

function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`There is no ${name}: run npm run test:package.`);
  return value;
}

/** Who runs the package's programs has nothing of ours in the environment. */
function environment(more: Readonly<Record<string, string>> = {}): Record<string, string | undefined> {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|AWS_|JEST_)/.test(name));
  return { ...Object.fromEntries(own), ...more };
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Starts a program in the folder of the installation, or one below. */
export function start(
  command: readonly [string, ...string[]],
  about: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): { readonly child: ChildProcessWithoutNullStreams; readonly ended: Promise<Ended> } {
  const [program, ...args] = command;
  const child = spawn(program, args, { cwd: about.cwd ?? folder, env: environment(about.env) });
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (output.out += String(chunk)));
  child.stderr.on('data', (chunk) => (output.err += String(chunk)));
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => resolve({ code, ...output }));
  });
  return { child, ended };
}

/** Runs a program to its end, with nothing on its standard input. */
export async function run(...[command, about]: Parameters<typeof start>): Promise<Ended> {
  const { child, ended } = start(command, about);
  child.stdin.end();
  return ended;
}

/** Runs a JavaScript text of somebody's, as a module of the format. */
export function runText(format: 'module' | 'commonjs', text: string): Promise<Ended> {
  return run([process.execPath, `--input-type=${format}`, '--eval', text]);
}

/** Copies an example to a folder of its own below the installation. */
export function copyOf(example: string): string {
  const copy = join(folder, example);
  mkdirSync(copy);
  cpSync(join(root, 'examples', example), copy, { recursive: true });
  return copy;
}
