import { userErase as sends } from '../../functions/admin/commands/user-erase.ts';
import type { Removed } from '../../shared/users/erase-user.ts';
import { adminRequest } from '../command.ts';
import { said, say } from '../language.ts';
import { account, flag, openid } from '../values.ts';

export const userErase = adminRequest({
  words: ['user erase'],
  group: 'users',
  changes: true,
  summary: 'delete everything stored about a user; asks first, unless you give --yes',
  args: { account, openid },
  options: { yes: flag('do not ask') },
  sends,
  request: async (args, options, session) => {
    const question = say`This deletes everything stored about ${JSON.stringify(args.openid)}. You cannot undo it.`;
    if (!options.yes && !(await session.confirm(question))) throw new Error(said('Nothing was deleted.'));
    return args;
  },
  print: ({ removed }) => describeRemoved(removed),
});

function describeRemoved({ grants, sessions, profiles, followers }: Removed): string {
  const parts = [
    grants > 0 ? said('the grant with its tokens') : '',
    sessions > 1 ? say`${sessions} sessions` : sessions === 1 ? said('1 session') : '',
    profiles > 0 ? said('the shared profile') : '',
    followers > 0 ? said('the record as a follower') : '',
  ].filter((part) => part !== '');
  return parts.length === 0
    ? said('Nothing was stored about this user.')
    : say`Deleted: ${parts.join(said(', '))}.`;
}
