import type { Account } from '../../accounts/accounts.ts';
import { concurrently } from '../../platform/concurrently.ts';
import { WeChatUnreachableError } from '../../wechat/errors.ts';
import { getFollowers, type Language } from '../../wechat/followers.ts';
import type { GlobalAccessToken } from '../../wechat/tokens.ts';
import type { FollowerItem } from '../mirror/follower-item.ts';
import { readPeople } from '../mirror/people.ts';
import { askAbout, type Told } from '../sync/ask-about.ts';
import { Allowance, tooSlow } from './allowance.ts';
import { fromMirror, fromWeChat, isComplete, type Follower, type Telling } from './follower.ts';
import { readMirrorState } from './mirror-state.ts';
import type { FollowerParts } from './parts.ts';
import { UnknownOpenids } from './unknown-openids.ts';

/** WeChat takes so many openids in one call. */
const openidsPerCall = 100;
const maxConcurrentCalls = 5;

/** The followers in the order asked for, and those who are not among them. */
export interface LookedUp {
  readonly followers: Follower[];
  /** Openids of nobody whom WeChat knows. */
  readonly unknown: string[];
  /** People of whom what WeChat says cannot be read. Absent where there are none. */
  readonly unreadable?: readonly string[];
  /** Who was not asked about any more, and why. Absent where everybody was. */
  readonly unfinished?: { readonly rest: string[]; readonly error: unknown };
}

interface LookupOptions extends Telling {
  /** What is left for it of the request's. @default one of its own */
  readonly allowance?: Allowance;
}

/** Finds many followers. One for each process, since it remembers whom WeChat does not know. */
export class FollowerLookup {
  readonly #parts: FollowerParts;
  readonly #unknown: UnknownOpenids;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
    this.#unknown = new UnknownOpenids(parts.clock);
  }

  /**
   * Many followers, in the order asked for: from the mirror where it knows the details and is asked for them as they
   * are, and from WeChat otherwise. One call to WeChat for each 100 that it is asked for, and more where
   * {@link askAbout} has to divide one. Where there is a mirror, those whom it has not met are asked about one by one:
   * an openid that WeChat does not know has a whole call refused, or the unionids of the others shifted.
   *
   * Faults of WeChat, and the end of the allowance, do not throw: what was found before counts, and no call is under
   * way any more.
   */
  async find(
    account: Account,
    openids: readonly string[],
    { lang, refresh = false, allowance = new Allowance(this.#parts.clock) }: LookupOptions = {},
  ): Promise<LookedUp> {
    const { appId } = account;
    const wanted = [...new Set(openids)];
    const [state, people] = await Promise.all([
      readMirrorState(this.#parts, account),
      readPeople(this.#parts.followers, appId, wanted),
    ]);
    const isMirrored = state?.current === true;
    const found = new Map<string, Follower>();
    if (isMirrored && lang === undefined && !refresh) {
      for (const [openid, person] of people) if (isComplete(person)) found.set(openid, fromMirror(person));
    }
    const isRemembered = (openid: string) => !people.has(openid) && this.#unknown.has(appId, openid);
    const unknown = new Set(refresh ? [] : wanted.filter(isRemembered));
    const missing = wanted.filter((openid) => !found.has(openid) && !unknown.has(openid));
    const groups = groupsOf(missing, people, isMirrored);
    const told = await this.#ask(account, groups, { lang, allowance });
    for (const follower of told.followers) {
      found.set(follower.openid, fromWeChat(follower, people.get(follower.openid)));
    }
    for (const openid of told.unknown) {
      unknown.add(openid);
      this.#unknown.add(appId, openid);
    }
    const isSettled = (openid: string) =>
      found.has(openid) || unknown.has(openid) || told.unreadable.includes(openid);
    return {
      followers: wanted.flatMap((openid) => found.get(openid) ?? []),
      unknown: wanted.filter((openid) => unknown.has(openid)),
      ...(told.unreadable.length > 0 && { unreadable: told.unreadable }),
      ...(told.error !== undefined && {
        unfinished: { rest: wanted.filter((openid) => !isSettled(openid)), error: told.error },
      }),
    };
  }

  /** Asks WeChat about each group. After a fault no other call is begun, and those under way are waited for. */
  async #ask(
    account: Account,
    groups: readonly (readonly string[])[],
    { lang, allowance }: { lang: Language | undefined; allowance: Allowance },
  ): Promise<Told & { readonly error: unknown }> {
    const told: Told[] = [];
    let error: unknown;
    await concurrently(groups, maxConcurrentCalls, async (group) => {
      let isExtra = group.length === 1;
      const ask = async (openids: readonly string[]) => {
        // Whatever it is: the first fault is the one that is told.
        if (error !== undefined) throw tooSlow();
        allowance.take({ isExtra });
        isExtra = true;
        const build = (token: GlobalAccessToken) => getFollowers(token, { openids, ...(lang && { lang }) });
        return (await this.#parts.calls.sendWith(account, build, { until: allowance.until })).answer;
      };
      try {
        for await (const piece of askAbout(group, ask)) told.push(piece);
      } catch (thrown) {
        error ??= thrown instanceof WeChatUnreachableError && allowance.isOver ? tooSlow() : thrown;
      }
    });
    await this.#parts.counted();
    return {
      followers: told.flatMap(({ followers }) => followers),
      unknown: told.flatMap(({ unknown }) => unknown),
      unreadable: told.flatMap(({ unreadable }) => unreadable),
      error,
    };
  }
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
