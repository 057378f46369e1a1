import * as z from 'zod/mini';
import { exportPage } from '../../../shared/followers/read/export.ts';
import { followerSchema } from '../../../shared/followers/read/follower.ts';
import { findAccount } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName, listOrderSchema, pageLimitSchema } from '../schemas.ts';

/** A page of everyone whom the mirror has. */
export const followersExport = adminCommand({
  name: 'followers.export',
  input: {
    account: accountName,
    /** `next` of the answer before. */
    from: z.optional(z.string().check(z.maxLength(200))),
    /** Without one, in an order that nothing changes. */
    order: z.optional(listOrderSchema),
    limit: z.optional(pageLimitSchema),
  },
  /** `next` where there are more. */
  result: z.object({ followers: z.array(followerSchema), next: z.optional(z.string()) }),
  run: async (parts, { account: nameOrAppId, ...page }) => {
    const account = await findAccount(parts, nameOrAppId);
    const mirror = { followers: parts.tables.followers, clock: parts.clock };
    const { followers, next } = await exportPage(mirror, account, page);
    return { followers: [...followers], next };
  },
});
