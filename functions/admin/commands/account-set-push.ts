import * as z from 'zod/mini';
import { findAccount } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName, doneResult, encodingAesKeySchema, pushTokenSchema } from '../schemas.ts';

/** Stores what WeChat's message pushes are signed and encrypted with. */
export const accountSetPush = adminCommand({
  name: 'account.set-push',
  input: {
    account: accountName,
    pushToken: pushTokenSchema,
    /** Without one, pushes are taken in the clear. */
    encodingAesKey: z.optional(encodingAesKeySchema),
  },
  result: doneResult,
  run: async (parts, { account: nameOrAppId, pushToken, encodingAesKey }) => {
    const { appId } = await findAccount(parts, nameOrAppId);
    await parts.secrets.putPush(appId, { pushToken, encodingAesKey });
    parts.log.info('Pushes were set up.', { account: appId, encrypted: encodingAesKey !== undefined });
    return {
      done: `Pushes of ${appId} are taken at ${parts.publicUrl}/v1/accounts/${appId}/events, ${encodingAesKey === undefined ? 'in the clear' : 'encrypted only'}. A former token may count for a minute more.`,
    };
  },
});
