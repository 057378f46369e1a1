import type { Account } from '../accounts/accounts.ts';
import { withAppSecret } from '../accounts/app-secret.ts';
import type { SecretStore } from '../accounts/secrets.ts';
import type { UsageMeter } from '../usage/meter.ts';
import { mintStableToken, mintToken } from '../wechat/access-token.ts';
import { getTicket } from '../wechat/ticket.ts';
import type { AccountCalls } from './account-calls.ts';
import type { TicketKind } from './credential.ts';
import { Lender } from './lender.ts';

/** A value as WeChat handed it out; `expiresIn` in seconds. A ticket names the token it was got with. */
export interface Minted {
  readonly value: string;
  readonly expiresIn: number;
  readonly tokenGeneration?: number | undefined;
}

/**
 * How a credential's value is got from WeChat. `force` asks for a new value although the old one still has life
 * (only the stable token knows the difference; a classic mint always makes a new one). `byHand`: a person asks, so that
 * a quota that is taken for used up does not count. Throws WeChatError.
 */
export type Mint = (account: Account, options: { force: boolean; byHand: boolean }) => Promise<Minted>;

/** Mints the global access token, in the account's mode; of an account that is borrowed, gets it from the lender. */
export function accessTokenMint(meter: UsageMeter, secrets: SecretStore): Mint {
  const lender = new Lender(secrets);
  const send = async (
    account: Account,
    secret: string,
    { force, byHand }: Parameters<Mint>[1],
  ): Promise<Minted> => {
    const identity = { appId: account.account, secret };
    const { accessToken, expiresIn } = await meter.send(
      account,
      account.mode === 'stable' ? mintStableToken({ ...identity, forceRefresh: force }) : mintToken(identity),
      { byHand },
    );
    return { value: accessToken, expiresIn };
  };
  return (account, how) =>
    account.lender !== undefined
      ? lender.token(account.account, account.lender, how)
      : withAppSecret(secrets, account.account, (secret) => send(account, secret, how));
}

const ticketTypes = { jsapi_ticket: 'jsapi', wx_card_ticket: 'wx_card' } as const;

/** Gets a ticket with the access token, or from the lender. */
export function ticketMint(calls: AccountCalls, secrets: SecretStore, kind: TicketKind): Mint {
  const lender = new Lender(secrets);
  return async (account, { byHand }) => {
    if (account.lender !== undefined) {
      return lender.ticket(account.account, account.lender, ticketTypes[kind]);
    }
    const { answer, generation } = await calls.sendWith(
      account,
      (token) => getTicket(token, { type: ticketTypes[kind] }),
      { byHand },
    );
    return { value: answer.ticket, expiresIn: answer.expiresIn, tokenGeneration: generation };
  };
}
