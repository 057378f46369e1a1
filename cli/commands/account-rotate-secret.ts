import { accountRotateSecret as sends } from '../../functions/admin/commands/account-rotate-secret.ts';
import { adminRequest } from '../command.ts';
import { describeAccounts } from '../describe-accounts.ts';
import { account } from '../values.ts';

export const accountRotateSecret = adminRequest({
  words: ['account rotate-secret'],
  group: 'accounts',
  changes: true,
  summary: 'store a new AppSecret, or API key for the lender; asks for it, and refreshes to prove it',
  args: { account },
  options: {},
  sends,
  request: async (args, _options, session) => {
    const [secret = ''] = await session.askSecrets(['New secret: ']);
    return { ...args, secret };
  },
  print: describeAccounts,
});
