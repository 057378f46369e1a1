import { programs } from '../shared/platform/programs.ts';
import { groups, type Command } from './command.ts';
import { commonOptions, optionsOf, versionOption } from './common-options.ts';
import { exitCodeMeanings } from './exit-codes.ts';
import { said, say } from './language.ts';
import { suggestedCommand } from './suggestion.ts';
import { UsageError, type Option } from './values.ts';

/** How the command line is started. */
export const program = programs.keyring;
const columns = 118;
/** Where the right column begins. */
const indent = 38;

/** The help for these words: of one command, of the commands that begin so, or of all. Throws UsageError. */
export function help(words: readonly string[], commands: readonly Command[]): string {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ');
    const command = commands.find((each) => each.words.includes(name));
    if (command) return helpOf(name, command);
  }
  const [area] = words;
  const shown = commands.filter(
    (each) => area === undefined || each.words.some((name) => name.startsWith(`${area} `)),
  );
  if (shown.length === 0) {
    const near = suggestedCommand(words, commands);
    throw new UsageError(say`There is no command ${JSON.stringify(area)}.` + near);
  }
  return helpOfAll(shown, area);
}

/** How a command is typed, by one of its names, in one line. */
export function usageLine(name: string, command: Command): string {
  return say`Usage: ${program} ${[name, ...shownArguments(command), said('[options]')].join(' ')}`;
}

function helpOf(name: string, command: Command): string {
  const others = command.words.filter((other) => other !== name);
  const about = said(command.summary);
  const summary = say`${about.charAt(0).toUpperCase() + about.slice(1)}.`;
  const common = command.local ? {} : commonOptions;
  return sections(
    usageLine(name, command),
    [
      ...wrap(summary, 0),
      ...(command.notes === undefined ? [] : wrap(said(command.notes), 0)),
      ...(others.length === 0 ? [] : [say`Also: ${others.join(', ')}`]),
    ].join('\n'),
    titled(said('Options'), optionRows(command.options)),
    titled(
      said(command.local ? 'Options' : 'Options of every command'),
      optionRows(command.local ? optionsOf(command) : common),
    ),
  );
}

function helpOfAll(commands: readonly Command[], area: string | undefined): string {
  const rows = commands
    .map((command) => ({ command, term: [command.words[0], ...shownArguments(command)].join(' ') }))
    .sort((one, other) => (one.term < other.term ? -1 : 1));
  const parts = Object.entries(groups).map(([group, title]) =>
    titled(
      said(title),
      rows
        .filter(({ command }) => command.group === group)
        .map(({ command, term }) => {
          const [, ...others] = command.words;
          const about = said(command.summary);
          return row(term, others.length === 0 ? about : say`${about} (also: ${others.join(', ')})`);
        }),
    ),
  );
  return sections(
    say`Usage: ${program} ${area ?? said('<command>')} ${said(area === undefined ? '[options]' : '<command> [options]')}`,
    ...parts,
    titled(
      said('Options of every command'),
      optionRows({ ...commonOptions, ...(area === undefined && versionOption) }),
    ),
    titled(
      said('Beside these'),
      area === undefined
        ? [
            row(programs.start, said('the whole service on this machine')),
            row(programs.simulatorWith, said('the simulator of WeChat alone')),
          ]
        : [],
    ),
    titled(
      said('Exit codes'),
      exitCodeMeanings.map(([code, meaning]) => row(String(code), said(meaning))),
    ),
    say`Help for a command: ${program} ${area ?? said('<command>')} ${area === undefined ? '' : `${said('<command>')} `}--help`,
  );
}

function shownArguments({ args }: Command): string[] {
  return Object.values(args).map(({ shown }) => shown);
}

function optionRows(options: Readonly<Record<string, Option<unknown>>>): string[] {
  return Object.entries(options).map(([name, { value, about }]) =>
    row(value ? `--${name} ${value.shown}` : `--${name}`, said(about)),
  );
}

function row(term: string, about: string): string {
  const lines = wrap(about, indent);
  const left = `  ${term}`;
  const beside = left.length < indent - 1 ? `${left.padEnd(indent)}${lines.shift() ?? ''}` : left;
  return [beside, ...lines.map((line) => `${' '.repeat(indent)}${line}`)].join('\n');
}

function titled(title: string, rows: readonly string[]): string {
  return rows.length === 0 ? '' : [title, ...rows].join('\n');
}

function sections(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}

/** The text in lines that fit beside a left margin. Between Chinese characters a line may end anywhere. */
function wrap(text: string, margin: number): string[] {
  const lines: string[] = [];
  for (const [piece] of text.matchAll(/ ?(?:\p{Script=Han}[，。；：、）]*|（?[^\s\p{Script=Han}]+)/gu)) {
    const last = lines.at(-1);
    if (last !== undefined && margin + widthOf(last) + widthOf(piece) <= columns) {
      lines[lines.length - 1] = last + piece;
    } else lines.push(piece.trimStart());
  }
  return lines;
}

/** In columns of a terminal, of which a Chinese character takes two. */
function widthOf(text: string): number {
  return text.length + (text.match(/[\p{Script=Han}，。；：、（）]/gu)?.length ?? 0);
}
