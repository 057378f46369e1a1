import * as z from 'zod/mini';
import type { Change, Condition, Table } from '../../platform/table.ts';
import type { Follower as WeChatFollower } from '../../wechat/followers.ts';
import { countsKey } from './counts.ts';
import { followedAtText, followerItemSchema, keyOf, runIdOf, type FollowerItem } from './follower-item.ts';

/**
 * WeChat's list may lag behind its events, and its clock differ from ours: an event counts against the list, or against
 * details, when it is at most so much older than the call.
 */
export const eventGraceSeconds = 60;

/** So long stays what keeps an older event or list from bringing back somebody who left. */
export const rememberLeaversSeconds = 7 * 86_400;

/** What WeChat tells of a follower. */
const detailAttributes = [
  'tagIds',
  'subscribeScene',
  'remark',
  'language',
  'qrScene',
  'qrSceneStr',
] as const satisfies readonly (keyof FollowerItem)[];

/** What a user consented to share. */
export const profileAttributes = [
  'nickname',
  'avatar',
  'consentedAt',
  'profileFrom',
  'profiledShard',
] as const satisfies readonly (keyof FollowerItem)[];

/** What a follower has that nobody has who left, apart from a profile. */
const followerAttributes = [
  ...detailAttributes,
  'detailAt',
  'refusedAt',
  'subscribedAt',
  'seenRun',
  'followedAt',
  'followedShard',
] as const satisfies readonly (keyof FollowerItem)[];

/** What only somebody has who left. */
const leaverAttributes = [
  'leftAt',
  'unseenAt',
  'removeAt',
] as const satisfies readonly (keyof FollowerItem)[];

const notNewer = 'attribute_not_exists(#changedAt) OR #changedAt';
const attempts = 5;

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
  async applyEvent(account: string, { openid, event, createdAt }: FollowEvent): Promise<boolean> {
    const key = keyOf(account, openid);
    await this.#table.update(countsKey(account), { set: { eventAt: createdAt } });
    if (event === 'subscribe') {
      const followed = await this.#follow(account, openid, (known) =>
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
    const leave = (forget: readonly string[], removeAt: number | undefined, shared: string) =>
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
      (await leave(
        [...profileAttributes, 'unionid'],
        createdAt + rememberLeaversSeconds,
        '(attribute_not_exists(#consentedAt) OR #consentedAt <= :createdAt)',
      )) ?? (await leave([], undefined, '#consentedAt > :createdAt'));
    if (left) await this.#count(account, left, -1);
    else await this.#forgetProfileBefore(account, openid, createdAt);
    return left !== undefined;
  }

  /** Notes that the run saw the openid in a page of WeChat's list that was asked for at `askedAt`. */
  async stamp(
    account: string,
    openid: string,
    { run, askedAt }: { run: string; askedAt: number },
  ): Promise<Listed> {
    const key = keyOf(account, openid);
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
    const joined = await this.#follow(account, openid, (known) => {
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

  /** The items of one partition behind `after`, in the order of their openids. */
  async read(
    shard: string,
    after: string | undefined,
    limit: number,
  ): Promise<{ items: FollowerItem[]; end: boolean }> {
    const page = await this.#table.queryPage({
      partition: { attribute: 'shard', value: shard },
      sortKey: 'openid',
      after,
      limit,
    });
    return { items: page.items.map((item) => z.parse(followerItemSchema, item)), end: page.end };
  }

  /**
   * Takes somebody for gone whom the run, begun at `startedAt`, did not see in WeChat's list, unless an event says that
   * they have followed since. A profile that was shared since then stays. False where nothing changed.
   */
  async leave(
    account: string,
    person: FollowerItem,
    { run, startedAt, at }: { run: string; startedAt: number; at: number },
  ): Promise<boolean> {
    return this.#leave(
      account,
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
  async putDetails(account: string, told: WeChatFollower, askedAt: number): Promise<boolean> {
    const { openid } = told;
    const key = keyOf(account, openid);
    if (!told.subscribe) {
      return this.#leave(
        account,
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
  async refuse(account: string, openid: string, at: number): Promise<void> {
    await this.#table.update(keyOf(account, openid), {
      set: { detailAt: at, refusedAt: at },
      condition: { expression: '#subscribed = :follows', values: { follows: true } },
    });
  }

  /**
   * Makes somebody a follower, on the condition that `decide` derives from what is known of them. False where it
   * decides against it.
   */
  async #follow(
    account: string,
    openid: string,
    decide: (known: FollowerItem | undefined) =>
      | {
          subscribedAt: number | undefined;
          set: Record<string, unknown>;
          guard: Condition;
        }
      | undefined,
  ): Promise<boolean> {
    const key = keyOf(account, openid);
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const item = await this.#table.get(key);
      const known = item && z.parse(followerItemSchema, item);
      const decision = decide(known);
      if (!decision) return false;
      const { subscribedAt, set, guard } = decision;
      const before = await this.#table.change(
        key,
        {
          set: {
            ...set,
            subscribed: true,
            subscribedAt,
            followedShard: key.shard,
            followedAt: followedAtText(subscribedAt, openid),
          },
          remove: leaverAttributes,
          condition: guard,
        },
        'before',
      );
      if (!before) continue;
      if (before['subscribed'] !== true) await this.#count(account, before, 1);
      return true;
    }
    throw new Error('A follower is being changed by too many at once.');
  }

  async #leave(
    account: string,
    { shard, openid }: { shard: string; openid: string },
    { at, unseenAt }: { at: number; unseenAt: number },
    guard: Condition,
  ): Promise<boolean> {
    const leave = (forget: readonly string[], removeAt: number | undefined, shared: string) =>
      this.#table.change(
        { shard, openid },
        {
          set: { subscribed: false, leftAt: at, unseenAt, removeAt },
          remove: [...followerAttributes, ...forget],
          condition: {
            expression: `#subscribed = :follows AND (${guard.expression}) AND ${shared}`,
            values: { ...guard.values, follows: true, recently: at - recentConsentSeconds },
          },
        },
        'before',
      );
    const before =
      (await leave(
        [...profileAttributes, 'unionid'],
        at + rememberLeaversSeconds,
        '(attribute_not_exists(#consentedAt) OR #consentedAt < :recently)',
      )) ?? (await leave([], undefined, '#consentedAt >= :recently'));
    if (before) await this.#count(account, before, -1);
    return before !== undefined;
  }

  /** An older `unsubscribe` that comes late does not undo a follow, but what was shared before it must go. */
  async #forgetProfileBefore(account: string, openid: string, createdAt: number): Promise<void> {
    await this.#table.update(keyOf(account, openid), {
      remove: profileAttributes,
      condition: { expression: '#consentedAt <= :createdAt', values: { createdAt } },
    });
  }

  /** Moves the counts by one person, where there are any. They are counted anew by each sync. */
  async #count(account: string, person: Record<string, unknown>, by: 1 | -1): Promise<void> {
    if (by < 0 && person['subscribed'] !== true) return;
    await this.#table.update(countsKey(account), {
      add: { subscribed: by, ...(person['profiledShard'] !== undefined && { withProfile: by }) },
      condition: { expression: 'attribute_exists(#run)' },
    });
  }
}

/** Who consented so recently when a sync misses them is using the account at the moment, follower or not. */
const recentConsentSeconds = 3600;
