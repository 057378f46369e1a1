import { accountSet as sends } from '../../functions/admin/commands/account-set.ts';
import { tokenModes } from '../../shared/accounts/accounts.ts';
import { adminRequest } from '../command.ts';
import { describeAccounts, exitCodeOfRefresh } from '../describe-accounts.ts';
import { account, oneOf } from '../values.ts';

export const accountSetMode = adminRequest({
  words: ['account set-mode'],
  group: 'accounts',
  changes: true,
  summary: 'change to stable or classic mode',
  args: { account, mode: oneOf(tokenModes, { shown: '<mode>' }) },
  options: {},
  sends,
  request: (args) => args,
  print: describeAccounts,
  exitCode: exitCodeOfRefresh,
});
