import { remainingLife } from '../../shared/credentials/timing.ts';
import { accountHandler, json, type HttpHandler } from '../http.ts';
import { readerOf, tablesOf } from '../parts.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import * as routes from './routes.ts';

/** Hands out tickets as the broker does tokens. */
export function create(runtime: Runtime): HttpHandler {
  const { clock, log } = runtime;
  const tables = tablesOf(runtime);
  const readers = {
    jsapi: readerOf(runtime, tables, 'jsapi_ticket'),
    wx_card: readerOf(runtime, tables, 'wx_card_ticket'),
  };
  return accountHandler(runtime, routes.getTicket, async (request) => {
    const { account, query, keyHolder } = request;
    const ticket = await readers[query.type].get(account.appId);
    log.info('A ticket was read.', {
      audit: true,
      keyId: keyHolder?.keyId,
      account: account.appId,
      type: query.type,
      generation: ticket.generation,
    });
    return json(200, { ticket: ticket.value, expires_in: remainingLife(ticket, clock.now()) });
  });
}

export const handler = onLambda(create);
