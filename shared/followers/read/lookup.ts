import type { Account } from '../../accounts/accounts.ts';
import { concurrently } from '../../platform/concurrently.ts';
import { getFollowers } from '../../wechat/followers.ts';
import type { FollowerItem } from '../mirror/follower-item.ts';
import { readPeople } from '../mirror/people.ts';
import { askAbout } from '../sync/ask-about.ts';
import { fromMirror, fromWeChat, isComplete, type Follower, type Telling } from './follower.ts';
import { readMirrorState } from './mirror-state.ts';
import type { FollowerParts } from './parts.ts';

/** WeChat takes so many openids in one call. */
const openidsPerCall = 100;
const maxConcurrentCalls = 5;

/** The followers in the order asked for, and those who are not among them. */
export interface LookedUp {
  readonly followers: Follower[];
  /** Openids of nobody whom WeChat knows. */
  readonly unknown: string[];
  /** People of whom what WeChat says cannot be read. Absent where there are none. */
  readonly unreadable?: string[];
}

/**
 * Many followers, in the order asked for: from the mirror where it knows the details and is asked for them as they are,
 * and from WeChat otherwise. One call to WeChat for each 100 that it is asked for, and more where {@link askAbout} has
 * to divide one. Where there is a mirror, those whom it has not met are asked about one by one: an openid that WeChat
 * does not know has a whole call refused, or the unionids of the others shifted.
 */
export async function lookUpFollowers(
  parts: FollowerParts,
  account: Account,
  openids: readonly string[],
  { lang, refresh = false }: Telling = {},
): Promise<LookedUp> {
  const wanted = [...new Set(openids)];
  const [state, people] = await Promise.all([
    readMirrorState(parts, account),
    readPeople(parts.followers, account.appId, wanted),
  ]);
  const found = new Map<string, Follower>();
  const unreadable = new Set<string>();
  const isMirrored = state?.current === true;
  if (isMirrored && lang === undefined && !refresh) {
    for (const [openid, person] of people) if (isComplete(person)) found.set(openid, fromMirror(person));
  }
  const missing = wanted.filter((openid) => !found.has(openid));
  const ask = (some: readonly string[]) =>
    parts.calls.send(account, (token) => getFollowers(token, { openids: some, ...(lang && { lang }) }));
  await concurrently(groupsOf(missing, people, isMirrored), maxConcurrentCalls, async (group) => {
    for await (const told of askAbout(group, ask)) {
      for (const follower of told.followers) {
        found.set(follower.openid, fromWeChat(follower, people.get(follower.openid)));
      }
      for (const openid of told.unreadable) unreadable.add(openid);
    }
  });
  const unanswered = wanted.filter((openid) => !found.has(openid));
  return {
    followers: wanted.flatMap((openid) => found.get(openid) ?? []),
    unknown: unanswered.filter((openid) => !unreadable.has(openid)),
    ...(unreadable.size > 0 && { unreadable: [...unreadable] }),
  };
}

/** Who is asked about with one call: followers, others whom the mirror knows, and each of whom it knows nothing. */
function groupsOf(
  openids: readonly string[],
  people: ReadonlyMap<string, FollowerItem>,
  isMirrored: boolean,
): string[][] {
  if (!isMirrored) return chunksOf(openids);
  const following = openids.filter((openid) => people.get(openid)?.subscribed === true);
  const others = openids.filter((openid) => people.has(openid) && people.get(openid)?.subscribed !== true);
  const strangers = openids.filter((openid) => !people.has(openid));
  return [...chunksOf(following), ...chunksOf(others), ...strangers.map((openid) => [openid])];
}

function chunksOf(openids: readonly string[]): string[][] {
  const count = Math.ceil(openids.length / openidsPerCall);
  return Array.from({ length: count }, (_, nth) =>
    openids.slice(nth * openidsPerCall, (nth + 1) * openidsPerCall),
  );
}
