import * as z from 'zod/mini';
import { followerSchema } from '../../shared/followers/read/follower.ts';
import { openidSchema } from '../../shared/wechat/tokens.ts';
import { none, notModified, trueOrFalse, wholeNumber, type Route } from '../route.ts';

export const listFollowers = {
  method: 'GET',
  path: '/v1/accounts/{account}/followers',
  entry: 'followers/list-followers',
  access: { who: 'key', scope: 'followers:read' },
  summary:
    "One page of the account's follower openids. Order, filters and profiles need the mirror: a sync that has ended.",
  audience: 'program',
  query: z.object({
    /** An openid from WeChat, a text with dots from the mirror. Callers need not know. */
    cursor: z.optional(
      z
        .string()
        .check(
          z.regex(/^[A-Za-z0-9_.-]{1,200}$/),
          z.describe(
            '`next` of the page before, with the same filter and order. Any other: 400 `cursor_unknown`.',
          ),
        ),
    ),
    limit: z.optional(
      wholeNumber(1, 10_000).check(
        z.describe('With `include=profile` at most 1,000; more is 400 `invalid_parameter`.'),
      ),
    ),
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
} as const satisfies Route;

export const countFollowers = {
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
} as const satisfies Route;

export const getFollower = {
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
} as const satisfies Route;

export const lookupFollowers = {
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
  maxBodyBytes: 1024 * 1024,
  answers: {
    200: {
      description:
        'Those found, in the order asked for, and the openids that are not of this account. `unreadable` has people of whom what WeChat says cannot be read, if there are any. Where not all could be asked about, the answer is a problem, such as 429 `strangers_too_many` or 503 `lookup_too_slow`: its `partial` has `followers`, `unknown` and `unreadable` as far as they go, and `rest`, the openids that are left.',
      schema: z.object({
        followers: z.array(followerSchema),
        unknown: z.array(openidSchema),
        unreadable: z.optional(z.array(openidSchema)),
      }),
    },
  },
} as const satisfies Route;

export const listAvatars = {
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
} as const satisfies Route;

export const getPlaceholder = {
  method: 'GET',
  path: '/v1/placeholders/{seed}/{size}',
  entry: 'followers/get-placeholder',
  access: { who: 'anyone' },
  summary: 'The generated picture of somebody who shared none.',
  audience: 'program',
  query: none,
  looseQuery: true,
  body: none,
  answers: { 200: { description: 'A picture, the same for the same seed.', contentType: 'image/png' } },
} as const satisfies Route;
