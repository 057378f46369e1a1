import { userExpiring as sends, type EndingGrant } from '../../functions/admin/commands/user-expiring.ts';
import { expiryDaysSchema } from '../../functions/admin/schemas.ts';
import { adminRequest } from '../command.ts';
import { said, say, time } from '../language.ts';
import { account, option, text, wholeNumber } from '../values.ts';

export const userExpiring = adminRequest({
  words: ['user expiring'],
  group: 'users',
  changes: false,
  summary: 'users whose grants end soon',
  notes: 'Reads the whole Users table. If it says that there may be more, continue with --from.',
  args: { account },
  options: {
    days: option(
      wholeNumber('<n>', 'from 1 to 30', expiryDaysSchema),
      'within this many days (1 to 30, default 7)',
    ),
    from: option(text('<cursor>'), 'continue from here'),
  },
  sends,
  request: (args, { days = 7, from }) => ({ ...args, days, from }),
  print: ({ expiring, next }) => {
    const lines = expiring.map(describeEnding);
    if (next !== undefined) lines.push(say`There may be more: --from ${next}`);
    return lines.join('\n') || said('No grant ends so soon.');
  },
});

function describeEnding({ openid, scopes, grantedAt, expiresAt }: EndingGrant): string {
  return say`${openid}  ${scopes.join(', ')}, granted ${time(grantedAt)}, ends ${time(expiresAt)}`;
}
