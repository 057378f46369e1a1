import { quotaGet as sends } from '../../functions/admin/commands/quota-get.ts';
import { wechatApiSchema } from '../../functions/admin/schemas.ts';
import { adminRequest } from '../command.ts';
import { say } from '../language.ts';
import { account, textLike } from '../values.ts';

export const quotaGet = adminRequest({
  words: ['quota get'],
  group: 'usage',
  changes: false,
  summary: 'the quota of one API, as WeChat counts it, such as /cgi-bin/user/get',
  args: { account, path: textLike('<api>', 'is such as /cgi-bin/user/get', wechatApiSchema) },
  options: {},
  sends,
  request: (args) => args,
  print: ({ quota: { dailyLimit, used, remain } }) =>
    say`${used} of ${dailyLimit} used today, ${remain} remain`,
});
