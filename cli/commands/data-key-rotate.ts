import { dataKeyRotate as sends } from '../../functions/admin/commands/data-key-rotate.ts';
import { adminRequest } from '../command.ts';
import { answered } from '../language.ts';

export const dataKeyRotate = adminRequest({
  words: ['data-key rotate'],
  group: 'users',
  changes: true,
  summary: 'encrypt grants with a new key from now on',
  args: {},
  options: {},
  sends,
  request: (args) => args,
  print: ({ done }) => answered(done),
});
