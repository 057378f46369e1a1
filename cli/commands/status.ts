import { status as sends } from '../../functions/admin/commands/status.ts';
import { adminRequest } from '../command.ts';
import { describeAccounts } from '../describe-accounts.ts';
import { exitCodes } from '../exit-codes.ts';
import { flag } from '../values.ts';

export const status = adminRequest({
  words: ['account list', 'status'],
  group: 'accounts',
  changes: false,
  summary: 'the state of every account, and whether users notice',
  args: {},
  options: {
    check: flag('exit with 3 or 4 if an account is degraded or down, for monitors'),
  },
  sends,
  request: (args) => args,
  print: describeAccounts,
  exitCode: ({ accounts }, { check }) => {
    const has = (state: string) => check && accounts.some((account) => account.state === state);
    return has('down') ? exitCodes.down : has('degraded') ? exitCodes.degraded : exitCodes.done;
  },
});
