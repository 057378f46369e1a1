import { accountRotateSecret as sends } from '../../functions/admin/commands/account-rotate-secret.ts';
import { secretText } from '../account-settings.ts';
import { adminRequest } from '../command.ts';
import { describeAccounts, exitCodeOfRefresh } from '../describe-accounts.ts';
import { said } from '../language.ts';
import { account, readValue } from '../values.ts';

export const accountRotateSecret = adminRequest({
  words: ['account rotate-secret'],
  group: 'accounts',
  changes: true,
  summary: 'store a new AppSecret, or API key for the lender; asks for it, and stores it only if it works',
  args: { account },
  options: {},
  sends,
  request: async (args, _options, session) => {
    const [typed = ''] = await session.askSecrets([said('New secret: ')]);
    return { ...args, secret: readValue(secretText, typed, 'The secret') };
  },
  print: describeAccounts,
  exitCode: exitCodeOfRefresh,
});
