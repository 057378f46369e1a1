import * as z from 'zod/mini';

import type { Account } from '../accounts.ts';
import { WeChatError } from '../errors.ts';
import type { User } from '../followers.ts';
import { jsonBody, oddOf, verifiedAccountByToken, type Body, type Endpoint } from './call.ts';

/**
 * GET /cgi-bin/user/get: a page of followers after an exclusive cursor. The last page repeats its last
 * openid as next_openid; the page after it has no `data`.
 * https://developers.weixin.qq.com/doc/offiaccount/User_Management/Getting_a_User_List.html
 */
export const userGet: Endpoint = {
  method: 'GET',
  answer: (call) => {
    const { followers, options } = verifiedAccountByToken(call);
    const rest = followers.page(call.query.get('next_openid') ?? '', options.page_size);
    if (!rest) throw new WeChatError(40003);
    const isBeginningAnew = rest.length === 0 && options.list_goes_round;
    const openids = isBeginningAnew ? (followers.page('', options.page_size) ?? []) : rest;
    const last = openids.at(-1);
    if (last === undefined) return { total: followers.total, count: 0, next_openid: '' };
    return {
      total: followers.total,
      count: openids.length,
      data: { openid: openids },
      next_openid: last,
    };
  },
};

/**
 * GET /cgi-bin/user/info
 * https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo
 */
export const userInfo: Endpoint = {
  method: 'GET',
  answer: (call) => {
    const account = verifiedAccountByToken(call);
    return profileOf(account, call.query.get('openid') ?? '', call.query.get('lang'));
  },
};

const batchSchema = z.object({
  user_list: z.array(z.object({ openid: z.string(), lang: z.optional(z.string()) })),
});

/**
 * POST /cgi-bin/user/info/batchget: up to 100 of the same. One openid that is not of this account spoils all, in one
 * of the two ways that were reported.
 * https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_batchuserinfo.md
 */
export const userInfoBatch: Endpoint = {
  method: 'POST',
  answer: (call) => {
    const account = verifiedAccountByToken(call);
    const { user_list: users } = jsonBody(call, batchSchema);
    if (users.length === 0 || users.length > 100) throw new WeChatError(40032);
    if (account.options.batchget_counts === 'entries') call.weight = users.length;
    const told =
      account.options.batchget_unknown === 'shift'
        ? shifted(account, users)
        : users.map(({ openid, lang }) => profileOf(account, openid, lang));
    return { user_info_list: told };
  },
};

/** From an openid that is not of this account on, everyone has the unionid of who comes next in the list. */
function shifted(account: Account, users: z.infer<typeof batchSchema>['user_list']): Body[] {
  const told = users.map(({ openid, lang }): Body => {
    const isKnown = account.followers.find(openid) !== undefined;
    return isKnown ? profileOf(account, openid, lang) : { subscribe: 0, openid, tagid_list: [] };
  });
  const first = users.findIndex(({ openid }) => !account.followers.find(openid));
  if (first < 0) return told;
  return told.map((user, index) => {
    if (index < first) return user;
    // What is undefined does not come into the JSON.
    return { ...user, unionid: told[index + 1]?.['unionid'] };
  });
}

function profileOf(account: Account, openid: string, lang: string | null | undefined): Body {
  const user = account.followers.find(openid);
  if (!user) throw new WeChatError(40003);
  const language = lang === 'en' || lang === 'zh_TW' ? lang : 'zh_CN';
  const profile = user.subscribed
    ? followerProfile(account, user, language)
    : strangerProfile(account, user, language);
  return { ...profile, ...oddOf(user) };
}

/** Since 2021 the personal fields are there, and empty. */
function emptied(language: string): Body {
  return { nickname: '', sex: 0, language, city: '', province: '', country: '', headimgurl: '' };
}

function followerProfile(account: Account, user: User, language: string): Body {
  return {
    subscribe: 1,
    openid: user.openid,
    ...emptied(language),
    subscribe_time: user.subscribeTime,
    ...(account.options.open_platform && { unionid: user.unionid }),
    remark: '',
    groupid: 0,
    tagid_list: [],
    subscribe_scene: user.subscribeScene,
    qr_scene: 0,
    qr_scene_str: '',
  };
}

function strangerProfile(account: Account, user: User, language: string): Body {
  const head = { subscribe: 0, openid: user.openid };
  switch (user.unsubscribedShape ?? account.options.unsubscribed_shape) {
    case 'bare':
      return { ...head, tagid_list: [] };
    case 'unionid':
      return { ...head, unionid: user.unionid };
    case 'emptied':
      return { ...head, ...emptied(language), tagid_list: [] };
  }
}
