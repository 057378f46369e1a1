import * as z from 'zod/mini';
import { usage as sends } from '../../functions/admin/commands/usage.ts';
import { adminRequest } from '../command.ts';
import { said, say } from '../language.ts';
import { account, option, textLike } from '../values.ts';

export const usage = adminRequest({
  words: ['usage'],
  group: 'usage',
  changes: false,
  summary: 'calls to WeChat today, and how many there may be',
  args: { account },
  options: {
    day: option(
      textLike('<yyyy-mm-dd>', 'is a day such as 2026-11-29', z.iso.date()),
      'another day in China',
    ),
  },
  sends,
  request: (args, options) => ({ ...args, ...options }),
  print: ({ usage: { day, calls, limits } }) => {
    const rows = Object.entries(calls).sort(([one], [other]) => (one < other ? -1 : 1));
    const names = Math.max(...rows.map(([api]) => api.length));
    const counts = Math.max(...rows.map(([, count]) => String(count).length));
    const lines = rows.map(([api, count]) => {
      const limit = limits[api] === undefined ? '' : say` of ${limits[api]}`;
      return `  ${api.padEnd(names)}  ${String(count).padStart(counts)}${limit}`;
    });
    return [say`${day}, a day in China`, ...(lines.length > 0 ? lines : [said('  no calls')])].join('\n');
  },
});
