import type { Account } from '../accounts/accounts.ts';
import { withAppSecret } from '../accounts/app-secret.ts';
import type { SecretStore } from '../accounts/secrets.ts';
import type { UsageMeter } from '../usage/meter.ts';
import { mintStableToken, mintToken } from '../wechat/access-token.ts';
import { getTicket, type TicketType } from '../wechat/ticket.ts';
import type { AccountCalls } from './account-calls.ts';
import type { TicketKind } from './credential.ts';
import type { Mint } from './mint.ts';

/** The types of tickets as WeChat names them. */
export const ticketTypes = {
  jsapi_ticket: 'jsapi',
  wx_card_ticket: 'wx_card',
} as const satisfies Record<TicketKind, TicketType>;

/** Mints the global access token in the account's mode. */
export function accessTokenMint(meter: UsageMeter, secrets: SecretStore): Mint {
  return (account, { force, byHand, until }) =>
    withAppSecret(secrets, account.appId, async (secret) => {
      const { accessToken, expiresIn } = await meter.send(account, tokenCall(account, secret, force), {
        byHand,
        until,
      });
      return { value: accessToken, expiresIn };
    });
}

function tokenCall({ appId, mode }: Account, secret: string, forceRefresh: boolean) {
  return mode === 'stable' ? mintStableToken({ appId, secret, forceRefresh }) : mintToken({ appId, secret });
}

/** Gets a ticket with the access token. */
export function ticketMint(calls: AccountCalls, kind: TicketKind): Mint {
  return async (account, { byHand, until }) => {
    const { answer, generation } = await calls.sendWith(
      account,
      (token) => getTicket(token, { type: ticketTypes[kind] }),
      { byHand, until },
    );
    return { value: answer.ticket, expiresIn: answer.expiresIn, tokenGeneration: generation };
  };
}
