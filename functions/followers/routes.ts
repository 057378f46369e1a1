import * as z from 'zod/mini';
import { followerSchema } from '../../shared/followers/read/follower.ts';
import { avatarSizes } from '../../shared/followers/read/placeholders.ts';
import { openidSchema } from '../../shared/wechat/tokens.ts';
import { none, notModified, trueOrFalse, wechatProblems, wholeNumber, type Route } from '../route.ts';

const language = z.optional(
  z.enum(['zh_CN', 'zh_TW', 'en']).check(z.describe("The language of WeChat's words; asks WeChat.")),
);

/** One page of a list. */
export const followerPageSchema = z.object({
  total: z.int().check(z.describe('All followers, whatever the filter.')),
  openids: z.array(openidSchema).check(z.describe('The followers of this page.')),
  followers: z.optional(
    z.array(followerSchema).check(z.describe('The same with their details, with `include=profile`.')),
  ),
  next: z.optional(z.string().check(z.describe('The `cursor` of the next page. Absent on the last one.'))),
});
/** How many followers there are. */
export const followerCountsSchema = z.object({
  total: z.int().check(z.describe('All followers.')),
  withProfile: z.int().check(z.describe('Followers whose nickname or picture is known.')),
  tags: z.record(z.string(), z.int()).check(z.describe('Followers by the id of the tag.')),
  scenes: z.record(z.string(), z.int()).check(z.describe('Followers by how they found the account.')),
  syncedAt: z.int().check(z.describe('When the last sync ended, in Unix seconds.')),
  detailsAt: z.optional(
    z.int().check(z.describe('When the last sync of all details ended, in Unix seconds.')),
  ),
  current: z.boolean().check(z.describe('Whether the mirror is fresh enough for other routes to use it.')),
});
/** Who is looked up. */
export const lookupRequestSchema = z.object({
  openids: z.array(openidSchema).check(z.minLength(1), z.maxLength(10_000), z.describe('Who is looked up.')),
  lang: language,
  refresh: z.optional(z.boolean().check(z.describe('Asks WeChat, whatever the mirror knows.'))),
});
/** Who was found. */
export const lookupResultSchema = z.object({
  followers: z.array(followerSchema).check(z.describe('Those found, in the order asked for.')),
  unknown: z.array(openidSchema).check(z.describe('Openids that are not of this account.')),
  unreadable: z.optional(
    z.array(openidSchema).check(z.describe('People of whom what WeChat says cannot be read.')),
  ),
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
  description:
    'Without the mirror, WeChat is asked, in its own order. Follow `next` until there is none. A sync of one’s own wants the larger pages.',
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
    order: z.optional(
      z.enum(['newest', 'oldest']).check(z.describe('By when they began to follow. Needs the mirror.')),
    ),
    tag: z.optional(
      wholeNumber(0, 1_000_000_000).check(z.describe('Those with this tag. Needs the mirror.')),
    ),
    scene: z.optional(
      z
        .string()
        .check(
          z.regex(/^[A-Za-z0-9_]{1,64}$/),
          z.describe('Those who found the account so. Needs the mirror.'),
        ),
    ),
    has_profile: trueOrFalse(
      '`true`: those whose nickname or picture is known. `false`: the others. Needs the mirror.',
    ),
    include: z.optional(z.literal('profile').check(z.describe('Has `followers` in the answer.'))),
  }),
  body: none,
  answers: {
    200: {
      description:
        'A page. `next` is absent on the last one; with a filter, a page before can be short or empty. `total` counts all followers, whatever the filter. `followers` is there with `include=profile`, which makes the most a page has 1,000.',
      schema: followerPageSchema,
    },
    304: notModified,
  },
  problems: ['cursor_unknown', 'mirror_not_ready', ...wechatProblems],
} as const satisfies Route;

export const countFollowers = {
  method: 'GET',
  path: '/v1/accounts/{account}/followers/counts',
  entry: 'followers/count-followers',
  access: { who: 'key', scope: 'followers:read' },
  summary: 'How many followers there are, by tag and by scene, and how fresh the mirror is.',
  description:
    'It reads one small item, and asks WeChat nothing. Before the first sync has ended: 409 `mirror_not_ready`.',
  audience: 'program',
  query: none,
  body: none,
  answers: {
    200: {
      description:
        '`total` and `withProfile` follow events; `tags` and `scenes` are as of `syncedAt`. While `current` is false, other routes ask WeChat.',
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
  description:
    'Whoever has left is still answered about, with `subscribed` false. 404 `openid_unknown` is for openids of another account.',
  audience: 'program',
  query: z.object({
    lang: language,
    refresh: trueOrFalse('Asks WeChat, whatever the mirror knows.'),
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
  problems: ['openid_unknown', ...wechatProblems],
} as const satisfies Route;

export const lookupFollowers = {
  method: 'POST',
  path: '/v1/accounts/{account}/followers/lookup',
  entry: 'followers/lookup-followers',
  access: { who: 'key', scope: 'followers:read' },
  summary: 'Many followers by openid.',
  description:
    'Those whom the mirror knows cost no call to WeChat; of the others WeChat is asked about 100 in a call. Repeat with `rest` of `partial` where not all could be asked about.',
  audience: 'program',
  query: none,
  body: lookupRequestSchema,
  maxBodyBytes: 1024 * 1024,
  answers: {
    200: {
      description:
        'Those found, in the order asked for, and the openids that are not of this account. `unreadable` has people of whom what WeChat says cannot be read, if there are any. Where not all could be asked about, the answer is a problem, such as 429 `strangers_too_many` or 503 `lookup_too_slow`: its `partial` has `followers`, `unknown` and `unreadable` as far as they go, and `rest`, the openids that are left.',
      schema: lookupResultSchema,
    },
  },
  problems: ['answer_too_large', 'strangers_too_many', 'lookup_too_slow', ...wechatProblems],
} as const satisfies Route;

export const listAvatars = {
  method: 'GET',
  path: '/v1/accounts/{account}/avatars',
  entry: 'followers/list-avatars',
  access: { who: 'key-or-session', scope: 'avatars:read' },
  summary: 'Avatar URLs of followers, ready to show: those who shared their picture first.',
  description:
    'For walls of pictures. Who shared no picture has a generated one, which always stays the same. A page calls it with the session of its visitor.',
  audience: 'program',
  query: z.object({
    limit: z.optional(wholeNumber(1, 200).check(z.describe('How many. Without it, 50.'))),
    size: z.optional(
      z.enum(avatarSizes).check(z.describe('Pixels of a side; 0 is the largest, 640. Without it, 132.')),
    ),
  }),
  body: none,
  answers: {
    200: { description: 'A JSON array of URLs.', schema: avatarUrlsSchema },
    304: notModified,
  },
  problems: ['mirror_not_ready', ...wechatProblems],
} as const satisfies Route;

export const getPlaceholder = {
  method: 'GET',
  path: '/v1/placeholders/{seed}/{size}',
  entry: 'followers/get-placeholder',
  access: { who: 'anyone' },
  summary: 'The generated picture of somebody who shared none.',
  description: '`listAvatars` gives out these addresses. They may be cached for a year.',
  audience: 'program',
  query: none,
  looseQuery: true,
  body: none,
  answers: { 200: { description: 'A picture, the same for the same seed.', contentType: 'image/png' } },
  problems: ['file_unknown'],
} as const satisfies Route;
