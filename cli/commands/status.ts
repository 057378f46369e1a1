import { status as sends } from '../../functions/admin/commands/status.ts';
import { adminRequest } from '../command.ts';
import { describeAccounts } from '../describe-accounts.ts';

export const status = adminRequest({
  words: ['account list', 'status'],
  group: 'accounts',
  changes: false,
  summary: 'how every account is',
  args: {},
  options: {},
  sends,
  request: (args) => args,
  print: describeAccounts,
});
