import type { Account } from '../../accounts/accounts.ts';
import type { AccountCalls } from '../../credentials/account-calls.ts';
import { concurrently } from '../../platform/concurrently.ts';
import { WeChatApiError } from '../../wechat/errors.ts';
import { getFollowers, type Follower as WeChatFollower, type Language } from '../../wechat/followers.ts';
import { readPeople } from '../mirror/people.ts';
import { fromMirror, fromWeChat, isComplete, type Follower, type Telling } from './follower.ts';
import { readMirrorState } from './mirror-state.ts';
import type { FollowerParts } from './parts.ts';

/** WeChat takes so many openids in one call. */
const openidsPerCall = 100;
const maxConcurrentCalls = 5;

/** The followers in the order asked for, and the openids of nobody whom WeChat knows. */
export interface LookedUp {
  readonly followers: Follower[];
  readonly unknown: string[];
}

/**
 * Many followers, in the order asked for: from the mirror where it knows the details and is asked for them as they are,
 * and from WeChat otherwise. One call to WeChat for each 100 that it is asked for. WeChat refuses a whole call for one
 * openid that it does not know; such calls are halved until the openid is found, and it is named in `unknown`.
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
  if (state?.current === true && lang === undefined && !refresh) {
    for (const [openid, person] of people) if (isComplete(person)) found.set(openid, fromMirror(person));
  }
  const missing = wanted.filter((openid) => !found.has(openid));
  const batches: string[][] = [];
  for (let start = 0; start < missing.length; start += openidsPerCall) {
    batches.push(missing.slice(start, start + openidsPerCall));
  }
  await concurrently(batches, maxConcurrentCalls, async (batch) => {
    for (const follower of await askWeChat(parts.calls, account, batch, lang)) {
      found.set(follower.openid, fromWeChat(follower, people.get(follower.openid)));
    }
  });
  return {
    followers: wanted.flatMap((openid) => found.get(openid) ?? []),
    unknown: wanted.filter((openid) => !found.has(openid)),
  };
}

/** Those of up to 100 openids whom WeChat knows. */
async function askWeChat(
  calls: AccountCalls,
  account: Account,
  openids: readonly string[],
  lang: Language | undefined,
): Promise<readonly WeChatFollower[]> {
  try {
    return await calls.send(account, (token) => getFollowers(token, { openids, ...(lang && { lang }) }));
  } catch (error) {
    if (!(error instanceof WeChatApiError && error.kind === 'openid_unknown')) throw error;
    if (openids.length === 1) return [];
    const middle = Math.ceil(openids.length / 2);
    const first = await askWeChat(calls, account, openids.slice(0, middle), lang);
    return [...first, ...(await askWeChat(calls, account, openids.slice(middle), lang))];
  }
}
