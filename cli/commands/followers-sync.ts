import { followersSync as sends } from '../../functions/admin/commands/followers-sync.ts';
import { adminRequest } from '../command.ts';
import { describeSync } from '../sync-progress.ts';
import { account, flag } from '../values.ts';
import { wait, watchWhereAsked } from '../wait.ts';

export const followersSync = adminRequest({
  words: ['followers sync'],
  group: 'followers',
  changes: true,
  summary: 'update the mirror of followers now',
  args: { account },
  options: { wait, force: flag('accept a list from WeChat that is much shorter than before') },
  sends,
  request: (args, { force }) => ({ ...args, force }),
  print: ({ sync }) => describeSync(sync),
  goOn: watchWhereAsked,
});
