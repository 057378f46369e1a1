import * as z from 'zod/mini';
import { lifetime, readAnswer } from './answer.ts';
import type { WeChatCall } from './call.ts';
import { type AppId, globalAccessTokenSchema, type GlobalAccessToken } from './tokens.ts';

/** A token as WeChat hands it out. */
export interface MintedToken {
  readonly accessToken: GlobalAccessToken;
  /** Seconds it lives on from the answer: up to 7200, and less when stable_token returns one it already has. */
  readonly expiresIn: number;
}

/** What identifies an account to WeChat. */
export interface AccountCredentials {
  readonly appId: AppId;
  readonly secret: string;
}

const mintedToken = z.pipe(
  z.object({ access_token: globalAccessTokenSchema, expires_in: lifetime }),
  z.transform((answer): MintedToken => ({ accessToken: answer.access_token, expiresIn: answer.expires_in })),
);

/**
 * Mints a new token the classic way. Each success replaces the account's token, and the former one works for at
 * most 5 minutes more. So the client never repeats it: a mint whose answer got lost may have happened.
 * https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/Get_access_token.html
 */
export function mintToken({ appId, secret }: AccountCredentials): WeChatCall<MintedToken> {
  const api = '/cgi-bin/token';
  return {
    api,
    method: 'GET',
    query: { grant_type: 'client_credential', appid: appId, secret },
    idempotent: false,
    secrets: [secret],
    parse: readAnswer(api, mintedToken),
  };
}

/**
 * Asks for the stable token: the same one until its last 300 seconds, a new one after. With `forceRefresh` a new
 * one at once, at most 20 times a day and 30 seconds apart; that is not repeated, as each success spends one.
 * The stable token and the classic one do not touch each other.
 * https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/getStableAccessToken.html
 */
export function mintStableToken({
  appId,
  secret,
  forceRefresh,
}: AccountCredentials & { readonly forceRefresh: boolean }): WeChatCall<MintedToken> {
  const api = '/cgi-bin/stable_token';
  return {
    api,
    ...(forceRefresh && { quota: `${api} by force` }),
    method: 'POST',
    query: {},
    body: { grant_type: 'client_credential', appid: appId, secret, force_refresh: forceRefresh },
    idempotent: !forceRefresh,
    secrets: [secret],
    parse: readAnswer(api, mintedToken),
  };
}
