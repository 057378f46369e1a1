import type { Account } from '../../accounts/accounts.ts';
import { pictureUrl } from '../../wechat/picture.ts';
import { mirrorPage } from '../mirror/listing.ts';
import { latestProfiles } from '../mirror/profiles.ts';
import { Allowance, isSpent } from './allowance.ts';
import { pageAtWeChat } from './at-wechat.ts';
import type { Follower } from './follower.ts';
import { FollowerLookup } from './lookup.ts';
import { readMirrorState } from './mirror-state.ts';
import type { FollowerParts } from './parts.ts';
import { placeholderUrl, type AvatarSize } from './placeholders.ts';

/** More than any wall shows, so that those already shown can be passed over. */
const maxOnWall = 1000;

/** So long serves what WeChat told for a wall: it allows 500 pages of followers a day. */
const cacheTtlSeconds = 600;

/** Somebody on the wall, as far as it shows them. */
type Pictured = Pick<Follower, 'openid' | 'avatar'>;

/** The wall: pictures of an account's followers. */
export class AvatarWall {
  readonly #parts: FollowerParts;
  readonly #publicUrl: string;
  readonly #lookup: FollowerLookup;
  readonly #firstPages = new Map<string, { openids: readonly string[]; until: number }>();
  readonly #strangers = new Map<string, { follows: Map<string, boolean>; until: number }>();

  constructor(parts: FollowerParts, publicUrl: string) {
    this.#parts = parts;
    this.#publicUrl = publicUrl;
    this.#lookup = new FollowerLookup(parts);
  }

  /**
   * Avatar URLs of up to `limit` followers, those who shared their picture first, the latest consent in front, and
   * from the mirror then those who followed last. That takes no call to WeChat, unless somebody has shared theirs whom
   * the mirror has not met: then one for each 100 of them, remembered for 10 minutes. Who shared none gets a generated
   * one: since 2021-12-27 WeChat gives an account no picture of a follower who has not consented.
   * https://developers.weixin.qq.com/community/develop/doc/00028edbe3c58081e7cc834705b801
   *
   * Where WeChat is slow, or has to be asked about too many, the wall shows whom it has found by then.
   *
   * However many share, the mirror is read up to three times: the latest `limit` consents of each partition, the newest
   * followers, and, where people who do not follow take up room among the consents, the newest followers who share.
   */
  async urls(account: Account, { limit, size }: { limit: number; size: AvatarSize }): Promise<string[]> {
    const people = await this.#onWall(account, limit);
    return people.map(({ openid, avatar }) => {
      // A version that did not look may have stored it.
      const url = avatar === undefined ? undefined : pictureUrl(avatar);
      return url === undefined ? placeholderUrl(this.#publicUrl, openid, size) : resizeAvatar(url, size);
    });
  }

  async #onWall(account: Account, limit: number): Promise<readonly Pictured[]> {
    const [shared, newest] = await Promise.all([
      latestProfiles(this.#parts.followers, account.appId, limit),
      this.#newest(account, limit),
    ]);
    const allowance = new Allowance(this.#parts.clock);
    if (newest === undefined) return this.#askedFor(account, limit, { shared, allowance });
    const strangers = shared.filter(({ subscribed }) => subscribed === undefined);
    const openids = strangers.map(({ openid }) => openid);
    const follows = await this.#followsOf(account, openids, allowance);
    const sharing = shared.filter(({ openid, subscribed = follows.get(openid) === true }) => subscribed);
    // Whoever logs in shares, follower or not: the followers among the latest need not be all that there are.
    const isAll = shared.length < limit || sharing.length === limit;
    const others = isAll ? [] : await this.#latest(account, { hasProfile: true }, limit);
    const wall = [...sharing, ...others, ...newest];
    return [...new Map(wall.map((person) => [person.openid, person])).values()].slice(0, limit);
  }

  /** Who followed last, where the mirror stands for WeChat; undefined where it does not. */
  async #newest(account: Account, limit: number): Promise<readonly Pictured[] | undefined> {
    const state = await readMirrorState(this.#parts, account);
    if (state?.current !== true) return undefined;
    return this.#latest(account, {}, limit);
  }

  async #latest(
    account: Account,
    filter: { readonly hasProfile?: true },
    limit: number,
  ): Promise<readonly Pictured[]> {
    const list = { ...filter, order: 'newest' } as const;
    const { followers } = await mirrorPage(this.#parts.followers, account.appId, list, { limit });
    return followers;
  }

  /** Whether each of those follows whom the mirror has not met. No sync ever meets who does not. */
  async #followsOf(
    account: Account,
    openids: readonly string[],
    allowance: Allowance,
  ): Promise<ReadonlyMap<string, boolean>> {
    const now = this.#parts.clock.now();
    const known = this.#strangers.get(account.appId);
    const told = known && now < known.until ? known : { follows: new Map(), until: now + cacheTtlSeconds };
    this.#strangers.set(account.appId, told);
    const { follows } = told;
    const unasked = openids.filter((openid) => !follows.has(openid));
    const { following, rest } = await this.#following(account, unasked, allowance);
    for (const openid of unasked) if (!rest.includes(openid)) follows.set(openid, false);
    for (const { openid } of following) follows.set(openid, true);
    return follows;
  }

  /** Without a mirror WeChat is asked for each person whether they follow; the room that is left is for its list. */
  async #askedFor(
    account: Account,
    limit: number,
    { shared, allowance }: { shared: readonly Pictured[]; allowance: Allowance },
  ): Promise<Pictured[]> {
    const asked = shared.map(({ openid }) => openid);
    const { following: sharing } = await this.#following(account, asked, allowance);
    if (sharing.length === limit || (sharing.length > 0 && allowance.isOver)) return sharing;
    const others = (await this.#firstPage(account, allowance)).filter((openid) => !asked.includes(openid));
    const room = limit - sharing.length;
    const { following } = await this.#following(account, others.slice(0, room), allowance);
    return [...sharing, ...following];
  }

  /** Those who follow, and those who could not be asked about. */
  async #following(
    account: Account,
    openids: readonly string[],
    allowance: Allowance,
  ): Promise<{ following: Pictured[]; rest: readonly string[] }> {
    if (openids.length === 0) return { following: [], rest: [] };
    const { followers, unfinished } = await this.#lookup.find(account, openids, { allowance });
    if (unfinished && !isSpent(unfinished.error)) throw unfinished.error;
    return { following: followers.filter(({ subscribed }) => subscribed), rest: unfinished?.rest ?? [] };
  }

  async #firstPage(account: Account, { until }: Allowance): Promise<readonly string[]> {
    const now = this.#parts.clock.now();
    const known = this.#firstPages.get(account.appId);
    if (known && now < known.until) return known.openids;
    const page = await pageAtWeChat(this.#parts.calls, account, { limit: maxOnWall, until });
    await this.#parts.counted();
    this.#firstPages.set(account.appId, { openids: page.openids, until: now + cacheTtlSeconds });
    return page.openids;
  }
}

/** The URL of the same picture in another size: its last path segment is the size. */
function resizeAvatar(url: string, size: AvatarSize): string {
  return url.replace(/\/(?:0|46|64|96|132)(?=$|\?)/, `/${size}`);
}
