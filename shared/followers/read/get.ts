import type { Account } from '../../accounts/accounts.ts';
import { getFollower } from '../../wechat/followers.ts';
import { readPerson } from '../mirror/people.ts';
import { fromMirror, fromWeChat, isComplete, type Follower, type Telling } from './follower.ts';
import { readMirrorState } from './mirror-state.ts';
import type { FollowerParts } from './parts.ts';

/**
 * One follower. The mirror answers where it knows the details; WeChat does for everyone else, in another language,
 * and where `refresh` asks for it. Throws `openid_unknown` (by way of WeChat's 40003) for an openid of no or another
 * account.
 */
export async function findFollower(
  parts: FollowerParts,
  account: Account,
  openid: string,
  { lang, refresh = false }: Telling = {},
): Promise<Follower> {
  const [state, person] = await Promise.all([
    readMirrorState(parts, account),
    readPerson(parts.followers, account.appId, openid),
  ]);
  const isMirrorAsked = state?.current === true && lang === undefined && !refresh;
  if (person && isMirrorAsked && isComplete(person)) return fromMirror(person);
  const follower = await parts.calls.send(account, (token) =>
    getFollower(token, { openid, ...(lang && { lang }) }),
  );
  return fromWeChat(follower, person);
}
