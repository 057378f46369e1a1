import { connect } from 'node:net';
import { localPorts } from '../local/addresses.ts';
import type { Command, Given } from './command.ts';
import { program } from './help.ts';
import { said, say } from './language.ts';
import { UsageError, type Option } from './values.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Options = Readonly<Record<string, Option<unknown>>>;

/**
 * What npm has settings of the same name for. Their variables may come from the settings of whoever runs npm, so they
 * count only where the command has such an option and could take the value.
 */
const settingsOfNpm: ReadonlySet<string> = new Set(['force', 'json', 'scope', 'yes']);

/**
 * Throws UsageError where npm shows that it has taken an option for itself, as it does with those that stand without
 * `--` before them: something else would be done than what was typed. `given` are those that came through.
 */
export function refuseSwallowed(
  options: Options,
  given: ReadonlySet<string>,
  environment: Environment,
): void {
  if (!isRunByNpm(environment)) return;
  for (const [name, option] of Object.entries(options)) {
    const taken = environment[`npm_config_${name.replaceAll('-', '_')}`] ?? '';
    if (taken === '' || given.has(name)) continue;
    if (settingsOfNpm.has(name) && !couldTake(option, taken)) continue;
    const label = option.value ? `--${name} ${option.value.shown}` : `--${name}`;
    throw new UsageError(
      say`npm has taken --${name} for itself. Put -- before what is for the command: ${program} ${said('<command>')} ${label}`,
    );
  }
}

/** The options that npm has no settings of the same name for. */
export function onlyOurs(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !settingsOfNpm.has(name)));
}

/**
 * Throws UsageError where it cannot be told which deployment was meant: npm takes a `--local` without `--` before it for
 * an abbreviation of `--local-address`, and shows nothing of it. So where a local stack runs, the place must be named.
 * `typed` is the whole command line, so that what the message says can be pasted.
 */
export async function refuseUnclearPlace(
  { command, typed }: { readonly command: Command; readonly typed: readonly string[] },
  { options }: Given,
  environment: Environment,
): Promise<void> {
  if (command.local || !isRunByNpm(environment)) return;
  if (['local', 'stage', 'region'].some((option) => options.has(option))) return;
  if (!(await listens(localPorts(environment).aws))) return;
  const line = [program, ...typed.map(inShell)].join(' ');
  throw new UsageError(
    [
      said(
        'a local stack runs here, and npm hides a --local that has no -- before it. Say which one you mean:',
      ),
      `  ${line} --local`,
      `  ${line} --stage prod`,
    ].join('\n'),
  );
}

/** A word as it is typed in a shell. */
function inShell(word: string): string {
  return /^[\w.,:/@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function isRunByNpm(environment: Environment): boolean {
  return environment['npm_command'] !== undefined;
}

function couldTake({ value }: Option<unknown>, text: string): boolean {
  return value ? value.read(text) !== undefined : text === 'true';
}

/** Whether something listens at a port of this machine. */
function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 500 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}
