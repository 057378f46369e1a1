import * as z from 'zod/mini';
import { usage as sends } from '../../functions/admin/commands/usage.ts';
import { adminRequest } from '../command.ts';
import { account, option, textLike } from '../values.ts';

export const usage = adminRequest({
  words: ['usage'],
  group: 'usage',
  changes: false,
  summary: 'calls to WeChat today',
  args: { account },
  options: {
    day: option(
      textLike('<yyyy-mm-dd>', 'is a day such as 2026-11-29', z.iso.date()),
      'another day in China',
    ),
  },
  sends,
  request: (args, options) => ({ ...args, ...options }),
  print: ({ usage: { day, calls } }) => {
    const lines = Object.entries(calls).map(([api, count]) => `  ${api}  ${count}`);
    return [`${day} (a day in China)`, ...(lines.length > 0 ? lines : ['  no calls'])].join('\n');
  },
});
