import { userExport as sends } from '../../functions/admin/commands/user-export.ts';
import { adminRequest } from '../command.ts';
import { account, openid } from '../values.ts';

export const userExport = adminRequest({
  words: ['user export'],
  group: 'users',
  changes: false,
  summary: 'print everything stored about a user, except tokens, as JSON',
  args: { account, openid },
  options: {},
  sends,
  request: (args) => args,
  print: ({ exported }) => JSON.stringify(exported, undefined, 2),
});
