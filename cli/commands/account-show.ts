import { accountShow as sends } from '../../functions/admin/commands/account-show.ts';
import { adminRequest } from '../command.ts';
import { describeWithSettings } from '../describe-accounts.ts';
import { account } from '../values.ts';

export const accountShow = adminRequest({
  words: ['account show'],
  group: 'accounts',
  changes: false,
  summary: 'the state and the settings of one account',
  args: { account },
  options: {},
  sends,
  request: (args) => args,
  print: describeWithSettings,
});
