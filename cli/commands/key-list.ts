import { keyList as sends } from '../../functions/admin/commands/key-list.ts';
import { adminRequest } from '../command.ts';
import { describeKey } from '../describe-keys.ts';
import { said } from '../language.ts';

export const keyList = adminRequest({
  words: ['key list'],
  group: 'keys',
  changes: false,
  summary: 'all API keys, without the keys themselves',
  args: {},
  options: {},
  sends,
  request: (args) => args,
  print: ({ keys }) => keys.map(describeKey).join('\n') || said('There are no keys yet.'),
});
