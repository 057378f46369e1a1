import * as z from 'zod/mini';
import { removedSchema } from '../../shared/users/erase-user.ts';
import { openidSchema } from '../../shared/wechat/tokens.ts';
import { none, trueOrFalse, type Route } from '../route.ts';

/** The user who is logged in. */
export const meSchema = z.object({
  account: z.string().check(z.describe('The appid of the account that the user logged in to.')),
  openid: openidSchema.check(z.describe('The user, as this account knows them.')),
  unionid: z.optional(
    z
      .string()
      .check(z.describe('The user, as all accounts of one open platform know them, where there is one.')),
  ),
  nickname: z.optional(z.string().check(z.describe('Absent where the user shares none.'))),
  avatar: z.optional(
    z.string().check(z.describe('The address of the picture. Absent where the user shares none.')),
  ),
  scope: z
    .array(z.string())
    .check(z.describe('What the user consented to: `snsapi_base`, and `snsapi_userinfo` for the profile.')),
  grantedAt: z.int().check(z.describe('When the user consented, in Unix seconds.')),
  expiresAt: z.int().check(z.describe('When the grant ends without another login, in Unix seconds.')),
});
/** A user who has logged in at some time. */
export const userSchema = z.extend(meSchema, {
  profileFetchedAt: z.optional(
    z.int().check(z.describe('When nickname and picture were read from WeChat, in Unix seconds.')),
  ),
});
/** What an erasure answers. */
export const erasureSchema = z.object({ removed: removedSchema });

export const getMe = {
  method: 'GET',
  path: '/v1/accounts/{account}/me',
  entry: 'users/get-me',
  access: { who: 'session' },
  summary: 'The user who is logged in.',
  description:
    'For a page that wants to know who its visitor is. 401 means that the visitor has to log in: send the browser to `authorize`.',
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
  description:
    'It cannot be undone. WeChat keeps what it knows: a user who follows the account is listed again at the next sync.',
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
  description:
    'For back ends, about somebody who has logged in. 401 `authorization_needed` means that the grant has ended: send the user to its `authorizeUrl`.',
  audience: 'program',
  query: z.object({ refresh: trueOrFalse('Has the profile fetched from WeChat at once.') }),
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
