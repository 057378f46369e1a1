import { WeChatError } from '../errors.ts';
import { accountByToken, type Endpoint } from './call.ts';

const types = ['jsapi', 'wx_card'];

/**
 * GET /cgi-bin/ticket/getticket
 * https://developers.weixin.qq.com/doc/service/api/invoice/auth/api_getticket.html
 */
export const getTicket: Endpoint = {
  method: 'GET',
  answer: (call) => {
    const account = accountByToken(call);
    const type = call.query.get('type') ?? '';
    if (!types.includes(type)) throw new WeChatError(40097);
    const ticket = account.tickets.get(type, call.now, account.options);
    return { errcode: 0, errmsg: 'ok', ticket: ticket.value, expires_in: ticket.expiresIn };
  },
};
