import type { Account } from '../../accounts/accounts.ts';
import type { AccountCalls } from '../../credentials/account-calls.ts';
import type { Clock } from '../../platform/clock.ts';
import { eachAtOnce } from '../../platform/each-at-once.ts';
import { KeyringError } from '../../platform/errors.ts';
import type { Table } from '../../platform/table.ts';
import { WeChatApiError } from '../../wechat/errors.ts';
import {
  getFollower,
  getFollowers,
  listFollowers,
  type Follower as WeChatFollower,
  type Language,
} from '../../wechat/followers.ts';
import { mirrorNotReady, readMirrorState, type MirrorState } from '../mirror/counts.ts';
import type { FollowerItem } from '../mirror/follower-item.ts';
import type { Follower } from './follower.ts';
import { Listing, type FollowerList } from '../mirror/listing.ts';
import { isMirrorCursor } from '../mirror/page-cursor.ts';

/** Which part of the list of followers is asked for. */
export interface ListRequest extends FollowerList {
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
  /** Whether the page shows the followers themselves, too. */
  readonly withProfiles?: boolean | undefined;
}

/** One page of the list of followers. */
export interface FollowersPage {
  /** Followers of the account, whatever the filter. */
  readonly total: number;
  readonly openids: readonly string[];
  readonly followers?: readonly Follower[];
  /** Absent on the page that ends the list. */
  readonly next?: string;
}

/** A page, and whether the mirror gave it. */
export interface ListedFollowers {
  readonly page: FollowersPage;
  readonly mirrored: boolean;
}

/** WeChat takes so many openids in one call. */
const openidsPerCall = 100;
const callsAtOnce = 5;
const mostOnPage = 10_000;
/** A Lambda answers with 6 MB at the most. */
const mostShownOnPage = 1000;
const exportedAtOnce = 3000;

/**
 * An account's followers: from the mirror where a sync has ended lately, and straight from WeChat where not. What a
 * user consented to share is joined with either.
 */
export class Followers {
  readonly #calls: AccountCalls;
  readonly #table: Table;
  readonly #listing: Listing;
  readonly #clock: Clock;

  constructor(parts: { calls: AccountCalls; table: Table; clock: Clock }) {
    this.#calls = parts.calls;
    this.#table = parts.table;
    this.#listing = new Listing(parts.table);
    this.#clock = parts.clock;
  }

  /** How many there are, as the mirror counts them. Throws `mirror_not_ready` before the first sync has ended. */
  async counts(account: Account): Promise<MirrorState> {
    const state = await this.#state(account);
    if (!state) throw mirrorNotReady(state);
    return state;
  }

  /**
   * One page. A list that began at WeChat goes on there, and one that began in the mirror goes on in the mirror. From
   * WeChat, each page is one of the 500 calls a day that it allows, and there is no order, filter or profile.
   * Throws `cursor_unknown`, `mirror_not_ready`, `invalid_parameter`.
   */
  async list(account: Account, request: ListRequest): Promise<ListedFollowers> {
    const { cursor, tag, scene, hasProfile, withProfiles = false } = request;
    const most = withProfiles ? mostShownOnPage : mostOnPage;
    const { limit = most } = request;
    if (limit > most) {
      throw new KeyringError('invalid_parameter', `With profiles, limit is at most ${most}.`, {
        parameter: 'limit',
      });
    }
    const filtered = tag !== undefined || scene !== undefined || hasProfile !== undefined;
    const order = request.order ?? (filtered ? 'newest' : undefined);
    const needsMirror = order !== undefined || withProfiles;
    const goesOnAtWeChat = cursor !== undefined && !isMirrorCursor(cursor);
    if (goesOnAtWeChat && needsMirror) throw cursorUnknown();
    const state = goesOnAtWeChat ? undefined : await this.#state(account);
    // A mirror that is out of date still ends what began in it. In the plain list, whoever came a moment ago is expected.
    const usable = needsMirror ? state?.current : state?.live;
    if (!state || !(usable === true || cursor !== undefined)) {
      if (needsMirror || (cursor !== undefined && !goesOnAtWeChat)) throw mirrorNotReady(state);
      return { page: await this.#listAtWeChat(account, { cursor, limit }), mirrored: false };
    }
    if ((tag !== undefined || scene !== undefined) && state.detailsAt === undefined) throw detailsMissing();
    const list = { order, tag, scene, hasProfile };
    const { followers, next } = await this.#listing.page(account.account, list, { cursor, limit });
    const page = {
      total: state.subscribed,
      openids: followers.map(({ openid }) => openid),
      ...(withProfiles && { followers: followers.map(fromMirror) }),
      ...(next !== undefined && { next }),
    };
    return { page, mirrored: true };
  }

  /**
   * One follower. The mirror answers where it knows the details; WeChat does for everyone else, in another language,
   * and where `refresh` asks for it. Throws `openid_unknown` (by way of WeChat's 40003) for an openid of no or another
   * account.
   */
  async get(
    account: Account,
    openid: string,
    { lang, refresh = false }: { lang?: Language | undefined; refresh?: boolean | undefined } = {},
  ): Promise<Follower> {
    const [state, person] = await Promise.all([
      this.#state(account),
      this.#listing.get(account.account, openid),
    ]);
    if (person && state?.current === true && lang === undefined && !refresh && isComplete(person)) {
      return fromMirror(person);
    }
    const follower = await this.#calls.send(account, (token) =>
      getFollower(token, { openid, ...(lang && { lang }) }),
    );
    return fromWeChat(follower, person);
  }

  /**
   * Many followers, in the order asked for; from where {@link get} has them. One call to WeChat for each 100 that it
   * is asked for. WeChat refuses a whole call for one openid that it does not know; such calls are halved until the
   * openid is found, and it is named in `unknown`.
   */
  async lookup(
    account: Account,
    openids: readonly string[],
    { lang, refresh = false }: { lang?: Language | undefined; refresh?: boolean | undefined } = {},
  ): Promise<{ followers: Follower[]; unknown: string[] }> {
    const wanted = [...new Set(openids)];
    const [state, people] = await Promise.all([
      this.#state(account),
      this.#listing.getMany(account.account, wanted),
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
    await eachAtOnce(batches, callsAtOnce, async (batch) => {
      for (const follower of await this.#batch(account, batch, lang)) {
        found.set(follower.openid, fromWeChat(follower, people.get(follower.openid)));
      }
    });
    const followers: Follower[] = [];
    const unknown: string[] = [];
    for (const openid of wanted) {
      const follower = found.get(openid);
      if (follower) followers.push(follower);
      else unknown.push(openid);
    }
    return { followers, unknown };
  }

  /** Up to `limit` followers, the newest first, where the mirror stands for WeChat; undefined where it does not. */
  async newest(account: Account, limit: number): Promise<readonly Follower[] | undefined> {
    const state = await this.#state(account);
    if (state?.current !== true) return undefined;
    const { followers } = await this.#listing.page(account.account, { order: 'newest' }, { limit });
    return followers.map(fromMirror);
  }

  /**
   * A page of everyone, for an export: of a size that fits into an answer of Lambda whatever followers share. Throws
   * `cursor_unknown`, and `mirror_not_ready` where an export begins and the mirror does not stand for WeChat.
   */
  async exportPage(
    account: Account,
    cursor?: string,
  ): Promise<{ followers: readonly Follower[]; next?: string }> {
    const state = await this.#state(account);
    if (!state || !(state.current || cursor !== undefined)) throw mirrorNotReady(state);
    const { followers, next } = await this.#listing.page(
      account.account,
      {},
      { cursor, limit: exportedAtOnce },
    );
    return { followers: followers.map(fromMirror), ...(next !== undefined && { next }) };
  }

  #state({ account }: Account): Promise<MirrorState | undefined> {
    return readMirrorState(this.#table, account, this.#clock.now());
  }

  async #listAtWeChat(
    account: Account,
    { cursor, limit }: { cursor: string | undefined; limit: number },
  ): Promise<FollowersPage> {
    try {
      const page = await this.#calls.send(account, (token) =>
        listFollowers(token, cursor === undefined ? {} : { after: cursor }),
      );
      const openids = page.openids.slice(0, limit);
      const next =
        openids.length < page.openids.length ? openids.at(-1) : page.end ? undefined : page.nextOpenid;
      return { total: page.total, openids, ...(next !== undefined && { next }) };
    } catch (error) {
      if (error instanceof WeChatApiError && error.kind === 'openid_unknown') throw cursorUnknown(error);
      throw error;
    }
  }

  async #batch(
    account: Account,
    openids: readonly string[],
    lang?: Language,
  ): Promise<readonly WeChatFollower[]> {
    try {
      return await this.#calls.send(account, (token) =>
        getFollowers(token, { openids, ...(lang && { lang }) }),
      );
    } catch (error) {
      if (!(error instanceof WeChatApiError && error.kind === 'openid_unknown')) throw error;
      if (openids.length === 1) return [];
      const middle = Math.ceil(openids.length / 2);
      const first = await this.#batch(account, openids.slice(0, middle), lang);
      return [...first, ...(await this.#batch(account, openids.slice(middle), lang))];
    }
  }
}

function cursorUnknown(cause?: unknown): KeyringError {
  return new KeyringError('cursor_unknown', undefined, { parameter: 'cursor' }, { cause });
}

function detailsMissing(): KeyringError {
  return new KeyringError(
    'mirror_not_ready',
    'Tags and scenes are not known: no sync of this account has had its details yet.',
  );
}

/** Whether the mirror has all there is to say of a person. Of those who left, only WeChat knows. */
function isComplete({ subscribed, detailAt, refusedAt }: FollowerItem): boolean {
  return subscribed === true && detailAt !== undefined && refusedAt === undefined;
}

function fromMirror(person: FollowerItem): Follower {
  const { openid, subscribedAt, unionid, nickname, avatar, remark, language, tagIds } = person;
  const { subscribeScene, qrScene, qrSceneStr } = person;
  return {
    openid,
    subscribed: true,
    subscribedAt,
    unionid,
    nickname,
    avatar,
    profileFrom: nickname === undefined && avatar === undefined ? undefined : 'consent',
    remark,
    language,
    tagIds,
    subscribeScene,
    qrScene,
    qrSceneStr,
  };
}

/** What WeChat tells now, joined with what the person consented to share. */
function fromWeChat(follower: WeChatFollower, person: FollowerItem | undefined): Follower {
  const nickname = person?.nickname ?? follower.nickname;
  const avatar = person?.avatar ?? follower.headimgurl;
  const shared = person?.nickname !== undefined || person?.avatar !== undefined;
  const known = nickname !== undefined || avatar !== undefined;
  return {
    openid: follower.openid,
    subscribed: follower.subscribe,
    subscribedAt: follower.subscribeTime,
    unionid: follower.unionid ?? person?.unionid,
    nickname,
    avatar,
    profileFrom: shared ? 'consent' : known ? 'user/info' : undefined,
    remark: follower.remark,
    language: follower.language,
    tagIds: follower.tagidList && [...follower.tagidList],
    subscribeScene: follower.subscribeScene,
    qrScene: follower.qrScene,
    qrSceneStr: follower.qrSceneStr,
  };
}
