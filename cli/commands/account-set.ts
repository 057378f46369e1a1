import { accountSet as sends } from '../../functions/admin/commands/account-set.ts';
import { accountName, settingsOf, settingsOptions, tokenMode } from '../account-settings.ts';
import { adminRequest } from '../command.ts';
import { describeWithSettings, exitCodeOfRefresh } from '../describe-accounts.ts';
import { exitCodes } from '../exit-codes.ts';
import { said } from '../language.ts';
import { account, option, UsageError } from '../values.ts';

export const accountSet = adminRequest({
  words: ['account set'],
  group: 'accounts',
  changes: true,
  summary: 'change settings of an account',
  notes: '--origin replaces all origins, --domain-file adds one. Other settings stay.',
  args: { account },
  options: {
    name: option(accountName, 'what people call it'),
    mode: option(tokenMode, 'how its token is minted; the command refreshes it to try'),
    ...settingsOptions,
  },
  sends,
  request: (args, { name, mode, ...options }) => {
    const changes = { name, mode, ...settingsOf(options) };
    if (Object.values(changes).every((value) => value === undefined)) {
      throw new UsageError(said('What is to be set? Give at least one of the options.'));
    }
    return { ...args, ...changes };
  },
  print: describeWithSettings,
  // Without another mode nothing is refreshed, and a failure is of before.
  exitCode: (result, { mode }) => (mode === undefined ? exitCodes.done : exitCodeOfRefresh(result)),
});
