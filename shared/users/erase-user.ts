import * as z from 'zod/mini';
import type { Profiles } from '../followers/mirror/profiles.ts';
import { serviceBusy } from '../platform/errors.ts';
import type { AppId } from '../wechat/tokens.ts';
import type { GrantStore } from './grant-store.ts';
import type { Sessions } from './sessions.ts';

/** Where a user's data are kept. */
export interface UserParts {
  readonly grants: GrantStore;
  readonly sessions: Sessions;
  readonly profiles: Profiles;
}

/** How many of each there were to delete. */
export const removedSchema = z.object({
  grants: z.int(),
  sessions: z.int(),
  profiles: z.int(),
  followers: z.int(),
});
export type Removed = z.infer<typeof removedSchema>;

/** Each is a login that came in between. More of them at the same instant are no user. */
const maxTries = 8;

/**
 * Deletes all that is kept about one user of the account, and says what there was. The grant, which lists the
 * sessions, goes last and only if nothing has come to it since it was read: so a login at the same time is erased
 * whole or not at all, and an erasure that was cut short can be repeated. A refresh or a read of the profile that is
 * under way brings nothing back.
 *
 * With `until` (Unix seconds) whether they follow stays known, and what was granted or shared after that second stays,
 * too: word that a consent has ended can come late. A grant stays or goes with all of its sessions.
 */
export async function eraseUser(
  { grants, sessions, profiles }: UserParts,
  appId: AppId,
  openid: string,
  { until }: { readonly until?: number } = {},
): Promise<Removed> {
  const removed = { grants: 0, sessions: 0, profiles: 0, followers: 0 };
  for (let tries = 0; tries < maxTries; tries++) {
    const stored = await grants.stored(appId, openid);
    const grant = stored && stored.grantedAt <= (until ?? Number.POSITIVE_INFINITY) ? stored : undefined;
    if (grant) removed.sessions += await sessions.remove(grant.sessions);
    const { isFollower, isShared } = await forgetFollower(profiles, appId, openid, until);
    if (isFollower) removed.followers = 1;
    if (isShared) removed.profiles = 1;
    if (!grant) return removed;
    removed.grants = 1;
    if (await grants.removeUnchanged(appId, grant)) return removed;
  }
  throw serviceBusy('A user logged in all the time while they were to be erased.');
}

/** Forgets what is kept about the user as a follower, or what they shared at `until` or before; says what there was. */
async function forgetFollower(
  profiles: Profiles,
  appId: AppId,
  openid: string,
  until: number | undefined,
): Promise<{ isFollower: boolean; isShared: boolean }> {
  const follower = await profiles.stored(appId, openid);
  const isWhole = until === undefined;
  const isForgotten = isWhole
    ? await profiles.remove(appId, openid)
    : await profiles.forget(appId, openid, until);
  const hasProfile = follower?.['nickname'] !== undefined || follower?.['avatar'] !== undefined;
  return { isFollower: isWhole && follower !== undefined, isShared: isForgotten && hasProfile };
}
