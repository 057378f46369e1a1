import * as z from 'zod/mini';
import type { Item, Table } from '../../platform/table.ts';
import type { AppId } from '../../wechat/tokens.ts';
import { followerItemSchema, keyOf, shardsOf, type FollowerItem } from './follower-item.ts';
import { indexPage } from './index-page.ts';
import { profileAttributes } from './attributes.ts';

/** A profile that a user consented to share through web authorization. Times in Unix seconds. */
export const profileSchema = z.object({
  openid: z.string(),
  unionid: z.optional(z.string()),
  nickname: z.optional(z.string()),
  /** As WeChat gave it; its last path segment is the size. */
  avatar: z.optional(z.string()),
  consentedAt: z.number(),
});
export type Profile = z.infer<typeof profileSchema>;

/** The profiles that users consented to share, in the Followers table. */
export class Profiles {
  readonly #table: Table;

  constructor(followers: Table) {
    this.#table = followers;
  }

  /**
   * Stores what the user shares. With `renews`, only where a consent is noted already: a profile that was asked for
   * before the user was erased does not come back. False when there was none.
   */
  async put(
    appId: AppId,
    { openid, ...profile }: Profile,
    { renews = false }: { readonly renews?: boolean } = {},
  ): Promise<boolean> {
    const { nickname, avatar } = profile;
    const key = keyOf(appId, openid);
    // The index of shared profiles shows those of followers only, since nobody else has its sort key.
    const profiledShard = nickname === undefined && avatar === undefined ? undefined : key.shard;
    return this.#table.update(key, {
      set: { ...profile, profileFrom: 'consent', profiledShard },
      // What the user does not show any more is not shown from an earlier time.
      remove: [
        ...Object.entries({ nickname, avatar, profiledShard }).flatMap(([name, value]) =>
          value === undefined ? [name] : [],
        ),
        // Whoever left and logs in is kept again.
        'removeAt',
      ],
      ...(renews && { condition: { expression: 'attribute_exists(#consentedAt)' } }),
    });
  }

  /** Notes a consent whose profile could not be read yet. One that is stored stays. */
  async noteConsent(appId: AppId, openid: string, consentedAt: number): Promise<void> {
    await this.#table.update(keyOf(appId, openid), { set: { consentedAt }, remove: ['removeAt'] });
  }

  /** All that is kept about the user as a follower, as it is stored. */
  async stored(appId: AppId, openid: string): Promise<Item | undefined> {
    return this.#table.get(keyOf(appId, openid));
  }

  /**
   * Forgets what the user consented to share at `until` (Unix seconds) or before. Whether they follow stays known. False
   * where they have consented since.
   */
  async forget(appId: AppId, openid: string, until: number): Promise<boolean> {
    const key = keyOf(appId, openid);
    const where = (isMirrored: string) => ({
      expression: `${isMirrored} AND (attribute_not_exists(#consentedAt) OR #consentedAt <= :until)`,
      values: { until },
    });
    const mirrored = where('attribute_exists(#subscribed)');
    return (
      (await this.#table.update(key, { remove: profileAttributes, condition: mirrored })) ||
      (await this.#table.delete(key, where('attribute_not_exists(#subscribed)')))
    );
  }

  /** Forgets the user's profile, and all else that is kept about them as a follower. */
  async remove(appId: AppId, openid: string): Promise<boolean> {
    return this.#table.delete(keyOf(appId, openid));
  }

  async get(appId: AppId, openid: string): Promise<Profile | undefined> {
    const item = await this.#table.get(keyOf(appId, openid));
    return item && profileOf(item);
  }
}

/**
 * Up to `limit` of the account's people who share a nickname or a picture, the latest consent first, whether or not
 * they follow. Reads may lag behind writes by a moment.
 */
export async function latestProfiles(followers: Table, appId: AppId, limit: number): Promise<FollowerItem[]> {
  const partitions = shardsOf(appId).map((shard) =>
    indexPage(followers, { index: 'sharing', shard, descending: true, limit }),
  );
  const people = (await Promise.all(partitions)).flatMap(({ items }) =>
    items.map((item) => z.parse(followerItemSchema, item)),
  );
  return people.sort((a, b) => (b.consentedAt ?? 0) - (a.consentedAt ?? 0)).slice(0, limit);
}

/** Of a follower who has consented to nothing there is none. */
function profileOf(item: Item): Profile | undefined {
  return item['consentedAt'] === undefined ? undefined : z.parse(profileSchema, item);
}
