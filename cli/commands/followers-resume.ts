import { followersResume as sends } from '../../functions/admin/commands/followers-resume.ts';
import { adminRequest } from '../command.ts';
import { describeSync } from '../sync-progress.ts';
import { account } from '../values.ts';
import { wait, watchWhereAsked } from '../wait.ts';

export const followersResume = adminRequest({
  words: ['followers resume'],
  group: 'followers',
  changes: true,
  summary: 'continue after a pause',
  args: { account },
  options: { wait },
  sends,
  request: (args) => args,
  print: ({ sync }) => describeSync(sync),
  goOn: watchWhereAsked,
});
