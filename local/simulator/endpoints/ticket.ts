import { WeChatError } from '../errors.ts';
import { accountByToken, ok, type Endpoint } from './call.ts';

const types = ['jsapi', 'wx_card'];

/**
 * GET /cgi-bin/ticket/getticket; POST with an empty body is seen to work.
 * https://developers.weixin.qq.com/doc/service/api/invoice/auth/api_getticket.html
 */
export const getTicket: Endpoint = {
  method: 'GET',
  takesPost: true,
  answer: (call) => {
    const account = accountByToken(call);
    const type = call.query.get('type') ?? '';
    if (!types.includes(type)) throw new WeChatError(40097);
    const ticket = account.tickets.get(type, call.now, account.options);
    return { ...ok, ticket: ticket.value, expires_in: ticket.expiresIn };
  },
};
