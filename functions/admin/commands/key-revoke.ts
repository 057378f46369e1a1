import * as z from 'zod/mini';
import { KeyringError } from '../../../shared/platform/errors.ts';
import { adminCommand } from '../command.ts';
import { doneResult } from '../schemas.ts';

/** Ends an API key. */
export const keyRevoke = adminCommand({
  name: 'key.revoke',
  input: { keyId: z.string() },
  result: doneResult,
  run: async ({ keys, log }, { keyId }) => {
    if (!(await keys.revoke(keyId)))
      throw new KeyringError('key_unknown', 'No key has that id. `key list` shows the ids.');
    log.info('An API key was revoked.', { keyId });
    return { done: `The key ${keyId} is revoked. It works for half a minute more at the most.` };
  },
});
