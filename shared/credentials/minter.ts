import type { Account } from '../accounts/accounts.ts';
import type { SecretStore } from '../accounts/secrets.ts';
import type { UsageMeter } from '../usage/meter.ts';
import { mintStableToken, mintToken } from '../wechat/access-token.ts';
import { WeChatApiError } from '../wechat/errors.ts';
import { getTicket } from '../wechat/ticket.ts';
import type { AccountCalls } from './account-calls.ts';
import type { TicketKind } from './credential.ts';

/** A value as WeChat handed it out; `expiresIn` in seconds. A ticket names the token it was got with. */
export interface Minted {
  readonly value: string;
  readonly expiresIn: number;
  readonly tokenGeneration?: number | undefined;
}

/**
 * How a credential's value is got from WeChat. `force` asks for a new value although the old one still has life
 * (only the stable token knows the difference; a classic mint always makes a new one). Throws WeChatError.
 */
export type Mint = (account: Account, options: { force: boolean }) => Promise<Minted>;

/** Mints the global access token, in the account's mode. */
export function accessTokenMint(meter: UsageMeter, secrets: SecretStore): Mint {
  const send = async (account: Account, secret: string, force: boolean): Promise<Minted> => {
    const identity = { appId: account.account, secret };
    const { accessToken, expiresIn } = await meter.send(
      account,
      account.mode === 'stable' ? mintStableToken({ ...identity, forceRefresh: force }) : mintToken(identity),
    );
    return { value: accessToken, expiresIn };
  };
  return async (account, { force }) => {
    const { appSecret } = await secrets.get(account.account);
    try {
      return await send(account, appSecret, force);
    } catch (error) {
      if (!(error instanceof WeChatApiError && error.kind === 'credentials_refused')) throw error;
      // The secret may have been rotated since it was read.
      secrets.forget(account.account);
      const present = await secrets.get(account.account);
      if (present.appSecret === appSecret) throw error;
      return send(account, present.appSecret, force);
    }
  };
}

const ticketTypes = { jsapi_ticket: 'jsapi', wx_card_ticket: 'wx_card' } as const;

/** Gets a ticket with the access token. */
export function ticketMint(calls: AccountCalls, kind: TicketKind): Mint {
  return async (account) => {
    const { answer, generation } = await calls.sendWith(account, (token) =>
      getTicket(token, { type: ticketTypes[kind] }),
    );
    return { value: answer.ticket, expiresIn: answer.expiresIn, tokenGeneration: generation };
  };
}
