import { followersSync as sends } from '../../functions/admin/commands/followers-sync.ts';
import { adminRequest } from '../command.ts';
import { describeSync } from '../sync-progress.ts';
import { account, flag } from '../values.ts';
import { wait, watchWhereAsked } from '../wait.ts';

export const followersSync = adminRequest({
  words: ['followers sync'],
  group: 'followers',
  changes: true,
  summary: 'bring the mirror of followers up to date now',
  args: { account },
  options: { wait, force: flag('believe WeChat where its list has become much shorter') },
  sends,
  request: (args, { force }) => ({ ...args, force }),
  print: ({ sync }) => describeSync(sync),
  goOn: watchWhereAsked,
});
