import type { Command } from './command.ts';
import { flag, option, text, type Option } from './values.ts';

/** The options of every command that talks to the service. */
export const commonOptions = {
  local: flag('the local stack (set AWS_PORT if its port is not 8789)'),
  stage: option(text('<stage>'), 'the deployed stage (default: prod), with your own AWS credentials'),
  region: option(text('<region>'), 'its region (default: that of your AWS configuration)'),
  json: flag('print the answer, or the error, as JSON'),
  help: flag('show this help'),
};

/** What is typed without a command. */
export const versionOption = { version: flag('the version of this command line') };

/** All options that a command knows, by name. */
export function optionsOf(command: Command): Readonly<Record<string, Option<unknown>>> {
  return { ...command.options, ...(command.local ? { help: commonOptions.help } : commonOptions) };
}
