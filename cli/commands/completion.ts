import { programs } from '../../shared/platform/programs.ts';
import { command } from '../command.ts';
import { completionScript, shells } from '../completion.ts';
import { exitCodes } from '../exit-codes.ts';
import { oneOf } from '../values.ts';

export const completion = command({
  words: ['completion'],
  group: 'shell',
  changes: false,
  summary: 'print a script that completes commands and options',
  notes: 'docs/operations.md says how to set it up.',
  args: { shell: oneOf(shells, { shown: '<shell>' }) },
  options: {},
  local: true,
  run: ({ shell }, _options, session) => {
    session.print(completionScript(shell, session.commands, programs.completed));
    return Promise.resolve(exitCodes.done);
  },
});
