import * as z from 'zod/mini';
import { addFigures, figureOf, movesOf } from '../../figures/day-figures.ts';
import type { Change, Item, Table } from '../../platform/table.ts';
import type { Follower as WeChatFollower } from '../../wechat/followers.ts';
import { chinaDay } from '../../wechat/quota-day.ts';
import type { AppId } from '../../wechat/tokens.ts';
import { detailAttributes, followerAttributes, profileAttributes } from './attributes.ts';
import { noteEvent, readListMark, type ListMark } from './counts.ts';
import { followedAtText, followerItemSchema, keyOf, type FollowerItem } from './follower-item.ts';
import { isListed } from './stored-list.ts';
import { follow, followsNot, leave, leaverTtlSeconds, moveCounts, notNewer, ofOne } from './transitions.ts';

/**
 * WeChat's list may lag behind its events, and its clock differ from ours: an event counts against the list, or against
 * details, when it is at most so much older than the call.
 */
export const eventGraceSeconds = 60;

const joinedSchema = z.pick(followerItemSchema, { joinedOn: true });

/** That somebody began or ceased to follow, as an event tells it. */
export interface FollowEvent {
  readonly openid: string;
  readonly event: 'subscribe' | 'unsubscribe';
  /** The event's `CreateTime`, in Unix seconds. */
  readonly createdAt: number;
}

/** Whether the sync that read the newest list of WeChat's knows better than the event. */
function isOlderThanList({ createdAt }: FollowEvent, { listedAt }: ListMark): boolean {
  return listedAt !== undefined && createdAt < listedAt - eventGraceSeconds;
}

/**
 * Writes the mirror of followers. Each write is one item under one condition and may be done twice. Who left stays as
 * an item with nothing but the openid and the time, so that an older event or list does not bring them back.
 */
export class Mirror {
  readonly #table: Table;

  constructor(followers: Table) {
    this.#table = followers;
  }

  /**
   * Applies an event unless a later one has been: their order and number do not matter. Of two in the same second the
   * `unsubscribe` counts, until a sync sees the person in the list. So does WeChat's list where it is newer than the
   * event: the sync that read it makes followers of those in it, and lets the others leave. A profile that was shared
   * since an `unsubscribe` stays. False where another event or the list counts, so that the same one again is true
   * again.
   */
  async applyEvent(appId: AppId, event: FollowEvent): Promise<boolean> {
    const isOlder = isOlderThanList(event, await noteEvent(this.#table, appId, event.createdAt));
    return event.event === 'subscribe'
      ? this.#subscribe(appId, event, isOlder)
      : this.#unsubscribe(appId, event, isOlder);
  }

  async #subscribe(appId: AppId, event: FollowEvent, isOlder: boolean): Promise<boolean> {
    const { openid, createdAt } = event;
    const day = chinaDay(createdAt);
    const followed = await follow(this.#table, appId, openid, (known) =>
      (known?.changedAt !== undefined && known.changedAt >= createdAt) ||
      (known?.unseenAt !== undefined && known.unseenAt - eventGraceSeconds > createdAt) ||
      // Whom the list lacks has left, even if no event said so.
      (known?.subscribed !== true && isOlder)
        ? undefined
        : {
            // The times of a first follow and of a further one, in whatever order their events come.
            subscribedAt: Math.max(createdAt, known?.subscribedAt ?? 0),
            set: { changedAt: createdAt, ...(known?.subscribed !== true && { joinedOn: day }) },
            guard: { expression: `${notNewer} < :createdAt`, values: { createdAt } },
          },
    );
    if (followed?.hasJoined) await addFigures(this.#table, appId, day, movesOf({ joined: 1 }));
    if (followed && isOlder) return true;
    if (!followed) {
      const stands = await this.#table.get(keyOf(appId, openid), ['subscribed', 'changedAt']);
      if (stands?.['subscribed'] !== true || stands['changedAt'] !== createdAt) return false;
    }
    const newer = await this.#listSince(appId, event);
    return !(newer && (await this.#leaveUnlessListed(appId, openid, newer)));
  }

  async #unsubscribe(appId: AppId, event: FollowEvent, isOlder: boolean): Promise<boolean> {
    const { openid, createdAt } = event;
    // Whom the list has came back, even if no event said so.
    const whom = isOlder ? `AND ${followsNot}` : '';
    const attempt = (forget: readonly string[], removeAt: number | undefined, shared: string) =>
      this.#table.change(
        keyOf(appId, openid),
        {
          set: { subscribed: false, changedAt: createdAt, removeAt },
          remove: [...followerAttributes, ...forget, 'leftAt', 'unseenAt'],
          condition: {
            expression: `(${notNewer} <= :createdAt) AND ${shared} ${whom}`,
            values: { createdAt, ...(isOlder && { follows: true }) },
          },
        },
        'before',
      );
    const before =
      (await attempt(
        [...profileAttributes, 'unionid'],
        createdAt + leaverTtlSeconds,
        '(attribute_not_exists(#consentedAt) OR #consentedAt <= :createdAt)',
      )) ?? (await attempt([], undefined, '#consentedAt > :createdAt'));
    if (!before) {
      await this.#forgetProfileBefore(appId, openid, createdAt);
      return false;
    }
    if (before['subscribed'] === true) {
      await moveCounts(this.#table, appId, ofOne(before, -1));
      await addFigures(this.#table, appId, chinaDay(createdAt), movesOf({ left: 1 }));
    } else if (before['changedAt'] !== createdAt) return true;
    const newer = await this.#listSince(appId, event);
    return !(newer && (await this.#followIfListed(appId, event, newer)));
  }

  /**
   * The newest list, where it is newer than an event that was just applied. It may have become whole after it was looked
   * at, and a sync have passed the person by before the event was applied. What was applied before, by an earlier
   * delivery or by a request whose answer was lost, may have ended before this look.
   */
  async #listSince(appId: AppId, event: FollowEvent): Promise<ListMark | undefined> {
    const newest = await readListMark(this.#table, appId);
    return isOlderThanList(event, newest) ? newest : undefined;
  }

  /** Undoes an `unsubscribe` of somebody whom a newer list has. False where nothing changed. */
  async #followIfListed(
    appId: AppId,
    { openid, createdAt }: FollowEvent,
    { storedList }: ListMark,
  ): Promise<boolean> {
    if (!(await isListed(this.#table, appId, storedList, openid))) return false;
    const followed = await follow(this.#table, appId, openid, (known) =>
      known?.changedAt === createdAt
        ? {
            subscribedAt: undefined,
            set: {},
            guard: { expression: '#changedAt = :changedAt', values: { changedAt: createdAt } },
          }
        : undefined,
    );
    // What was counted for the event counts no more.
    if (followed?.hasJoined) await addFigures(this.#table, appId, chinaDay(createdAt), movesOf({ left: -1 }));
    return followed !== undefined;
  }

  /** Undoes a `subscribe` of somebody whom a newer list lacks. False where nothing changed. */
  async #leaveUnlessListed(
    appId: AppId,
    openid: string,
    { storedList, listedAt = 0 }: ListMark,
  ): Promise<boolean> {
    if (await isListed(this.#table, appId, storedList, openid)) return false;
    return this.#leaveNow(appId, openid, listedAt);
  }

  /** Takes somebody for gone whom an answer of WeChat's, asked for then, does not have. False where nothing changed. */
  async #leaveNow(appId: AppId, openid: string, askedAt: number): Promise<boolean> {
    const left = await this.leave(keyOf(appId, openid), { listedAt: askedAt, at: askedAt });
    if (!left) return false;
    await moveCounts(this.#table, appId, ofOne(left, -1));
    await addFigures(this.#table, appId, chinaDay(askedAt), movesOf({ left: 1 }));
    return true;
  }

  /**
   * Makes a follower of somebody in WeChat's list, whom the mirror does not have as one. The list was asked for at
   * `listedAt` or later. `joinedOn`: the day on which they are to be counted, where they are, by the caller. Returns the
   * follower, and whether they were none before; undefined where an event, or another answer of WeChat's, says that they
   * have left since.
   */
  async join(
    appId: AppId,
    openid: string,
    { listedAt, isKnown, joinedOn }: { listedAt: number; isKnown: boolean; joinedOn?: string | undefined },
  ): Promise<{ readonly person: FollowerItem; readonly hasJoined: boolean } | undefined> {
    const key = keyOf(appId, openid);
    const person = {
      subscribed: true,
      followedShard: key.shard,
      followedAt: followedAtText(undefined, openid),
      joinedOn,
    };
    if (!isKnown) {
      const condition = { expression: 'attribute_not_exists(#openid)' };
      if (await this.#table.put({ ...key, ...person }, condition)) {
        return { person: { ...key, ...person }, hasJoined: true };
      }
    }
    let joined: FollowerItem | undefined;
    const followed = await follow(this.#table, appId, openid, (known) => {
      const { changedAt, leftAt = 0 } = known ?? {};
      const isFollower = known?.subscribed === true;
      const isAfterEvent = changedAt === undefined || changedAt < listedAt - eventGraceSeconds;
      joined =
        isFollower || (isAfterEvent && leftAt <= listedAt) ? { ...known, ...key, ...person } : undefined;
      if (isFollower || !joined) return undefined;
      return {
        subscribedAt: known?.subscribedAt,
        set: { joinedOn },
        guard:
          changedAt === undefined
            ? { expression: 'attribute_not_exists(#changedAt)' }
            : { expression: '#changedAt = :changedAt', values: { changedAt } },
      };
    });
    return joined && { person: joined, hasJoined: followed?.hasJoined === true };
  }

  /**
   * Takes somebody for gone who is not in WeChat's list, which was asked for at `listedAt` or later, unless an event
   * says that they have followed since. A profile that was shared since then stays. Does not move the counts. Returns
   * the person as they were; undefined where nothing changed.
   */
  async leave(
    person: Pick<FollowerItem, 'shard' | 'openid'>,
    { listedAt, at }: { listedAt: number; at: number },
  ): Promise<Item | undefined> {
    return leave(
      this.#table,
      person,
      { at, unseenAt: listedAt },
      { expression: `${notNewer} < :before`, values: { before: listedAt - eventGraceSeconds } },
    );
  }

  /** Forgets that somebody left who did so before that time and shares nothing: no older event comes any more. */
  async forgetLeaver({ shard, openid }: FollowerItem, before: number): Promise<void> {
    await this.#table.delete(
      { shard, openid },
      {
        expression: `#subscribed = :follows AND attribute_not_exists(#consentedAt) AND (${notNewer} < :before) AND (attribute_not_exists(#leftAt) OR #leftAt < :before)`,
        values: { follows: false, before },
      },
    );
  }

  /**
   * Stores what WeChat told at `askedAt`. Nobody is brought back by it: who has left or was erased since stays so. Who
   * WeChat says follows no more leaves. Of somebody who was counted as one who joined it is counted how they came. False
   * where nothing changed.
   */
  async putDetails(appId: AppId, told: WeChatFollower, askedAt: number): Promise<boolean> {
    const { openid } = told;
    const key = keyOf(appId, openid);
    if (!told.subscribe) return this.#leaveNow(appId, openid, askedAt);
    const details: Pick<FollowerItem, (typeof detailAttributes)[number]> = {
      tagIds: told.tagidList && [...told.tagidList],
      subscribeScene: told.subscribeScene,
      remark: told.remark,
      language: told.language,
      qrScene: told.qrScene,
      qrSceneStr: told.qrSceneStr,
    };
    const set = { ...details, unionid: told.unionid, detailAt: askedAt };
    const unset = detailAttributes.filter((name) => details[name] === undefined);
    const remove = [...unset, 'refusedAt', 'seenRun', 'joinedOn'];
    const follows = '#subscribed = :follows AND (attribute_not_exists(#detailAt) OR #detailAt <= :askedAt)';
    const values = { follows: true, askedAt };
    const { subscribeTime } = told;
    let before: Item | undefined;
    if (subscribeTime !== undefined) {
      const withTime: Change = {
        set: { ...set, subscribedAt: subscribeTime, followedAt: followedAtText(subscribeTime, openid) },
        remove,
        condition: {
          // An event may already have told of a later follow than this answer knows.
          expression: `${follows} AND (attribute_not_exists(#subscribedAt) OR #subscribedAt <= :told)`,
          values: { ...values, told: subscribeTime },
        },
      };
      before = await this.#table.change(key, withTime, 'before');
    }
    before ??= await this.#table.change(
      key,
      { set, remove, condition: { expression: follows, values } },
      'before',
    );
    if (!before) return false;
    const { joinedOn } = z.parse(joinedSchema, before);
    if (joinedOn !== undefined && told.subscribeScene !== undefined) {
      const how = figureOf('scene', told.subscribeScene);
      await addFigures(this.#table, appId, joinedOn, new Map([[how, 1]]));
    }
    return true;
  }

  /** Notes that WeChat tells nothing about a follower's openid, so that it is not asked again too soon. */
  async refuse(appId: AppId, openid: string, at: number): Promise<void> {
    await this.#table.update(keyOf(appId, openid), {
      set: { detailAt: at, refusedAt: at },
      condition: { expression: '#subscribed = :follows', values: { follows: true } },
    });
  }

  /** An older `unsubscribe` that comes late does not undo a follow, but what was shared before it must go. */
  async #forgetProfileBefore(appId: AppId, openid: string, createdAt: number): Promise<void> {
    await this.#table.update(keyOf(appId, openid), {
      remove: profileAttributes,
      condition: { expression: '#consentedAt <= :createdAt', values: { createdAt } },
    });
  }
}
