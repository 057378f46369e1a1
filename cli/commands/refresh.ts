import { refresh as sends } from '../../functions/admin/commands/refresh.ts';
import { adminRequest } from '../command.ts';
import { describeAccounts, exitCodeOfRefresh } from '../describe-accounts.ts';
import { account } from '../values.ts';

export const refresh = adminRequest({
  words: ['refresh'],
  group: 'accounts',
  changes: true,
  summary: 'refresh its token now, even during a back-off or with a spent budget',
  args: { account },
  options: {},
  sends,
  request: (args) => args,
  print: describeAccounts,
  exitCode: exitCodeOfRefresh,
});
