import * as z from 'zod/mini';
import { KeyringError } from '../../../shared/platform/errors.ts';
import { exportedUserSchema, exportUser } from '../../../shared/users/export-user.ts';
import { openidSchema } from '../../../shared/wechat/tokens.ts';
import { findAccount } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName } from '../schemas.ts';

/** All that is kept about a user, but for tokens. */
export const userExport = adminCommand({
  name: 'user.export',
  input: { account: accountName, openid: openidSchema },
  result: z.object({ exported: exportedUserSchema }),
  run: async (parts, { account: nameOrAppId, openid }) => {
    const { appId } = await findAccount(parts, nameOrAppId);
    const exported = await exportUser(parts.users, appId, openid);
    if (!exported) throw new KeyringError('openid_unknown', 'Nothing is stored about this user.');
    parts.log.info('A user was exported.', { account: appId });
    return { exported };
  },
});
