import { createHash } from 'node:crypto';
import { toPng } from 'jdenticon';
import type { Account } from '../../accounts/accounts.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Follower } from './follower.ts';
import type { Followers } from './followers.ts';
import type { Profiles } from '../mirror/profiles.ts';

/** The sizes WeChat serves, as they stand in a picture's URL; 0 is 640 × 640 pixels. */
export const avatarSizes = ['0', '46', '64', '96', '132'] as const;
export type AvatarSize = (typeof avatarSizes)[number];

const largestPixels = 640;

/** More than any wall shows, so that those already shown can be passed over. */
const mostOnWall = 1000;

/** So long serves what WeChat told for a wall: it allows 500 pages of followers a day. */
const rememberSeconds = 600;

/** Somebody on the wall, as far as it shows them. */
type Pictured = Pick<Follower, 'openid' | 'avatar'>;

/** The wall: pictures of an account's followers. */
export class AvatarWall {
  readonly #followers: Followers;
  readonly #profiles: Profiles;
  readonly #publicUrl: string;
  readonly #clock: Clock;
  readonly #firstPages = new Map<string, { openids: readonly string[]; until: number }>();
  readonly #strangers = new Map<string, { follows: Map<string, boolean>; until: number }>();

  constructor(parts: { followers: Followers; profiles: Profiles; publicUrl: string; clock: Clock }) {
    this.#followers = parts.followers;
    this.#profiles = parts.profiles;
    this.#publicUrl = parts.publicUrl;
    this.#clock = parts.clock;
  }

  /**
   * Avatar URLs of up to `limit` followers, those who shared their picture first, the latest consent in front, and
   * from the mirror then those who followed last. That takes no call to WeChat, unless somebody has shared theirs whom
   * the mirror has not met: then one for each 100 of them, remembered for 10 minutes. Who shared none gets a generated
   * one: since 2021-12-27 WeChat gives an account no picture of a follower who has not consented.
   * https://developers.weixin.qq.com/community/develop/doc/00028edbe3c58081e7cc834705b801
   *
   * However many share, the mirror is read up to three times: the latest `limit` consents of each partition, the newest
   * followers, and, where people who do not follow take up room among the consents, the newest followers who share.
   */
  async urls(account: Account, { limit, size }: { limit: number; size: AvatarSize }): Promise<string[]> {
    const people = await this.#onWall(account, limit);
    return people.map(({ openid, avatar }) =>
      avatar === undefined ? placeholderUrl(this.#publicUrl, openid, size) : resizeAvatar(avatar, size),
    );
  }

  async #onWall(account: Account, limit: number): Promise<readonly Pictured[]> {
    const [shared, newest] = await Promise.all([
      this.#profiles.latest(account.account, limit),
      this.#followers.newest(account, limit),
    ]);
    if (newest === undefined) return this.#askedFor(account, limit, shared);
    const strangers = shared.filter(({ subscribed }) => subscribed === undefined);
    const follows = await this.#followsOf(
      account,
      strangers.map(({ openid }) => openid),
    );
    const sharing = shared.filter(({ openid, subscribed = follows.get(openid) === true }) => subscribed);
    // Whoever logs in shares, follower or not: the followers among the latest need not be all that there are.
    const isAll = shared.length < limit || sharing.length === limit;
    const others = isAll ? [] : await this.#newestSharing(account, limit);
    const wall = [...sharing, ...others, ...newest];
    return [...new Map(wall.map((person) => [person.openid, person])).values()].slice(0, limit);
  }

  async #newestSharing(account: Account, limit: number): Promise<readonly Pictured[]> {
    const list = { order: 'newest', hasProfile: true, withProfiles: true, limit } as const;
    const { page } = await this.#followers.list(account, list);
    return page.followers ?? [];
  }

  /** Whether each of those follows whom the mirror has not met. No sync ever meets who does not. */
  async #followsOf(account: Account, openids: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
    const now = this.#clock.now();
    const known = this.#strangers.get(account.account);
    const told = known && now < known.until ? known : { follows: new Map(), until: now + rememberSeconds };
    this.#strangers.set(account.account, told);
    const { follows } = told;
    const unasked = openids.filter((openid) => !follows.has(openid));
    const following = await this.#following(account, unasked);
    for (const openid of unasked) follows.set(openid, false);
    for (const { openid } of following) follows.set(openid, true);
    return follows;
  }

  /** Without a mirror WeChat is asked for each person whether they follow; the room that is left is for its list. */
  async #askedFor(account: Account, limit: number, shared: readonly Pictured[]): Promise<Pictured[]> {
    const asked = shared.map(({ openid }) => openid);
    const sharing = await this.#following(account, asked);
    if (sharing.length === limit) return sharing;
    const others = (await this.#firstPage(account)).filter((openid) => !asked.includes(openid));
    return [...sharing, ...(await this.#following(account, others.slice(0, limit - sharing.length)))];
  }

  async #following(account: Account, openids: readonly string[]): Promise<Pictured[]> {
    if (openids.length === 0) return [];
    const { followers } = await this.#followers.lookup(account, openids);
    return followers.filter((follower) => follower.subscribed);
  }

  async #firstPage(account: Account): Promise<readonly string[]> {
    const now = this.#clock.now();
    const known = this.#firstPages.get(account.account);
    if (known && now < known.until) return known.openids;
    const { page } = await this.#followers.list(account, {});
    this.#firstPages.set(account.account, {
      openids: page.openids.slice(0, mostOnWall),
      until: now + rememberSeconds,
    });
    return page.openids;
  }
}

/** The URL of the same picture in another size: its last path segment is the size. */
function resizeAvatar(url: string, size: AvatarSize): string {
  return url.replace(/\/(?:0|46|64|96|132)(?=$|\?)/, `/${size}`);
}

/** Where the generated picture of an openid is served. The openid does not appear in it. */
function placeholderUrl(publicUrl: string, openid: string, size: AvatarSize): string {
  const seed = createHash('sha256').update(openid).digest('hex').slice(0, 16);
  return `${publicUrl}/v1/placeholders/${seed}/${size}`;
}

/** The generated picture for a seed, as PNG. */
export function placeholderPng(seed: string, size: AvatarSize): Buffer {
  return toPng(seed, size === '0' ? largestPixels : Number(size), { backColor: '#f0f0f0' });
}
