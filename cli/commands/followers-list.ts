import { followersExport as sends } from '../../functions/admin/commands/followers-export.ts';
import type { Follower } from '../../shared/followers/read/follower.ts';
import { adminRequest } from '../command.ts';
import { pageLimitSchema } from '../../functions/admin/schemas.ts';
import { order } from '../followers-order.ts';
import { said, time } from '../language.ts';
import { account, option, wholeNumber } from '../values.ts';

export const followersList = adminRequest({
  words: ['followers list'],
  group: 'followers',
  changes: false,
  summary: 'the first followers of the mirror, by when they followed',
  args: { account },
  options: {
    limit: option(wholeNumber('<n>', 'from 1 to 1000', pageLimitSchema), 'how many (default: 20)'),
    order: option(order, 'who comes first (default: newest)'),
  },
  sends,
  request: (args, { limit = 20, order: asked = 'newest' }) => ({ ...args, limit, order: asked }),
  print: ({ followers }) => followers.map(describeFollower).join('\n') || said('Nobody follows.'),
});

function describeFollower({ openid, subscribedAt, nickname, remark }: Follower): string {
  const since = subscribedAt === undefined ? said('at a time that is not known') : time(subscribedAt);
  return [openid, since, ...[nickname, remark].filter((name) => name !== undefined)].join('  ');
}
