import type { Account } from '../accounts/accounts.ts';
import type { AccountCalls } from '../credentials/account-calls.ts';
import { KeyringError } from '../platform/errors.ts';
import { WeChatApiError } from '../wechat/errors.ts';
import {
  getFollower,
  getFollowers,
  listFollowers,
  type Follower as WeChatFollower,
  type Language,
} from '../wechat/followers.ts';
import type { Profile, Profiles } from './profiles.ts';

/** A follower as the API shows it: what WeChat tells the account, joined with what the user consented to share. */
export interface Follower {
  readonly openid: string;
  readonly subscribed: boolean;
  /** Unix seconds of the last follow. */
  readonly subscribedAt?: number | undefined;
  readonly unionid?: string | undefined;
  readonly nickname?: string | undefined;
  readonly avatar?: string | undefined;
  /** Where nickname and avatar come from; absent where there are none. */
  readonly profileFrom?: 'consent' | 'user/info' | undefined;
  readonly remark?: string | undefined;
  readonly language?: string | undefined;
  readonly tagIds?: readonly number[] | undefined;
  readonly subscribeScene?: string | undefined;
  readonly qrScene?: number | undefined;
  readonly qrSceneStr?: string | undefined;
}

/** WeChat takes so many openids in one call. */
const openidsPerCall = 100;
const callsAtOnce = 5;

/** An account's followers, straight from WeChat. */
export class Followers {
  readonly #calls: AccountCalls;
  readonly #profiles: Profiles;

  constructor(calls: AccountCalls, profiles: Profiles) {
    this.#calls = calls;
    this.#profiles = profiles;
  }

  /**
   * Up to `limit` openids after `cursor`, in WeChat's order. Each page is one of the 500 calls a day that WeChat
   * allows. `next` is absent on the page that ends the list, which may be empty. Throws `cursor_unknown`.
   */
  async list(
    account: Account,
    { cursor, limit = 10_000 }: { cursor?: string | undefined; limit?: number | undefined },
  ): Promise<{ total: number; openids: readonly string[]; next?: string }> {
    try {
      const page = await this.#calls.send(account, (token) =>
        listFollowers(token, cursor === undefined ? {} : { after: cursor }),
      );
      const openids = page.openids.slice(0, limit);
      const next =
        openids.length < page.openids.length ? openids.at(-1) : page.end ? undefined : page.nextOpenid;
      return { total: page.total, openids, ...(next !== undefined && { next }) };
    } catch (error) {
      if (error instanceof WeChatApiError && error.kind === 'openid_unknown') {
        throw new KeyringError('cursor_unknown', undefined, { parameter: 'cursor' }, { cause: error });
      }
      throw error;
    }
  }

  /** One follower. Throws `openid_unknown` (by way of WeChat's 40003) for an openid of no or another account. */
  async get(account: Account, openid: string, lang?: Language): Promise<Follower> {
    const [follower, profile] = await Promise.all([
      this.#calls.send(account, (token) => getFollower(token, { openid, ...(lang && { lang }) })),
      this.#profiles.get(account.account, openid),
    ]);
    return join(follower, profile);
  }

  /**
   * Many followers, in the order asked for: one call to WeChat for each 100. WeChat refuses a whole call for one
   * openid that it does not know; such calls are halved until the openid is found, and it is named in `unknown`.
   */
  async lookup(
    account: Account,
    openids: readonly string[],
    lang?: Language,
  ): Promise<{ followers: Follower[]; unknown: string[] }> {
    const wanted = [...new Set(openids)];
    const batches: string[][] = [];
    for (let start = 0; start < wanted.length; start += openidsPerCall) {
      batches.push(wanted.slice(start, start + openidsPerCall));
    }
    const found = new Map<string, WeChatFollower>();
    const waiting = batches.values();
    const worker = async () => {
      for (const batch of waiting) {
        for (const follower of await this.#batch(account, batch, lang)) found.set(follower.openid, follower);
      }
    };
    const [profiles] = await Promise.all([
      this.#profiles.getMany(account.account, wanted),
      ...Array.from({ length: Math.min(callsAtOnce, batches.length) }, worker),
    ]);
    const followers: Follower[] = [];
    const unknown: string[] = [];
    for (const openid of wanted) {
      const follower = found.get(openid);
      if (follower) followers.push(join(follower, profiles.get(openid)));
      else unknown.push(openid);
    }
    return { followers, unknown };
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

function join(follower: WeChatFollower, profile: Profile | undefined): Follower {
  const nickname = profile?.nickname ?? follower.nickname;
  const avatar = profile?.avatar ?? follower.headimgurl;
  const shared = profile?.nickname !== undefined || profile?.avatar !== undefined;
  const known = nickname !== undefined || avatar !== undefined;
  return {
    openid: follower.openid,
    subscribed: follower.subscribe,
    subscribedAt: follower.subscribeTime,
    unionid: follower.unionid ?? profile?.unionid,
    nickname,
    avatar,
    profileFrom: shared ? 'consent' : known ? 'user/info' : undefined,
    remark: follower.remark,
    language: follower.language,
    tagIds: follower.tagidList,
    subscribeScene: follower.subscribeScene,
    qrScene: follower.qrScene,
    qrSceneStr: follower.qrSceneStr,
  };
}
