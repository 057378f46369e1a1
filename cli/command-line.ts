import { parseArgs } from 'node:util';
import type { Where } from './admin-client.ts';
import type { Command, Given } from './command.ts';
import { commonOptions, optionsOf, versionOption } from './common-options.ts';
import { said, say } from './language.ts';
import { suggestedCommand, suggestion } from './suggestion.ts';
import { UsageError, type Option } from './values.ts';

/** A command by the name that was typed. */
export interface Named {
  readonly name: string;
  readonly command: Command;
}

/** What the command line asks for. */
export type Request =
  | { readonly kind: 'help'; readonly words: readonly string[] }
  | { readonly kind: 'version' }
  | ({ readonly kind: 'run'; readonly given: Given } & Named);

/** A usage error of a command that is known. */
export class CommandUsageError extends UsageError {
  readonly of: Named;

  constructor(of: Named, message: string) {
    super(message);
    this.of = of;
  }
}

/** An option as it was typed. */
interface Typed {
  readonly name: string;
  /** With its dashes. */
  readonly label: string;
  readonly value: string | undefined;
  /** Whether the value came after `=`. */
  readonly inline: boolean;
}

/** Reads the command line. Throws UsageError. */
export function readCommandLine(args: readonly string[], commands: readonly Command[]): Request {
  const { words, typed } = split(args, commands);
  if (typed.some(({ name }) => name === 'help')) return { kind: 'help', words };
  if (typed.some(({ name }) => name === 'version')) return { kind: 'version' };
  const { rest, ...named } = findCommand(words, commands);
  const known = optionsOf(named.command);
  const options = new Map<string, readonly string[]>();
  for (const option of typed) {
    const knownOption = Object.hasOwn(known, option.name) ? known[option.name] : undefined;
    const fault = faultOf(option, knownOption, commands);
    if (fault !== undefined) {
      const near = knownOption ? '' : suggestion(`--${option.name}`, dashed(known));
      throw new CommandUsageError(named, say`${named.name} ${fault}.` + near);
    }
    const before = options.get(option.name) ?? [];
    if (before.length > 0 && knownOption?.repeats !== true) {
      throw new CommandUsageError(
        named,
        say`${named.name} takes ${option.label} once, and it is given twice.`,
      );
    }
    options.set(option.name, [...before, option.value ?? '']);
  }
  checkArguments(rest, named);
  return { kind: 'run', ...named, given: { args: rest, options } };
}

/** The names of the options that were typed. */
export function typedOptions(args: readonly string[], commands: readonly Command[]): ReadonlySet<string> {
  return new Set(split(args, commands).typed.map(({ name }) => name));
}

/** Which deployment the command line names, and whether answers are to be JSON. Throws UsageError. */
export function readCommonOptions({ options }: Given): { where: Where; json: boolean } {
  const other = ['stage', 'region'].find((name) => options.has(name));
  if (options.has('local') && other !== undefined) {
    throw new UsageError(say`--local and --${other} are two places. Give one of them.`);
  }
  const stage = options.get('stage')?.[0] ?? 'prod';
  const where = options.has('local') ? 'local' : { stage, region: options.get('region')?.[0] };
  return { where, json: options.has('json') };
}

/** The words and the options of the command line. Options may stand anywhere, also before the words. */
function split(
  args: readonly string[],
  commands: readonly Command[],
): { words: readonly string[]; typed: readonly Typed[] } {
  const { tokens } = parseArgs({
    args: [...args],
    // Of what is unknown we say more than the parser does.
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(allOptions(commands)).map(([name, { value }]) => [
        name,
        { type: value ? 'string' : 'boolean', ...(name === 'help' && { short: 'h' }) } as const,
      ]),
    ),
  });
  return {
    words: tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : [])),
    typed: tokens.flatMap((token) =>
      token.kind === 'option'
        ? [{ name: token.name, label: token.rawName, value: token.value, inline: token.inlineValue === true }]
        : [],
    ),
  };
}

/** Every option that there is, by name. */
export function allOptions(commands: readonly Command[]): Readonly<Record<string, Option<unknown>>> {
  return Object.assign({}, versionOption, commonOptions, ...commands.map(optionsOf)) as Record<
    string,
    Option<unknown>
  >;
}

function findCommand(
  words: readonly string[],
  commands: readonly Command[],
): Named & { rest: readonly string[] } {
  const [first, second] = words;
  if (first === undefined) throw new UsageError(said('Which command do you want to run?'));
  for (const name of second === undefined ? [first] : [`${first} ${second}`, first]) {
    const command = commands.find((each) => each.words.includes(name));
    if (command) return { name, command, rest: words.slice(name.split(' ').length) };
  }
  const area = commands.flatMap((command) => command.words).filter((name) => name.startsWith(`${first} `));
  const near = suggestedCommand(words, commands);
  if (area.length === 0) throw new UsageError(say`There is no command ${JSON.stringify(first)}.` + near);
  const known = say`There are: ${area.sort().join(', ')}.`;
  throw new UsageError(
    second === undefined
      ? say`${first} alone is no command. ${known}`
      : say`There is no command ${JSON.stringify(`${first} ${second}`)}. ${known}` + near,
  );
}

function dashed(options: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(options).map((name) => `--${name}`);
}

/** What is wrong with an option of a command, as the end of a sentence that begins with the command. */
function faultOf(
  { name, label, value, inline }: Typed,
  option: Option<unknown> | undefined,
  commands: readonly Command[],
): string | undefined {
  if (!option) {
    const owners = commands
      .filter((other) => Object.hasOwn(other.options, name))
      .map(({ words }) => words[0]);
    return owners.length === 0
      ? say`does not know the option ${label}`
      : say`does not know the option ${label}, which belongs to: ${owners.join(', ')}`;
  }
  if (option.value === undefined) return value === undefined ? undefined : say`takes no value for ${label}`;
  if (value === undefined) return say`needs a value for ${label}: ${label} ${option.value.shown}`;
  // More likely it is the next option.
  return !inline && /^-./.test(value)
    ? say`needs a value for ${label}; one that begins with a dash is said as ${label}=${option.value.shown}`
    : undefined;
}

function checkArguments(given: readonly string[], { name, command }: Named): void {
  const wanted = Object.values(command.args).map(({ shown }) => shown);
  const missing = wanted[given.length];
  if (missing === undefined && given.length === wanted.length) return;
  const tooMany =
    wanted.length === 0 ? said('takes no argument') : say`takes nothing after ${wanted.join(' ')}`;
  const fault = missing === undefined ? tooMany : say`needs ${missing}`;
  throw new CommandUsageError({ name, command }, say`${name} ${fault}. Say: ${[name, ...wanted].join(' ')}`);
}
