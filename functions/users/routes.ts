import * as z from 'zod/mini';
import { removedSchema } from '../../shared/users/erase-user.ts';
import { openidSchema } from '../../shared/wechat/tokens.ts';
import { none, trueOrFalse, type Route } from '../route.ts';

/** The user who is logged in. */
export const meSchema = z.object({
  account: z.string(),
  openid: openidSchema,
  unionid: z.optional(z.string()),
  nickname: z.optional(z.string()),
  avatar: z.optional(z.string()),
  scope: z.array(z.string()),
  grantedAt: z.int(),
  expiresAt: z.int(),
});
/** A user who has logged in at some time. */
export const userSchema = z.extend(meSchema, {
  profileFetchedAt: z.optional(z.int()),
});
/** What an erasure answers. */
export const erasureSchema = z.object({ removed: removedSchema });

export const getMe = {
  method: 'GET',
  path: '/v1/accounts/{account}/me',
  entry: 'users/get-me',
  access: { who: 'session' },
  summary: 'The user who is logged in.',
  audience: 'program',
  query: none,
  body: none,
  answers: { 200: { description: 'The user.', schema: meSchema } },
} as const satisfies Route;

export const deleteMe = {
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
      schema: erasureSchema,
    },
  },
} as const satisfies Route;

export const getUser = {
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
      schema: userSchema,
    },
  },
  problems: [
    'openid_unknown',
    'authorization_needed',
    'wechat_quota',
    'wechat_refused',
    'wechat_unreachable',
  ],
} as const satisfies Route;
