import * as z from 'zod/mini';
import { followerSchema } from '../../shared/followers/read/follower.ts';
import { avatarSizes } from '../../shared/followers/read/placeholders.ts';
import { openidSchema } from '../../shared/wechat/tokens.ts';
import { none, notModified, trueOrFalse, wholeNumber, type Route } from '../route.ts';

const language = z.optional(z.enum(['zh_CN', 'zh_TW', 'en']));

/** One page of a list. */
export const followerPageSchema = z.object({
  total: z.int(),
  openids: z.array(openidSchema),
  followers: z.optional(z.array(followerSchema)),
  next: z.optional(z.string()),
});
/** How many followers there are. */
export const followerCountsSchema = z.object({
  total: z.int(),
  withProfile: z.int(),
  tags: z.record(z.string(), z.int()),
  scenes: z.record(z.string(), z.int()),
  syncedAt: z.int(),
  detailsAt: z.optional(z.int()),
  current: z.boolean(),
});
/** Who is looked up. */
export const lookupRequestSchema = z.object({
  openids: z.array(openidSchema).check(z.minLength(1), z.maxLength(10_000)),
  lang: language,
  refresh: z.optional(z.boolean()),
});
/** Who was found. */
export const lookupResultSchema = z.object({
  followers: z.array(followerSchema),
  unknown: z.array(openidSchema),
  unreadable: z.optional(z.array(openidSchema)),
});
/** Pictures, ready to show. */
export const avatarUrlsSchema = z.array(z.string());

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
      description: 'A page.',
      schema: followerPageSchema,
    },
    304: notModified,
  },
  problems: ['cursor_unknown', 'mirror_not_ready'],
  asksFor: 'wechat',
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
      description: 'The counts.',
      schema: followerCountsSchema,
    },
    304: notModified,
  },
  problems: ['mirror_not_ready'],
} as const satisfies Route;

export const getFollower = {
  method: 'GET',
  path: '/v1/accounts/{account}/followers/{openid}',
  entry: 'followers/get-follower',
  access: { who: 'key', scope: 'followers:read' },
  summary: 'One follower, with the profile the user has consented to share.',
  audience: 'program',
  query: z.object({
    lang: language,
    refresh: trueOrFalse,
  }),
  body: none,
  answers: {
    200: {
      description:
        'The follower, from the mirror where it knows the details. `refresh=true` and `lang` ask WeChat.',
      schema: followerSchema,
    },
    304: notModified,
  },
  problems: ['openid_unknown'],
  asksFor: 'wechat',
} as const satisfies Route;

export const lookupFollowers = {
  method: 'POST',
  path: '/v1/accounts/{account}/followers/lookup',
  entry: 'followers/lookup-followers',
  access: { who: 'key', scope: 'followers:read' },
  summary: 'Many followers by openid.',
  audience: 'program',
  query: none,
  body: lookupRequestSchema,
  maxBodyBytes: 1024 * 1024,
  answers: {
    200: {
      description: 'Those found, and those who were not.',
      schema: lookupResultSchema,
    },
  },
  problems: ['answer_too_large', 'strangers_too_many', 'lookup_too_slow'],
  asksFor: 'wechat',
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
    size: z.optional(z.enum(avatarSizes)),
  }),
  body: none,
  answers: {
    200: { description: 'A JSON array of URLs.', schema: avatarUrlsSchema },
    304: notModified,
  },
  problems: ['mirror_not_ready'],
  asksFor: 'wechat',
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
  problems: ['file_unknown'],
} as const satisfies Route;
