import * as z from 'zod/mini';
import { adminCommand } from '../command.ts';
import { unknownKey } from '../key-report.ts';
import { doneResult } from '../schemas.ts';

/** Ends an API key. */
export const keyRevoke = adminCommand({
  name: 'key.revoke',
  input: { keyId: z.string() },
  result: doneResult,
  run: async ({ keys, log }, { keyId }) => {
    if (!(await keys.revoke(keyId))) throw unknownKey();
    log.info('An API key was revoked.', { keyId });
    return { done: `The key ${keyId} is revoked. It works for half a minute more at the most.` };
  },
});
