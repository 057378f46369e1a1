import * as z from 'zod/mini';
import type { Follower as WeChatFollower, Language } from '../../wechat/followers.ts';
import { openidSchema } from '../../wechat/tokens.ts';
import type { FollowerItem } from '../mirror/follower-item.ts';

/** A follower as the API shows it: what WeChat tells the account, joined with what the user consented to share. */
export const followerSchema = z.object({
  openid: openidSchema,
  subscribed: z.boolean(),
  subscribedAt: z.optional(z.int()),
  unionid: z.optional(z.string()),
  nickname: z.optional(z.string()),
  avatar: z.optional(z.string()),
  profileFrom: z.optional(z.enum(['consent', 'user/info'])),
  remark: z.optional(z.string()),
  language: z.optional(z.string()),
  tagIds: z.optional(z.array(z.int())),
  subscribeScene: z.optional(z.string()),
  qrScene: z.optional(z.int()),
  qrSceneStr: z.optional(z.string()),
});
export type Follower = z.infer<typeof followerSchema>;

/** How a follower is asked for: in WeChat's words for that language, or as WeChat tells at this moment. */
export interface Telling {
  readonly lang?: Language | undefined;
  readonly refresh?: boolean | undefined;
}

/** Whether the mirror has all there is to say of a person. Of those who left, only WeChat knows. */
export function isComplete({ subscribed, detailAt, refusedAt }: FollowerItem): boolean {
  return subscribed === true && detailAt !== undefined && refusedAt === undefined;
}

/** A person as the mirror knows them. */
export function fromMirror(person: FollowerItem): Follower {
  const { openid, subscribedAt, unionid, nickname, avatar, remark, language, tagIds } = person;
  const { subscribeScene, qrScene, qrSceneStr } = person;
  return {
    openid,
    subscribed: true,
    subscribedAt,
    unionid,
    nickname,
    avatar,
    profileFrom: nickname === undefined && avatar === undefined ? undefined : 'consent',
    remark,
    language,
    tagIds,
    subscribeScene,
    qrScene,
    qrSceneStr,
  };
}

/** What WeChat tells now, joined with what the person consented to share. */
export function fromWeChat(follower: WeChatFollower, person: FollowerItem | undefined): Follower {
  const nickname = person?.nickname ?? follower.nickname;
  const avatar = person?.avatar ?? follower.headimgurl;
  const shared = person?.nickname !== undefined || person?.avatar !== undefined;
  const known = nickname !== undefined || avatar !== undefined;
  return {
    openid: follower.openid,
    subscribed: follower.subscribe,
    subscribedAt: follower.subscribeTime,
    unionid: follower.unionid ?? person?.unionid,
    nickname,
    avatar,
    profileFrom: shared ? 'consent' : known ? 'user/info' : undefined,
    remark: follower.remark,
    language: follower.language,
    tagIds: follower.tagidList && [...follower.tagidList],
    subscribeScene: follower.subscribeScene,
    qrScene: follower.qrScene,
    qrSceneStr: follower.qrSceneStr,
  };
}
