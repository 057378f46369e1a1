import * as z from 'zod/mini';
import { leaseShape } from '../platform/lease.ts';
import type { Key, Table } from '../platform/table.ts';
import type { AppId } from '../wechat/tokens.ts';

/** What a user shows of themselves, as WeChat told it at `fetchedAt`. */
export const grantProfileSchema = z.object({
  nickname: z.optional(z.string()),
  /** As WeChat gave it; its last path segment is the size. */
  avatar: z.optional(z.string()),
  fetchedAt: z.number(),
});
export type GrantProfile = z.infer<typeof grantProfileSchema>;

export const grantSchema = z.object({
  openid: z.string(),
  /** Drawn by lot for each grant that begins. What was started under one that is gone does nothing to the next. */
  grantId: z.string(),
  unionid: z.optional(z.string()),
  scopes: z.array(z.string()),
  /** Sealed. */
  accessToken: z.string(),
  accessTokenExpiresAt: z.number(),
  /** Sealed. */
  refreshToken: z.string(),
  grantedAt: z.number(),
  /** The end of the 30 days; DynamoDB removes the item some time after. */
  removeAt: z.number(),
  /** One more whenever the tokens change. */
  generation: z.number(),
  /** The hashes of the user's sessions, the newest last. A session that is not among them is over. */
  sessions: z.array(z.string()),
  /** One more whenever `sessions` changes. */
  sessionChanges: z.number(),
  profile: z.optional(grantProfileSchema),
  ...leaseShape,
  /** After a refresh that failed: nobody tries again before. */
  retryAt: z.optional(z.number()),
});

/**
 * What a user has granted, as stored: both tokens are sealed and are opened only where they are used. Times in
 * Unix seconds.
 */
export type StoredGrant = z.infer<typeof grantSchema>;

/** Whether `sns/userinfo` may be called with the grant. */
export function opensProfile({ scopes }: { readonly scopes: readonly string[] }): boolean {
  return scopes.includes('snsapi_userinfo');
}

/** Where the user's grant stands in the Users table. */
export function grantKey(appId: AppId, openid: string): Key {
  return { pk: `${appId}#${openid}`, sk: 'grant' };
}

/** The user's grant as it is stored, even one that has ended. */
export async function readStoredGrant(
  users: Table,
  appId: AppId,
  openid: string,
): Promise<StoredGrant | undefined> {
  const item = await users.get(grantKey(appId, openid));
  // The openid of the key, not the row's own: what was sealed for a row does not open in a copy under another key.
  return item && z.parse(grantSchema, { ...item, openid });
}

/** The user's grant, unless there is none or its 30 days are over. */
export async function readGrant(
  users: Table,
  appId: AppId,
  openid: string,
  now: number,
): Promise<StoredGrant | undefined> {
  const grant = await readStoredGrant(users, appId, openid);
  return grant && isAlive(grant, now) ? grant : undefined;
}

/** Whether the grant's 30 days are not over. */
export function isAlive({ removeAt }: StoredGrant, now: number): boolean {
  return now < removeAt;
}
