import type { Change, Table } from '../../platform/table.ts';
import type { Follower as WeChatFollower } from '../../wechat/followers.ts';
import type { AppId } from '../../wechat/tokens.ts';
import { detailAttributes, followerAttributes, profileAttributes } from './attributes.ts';
import { countsKey } from './counts.ts';
import { followedAtText, keyOf, runIdOf, type FollowerItem } from './follower-item.ts';
import { follow, leave, moveCounts, notNewer, leaverTtlSeconds } from './transitions.ts';

/**
 * WeChat's list may lag behind its events, and its clock differ from ours: an event counts against the list, or against
 * details, when it is at most so much older than the call.
 */
export const eventGraceSeconds = 60;

/** That somebody began or ceased to follow, as an event tells it. */
export interface FollowEvent {
  readonly openid: string;
  readonly event: 'subscribe' | 'unsubscribe';
  /** The event's `CreateTime`, in Unix seconds. */
  readonly createdAt: number;
}

/** What became of an openid in WeChat's list. `passed over`: an event says that the person has left since. */
export type Listed = 'known' | 'joined' | 'passed over';

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
   * `unsubscribe` counts, until a sync sees the person in the list. A profile that was shared since an `unsubscribe`
   * stays. False where another event counts, so that the same one again is true again.
   */
  async applyEvent(appId: AppId, { openid, event, createdAt }: FollowEvent): Promise<boolean> {
    const key = keyOf(appId, openid);
    await this.#table.update(countsKey(appId), { set: { eventAt: createdAt } });
    if (event === 'subscribe') {
      const followed = await follow(this.#table, appId, openid, (known) =>
        (known?.changedAt !== undefined && known.changedAt >= createdAt) ||
        (known?.unseenAt !== undefined && known.unseenAt - eventGraceSeconds > createdAt)
          ? undefined
          : {
              // The times of a first follow and of a further one, in whatever order their events come.
              subscribedAt: Math.max(createdAt, known?.subscribedAt ?? 0),
              set: { changedAt: createdAt },
              guard: { expression: `(${notNewer} < :createdAt)`, values: { createdAt } },
            },
      );
      if (followed) return true;
      const stands = await this.#table.get(key, ['subscribed', 'changedAt']);
      return stands?.['subscribed'] === true && stands['changedAt'] === createdAt;
    }
    const attempt = (forget: readonly string[], removeAt: number | undefined, shared: string) =>
      this.#table.change(
        key,
        {
          set: { subscribed: false, changedAt: createdAt, removeAt },
          remove: [...followerAttributes, ...forget, 'leftAt', 'unseenAt'],
          condition: {
            // Whom a run saw that began later than this came back, even if no event said so.
            expression: `(${notNewer} <= :createdAt) AND (attribute_not_exists(#seenRun) OR #seenRun < :laterRuns) AND ${shared}`,
            values: { createdAt, laterRuns: runIdOf(createdAt + eventGraceSeconds + 1, '') },
          },
        },
        'before',
      );
    const left =
      (await attempt(
        [...profileAttributes, 'unionid'],
        createdAt + leaverTtlSeconds,
        '(attribute_not_exists(#consentedAt) OR #consentedAt <= :createdAt)',
      )) ?? (await attempt([], undefined, '#consentedAt > :createdAt'));
    if (left) await moveCounts(this.#table, appId, left, -1);
    else await this.#forgetProfileBefore(appId, openid, createdAt);
    return left !== undefined;
  }

  /** Notes that the run saw the openid in a page of WeChat's list that was asked for at `askedAt`. */
  async stamp(
    appId: AppId,
    openid: string,
    { run, askedAt }: { run: string; askedAt: number },
  ): Promise<Listed> {
    const key = keyOf(appId, openid);
    const before = await this.#table.change(
      key,
      {
        set: { seenRun: run, subscribed: true, followedShard: key.shard },
        setOnce: { followedAt: followedAtText(undefined, openid) },
        condition: {
          expression: 'attribute_not_exists(#openid) OR #subscribed = :follows',
          values: { follows: true },
        },
      },
      'before',
    );
    if (before) return before['subscribed'] === true ? 'known' : 'joined';
    const joined = await follow(this.#table, appId, openid, (known) => {
      const { changedAt, leftAt = 0 } = known ?? {};
      const isAfterEvent = changedAt === undefined || changedAt < askedAt - eventGraceSeconds;
      if (known?.subscribed !== true && !(isAfterEvent && leftAt <= askedAt)) return undefined;
      return {
        subscribedAt: known?.subscribedAt,
        set: { seenRun: run },
        guard:
          changedAt === undefined
            ? { expression: 'attribute_not_exists(#changedAt)' }
            : { expression: '#changedAt = :changedAt', values: { changedAt } },
      };
    });
    return joined ? 'joined' : 'passed over';
  }

  /**
   * Takes somebody for gone whom the run, begun at `startedAt`, did not see in WeChat's list, unless an event says that
   * they have followed since. A profile that was shared since then stays. False where nothing changed.
   */
  async leave(
    appId: AppId,
    person: FollowerItem,
    { run, startedAt, at }: { run: string; startedAt: number; at: number },
  ): Promise<boolean> {
    return leave(
      this.#table,
      appId,
      person,
      { at, unseenAt: startedAt },
      {
        expression: `(attribute_not_exists(#seenRun) OR #seenRun <> :run) AND (${notNewer} < :before)`,
        values: { run, before: startedAt - eventGraceSeconds },
      },
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
   * WeChat says follows no more leaves. False where nothing changed.
   */
  async putDetails(appId: AppId, told: WeChatFollower, askedAt: number): Promise<boolean> {
    const { openid } = told;
    const key = keyOf(appId, openid);
    if (!told.subscribe) {
      return leave(
        this.#table,
        appId,
        key,
        { at: askedAt, unseenAt: askedAt },
        {
          expression: `${notNewer} < :before`,
          values: { before: askedAt - eventGraceSeconds },
        },
      );
    }
    const details: Pick<FollowerItem, (typeof detailAttributes)[number]> = {
      tagIds: told.tagidList && [...told.tagidList],
      subscribeScene: told.subscribeScene,
      remark: told.remark,
      language: told.language,
      qrScene: told.qrScene,
      qrSceneStr: told.qrSceneStr,
    };
    const set = { ...details, unionid: told.unionid, detailAt: askedAt };
    const remove = [...detailAttributes.filter((name) => details[name] === undefined), 'refusedAt'];
    const follows = '#subscribed = :follows AND (attribute_not_exists(#detailAt) OR #detailAt <= :askedAt)';
    const values = { follows: true, askedAt };
    const { subscribeTime } = told;
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
      if (await this.#table.update(key, withTime)) return true;
    }
    return this.#table.update(key, { set, remove, condition: { expression: follows, values } });
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
