import * as z from 'zod/mini';
import { eraseUser, removedSchema } from '../../../shared/users/erase-user.ts';
import { openidSchema } from '../../../shared/wechat/tokens.ts';
import { findAccount } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName } from '../schemas.ts';

/** Deletes all that is kept about a user. */
export const userErase = adminCommand({
  name: 'user.erase',
  input: { account: accountName, openid: openidSchema },
  result: z.object({ removed: removedSchema }),
  run: async (parts, { account: nameOrAppId, openid }) => {
    const { appId } = await findAccount(parts, nameOrAppId);
    const removed = await eraseUser(parts.users, appId, openid);
    parts.log.info('A user was erased.', { account: appId, removed });
    return { removed };
  },
});
