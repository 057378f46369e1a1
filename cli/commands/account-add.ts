import { accountAdd as sends } from '../../functions/admin/commands/account-add.ts';
import { lenderSchema } from '../../functions/admin/schemas.ts';
import { appIdSchema } from '../../shared/wechat/tokens.ts';
import { accountName, secretText, settingsOf, settingsOptions, tokenMode } from '../account-settings.ts';
import { adminRequest } from '../command.ts';
import { describeWithSettings, exitCodeOfRefresh } from '../describe-accounts.ts';
import { said } from '../language.ts';
import { option, readValue, textLike } from '../values.ts';

export const accountAdd = adminRequest({
  words: ['account add'],
  group: 'accounts',
  changes: true,
  summary: 'register an Official Account; asks for its AppSecret, and tries it first',
  notes: 'From a pipe, the AppSecret or the API key is the first line of the input.',
  args: { account: textLike('<appid>', 'is wx and 16 hexadecimal digits', appIdSchema) },
  options: {
    name: option(accountName, 'what people call it (default: the appid)'),
    lender: option(
      textLike('<origin>', 'is an origin that begins with https://', lenderSchema),
      'borrow its token from another deployment of this service; asks for an API key with the scope token:read there instead, and no AppSecret is kept',
    ),
    mode: option(tokenMode, 'how its token is minted (default: stable)'),
    ...settingsOptions,
  },
  sends,
  request: async ({ account }, { name = account, lender, mode = 'stable', ...options }, session) => {
    const borrowed = lender !== undefined;
    const [typed = ''] = await session.askSecrets([said(borrowed ? 'API key: ' : 'AppSecret: ')]);
    const secret = readValue(secretText, typed, borrowed ? 'The API key' : 'The AppSecret');
    const { allowedOrigins = [], domainFiles = [], ...settings } = settingsOf(options);
    return { account, name, lender, mode, secret, allowedOrigins, domainFiles, ...settings };
  },
  print: describeWithSettings,
  exitCode: exitCodeOfRefresh,
});
