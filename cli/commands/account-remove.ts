import { accountRemove as sends } from '../../functions/admin/commands/account-remove.ts';
import { adminRequest } from '../command.ts';
import { answered, say } from '../language.ts';
import { account, neededYes, requireYes } from '../values.ts';

export const accountRemove = adminRequest({
  words: ['account remove'],
  group: 'accounts',
  changes: true,
  summary: 'remove an account, and in the background its followers (needs --yes)',
  args: { account },
  options: { yes: neededYes },
  sends,
  request: (args, options) => {
    requireYes(
      options.yes,
      say`This removes ${JSON.stringify(args.account)}, its credentials and its followers.`,
    );
    return args;
  },
  print: ({ done }) => answered(done),
});
