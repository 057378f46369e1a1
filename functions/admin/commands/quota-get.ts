import * as z from 'zod/mini';
import { getQuota } from '../../../shared/wechat/quota.ts';
import { findAccount } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName, wechatApiSchema } from '../schemas.ts';

/** What WeChat itself says of the quota of an API. */
export const quotaGet = adminCommand({
  name: 'quota.get',
  input: { account: accountName, path: wechatApiSchema },
  result: z.object({ quota: z.object({ dailyLimit: z.number(), used: z.number(), remain: z.number() }) }),
  run: async (parts, { account: nameOrAppId, path }) => {
    const account = await findAccount(parts, nameOrAppId);
    return { quota: await parts.calls.send(account, (token) => getQuota(token, { path })) };
  },
});
