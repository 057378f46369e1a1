import { signingKeyRotate as sends } from '../../functions/admin/commands/signing-key-rotate.ts';
import { adminRequest } from '../command.ts';
import { answered } from '../language.ts';

export const signingKeyRotate = adminRequest({
  words: ['signing-key rotate'],
  group: 'keys',
  changes: true,
  summary: 'sign the tokens of the drop-in with a new key from now on',
  args: {},
  options: {},
  sends,
  request: (args) => args,
  print: ({ done }) => answered(done),
});
