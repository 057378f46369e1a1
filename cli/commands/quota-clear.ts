import { quotaClear as sends } from '../../functions/admin/commands/quota-clear.ts';
import { adminRequest } from '../command.ts';
import { answered, said } from '../language.ts';
import { account, neededYes, requireYes } from '../values.ts';

export const quotaClear = adminRequest({
  words: ['quota clear'],
  group: 'usage',
  changes: true,
  summary: "make WeChat reset today's quotas; 10 times a month (needs --yes)",
  args: { account },
  options: { yes: neededYes },
  sends,
  request: (args, options) => {
    requireYes(options.yes, said('WeChat allows this 10 times a month.'));
    return args;
  },
  print: ({ done }) => answered(done),
});
