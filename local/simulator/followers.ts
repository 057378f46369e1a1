import { hash } from 'node:crypto';

import { announce } from '../diagnostics.ts';

import { BlockCodec } from './block-codec.ts';

/** A user's picture: drawn by the simulator, at an address of the caller's own, or none. */
type Avatar =
  { readonly kind: 'drawn' } | { readonly kind: 'url'; readonly url: string } | { readonly kind: 'none' };

/** The shapes that user/info was seen to give for someone who does not follow. */
type UnsubscribedShape = 'emptied' | 'bare' | 'unionid';

/** A WeChat user as one account knows them. */
export interface User {
  readonly openid: string;
  /** Place in the account's list: generated followers first, then registered users. */
  readonly position: number;
  readonly unionid: string;
  readonly nickname: string;
  readonly avatar: Avatar;
  /** Goes up with every change of picture: addresses of an earlier one are dead. */
  readonly avatarVersion: number;
  readonly subscribed: boolean;
  readonly subscribeTime: number;
  readonly subscribeScene: string;
  readonly snapshot: boolean;
  readonly unsubscribedShape: UnsubscribedShape | undefined;
  /** Fields that the platform gives of them in the place of the right ones. */
  readonly oddFields: Readonly<Record<string, unknown>>;
  /** Whether what the platform says of them is no JSON, by a quote that it does not escape. */
  readonly brokenJson: boolean;
}

/** What registering or changing a user may say; what is left out stays as it is. */
export interface UserChange {
  readonly openid?: string | undefined;
  readonly nickname?: string | undefined;
  readonly headimgurl?: string | undefined;
  readonly unionid?: string | undefined;
  readonly subscribe?: boolean | undefined;
  readonly snapshot?: boolean | undefined;
  readonly change_avatar?: boolean | undefined;
  readonly unsubscribed_shape?: UnsubscribedShape | undefined;
  readonly odd_fields?: Readonly<Record<string, unknown>> | undefined;
  readonly broken_json?: boolean | undefined;
}

const scenes = ['ADD_SCENE_SEARCH', 'ADD_SCENE_QR_CODE', 'ADD_SCENE_PROFILE_CARD', 'ADD_SCENE_OTHERS'];
const surnames = ['王', '李', '张', '刘', '陈', '杨', '黄', '赵', '吴', '周', '徐', '孙'];
const givenNames = ['伟', '小芳', '娜', '秀英', '敏', '静', '丽丽', '强', '磊', '晓军', '洋', '子涵'];
const latinNames = ['Ann', 'Ben', 'Chloé', 'Dmitri', 'Eve', 'Farid', 'Grace', 'Hugo', 'Ines', 'Jonas'];
const emoji = ['🌸', '🍃', '🐼', '🌙', '⚡', '🎈', '🍉', '👩‍🚀'];

/** The first names are fixed, so that the awkward ones are always there: CJK, emoji, Latin, a control character. */
const firstNicknames = ['王小明', '🌸 Spring 🍃', 'Ann "Annie" O’Neil', 'rain\u0008drop'];

const openidHead = 6;

/**
 * The users of one account. Generated followers exist only as numbers: openid and profile are computed
 * from the index, and the index from the openid, so that a million of them take no memory.
 */
export class Followers {
  readonly #seed: string;
  readonly #prefix: string;
  readonly #codec: BlockCodec;
  readonly #generated: number;
  readonly #since: number;
  readonly #known = new Map<string, User>();
  readonly #registered: string[] = [];
  readonly #unfollowed = new Set<number>();
  #subscribers: number;

  constructor(of: { appid: string; seed: number; count: number; since: number }) {
    this.#seed = `${of.seed}`;
    this.#prefix = `o${hash('sha256', `openid ${of.seed} ${of.appid}`, 'base64url').slice(0, openidHead - 1)}`;
    this.#codec = new BlockCodec(`openid ${of.seed} ${of.appid}`);
    this.#generated = of.count;
    this.#since = of.since;
    this.#subscribers = of.count;
  }

  /** Number of followers. */
  get total(): number {
    return this.#subscribers;
  }

  find(openid: string): User | undefined {
    const known = this.#known.get(openid);
    if (known) return known;
    const index = this.#indexOf(openid);
    return index === undefined ? undefined : this.#generate(index, openid);
  }

  at(position: number): User | undefined {
    const openid =
      position < this.#generated ? this.#openid(position) : this.#registered[position - this.#generated];
    return openid === undefined ? undefined : this.find(openid);
  }

  /** The first users, registered ones before generated ones. */
  some(limit: number): User[] {
    const registered = this.#registered.slice(0, limit).map((_, index) => this.at(this.#generated + index));
    const generated = Array.from({ length: Math.min(10, this.#generated) }, (_, index) => this.at(index));
    return [...registered, ...generated].filter((user) => user !== undefined).slice(0, limit);
  }

  /** Up to `size` followers' openids after the cursor (exclusive; '' for the start); undefined for a bad cursor. */
  page(cursor: string, size: number): string[] | undefined {
    const after = cursor === '' ? -1 : this.find(cursor)?.position;
    if (after === undefined) return undefined;
    const positions: number[] = [];
    const end = this.#generated + this.#registered.length;
    for (let position = after + 1; position < end && positions.length < size; position += 1) {
      if (!this.#unfollowed.has(position)) positions.push(position);
    }
    const generated = positions.filter((position) => position < this.#generated);
    const registered = positions.slice(generated.length);
    const openids = [
      ...this.#codec.encodeAll(generated.map((index) => [index, 0])).map((tail) => this.#prefix + tail),
      ...registered.flatMap((position) => this.#registered[position - this.#generated] ?? []),
    ];
    for (const openid of openids) announce('openid', openid);
    return openids;
  }

  /** Registers a user, or changes one that exists (generated followers too). */
  put(change: UserChange, now: number): User {
    const openid = announce(
      'openid',
      change.openid ?? this.#prefix + this.#codec.encode(this.#registered.length, 1),
    );
    const before = this.find(openid) ?? this.#register(openid, now);
    const subscribed = change.subscribe ?? before.subscribed;
    const after: User = {
      ...before,
      nickname: change.nickname ?? before.nickname,
      unionid: change.unionid ?? before.unionid,
      ...changedAvatar(before, change),
      snapshot: change.snapshot ?? before.snapshot,
      unsubscribedShape: change.unsubscribed_shape ?? before.unsubscribedShape,
      oddFields: change.odd_fields ?? before.oddFields,
      brokenJson: change.broken_json ?? before.brokenJson,
      subscribed,
      subscribeTime: subscribed && !before.subscribed ? now : before.subscribeTime,
    };
    this.#known.set(openid, after);
    if (before.subscribed && !subscribed) {
      this.#subscribers -= 1;
      this.#unfollowed.add(after.position);
    }
    if (!before.subscribed && subscribed) {
      this.#subscribers += 1;
      this.#unfollowed.delete(after.position);
    }
    return after;
  }

  /** The openid and unionid that a visitor has while they only look at a snapshot page. */
  virtualIdentity(user: User): { openid: string; unionid: string } {
    return {
      openid: this.#prefix + hash('sha256', `virtual ${this.#seed} ${user.openid}`, 'base64url').slice(0, 22),
      unionid: this.#unionid(`virtual ${user.openid}`),
    };
  }

  #register(openid: string, now: number): User {
    const position = this.#generated + this.#registered.length;
    this.#registered.push(openid);
    this.#unfollowed.add(position);
    return {
      openid,
      position,
      unionid: this.#unionid(openid),
      nickname: `用户 ${this.#registered.length}`,
      avatar: { kind: 'drawn' },
      avatarVersion: 0,
      subscribed: false,
      subscribeTime: now,
      subscribeScene: 'ADD_SCENE_SEARCH',
      snapshot: false,
      unsubscribedShape: undefined,
      oddFields: {},
      brokenJson: false,
    };
  }

  #generate(index: number, openid: string): User {
    const random = hash('sha256', `profile ${this.#seed} ${index}`, 'buffer');
    return {
      openid,
      position: index,
      // The same person under another account of the same seed has the same unionid, as in life.
      unionid: this.#unionid(`person ${index}`),
      nickname: firstNicknames[index] ?? nickname(random),
      avatar: index >= 4 && random.readUInt8(4) < 13 ? { kind: 'none' } : { kind: 'drawn' },
      avatarVersion: 0,
      subscribed: true,
      subscribeTime: this.#since - (random.readUInt32BE(8) % (5 * 365 * 86_400)),
      subscribeScene: pick(scenes, random.readUInt8(5)),
      snapshot: false,
      unsubscribedShape: undefined,
      oddFields: {},
      brokenJson: false,
    };
  }

  #openid(index: number): string {
    return this.#prefix + this.#codec.encode(index, 0);
  }

  #indexOf(openid: string): number | undefined {
    if (!openid.startsWith(this.#prefix)) return undefined;
    const pair = this.#codec.decode(openid.slice(openidHead));
    return pair?.[1] === 0 && pair[0] < this.#generated ? pair[0] : undefined;
  }

  #unionid(person: string): string {
    return `o${hash('sha256', `unionid ${this.#seed} ${person}`, 'base64url').slice(0, 27)}`;
  }
}

function changedAvatar(before: User, change: UserChange): Pick<User, 'avatar' | 'avatarVersion'> {
  const avatarVersion = before.avatarVersion + 1;
  const url = change.headimgurl;
  if (url === '') return { avatar: { kind: 'none' }, avatarVersion };
  if (url !== undefined) return { avatar: { kind: 'url', url }, avatarVersion };
  if (change.change_avatar === true) return { avatar: { kind: 'drawn' }, avatarVersion };
  return { avatar: before.avatar, avatarVersion: before.avatarVersion };
}

function nickname(random: Buffer): string {
  const first = random.readUInt8(0);
  const second = random.readUInt8(1);
  const style = random.readUInt8(2) % 10;
  if (style < 6) return pick(surnames, first) + pick(givenNames, second);
  if (style < 8) return `${pick(emoji, first)} ${pick(latinNames, second)}`;
  return pick(latinNames, first);
}

function pick(list: readonly string[], number: number): string {
  return list[number % list.length] ?? '';
}
