import * as z from 'zod/mini';
import {
  picture,
  readAnswer,
  readAnswerAbout,
  unionid,
  unixSeconds,
  wholeNumber,
  withoutEmptied,
  withoutOdd,
  words,
} from './answer.ts';
import type { WeChatCall } from './call.ts';
import { openidSchema, type GlobalAccessToken } from './tokens.ts';

/** The language of place names in a profile. */
export type Language = 'zh_CN' | 'zh_TW' | 'en';

/** One page of the list of followers. */
export interface FollowerPage {
  /** Followers of the account, as counted at this moment; it moves while pages are read. */
  readonly total: number;
  /** How many openids WeChat says the page has. */
  readonly count: number;
  /** The openids of this page, each once. They count even where `end` is true. */
  readonly openids: readonly string[];
  /** What to pass as `after` for the next page. Present on the last page that has openids, too. */
  readonly nextOpenid?: string;
  /** Whether there is nothing after this page. Usually only the empty page after the last says so. */
  readonly end: boolean;
}

/**
 * A follower, or a person who no longer is one. WeChat promises nothing but `subscribe` and `openid`; fields that
 * it leaves empty are absent here, which since 2021 includes name, picture and place.
 */
export interface Follower {
  readonly openid: string;
  readonly subscribe: boolean;
  /** Unix seconds of the last follow. */
  readonly subscribeTime?: number;
  /** How they came to follow, such as `ADD_SCENE_QR_CODE`; new values may appear. */
  readonly subscribeScene?: string;
  /** Only for accounts bound to an Open Platform account. */
  readonly unionid?: string;
  readonly nickname?: string;
  readonly headimgurl?: string;
  readonly sex?: number;
  readonly language?: string;
  readonly city?: string;
  readonly province?: string;
  readonly country?: string;
  readonly remark?: string;
  readonly groupid?: number;
  readonly tagidList?: readonly number[];
  readonly qrScene?: number;
  readonly qrSceneStr?: string;
}

const pageSchema = withoutEmptied(
  z.object({
    total: z.pipe(wholeNumber, z.int().check(z.minimum(0))),
    count: z.exactOptional(wholeNumber),
    data: z.exactOptional(withoutEmptied(z.object({ openid: z.exactOptional(z.array(z.unknown())) }))),
    next_openid: z.exactOptional(z.string()),
  }),
);

/**
 * Lists followers, at most 10,000 a page, those after the openid `after` (itself not included). A page may be
 * short in the middle of the list: go on until `end`. 500 calls a day.
 * https://developers.weixin.qq.com/doc/offiaccount/User_Management/Getting_a_User_List.html
 */
export function listFollowers(
  token: GlobalAccessToken,
  { after }: { readonly after?: string } = {},
): WeChatCall<FollowerPage> {
  const api = '/cgi-bin/user/get';
  const toPage = (answer: z.infer<typeof pageSchema>): FollowerPage => {
    // An empty one has been seen. What is none cannot be asked about, and would have those beside it not asked about.
    const openids = [...new Set(answer.data?.openid)].flatMap(
      (one) => openidSchema.safeParse(one).data ?? [],
    );
    const { next_openid: next } = answer;
    // What is no openid is no place to go on from: the last person of the page is, as WeChat documents.
    const nextOpenid = next === undefined || openidSchema.safeParse(next).success ? next : openids.at(-1);
    return {
      total: answer.total,
      count: answer.count ?? openids.length,
      openids,
      ...(nextOpenid === undefined ? {} : { nextOpenid }),
      // A page that points at itself would be read for ever.
      end: openids.length === 0 || nextOpenid === undefined || nextOpenid === after,
    };
  };
  return {
    api,
    method: 'GET',
    query: { access_token: token, ...(after === undefined ? {} : { next_openid: after }) },
    idempotent: true,
    secrets: after === undefined ? [token] : [token, after],
    parse: readAnswer(api, z.pipe(pageSchema, z.transform(toPage))),
  };
}

const followerFields = withoutOdd(
  z.object({
    openid: openidSchema,
    subscribe: wholeNumber,
    subscribe_time: z.exactOptional(unixSeconds),
    subscribe_scene: z.exactOptional(words),
    unionid: z.exactOptional(unionid),
    nickname: z.exactOptional(words),
    headimgurl: z.exactOptional(picture),
    sex: z.exactOptional(wholeNumber),
    language: z.exactOptional(words),
    city: z.exactOptional(words),
    province: z.exactOptional(words),
    country: z.exactOptional(words),
    remark: z.exactOptional(words),
    groupid: z.exactOptional(wholeNumber),
    tagid_list: z.exactOptional(z.array(wholeNumber)),
    qr_scene: z.exactOptional(wholeNumber),
    qr_scene_str: z.exactOptional(words),
  }),
);

const followerSchema = z.pipe(
  followerFields,
  z.transform(
    ({
      subscribe,
      subscribe_time: subscribeTime,
      subscribe_scene: subscribeScene,
      tagid_list: tagidList,
      qr_scene: qrScene,
      qr_scene_str: qrSceneStr,
      ...sameName
    }): Follower => ({
      ...sameName,
      subscribe: subscribe !== 0,
      ...(subscribeTime === undefined ? {} : { subscribeTime }),
      ...(subscribeScene === undefined ? {} : { subscribeScene }),
      ...(tagidList === undefined ? {} : { tagidList }),
      ...(qrScene === undefined ? {} : { qrScene }),
      ...(qrSceneStr === undefined ? {} : { qrSceneStr }),
    }),
  ),
);

/**
 * Gets one follower. Somebody who unfollowed comes back with `subscribe` false; an openid that was never of this
 * account throws `openid_unknown`. `lang` is WeChat's default, `zh_CN`, where left out.
 * https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo
 */
export function getFollower(
  token: GlobalAccessToken,
  { openid, lang }: { readonly openid: string; readonly lang?: Language },
): WeChatCall<Follower> {
  const api = '/cgi-bin/user/info';
  return {
    api,
    method: 'GET',
    query: { access_token: token, openid, ...(lang === undefined ? {} : { lang }) },
    idempotent: true,
    secrets: [token, openid],
    parse: readAnswerAbout(openid, api, followerSchema),
  };
}

/** The most openids that one {@link getFollowers} takes. */
const FOLLOWERS_PER_BATCH = 100;

const batchSchema = z.pipe(
  z.object({ user_info_list: z.array(followerSchema) }),
  z.transform((answer) => answer.user_info_list),
);

/**
 * Gets 1 to 100 followers. Match the answer by `openid`, never by position: with a wrong openid in the list,
 * answers have come back shifted. Throws RangeError for any other number of openids.
 * https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_batchuserinfo
 */
export function getFollowers(
  token: GlobalAccessToken,
  { openids, lang }: { readonly openids: readonly string[]; readonly lang?: Language },
): WeChatCall<readonly Follower[]> {
  if (openids.length < 1 || openids.length > FOLLOWERS_PER_BATCH) {
    throw new RangeError(
      `1 to ${FOLLOWERS_PER_BATCH} openids are asked for in one call, not ${openids.length}.`,
    );
  }
  const api = '/cgi-bin/user/info/batchget';
  return {
    api,
    method: 'POST',
    query: { access_token: token },
    body: { user_list: openids.map((openid) => ({ openid, ...(lang === undefined ? {} : { lang }) })) },
    idempotent: true,
    secrets: [token, ...openids],
    parse: readAnswer(api, batchSchema),
  };
}
