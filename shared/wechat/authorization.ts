import * as z from 'zod/mini';
import {
  lifetime,
  picture,
  readAnswer,
  readAnswerAbout,
  text,
  unionid,
  wholeNumber,
  withoutEmptied,
  withoutOdd,
  words,
} from './answer.ts';
import type { WeChatCall } from './call.ts';
import type { Language } from './followers.ts';
import { type AppId, openidSchema, userAccessTokenSchema, type UserAccessToken } from './tokens.ts';

/** `snsapi_base` gives the openid without asking; `snsapi_userinfo` asks the user for name and picture. */
export type AuthorizationScope = 'snsapi_base' | 'snsapi_userinfo';

/** What an authorization page is asked for. */
export interface AuthorizationRequest {
  /** `https://open.weixin.qq.com`, or where the simulator's consent page is. */
  readonly openUrl: string;
  readonly appId: AppId;
  /** Where WeChat sends the user with `code` and `state`; its host is the one set in the account console. */
  readonly redirectUri: string;
  readonly scope: AuthorizationScope;
  /** 1 to 128 letters and digits. */
  readonly state: string;
  /** Asks even where WeChat would not; no effect where authorization is silent. */
  readonly forcePopup?: boolean;
  /** Has WeChat decide on a snapshot page. */
  readonly forceSnapShot?: boolean;
}

/**
 * The page that a browser inside WeChat is sent to. WeChat matches the link as it stands, so the parameters have
 * the documented order and the fragment is part of it. Throws RangeError for a state that WeChat would refuse.
 *
 * `connect_redirect=1` is not in the documentation. Without it WeChat's page first redirects to itself with that
 * parameter added, and some clients then call back twice, with two codes and one state
 * (https://github.com/chanxuehong/wechat/issues/226); a one-time state would fail the second. Other clients
 * have long sent it.
 * https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/Wechat_webpage_authorization.html
 */
export function authorizeUrl(request: AuthorizationRequest): string {
  if (!/^[A-Za-z0-9]{1,128}$/u.test(request.state)) {
    throw new RangeError('The state must be 1 to 128 letters and digits.');
  }
  const parameters = [
    `appid=${encodeURIComponent(request.appId)}`,
    `redirect_uri=${encodeURIComponent(request.redirectUri)}`,
    'response_type=code',
    `scope=${request.scope}`,
    `state=${request.state}`,
    ...(request.forcePopup === undefined ? [] : [`forcePopup=${String(request.forcePopup)}`]),
    ...(request.forceSnapShot === undefined ? [] : [`forceSnapShot=${String(request.forceSnapShot)}`]),
    'connect_redirect=1',
  ];
  const page = `${request.openUrl.replace(/\/+$/u, '')}/connect/oauth2/authorize`;
  return `${page}?${parameters.join('&')}#wechat_redirect`;
}

/** What a user granted, as renewed by {@link refreshGrant}. */
export interface RefreshedGrant {
  readonly accessToken: UserAccessToken;
  /** Seconds the access token lives on. */
  readonly expiresIn: number;
  /** Renews the access token for 30 days from the exchange. A secret. */
  readonly refreshToken: string;
  readonly openid: string;
  readonly scopes: readonly string[];
}

/** What a user granted, as given for a code. */
export interface Grant extends RefreshedGrant {
  readonly unionid?: string;
  /** A virtual person, made for a page that asked before the user did anything. Not to be stored. */
  readonly isSnapshotUser: boolean;
}

const grantFields = {
  access_token: userAccessTokenSchema,
  expires_in: lifetime,
  refresh_token: text,
  openid: openidSchema,
  scope: z.exactOptional(z.string()),
};

interface GrantAnswer {
  readonly access_token: UserAccessToken;
  readonly expires_in: number;
  readonly refresh_token: string;
  readonly openid: string;
  readonly scope?: string;
}

function toGrant(answer: GrantAnswer): RefreshedGrant {
  return {
    accessToken: answer.access_token,
    expiresIn: answer.expires_in,
    refreshToken: answer.refresh_token,
    openid: answer.openid,
    // Lists such as `snsapi_base,snsapi_userinfo,` have been seen.
    scopes: (answer.scope ?? '')
      .split(',')
      .map((scope) => scope.trim())
      .filter((scope) => scope !== ''),
  };
}

const refreshedSchema = z.pipe(withoutEmptied(z.object(grantFields)), z.transform(toGrant));

const exchangedSchema = z.pipe(
  withoutEmptied(
    z.object({
      ...grantFields,
      // One that is odd is not worth a login: the code is spent.
      unionid: z.optional(z.transform((value) => unionid.safeParse(value).data)),
      is_snapshotuser: z.exactOptional(wholeNumber),
    }),
  ),
  z.transform((answer): Grant => {
    const { unionid } = answer;
    return {
      ...toGrant(answer),
      ...(unionid === undefined ? {} : { unionid }),
      // Only 1 is documented. Of another number it is not clear that the user is a real one.
      isSnapshotUser: (answer.is_snapshotuser ?? 0) !== 0,
    };
  }),
);

/**
 * Exchanges a code (single use, 5 minutes) for a grant. It is sent once, whatever happens: even -1 spends the
 * code, and after a connection that was surely refused, a user who waits in the browser is better served by a
 * new trip through the authorization page than by a code that has grown older.
 * https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsaccesstoken
 */
export function exchangeCode({
  appId,
  secret,
  code,
}: {
  readonly appId: AppId;
  readonly secret: string;
  readonly code: string;
}): WeChatCall<Grant> {
  const api = '/sns/oauth2/access_token';
  return {
    api,
    method: 'GET',
    query: { appid: appId, secret, code, grant_type: 'authorization_code' },
    idempotent: false,
    secrets: [secret, code],
    parse: readAnswer(api, exchangedSchema),
  };
}

/**
 * Renews a user's access token: while it lives the same one with a later end, after that a new one. Repeating it
 * is harmless. Errors of kind `grant_gone` mean that only a new authorization helps.
 * https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsrefreshtoken
 */
export function refreshGrant({
  appId,
  refreshToken,
}: {
  readonly appId: AppId;
  readonly refreshToken: string;
}): WeChatCall<RefreshedGrant> {
  const api = '/sns/oauth2/refresh_token';
  return {
    api,
    method: 'GET',
    query: { appid: appId, grant_type: 'refresh_token', refresh_token: refreshToken },
    idempotent: true,
    secrets: [refreshToken],
    parse: readAnswer(api, refreshedSchema),
  };
}

/** A user's own profile, as they consented to show it. Fields that WeChat leaves empty are absent. */
export interface UserProfile {
  readonly openid: string;
  readonly unionid?: string;
  readonly nickname?: string;
  /** The last path segment is the size: 0 (640 pixels), 46, 64, 96 or 132. Dies when the user changes it. */
  readonly headimgurl?: string;
  readonly sex?: number;
  readonly language?: string;
  readonly city?: string;
  readonly province?: string;
  readonly country?: string;
  readonly privilege: readonly string[];
}

const profileFields = withoutOdd(
  z.object({
    openid: openidSchema,
    unionid: z.exactOptional(unionid),
    nickname: z.exactOptional(words),
    headimgurl: z.exactOptional(picture),
    sex: z.exactOptional(wholeNumber),
    language: z.exactOptional(words),
    city: z.exactOptional(words),
    province: z.exactOptional(words),
    country: z.exactOptional(words),
    privilege: z.exactOptional(z.array(z.string())),
  }),
);

const profileSchema = z.pipe(
  profileFields,
  z.transform((answer): UserProfile => ({ ...answer, privilege: answer.privilege ?? [] })),
);

/**
 * Gets the profile of the user whose token it is. Needs the scope `snsapi_userinfo` (48001 without). A 40001
 * here is about this user's token, never about the account's.
 * https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/Wechat_webpage_authorization.html
 */
export function getUserProfile(
  userToken: UserAccessToken,
  { openid, lang }: { readonly openid: string; readonly lang?: Language },
): WeChatCall<UserProfile> {
  const api = '/sns/userinfo';
  return {
    api,
    method: 'GET',
    query: { access_token: userToken, openid, ...(lang === undefined ? {} : { lang }) },
    idempotent: true,
    secrets: [userToken, openid],
    parse: readAnswerAbout(openid, api, profileSchema),
  };
}

/**
 * Asks whether a user's token is accepted: `true`, or throws {@link WeChatApiError}. Not a sure sign: it has been
 * seen to pass where {@link getUserProfile} then failed.
 * https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/Wechat_webpage_authorization.html
 */
export function checkUserToken(
  userToken: UserAccessToken,
  { openid }: { readonly openid: string },
): WeChatCall<true> {
  const api = '/sns/auth';
  return {
    api,
    method: 'GET',
    query: { access_token: userToken, openid },
    idempotent: true,
    secrets: [userToken, openid],
    parse: readAnswer(
      api,
      z.pipe(
        z.object({ errcode: wholeNumber }),
        z.transform((): true => true),
      ),
    ),
  };
}
