import * as z from 'zod/mini';
import { lifetime, readAnswer, text } from './answer.ts';
import type { WeChatCall } from './call.ts';
import type { GlobalAccessToken } from './tokens.ts';

/** `jsapi` signs pages that use the JS-SDK, `wx_card` signs card coupons. */
export type TicketType = 'jsapi' | 'wx_card';

/** A ticket, which is a secret like a token. */
export interface Ticket {
  readonly ticket: string;
  /** Seconds it lives on. */
  readonly expiresIn: number;
}

const ticketSchema = z.pipe(
  z.object({ ticket: text, expires_in: lifetime }),
  z.transform((answer): Ticket => ({ ticket: answer.ticket, expiresIn: answer.expires_in })),
);

/**
 * Gets a ticket. Calls are scarce, so it is kept as the token is.
 * https://developers.weixin.qq.com/doc/service/api/invoice/auth/api_getticket
 */
export function getTicket(
  token: GlobalAccessToken,
  { type }: { readonly type: TicketType },
): WeChatCall<Ticket> {
  const api = '/cgi-bin/ticket/getticket';
  return {
    api,
    method: 'GET',
    query: { access_token: token, type },
    idempotent: true,
    secrets: [token],
    parse: readAnswer(api, ticketSchema),
  };
}
