import { followersStatus as sends } from '../../functions/admin/commands/followers-status.ts';
import { adminRequest } from '../command.ts';
import { describeSync } from '../sync-progress.ts';
import { account } from '../values.ts';
import { wait, watchWhereAsked } from '../wait.ts';

export const followersStatus = adminRequest({
  words: ['followers status'],
  group: 'followers',
  changes: false,
  summary: 'how far the sync is, what it has spent, and what went wrong',
  args: { account },
  options: { wait },
  sends,
  request: (args) => args,
  print: ({ sync }) => describeSync(sync),
  goOn: watchWhereAsked,
});
