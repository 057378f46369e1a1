import * as z from 'zod/mini';
import type { Clock } from '../platform/clock.ts';
import type { Table } from '../platform/table.ts';
import type { Grant as ExchangedGrant } from '../wechat/authorization.ts';
import type { Sealing } from './sealing.ts';

/**
 * A refresh token lives 30 days from the exchange of the code; refreshing does not move that.
 * https://developers.weixin.qq.com/doc/oplatform/Website_App/WeChat_Login/Authorized_Interface_Calling_UnionID.html
 */
const grantSeconds = 30 * 86_400;

const grantSchema = z.object({
  openid: z.string(),
  unionid: z.optional(z.string()),
  scopes: z.array(z.string()),
  /** Sealed. */
  accessToken: z.string(),
  accessTokenExpiresAt: z.number(),
  /** Sealed. */
  refreshToken: z.string(),
  grantedAt: z.number(),
  /** The end of the 30 days, in Unix seconds; DynamoDB removes the item some time after. */
  removeAt: z.number(),
});

/** What a user has granted, as stored: both tokens are sealed and are opened only where they are used. */
export type StoredGrant = z.infer<typeof grantSchema>;

/** The users' grants, in the Users table under `appId#openid`. */
export class Grants {
  readonly #table: Table;
  readonly #sealing: Sealing;

  constructor(users: Table, sealing: Sealing) {
    this.#table = users;
    this.#sealing = sealing;
  }

  /** Stores what an exchange at `exchangedAt` brought, in place of any earlier grant. Returns when it ends. */
  async put(account: string, grant: ExchangedGrant, exchangedAt: number): Promise<number> {
    const { openid, unionid, scopes, expiresIn } = grant;
    const context = { account, openid };
    const removeAt = exchangedAt + grantSeconds;
    await this.#table.put({
      ...keyOf(account, openid),
      openid,
      unionid,
      scopes: [...scopes],
      accessToken: await this.#sealing.seal(grant.accessToken, { ...context, attribute: 'accessToken' }),
      accessTokenExpiresAt: exchangedAt + expiresIn,
      refreshToken: await this.#sealing.seal(grant.refreshToken, { ...context, attribute: 'refreshToken' }),
      grantedAt: exchangedAt,
      removeAt,
    } satisfies StoredGrant & { pk: string; sk: string });
    return removeAt;
  }
}

/** The user's grant, unless there is none or its 30 days are over. */
export async function readGrant(
  users: Table,
  clock: Clock,
  account: string,
  openid: string,
): Promise<StoredGrant | undefined> {
  const item = await users.get(keyOf(account, openid));
  const grant = item && z.parse(grantSchema, item);
  return grant && clock.now() < grant.removeAt ? grant : undefined;
}

function keyOf(account: string, openid: string) {
  return { pk: `${account}#${openid}`, sk: 'grant' };
}
