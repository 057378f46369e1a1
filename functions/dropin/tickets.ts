import { remainingLife } from '../../shared/credentials/timing.ts';
import type { Callers } from '../../shared/dropin/callers.ts';
import { DropInError } from '../../shared/dropin/errors.ts';
import { parametersOf, type SdkRequest } from '../../shared/dropin/parameters.ts';
import { requireAllowed } from '../../shared/dropin/path.ts';
import { withPatience } from '../../shared/dropin/patience.ts';
import { tokenQueryOf } from '../../shared/dropin/query.ts';
import type { HttpResult } from '../http.ts';
import { readerOf } from '../parts.ts';
import type { Runtime, Tables } from '../runtime.ts';
import { patienceMs, wechatJson } from './handler.ts';

/** What answers `/cgi-bin/ticket/getticket`: with the tickets that are kept here. */
export function ticketAnswers(
  runtime: Runtime,
  tables: Tables,
  callers: Callers,
): (request: SdkRequest) => Promise<HttpResult> {
  const { clock, log } = runtime;
  const readers = {
    jsapi: readerOf(runtime, tables, 'jsapi_ticket'),
    wx_card: readerOf(runtime, tables, 'wx_card_ticket'),
  };
  return async (request) => {
    const { apiKey, account } = await callers.byToken(tokenQueryOf(request.query).token);
    requireAllowed(request.path, apiKey.paths);
    const type = parametersOf(request)('type');
    if (type !== 'jsapi' && type !== 'wx_card') throw new DropInError(40097);
    const ticket = await withPatience(patienceMs, () => readers[type].get(account.appId));
    const { value, generation } = ticket;
    log.info('A ticket was read.', {
      audit: true,
      keyId: apiKey.keyId,
      account: account.appId,
      type,
      generation,
    });
    const expires_in = remainingLife(ticket, clock.now());
    return wechatJson({ errcode: 0, errmsg: 'ok', ticket: value, expires_in });
  };
}
