import packageJson from '../package.json' with { type: 'json' };
import {
  allOptions,
  CommandUsageError,
  readCommandLine,
  readCommonOptions,
  typedOptions,
  type Named,
} from './command-line.ts';
import * as table from './command-table.ts';
import type { Command, Given } from './command.ts';
import { optionsOf } from './common-options.ts';
import { exitCodes } from './exit-codes.ts';
import { help, program, usageLine } from './help.ts';
import { answered, said, say } from './language.ts';
import { onlyOurs, refuseSwallowed, refuseUnclearPlace } from './npm.ts';
import { Interrupted } from './prompt.ts';
import { openSession } from './session.ts';
import { UsageError } from './values.ts';

const commands: readonly Command[] = Object.values(table);

async function main(args: readonly string[]): Promise<number> {
  // Before what is left is read: the value of an option that npm has taken stands there as a word.
  refuseSwallowed(onlyOurs(allOptions(commands)), typedOptions(args, commands), process.env);
  const request = readCommandLine(args, commands);
  switch (request.kind) {
    case 'help':
      console.log(help(request.words, commands));
      return exitCodes.done;
    case 'version':
      console.log(packageJson.version);
      return exitCodes.done;
    case 'run':
      return run(request, args);
  }
}

/** Reads everything that was given before anything is asked or sent. */
async function run(
  { given, ...named }: Named & { readonly given: Given },
  typed: readonly string[],
): Promise<number> {
  try {
    refuseSwallowed(optionsOf(named.command), new Set(given.options.keys()), process.env);
    const start = named.command.prepare(given);
    const common = readCommonOptions(given);
    await refuseUnclearPlace({ ...named, typed }, given, process.env);
    return await start(openSession({ commands, ...common }));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new CommandUsageError(named, `${named.name}: ${error.message}`);
  }
}

/** Tells what went wrong, and returns the exit code. */
function explain(error: unknown, args: readonly string[]): number {
  // Whoever reads the output, such as `head`, has enough.
  if (error instanceof Error && 'code' in error && error.code === 'EPIPE') process.exit(exitCodes.done);
  if (error instanceof Interrupted) {
    console.error(error.message);
    return exitCodes.interrupted;
  }
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof UsageError)) {
    console.error(say`It did not work. ${answered(message)}`);
    return exitCodes.failed;
  }
  if (args.includes('--json')) {
    const problem = { code: 'usage', title: said('The command line is wrong.'), detail: message };
    console.log(JSON.stringify({ ok: false, problem }, undefined, 2));
  } else if (error instanceof CommandUsageError) {
    const { name, command } = error.of;
    console.error(`${message}\n\n${usageLine(name, command)}\n${say`More: ${program} ${name} --help`}`);
  } else {
    console.error(`${message}\n\n${say`All commands: ${program} --help`}`);
  }
  return exitCodes.usage;
}

process.once('SIGINT', () => process.exit(exitCodes.interrupted));
const typed = process.argv.slice(2);
try {
  process.exitCode = await main(typed);
} catch (error) {
  process.exitCode = explain(error, typed);
}
