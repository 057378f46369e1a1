import * as z from 'zod/mini';
import type { AppId } from '../wechat/tokens.ts';
import type { UserParts } from './erase-user.ts';
import { grantProfileSchema, type StoredGrant } from './grant.ts';
import { sessionTimesSchema } from './sessions.ts';

const exportedGrantSchema = z.object({
  unionid: z.optional(z.string()),
  scopes: z.array(z.string()),
  grantedAt: z.number(),
  expiresAt: z.number(),
  accessTokenExpiresAt: z.number(),
  profile: z.optional(grantProfileSchema),
});

/** All that is kept about one user, but for the tokens and the hashes of sessions. Times in Unix seconds. */
export const exportedUserSchema = z.object({
  account: z.string(),
  openid: z.string(),
  grant: z.optional(exportedGrantSchema),
  sessions: z.array(sessionTimesSchema),
  /** As it is stored: what the user shared, and what is known of them as a follower. */
  follower: z.optional(z.record(z.string(), z.unknown())),
});
type ExportedUser = z.infer<typeof exportedUserSchema>;

/** Undefined where nothing is kept about the user. */
export async function exportUser(
  { grants, sessions, profiles }: UserParts,
  appId: AppId,
  openid: string,
): Promise<ExportedUser | undefined> {
  const [grant, follower] = await Promise.all([grants.stored(appId, openid), profiles.stored(appId, openid)]);
  if (!grant && !follower) return undefined;
  return {
    account: appId,
    openid,
    grant: grant && withoutTokens(grant),
    sessions: grant ? await sessions.times(grant.sessions) : [],
    follower,
  };
}

function withoutTokens(grant: StoredGrant): z.infer<typeof exportedGrantSchema> {
  const { unionid, scopes, grantedAt, removeAt: expiresAt, accessTokenExpiresAt, profile } = grant;
  return { unionid, scopes, grantedAt, expiresAt, accessTokenExpiresAt, profile };
}
