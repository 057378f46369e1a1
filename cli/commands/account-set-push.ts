import { accountSetPush as sends } from '../../functions/admin/commands/account-set-push.ts';
import { adminRequest } from '../command.ts';
import { account } from '../values.ts';

export const accountSetPush = adminRequest({
  words: ['account set-push'],
  group: 'accounts',
  changes: true,
  summary:
    "take WeChat's pushes; asks for the Token and the EncodingAESKey of the console, the latter empty for messages in the clear",
  args: { account },
  options: {},
  sends,
  request: async (args, _options, session) => {
    const [pushToken = '', key = ''] = await session.askSecrets(['Token: ', 'EncodingAESKey: ']);
    return { ...args, pushToken, encodingAesKey: key || undefined };
  },
  print: ({ done }) => done,
});
