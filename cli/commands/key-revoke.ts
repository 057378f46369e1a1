import { keyRevoke as sends } from '../../functions/admin/commands/key-revoke.ts';
import { adminRequest } from '../command.ts';
import { answered } from '../language.ts';
import { text } from '../values.ts';

export const keyRevoke = adminRequest({
  words: ['key revoke'],
  group: 'keys',
  changes: true,
  summary: 'revoke an API key',
  args: { keyId: text('<key id>') },
  options: {},
  sends,
  request: (args) => args,
  print: ({ done }) => answered(done),
});
