import { accountSetPush as sends } from '../../functions/admin/commands/account-set-push.ts';
import { encodingAesKeySchema, pushTokenSchema } from '../../functions/admin/schemas.ts';
import { adminRequest } from '../command.ts';
import { answered } from '../language.ts';
import { account, readValue, textLike } from '../values.ts';

const pushToken = textLike('<token>', 'is a text of 3 to 32 letters and digits', pushTokenSchema);
const encodingAesKey = textLike('<key>', 'is a text of 43 letters and digits', encodingAesKeySchema);

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
    const [token = '', key = ''] = await session.askSecrets(['Token: ', 'EncodingAESKey: ']);
    return {
      ...args,
      pushToken: readValue(pushToken, token, 'The Token'),
      encodingAesKey: key === '' ? undefined : readValue(encodingAesKey, key, 'The EncodingAESKey'),
    };
  },
  print: ({ done }) => answered(done),
});
