import { followersPause as sends } from '../../functions/admin/commands/followers-pause.ts';
import { adminRequest } from '../command.ts';
import { describeSync } from '../sync-progress.ts';
import { account } from '../values.ts';

export const followersPause = adminRequest({
  words: ['followers pause'],
  group: 'followers',
  changes: true,
  summary: 'stop the sync after its current step, and start no other',
  args: { account },
  options: {},
  sends,
  request: (args) => args,
  print: ({ sync }) => describeSync(sync),
});
