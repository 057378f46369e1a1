import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { Table } from '../platform/table.ts';

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

/** An account's people are spread over so many partitions that none gets hot. */
const shards = 8;
const keysPerRead = 100;

/** The profiles that users consented to share, in the Followers table. */
export class Profiles {
  readonly #table: Table;

  constructor(followers: Table) {
    this.#table = followers;
  }

  async put(account: string, { openid, ...profile }: Profile): Promise<void> {
    const { nickname, avatar } = profile;
    await this.#table.update(keyOf(account, openid), {
      set: { ...profile, profileFrom: 'consent' },
      // What the user does not show any more is not shown from an earlier time.
      remove: Object.entries({ nickname, avatar }).flatMap(([name, value]) =>
        value === undefined ? [name] : [],
      ),
    });
  }

  /** Forgets the user's profile, and all else that is kept about them as a follower. */
  async remove(account: string, openid: string): Promise<void> {
    await this.#table.delete(keyOf(account, openid));
  }

  async get(account: string, openid: string): Promise<Profile | undefined> {
    const item = await this.#table.get(keyOf(account, openid));
    return item && z.parse(profileSchema, item);
  }

  /** The profiles there are among the given openids, by openid. */
  async getMany(account: string, openids: readonly string[]): Promise<Map<string, Profile>> {
    const keys = openids.map((openid) => keyOf(account, openid));
    const reads: Promise<unknown[]>[] = [];
    for (let start = 0; start < keys.length; start += keysPerRead) {
      reads.push(this.#table.getMany(keys.slice(start, start + keysPerRead)));
    }
    const profiles = (await Promise.all(reads)).flat().map((item) => z.parse(profileSchema, item));
    return new Map(profiles.map((profile) => [profile.openid, profile]));
  }

  /** Up to `limit` of the account's profiles, the latest consent first. */
  async latest(account: string, limit: number): Promise<Profile[]> {
    const partitions = Array.from({ length: shards }, (_, shard) =>
      this.#table.query('shard', `${account}#${shard}`, limit),
    );
    const profiles = (await Promise.all(partitions)).flat().map((item) => z.parse(profileSchema, item));
    return profiles.sort((a, b) => b.consentedAt - a.consentedAt).slice(0, limit);
  }
}

function keyOf(account: string, openid: string) {
  const shard = createHash('sha256').update(openid).digest().readUInt8() % shards;
  return { shard: `${account}#${shard}`, openid };
}
