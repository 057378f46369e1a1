import * as z from 'zod/mini';
import { openidSchema } from '../../wechat/tokens.ts';

/** A follower as the API shows it: what WeChat tells the account, joined with what the user consented to share. */
export const followerSchema = z.object({
  openid: openidSchema,
  subscribed: z.boolean(),
  /** Unix seconds of the last follow. */
  subscribedAt: z.optional(z.number()),
  unionid: z.optional(z.string()),
  nickname: z.optional(z.string()),
  avatar: z.optional(z.string()),
  /** Where nickname and avatar come from; absent where there are none. */
  profileFrom: z.optional(z.enum(['consent', 'user/info'])),
  remark: z.optional(z.string()),
  language: z.optional(z.string()),
  tagIds: z.optional(z.array(z.number())),
  subscribeScene: z.optional(z.string()),
  qrScene: z.optional(z.number()),
  qrSceneStr: z.optional(z.string()),
});
export type Follower = z.infer<typeof followerSchema>;
