import * as z from 'zod/mini';
import type { Scope } from '../shared/accounts/api-keys.ts';
import { removedSchema } from '../shared/users/erase-user.ts';
import { openidSchema } from '../shared/wechat/tokens.ts';

/** Who may call a route. `key` is an API key with the scope; `session` is a user logged in through WeChat. */
export type Access =
  | { readonly who: 'anyone' }
  | { readonly who: 'key'; readonly scope: Scope }
  | { readonly who: 'session' }
  | { readonly who: 'key-or-session'; readonly scope: Scope };

/** One documented answer of a route. */
export interface Answer {
  readonly description: string;
  readonly contentType?: string;
  readonly schema?: z.ZodMiniType;
}

/**
 * One HTTP route. The CDK stack, the local gateway, the handlers' input checks and the OpenAPI document are
 * all made from this one table.
 */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** API Gateway's path syntax: `{name}` is one segment. */
  readonly path: string;
  /** The entry point, as a path below `functions/` without its ending. */
  readonly entry: string;
  readonly access: Access;
  readonly summary: string;
  /** `person` when a browser shows the answer: errors are then pages that a person can read. */
  readonly audience: 'program' | 'person';
  /** Query parameters; unknown ones are refused unless `looseQuery` says that a third party may add some. */
  readonly query: z.ZodMiniObject;
  readonly looseQuery?: true;
  /** JSON body; `none` where the route takes none. */
  readonly body: z.ZodMiniObject;
  /** The most bytes of a JSON body. Default: 256 KiB. */
  readonly mostBodyBytes?: number;
  /** A body that is not JSON, as its media type: the handler gets its text, up to 64 KiB. `body` is `none` then. */
  readonly rawBody?: string;
  readonly answers: Readonly<Record<number, Answer>>;
}

/** No parameters, or no body. */
export const none = z.object({});

/** A follower, as every answer shows one. */
export const followerSchema = z.object({
  openid: openidSchema,
  subscribed: z.boolean(),
  subscribedAt: z.optional(z.number()),
  unionid: z.optional(z.string()),
  nickname: z.optional(z.string()),
  avatar: z.optional(z.string()),
  profileFrom: z.optional(z.enum(['consent', 'user/info'])),
  remark: z.optional(z.string()),
  language: z.optional(z.string()),
  tagIds: z.optional(z.array(z.number())),
  subscribeScene: z.optional(z.string()),
  qrScene: z.optional(z.number()),
  qrSceneStr: z.optional(z.string()),
});

/** A whole number that travels as text. */
function wholeNumber(minimum: number, maximum: number): z.ZodMiniType<number> {
  return z.coerce.number().check(z.int(), z.minimum(minimum), z.maximum(maximum));
}

const notModified: Answer = {
  description: 'What the caller has is still so: `If-None-Match` named its `ETag`.',
};

const trueOrFalse = z.optional(z.enum(['true', 'false']));

const user = z.object({
  account: z.string(),
  openid: openidSchema,
  unionid: z.optional(z.string()),
  nickname: z.optional(z.string()),
  avatar: z.optional(z.string()),
  scope: z.array(z.string()),
  grantedAt: z.number(),
  expiresAt: z.number(),
});

const html: Answer = { description: 'A page for people, in Chinese and English.', contentType: 'text/html' };

const sha1 = z.string().check(z.regex(/^[0-9a-f]{40}$/));
/** What WeChat signs a push with: https://developers.weixin.qq.com/doc/subscription/guide/dev/push */
const pushSignature = z.object({
  signature: sha1,
  timestamp: z.string().check(z.regex(/^\d{1,12}$/)),
  nonce: z.string().check(z.minLength(1), z.maxLength(128)),
});

export const routes = {
  listFollowers: {
    method: 'GET',
    path: '/v1/accounts/{account}/followers',
    entry: 'followers/list-followers',
    access: { who: 'key', scope: 'followers:read' },
    summary:
      "One page of the account's follower openids. Order, filters and profiles need the mirror: a sync that has ended.",
    audience: 'program',
    query: z.object({
      /** An openid from WeChat, a text with dots from the mirror. Callers need not know. */
      cursor: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_.-]{1,200}$/))),
      limit: z.optional(wholeNumber(1, 10_000)),
      order: z.optional(z.enum(['newest', 'oldest'])),
      tag: z.optional(wholeNumber(0, 1_000_000_000)),
      scene: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_]{1,64}$/))),
      has_profile: trueOrFalse,
      include: z.optional(z.literal('profile')),
    }),
    body: none,
    answers: {
      200: {
        description:
          'A page. `next` is absent on the last one; with a filter, a page before can be short or empty. `total` counts all followers, whatever the filter. `followers` is there with `include=profile`, which makes the most a page has 1,000.',
        schema: z.object({
          total: z.number(),
          openids: z.array(openidSchema),
          followers: z.optional(z.array(followerSchema)),
          next: z.optional(z.string()),
        }),
      },
      304: notModified,
    },
  },
  countFollowers: {
    method: 'GET',
    path: '/v1/accounts/{account}/followers/counts',
    entry: 'followers/count-followers',
    access: { who: 'key', scope: 'followers:read' },
    summary: 'How many followers there are, by tag and by scene, and how fresh the mirror is.',
    audience: 'program',
    query: none,
    body: none,
    answers: {
      200: {
        description:
          '`total` and `withProfile` follow events; `tags` and `scenes` are as of `syncedAt`. While `current` is false, other routes ask WeChat.',
        schema: z.object({
          total: z.number(),
          withProfile: z.number(),
          tags: z.record(z.string(), z.number()),
          scenes: z.record(z.string(), z.number()),
          syncedAt: z.number(),
          detailsAt: z.optional(z.number()),
          current: z.boolean(),
        }),
      },
      304: notModified,
    },
  },
  getFollower: {
    method: 'GET',
    path: '/v1/accounts/{account}/followers/{openid}',
    entry: 'followers/get-follower',
    access: { who: 'key', scope: 'followers:read' },
    summary: 'One follower, with the profile the user has consented to share.',
    audience: 'program',
    query: z.object({ lang: z.optional(z.enum(['zh_CN', 'zh_TW', 'en'])), refresh: trueOrFalse }),
    body: none,
    answers: {
      200: {
        description:
          'The follower, from the mirror where it knows the details. `refresh=true` and `lang` ask WeChat.',
        schema: followerSchema,
      },
      304: notModified,
    },
  },
  lookupFollowers: {
    method: 'POST',
    path: '/v1/accounts/{account}/followers/lookup',
    entry: 'followers/lookup-followers',
    access: { who: 'key', scope: 'followers:read' },
    summary: 'Many followers by openid.',
    audience: 'program',
    query: none,
    body: z.object({
      openids: z.array(openidSchema).check(z.minLength(1), z.maxLength(10_000)),
      lang: z.optional(z.enum(['zh_CN', 'zh_TW', 'en'])),
      refresh: z.optional(z.boolean()),
    }),
    mostBodyBytes: 1024 * 1024,
    answers: {
      200: {
        description: 'Those found, in the order asked for, and the openids that are not of this account.',
        schema: z.object({ followers: z.array(followerSchema), unknown: z.array(openidSchema) }),
      },
    },
  },
  getToken: {
    method: 'GET',
    path: '/v1/accounts/{account}/token',
    entry: 'credentials/get-token',
    access: { who: 'key', scope: 'token:read' },
    summary: "The account's global access token, for backends that call WeChat themselves.",
    audience: 'program',
    query: none,
    body: none,
    answers: {
      200: {
        description: 'The token, and how many seconds WeChat will go on accepting it.',
        schema: z.object({ access_token: z.string(), expires_in: z.number() }),
      },
    },
  },
  reportToken: {
    method: 'POST',
    path: '/v1/accounts/{account}/token/report',
    entry: 'credentials/report-token',
    access: { who: 'key', scope: 'token:read' },
    summary: 'Tells that WeChat rejected the token (40001, 40014, 42001), and gets the one to use instead.',
    audience: 'program',
    query: none,
    body: z.object({ access_token: z.string().check(z.minLength(1), z.maxLength(1024)) }),
    answers: {
      200: {
        description: 'The token to use. `replaced` is false when WeChat accepts the reported one after all.',
        schema: z.object({ access_token: z.string(), expires_in: z.number(), replaced: z.boolean() }),
      },
    },
  },
  getTicket: {
    method: 'GET',
    path: '/v1/accounts/{account}/ticket',
    entry: 'credentials/get-ticket',
    access: { who: 'key', scope: 'token:read' },
    summary: 'A JS-SDK or card ticket, for backends that sign themselves.',
    audience: 'program',
    query: z.object({ type: z.enum(['jsapi', 'wx_card']) }),
    body: none,
    answers: {
      200: {
        description: 'The ticket, and how many seconds it lives on.',
        schema: z.object({ ticket: z.string(), expires_in: z.number() }),
      },
    },
  },
  getJssdkConfig: {
    method: 'GET',
    path: '/v1/accounts/{account}/jssdk-config',
    entry: 'credentials/get-jssdk-config',
    access: { who: 'anyone' },
    summary: "What `wx.config` takes for a page of one of the account's allowed origins.",
    audience: 'program',
    query: z.object({ url: z.string().check(z.minLength(1), z.maxLength(2000)) }),
    body: none,
    answers: {
      200: {
        description: 'The signature for exactly that address, without its fragment.',
        schema: z.object({
          appId: z.string(),
          timestamp: z.number(),
          nonceStr: z.string(),
          signature: z.string(),
        }),
      },
    },
  },
  getUsage: {
    method: 'GET',
    path: '/v1/accounts/{account}/usage',
    entry: 'usage/get-usage',
    access: { who: 'key', scope: 'usage:read' },
    summary: 'How many calls to WeChat the account has made on a day in China.',
    audience: 'program',
    query: z.object({ day: z.optional(z.iso.date()) }),
    body: none,
    answers: {
      200: {
        description: 'Calls by API, with the daily limit where there is one. Counts lag by a few seconds.',
        schema: z.object({
          day: z.string(),
          apis: z.array(z.object({ api: z.string(), calls: z.number(), limit: z.optional(z.number()) })),
        }),
      },
    },
  },
  listAvatars: {
    method: 'GET',
    path: '/v1/accounts/{account}/avatars',
    entry: 'followers/list-avatars',
    access: { who: 'key-or-session', scope: 'avatars:read' },
    summary: 'Avatar URLs of followers, ready to show: those who shared their picture first.',
    audience: 'program',
    query: z.object({
      limit: z.optional(wholeNumber(1, 200)),
      size: z.optional(z.enum(['0', '46', '64', '96', '132'])),
    }),
    body: none,
    answers: {
      200: { description: 'A JSON array of URLs.', schema: z.array(z.string()) },
      304: notModified,
    },
  },
  getPlaceholder: {
    method: 'GET',
    path: '/v1/placeholders/{seed}/{size}',
    entry: 'followers/get-placeholder',
    access: { who: 'anyone' },
    summary: 'The generated picture of somebody who shared none.',
    audience: 'program',
    query: none,
    body: none,
    answers: { 200: { description: 'A picture, the same for the same seed.', contentType: 'image/png' } },
  },
  authorize: {
    method: 'GET',
    path: '/v1/accounts/{account}/oauth/authorize',
    entry: 'oauth/authorize',
    access: { who: 'anyone' },
    summary: "Sends the browser to WeChat's consent page.",
    audience: 'person',
    query: z.object({
      scope: z.optional(z.enum(['snsapi_base', 'snsapi_userinfo'])),
      forcePopup: trueOrFalse,
      return_to: z.string().check(z.minLength(1), z.maxLength(2000)),
    }),
    body: none,
    answers: { 302: { description: "To WeChat's authorization page." }, 400: html, 409: html },
  },
  callback: {
    method: 'GET',
    path: '/v1/accounts/{account}/oauth/callback',
    entry: 'oauth/callback',
    access: { who: 'anyone' },
    summary: 'Where WeChat sends the browser back: exchanges the code, stores the grant, opens a session.',
    audience: 'person',
    query: z.object({
      code: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_-]{1,512}$/))),
      state: z.string().check(z.minLength(1), z.maxLength(512)),
    }),
    looseQuery: true,
    body: none,
    answers: { 303: { description: 'To `return_to`, with the session cookie.' }, 200: html, 400: html },
  },
  logout: {
    method: 'POST',
    path: '/v1/accounts/{account}/oauth/logout',
    entry: 'oauth/logout',
    access: { who: 'session' },
    summary: 'Ends the session, or with `everywhere` all sessions of the user.',
    audience: 'program',
    query: z.object({ everywhere: trueOrFalse }),
    body: none,
    answers: { 204: { description: 'It is over.' } },
  },
  getMe: {
    method: 'GET',
    path: '/v1/accounts/{account}/me',
    entry: 'users/get-me',
    access: { who: 'session' },
    summary: 'The user who is logged in.',
    audience: 'program',
    query: none,
    body: none,
    answers: { 200: { description: 'The user.', schema: user } },
  },
  deleteMe: {
    method: 'DELETE',
    path: '/v1/accounts/{account}/me',
    entry: 'users/delete-me',
    access: { who: 'session' },
    summary: 'Deletes all that is kept about the user who is logged in, and ends the session.',
    audience: 'program',
    query: none,
    body: none,
    answers: {
      200: {
        description: 'It is gone; so many of each there were.',
        schema: z.object({ removed: removedSchema }),
      },
    },
  },
  getUser: {
    method: 'GET',
    path: '/v1/accounts/{account}/users/{openid}',
    entry: 'users/get-user',
    access: { who: 'key', scope: 'users:read' },
    summary: 'What a user granted, with the profile, which is at most a day old.',
    audience: 'program',
    query: z.object({ refresh: trueOrFalse }),
    body: none,
    answers: {
      200: {
        description: '`refresh=true` has the profile fetched anew, as for a picture that is gone.',
        schema: z.extend(user, { profileFetchedAt: z.optional(z.number()) }),
      },
    },
  },
  checkEventsUrl: {
    method: 'GET',
    path: '/v1/accounts/{account}/events',
    entry: 'events/check-url',
    access: { who: 'anyone' },
    summary: "WeChat's check that this address takes the account's pushes; signed.",
    audience: 'program',
    query: z.extend(pushSignature, { echostr: z.string().check(z.minLength(1), z.maxLength(512)) }),
    looseQuery: true,
    body: none,
    answers: { 200: { description: '`echostr` and nothing else.', contentType: 'text/plain' } },
  },
  receiveEvent: {
    method: 'POST',
    path: '/v1/accounts/{account}/events',
    entry: 'events/receive-event',
    access: { who: 'anyone' },
    summary: "Takes a message or event that WeChat pushes; signed, and encrypted by the account's setting.",
    audience: 'program',
    query: z.extend(pushSignature, { msg_signature: z.optional(sha1) }),
    looseQuery: true,
    body: none,
    rawBody: 'text/xml',
    answers: { 200: { description: '`success`: the push is queued.', contentType: 'text/plain' } },
  },
  health: {
    method: 'GET',
    path: '/health',
    entry: 'open/health',
    access: { who: 'anyone' },
    summary: 'Whether the service is up, and which accounts need a person.',
    audience: 'program',
    query: none,
    body: none,
    answers: {
      200: {
        description: 'Up. An account is `degraded` when its last refresh failed, `waiting` before its first.',
        schema: z.object({
          status: z.enum(['ok', 'degraded']),
          accounts: z.array(
            z.object({
              account: z.string(),
              state: z.enum(['ok', 'waiting', 'degraded']),
              reason: z.optional(z.string()),
            }),
          ),
        }),
      },
    },
  },
  domainFile: {
    method: 'GET',
    path: '/{file}',
    entry: 'open/domain-file',
    access: { who: 'anyone' },
    summary: "WeChat's domain ownership file, MP_verify_{id}.txt, for the ids that the operator registered.",
    audience: 'program',
    query: none,
    looseQuery: true,
    body: none,
    answers: { 200: { description: 'The file.', contentType: 'text/plain' } },
  },
} as const satisfies Record<string, Route>;
