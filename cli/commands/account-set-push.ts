import { accountSetPush as sends } from '../../functions/admin/commands/account-set-push.ts';
import { encodingAesKeySchema, forwardSchema, pushTokenSchema } from '../../functions/admin/schemas.ts';
import { adminRequest } from '../command.ts';
import { answered } from '../language.ts';
import { account, contradiction, flag, option, readValue, textLike } from '../values.ts';

const pushToken = textLike('<token>', 'is a text of 3 to 32 letters and digits', pushTokenSchema);
const encodingAesKey = textLike('<key>', 'is a text of 43 letters and digits', encodingAesKeySchema);
const forwardAddress = textLike(
  '<url>',
  'is an address such as https://backend.example.com/wechat',
  forwardSchema,
);

export const accountSetPush = adminRequest({
  words: ['account set-push'],
  group: 'accounts',
  changes: true,
  summary:
    "receive WeChat's pushes; asks for the Token and the EncodingAESKey of the account console; leave the latter empty for plain mode",
  notes: 'With either option it asks for nothing: Token and EncodingAESKey stay as they are.',
  args: { account },
  options: {
    forward: option(forwardAddress, 'forward each push as it came, and return the answer to WeChat'),
    'no-forward': flag('stop forwarding pushes'),
  },
  sends,
  request: async (args, { forward, 'no-forward': forwardsNoMore }, session) => {
    if (forwardsNoMore) {
      if (forward === undefined) return { ...args, forward: null };
      throw contradiction('--forward', '--no-forward');
    }
    if (forward !== undefined) return { ...args, forward };
    const [token = '', key = ''] = await session.askSecrets(['Token: ', 'EncodingAESKey: ']);
    return {
      ...args,
      pushToken: readValue(pushToken, token, 'The Token'),
      encodingAesKey: key === '' ? undefined : readValue(encodingAesKey, key, 'The EncodingAESKey'),
    };
  },
  print: ({ done }) => answered(done),
});
