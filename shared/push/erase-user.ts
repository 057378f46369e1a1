import type { Profiles } from '../followers/profiles.ts';
import type { GrantStore } from '../users/grant-store.ts';

/**
 * Deletes what is kept about one user of the account: the grant with its tokens, the profile, and what is known
 * about them as a follower. Their sessions are worth nothing from then on, for each call looks for the grant.
 */
export async function eraseUser(
  { grants, profiles }: { readonly grants: GrantStore; readonly profiles: Profiles },
  account: string,
  openid: string,
): Promise<void> {
  await grants.erase(account, openid);
  await profiles.remove(account, openid);
}
